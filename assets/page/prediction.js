// The aimed shot: ways, ghost ball, pockets, chances, and how far the outcomes spread.

import { IVORY, colourOf } from "./balls.js";
import { luminance, mix, opposite } from "./colour.js";
import { chances, percent } from "./words.js";

const ELLIPSE = 1.5; // standard deviations: two of three outcomes lie inside
const WIDEST = 0.6; // m: an ellipse reaching further says that nobody knows
const FAN = 0.15; // m: a fan ends where it is wider to either side, for there it says nothing any more

/** Draws lines and rings that stand out on any cloth: each has an edge that its own colour is told from. */
class Pen {
  constructor(paint, view) {
    Object.assign(this, { paint, view });
  }

  #stroke(colour, width, edge) {
    const { paint, view } = this;
    if (edge) {
      paint.strokeStyle = edge;
      paint.lineWidth = width + 2.2 * view.ratio;
      paint.stroke();
    }
    paint.strokeStyle = colour;
    paint.lineWidth = width;
    paint.stroke();
  }

  line(points, colour, width, edge, dashes = []) {
    if (points.length < 2) return;
    const { paint, view } = this;
    paint.beginPath();
    points.forEach(([x, y], i) => paint[i ? "lineTo" : "moveTo"](...view.map(x, y)));
    paint.lineJoin = paint.lineCap = "round";
    paint.setLineDash(dashes);
    this.#stroke(colour, width, edge);
    paint.setLineDash([]);
  }

  ring(x, y, radius, colour, width, { fill, edge } = {}) {
    const { paint, view } = this;
    paint.beginPath();
    paint.arc(...view.map(x, y), radius, 0, 7);
    if (fill) {
      paint.fillStyle = fill;
      paint.fill();
    }
    this.#stroke(colour, width, edge);
  }
}

const edgeOf = (colour) => (opposite(colour) === "#ffffff" ? "rgb(255 255 255 / 75%)" : "rgb(0 0 0 / 50%)");

/** Black is no colour for a line. */
const visible = (colour) => (luminance(colour) < 0.02 ? "#ffffff" : colour);

/** `shown` says what to draw: {lines, chances, spread}. */
export function drawPrediction(paint, view, { table, trajectory, ballOf, cloth, shown }) {
  if (!trajectory.aiming) return;
  const pen = new Pen(paint, view);
  const r = table.ball_radius * view.scale;
  const width = Math.max(2 * view.ratio, 0.26 * r);
  const radiusOf = (id) => (ballOf(id)?.radius ?? table.ball_radius) * view.scale;
  const scene = { table, trajectory, ballOf, radiusOf, cloth, r, width };
  if (shown.spread) drawSpread(pen, scene);
  if (shown.lines) {
    drawAimLine(pen, scene);
    drawWays(pen, scene);
    drawGhost(pen, scene);
  }
  if (shown.chances) drawChances(pen, scene);
}

/** Where the cue points, while the ball's way leaves it. */
function drawAimLine(pen, { trajectory, r }) {
  const { aim_line: line, ghost_ball: ghost } = trajectory;
  if (!line) return;
  const way = trajectory.paths[0]?.points;
  const meets = ghost ? [ghost.x, ghost.y] : way?.[1];
  // Where both are one, the cue ball's way is drawn over it.
  if (meets && Math.hypot(meets[0] - line.to[0], meets[1] - line.to[1]) < 0.004) return;
  const width = Math.max(1.2 * pen.view.ratio, 0.1 * r);
  const dashes = [0.25 * r, 0.5 * r];
  pen.line([line.from, line.to], "rgb(255 255 255 / 80%)", width, "rgb(0 0 0 / 35%)", dashes);
}

/** The cue ball's path up to where it touches a ball, and from there on. */
export function atContact(points, ghost) {
  if (!ghost) return [points, []];
  const off = ([x, y]) => Math.hypot(x - ghost.x, y - ghost.y);
  const nearest = points.reduce((best, point, i) => (off(point) < off(points[best]) ? i : best), 0);
  return [points.slice(0, nearest + 1), points.slice(nearest)];
}

function drawWays(pen, { table, trajectory, ballOf, radiusOf, r, width }) {
  const { paint, view } = pen;
  // The cue ball's comes first and lies on top.
  for (const path of [...trajectory.paths].reverse()) {
    const colour = colourOf(ballOf(path.ball));
    const edge = edgeOf(colour);
    // The same patterns as on the cloth: solid, dots, long strokes, short strokes.
    if (path === trajectory.paths[0]) {
      const [before, after] = atContact(path.points, trajectory.ghost_ball);
      pen.line(after, colour, 1.1 * width, edge, [0, 3 * width + 1.2 * view.ratio]);
      pen.line(before, colour, width, edge);
    } else {
      const long = path.ball === trajectory.ghost_ball?.object_ball;
      pen.line(path.points, colour, width, edge, long ? [2.6 * r, r + width] : [0.8 * r, 0.6 * r + width]);
    }
    const end = path.points.at(-1);
    if (!end) continue;
    if (path.fate.how === "pocketed") {
      const pocket = table.pockets.find((p) => p.id === path.fate.pocket);
      if (pocket) pen.ring(pocket.x, pocket.y, pocket.radius * view.scale, colour, width * 1.2, { edge });
    } else {
      paint.globalAlpha = path.fate.how === "rests" ? 0.8 : 0.4;
      pen.ring(...end, radiusOf(path.ball), visible(colour), width * 0.6, { fill: "rgb(255 255 255 / 14%)" });
      paint.globalAlpha = 1;
    }
  }
  // Where the first two balls meet cushions
  const first = [trajectory.paths[0]?.ball, trajectory.ghost_ball?.object_ball];
  for (const event of trajectory.events) {
    if (event.kind !== "rail_contact" || !first.includes(event.ball)) continue;
    const colour = colourOf(ballOf(event.ball));
    pen.ring(...event.position, 0.34 * r, colour, width * 0.5, { fill: edgeOf(colour) });
  }
}

function drawGhost(pen, { table, trajectory }) {
  const ghost = trajectory.ghost_ball;
  if (!ghost) return;
  const r = table.cue_ball_radius * pen.view.scale;
  const width = Math.max(1.4 * pen.view.ratio, 0.14 * r);
  pen.ring(ghost.x, ghost.y, r, "rgb(0 0 0 / 40%)", width * 1.8, { fill: "rgb(255 255 255 / 22%)" });
  pen.paint.setLineDash([0.35 * r, 0.3 * r]);
  pen.ring(ghost.x, ghost.y, r, "#fff", width);
  pen.paint.setLineDash([]);
}

/** Where balls come to rest over many tries: the places, and an ellipse round most of them. */
function drawSpread(pen, { table, trajectory, ballOf, radiusOf, r, cloth }) {
  const { paint, view } = pen;
  if (!trajectory.odds) return;
  paint.save();
  paint.beginPath();
  [
    [0, 0],
    [table.width, 0],
    [table.width, table.length],
    [0, table.length],
  ].forEach(([x, y], i) => paint[i ? "lineTo" : "moveTo"](...view.map(x, y)));
  paint.clip();
  const main = [trajectory.paths[0]?.ball, trajectory.ghost_ball?.object_ball];
  // The object ball's lies on top: it is the one that has to meet a pocket.
  for (const id of main) {
    const fan = trajectory.odds.fans.find(({ ball }) => ball === id);
    if (fan) drawFan(pen, fan, visible(colourOf(ballOf(id))), radiusOf(id));
  }
  for (const rest of trajectory.odds.rests) {
    const colour = visible(colourOf(ballOf(rest.ball)));
    paint.fillStyle = colour;
    paint.strokeStyle = edgeOf(colour);
    paint.lineWidth = 0.6 * view.ratio;
    paint.globalAlpha = 0.6;
    for (const [x, y] of rest.places) {
      paint.beginPath();
      paint.arc(...view.map(x, y), Math.max(1.2 * view.ratio, 0.13 * r), 0, 7);
      paint.fill();
      paint.stroke();
    }
    const path = trajectory.paths.find(({ ball }) => ball === rest.ball);
    if (path?.fate.how !== "rests" || !main.includes(rest.ball)) continue;
    const axes = ellipse(rest);
    if (!axes) continue;
    paint.globalAlpha = 0.16;
    const corners = Array.from({ length: 48 }, (_, i) => (i * 2 * Math.PI) / 48).map((turn) =>
      view.map(
        rest.mean[0] + axes[0][0] * Math.cos(turn) + axes[1][0] * Math.sin(turn),
        rest.mean[1] + axes[0][1] * Math.cos(turn) + axes[1][1] * Math.sin(turn),
      ),
    );
    paint.beginPath();
    corners.forEach((at, i) => paint[i ? "lineTo" : "moveTo"](...at));
    paint.closePath();
    paint.fill();
    paint.globalAlpha = 0.7;
    paint.strokeStyle = mix(colour, cloth, 0.25);
    paint.lineWidth = Math.max(view.ratio, 0.1 * r);
    paint.stroke();
  }
  paint.restore();
}

/** Where most of the tries pass: the ball's own width, and the spread to either side. */
function drawFan({ paint, view }, { corners }, colour, r) {
  const end = corners.findIndex(([, , spread]) => spread > FAN);
  const narrow = end < 0 ? corners : corners.slice(0, end);
  const places = narrow.map(([x, y, spread]) => [...view.map(x, y), r + spread * view.scale]);
  // One shape, so that nothing is brighter where its pieces overlap: a disc at each corner, and what joins them.
  paint.beginPath();
  places.forEach(([x, y, half], i) => {
    paint.moveTo(x + half, y);
    paint.arc(x, y, half, 0, 2 * Math.PI);
    const [nx, ny, next] = places[i + 1] ?? [];
    const length = Math.hypot(nx - x, ny - y);
    if (!(length > 0)) return;
    const [sx, sy] = [(y - ny) / length, (nx - x) / length];
    paint.moveTo(x - sx * half, y - sy * half);
    paint.lineTo(nx - sx * next, ny - sy * next);
    paint.lineTo(nx + sx * next, ny + sy * next);
    paint.lineTo(x + sx * half, y + sy * half);
    paint.closePath();
  });
  paint.globalAlpha = 0.2;
  paint.fillStyle = colour;
  paint.fill("nonzero");
  paint.globalAlpha = 1;
}

/** The two half axes of a spread; null where it says nothing. */
export function ellipse({ covariance: [[xx, xy], [, yy]] }) {
  const middle = (xx + yy) / 2;
  const off = Math.hypot((xx - yy) / 2, xy);
  const [long, short] = [middle + off, middle - off].map((v) => ELLIPSE * Math.sqrt(Math.max(v, 0)));
  if (!(long > 0.004) || long > WIDEST) return null;
  const turn = 0.5 * Math.atan2(2 * xy, xx - yy);
  const [c, s] = [Math.cos(turn), Math.sin(turn)];
  return [
    [long * c, long * s],
    [-short * s, short * c],
  ];
}

/** The chance beside each pocket that a ball of the shot goes to. */
function drawChances(pen, { table, trajectory, ballOf, r }) {
  const { paint, view } = pen;
  const size = Math.max(12 * view.ratio, 0.9 * r);
  const taken = new Map();
  paint.font = `650 ${size}px system-ui, sans-serif`;
  paint.textBaseline = "middle";
  paint.textAlign = "left";
  for (const { ball, pocket: id, chance } of chances(trajectory)) {
    const pocket = table.pockets.find((p) => p.id === id);
    if (!pocket) continue;
    const known = ballOf(ball);
    const cue = known?.is_cue_ball;
    const text = cue ? `scratch ${percent(chance)}` : percent(chance);
    const row = taken.get(id) ?? 0;
    taken.set(id, row + 1);
    const dot = 0.36 * size;
    const [wide, high] = [paint.measureText(text).width + 2 * dot + 1.3 * size, 1.5 * size];
    // Beside the pocket and along the cushion, where no ball's way is; the next one below, towards the middle.
    const [px, py] = view.map(pocket.x, pocket.y);
    const [mx, my] = view.map(table.width / 2, table.length / 2);
    const gap = 1.3 * pocket.radius * view.scale;
    const side = id.endsWith("c");
    const [sx, sy] = [Math.sign(Math.round(mx - px)), Math.sign(Math.round(my - py))];
    const x = px + sx * (gap + wide / 2);
    const y = py + (side ? sy * (gap + high / 2) : sy * (0.3 * gap + high / 2)) + row * (sy || 1) * 1.15 * high;
    paint.fillStyle = cue ? "rgb(96 16 24 / 88%)" : "rgb(12 18 16 / 82%)";
    paint.beginPath();
    paint.roundRect(x - wide / 2, y - high / 2, wide, high, high / 2);
    paint.fill();
    paint.beginPath();
    paint.arc(x - wide / 2 + 0.5 * size + dot, y, dot, 0, 7);
    paint.fillStyle = cue ? IVORY : colourOf(known);
    paint.fill();
    paint.strokeStyle = "rgb(255 255 255 / 70%)";
    paint.lineWidth = 0.8 * view.ratio;
    paint.stroke();
    paint.fillStyle = "#fff";
    paint.fillText(text, x - wide / 2 + 0.75 * size + 2 * dot, y + 0.05 * size);
  }
}
