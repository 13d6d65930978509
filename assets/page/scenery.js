// The table without anything on it. What does not move is drawn once.

import { clothColours, isColour } from "./colour.js";

const WOOD = 0.1; // m, width of the rail's wood, except on small tables
const CLOTH = "#1d7f5a"; // where nobody says another

/** The colours of a table's cloth. */
export const clothOf = (table) => clothColours(isColour(table.cloth) ? table.cloth : CLOTH);

const woodOf = ({ length }) => Math.min(WOOD, 0.08 * length);

/** Width of the rail, from the nose to the outer edge, m. */
export const rimOf = (table) => table.cushion_width + woodOf(table);

/** The places of the diamonds: at eighths of the length and quarters of the width, except at side pockets. */
export function diamondsOf(table) {
  if (table.sights !== "diamonds") return [];
  const { length: l, width: w, pockets } = table;
  const out = table.cushion_width + woodOf(table) / 2;
  const long = [1, 2, 3, 4, 5, 6, 7].filter((i) => i !== 4 || !pockets.length);
  return [
    ...long.flatMap((i) => [-out, w + out].map((x) => [x, (l * i) / 8])),
    ...[1, 2, 3].flatMap((i) => [-out, l + out].map((y) => [(w * i) / 4, y])),
  ];
}

/**
 * The cushions, each as the two ends of its nose: {end, outer}, and where a facing goes on, {inner, corner, radius} of
 * the rounding between both.
 */
export function cushionsOf({ rails, pockets, length, width, cushion_width: deep }) {
  if (!pockets.length) {
    const outer = ([x, y]) => [x < width / 2 ? -deep : width + deep, y < length / 2 ? -deep : length + deep];
    return rails.map((nose) => nose.map((end) => ({ end, outer: outer(end) })));
  }
  const facings = rails.slice(6).flatMap(([p, q]) => [
    { inner: p, outer: q },
    { inner: q, outer: p },
  ]);
  const far = ([ax, ay], [bx, by]) => Math.hypot(ax - bx, ay - by);
  return rails.slice(0, 6).map((nose) =>
    nose.map((end) => {
      const { inner, outer } = facings.reduce((best, one) => (far(one.inner, end) < far(best.inner, end) ? one : best));
      const corner = crossing(nose, [inner, outer]) ?? end;
      const [along, back] = [end, inner].map(([x, y]) => Math.atan2(y - corner[1], x - corner[0]));
      // The rounding is tangent to both lines where they end.
      const radius = far(corner, end) * Math.abs(Math.tan((along - back) / 2));
      return { end, outer, inner, corner, radius };
    }),
  );
}

/** Where two lines meet. */
function crossing([[x1, y1], [x2, y2]], [[x3, y3], [x4, y4]]) {
  const d = (x1 - x2) * (y3 - y4) - (y1 - y2) * (x3 - x4);
  if (Math.abs(d) < 1e-12) return null;
  const [p, q] = [x1 * y2 - y1 * x2, x3 * y4 - y3 * x4];
  return [(p * (x3 - x4) - (x1 - x2) * q) / d, (p * (y3 - y4) - (y1 - y2) * q) / d];
}

const stops = (gradient, list) => list.forEach(([at, colour]) => gradient.addColorStop(at, colour));

export class Scenery {
  #picture = document.createElement("canvas");
  #key = "";

  /** A picture of the table as large as the view. */
  of(table, view) {
    const key = JSON.stringify([table, view.matrix, view.width, view.height]);
    if (key !== this.#key) {
      this.#key = key;
      this.#draw(table, view);
    }
    return this.#picture;
  }

  #draw(table, view) {
    const picture = this.#picture;
    [picture.width, picture.height] = [view.width, view.height];
    const c = picture.getContext("2d");
    c.setTransform(...view.matrix);
    const colours = clothOf(table);
    const { width: w, length: l } = table;
    const box = (out) => [-out, -out, w + 2 * out, l + 2 * out];

    wood(c, table, view, box);
    // Cloth, lit from above the middle
    const cloth = c.createRadialGradient(w / 2, l / 2, 0.1, w / 2, l / 2, l * 0.62);
    stops(cloth, [
      [0, colours.middle],
      [0.55, colours.cloth],
      [1, colours.edge],
    ]);
    c.fillStyle = cloth;
    c.fillRect(...box(table.cushion_width));
    markings(c, table, colours);
    cushions(c, table, view, colours);
    diamonds(c, table);
    pockets(c, table);
  }
}

function markings(c, { width: w, baulk_line: line, d_radius: d, spots, ball_radius }, colours) {
  c.fillStyle = colours.spot;
  for (const [x, y] of spots) {
    c.beginPath();
    c.arc(x, y, 0.23 * ball_radius, 0, 7);
    c.fill();
  }
  if (line === null) return;
  c.globalAlpha = 0.35;
  c.strokeStyle = colours.line;
  c.lineWidth = 0.003;
  c.beginPath();
  c.moveTo(0, line);
  c.lineTo(w, line);
  c.stroke();
  if (d !== null) {
    c.beginPath();
    c.arc(w / 2, line, d, Math.PI, 2 * Math.PI); // towards the bottom rail
    c.stroke();
  }
  c.globalAlpha = 1;
}

function wood(c, table, view, box) {
  const { width: w, length: l } = table;
  const rim = rimOf(table);
  const round = 0.75 * woodOf(table);
  c.save();
  c.shadowColor = "rgb(0 0 0 / 45%)";
  c.shadowBlur = 14 * view.ratio;
  c.shadowOffsetY = 4 * view.ratio;
  const grain = c.createLinearGradient(-rim, 0, w + rim, l * 0.35);
  stops(grain, [
    [0, "#6d3f22"],
    [0.3, "#8b5630"],
    [0.55, "#734424"],
    [0.8, "#8f5a33"],
    [1, "#5d351c"],
  ]);
  c.fillStyle = grain;
  c.beginPath();
  c.roundRect(...box(rim), round);
  c.fill();
  c.restore();
  c.save();
  c.clip();
  c.lineWidth = 0.0012;
  for (let i = 0; i < 34; i += 1) {
    // Along the rails
    const at = -rim + ((i * 0.618) % 1) * rim;
    c.strokeStyle = i % 2 ? "rgb(40 18 6 / 16%)" : "rgb(255 214 160 / 8%)";
    c.strokeRect(at, at, w - 2 * at, l - 2 * at);
  }
  c.restore();
  c.strokeStyle = "rgb(255 225 180 / 22%)";
  c.lineWidth = 0.003;
  c.beginPath();
  c.roundRect(...box(rim - 0.003), round - 0.003);
  c.stroke();
}

/** A cushion is a nose, between two facings where there are pockets; where they meet it is rounded. */
function cushions(c, table, view, colours) {
  for (const [a, b] of cushionsOf(table)) {
    const shape = new Path2D();
    shape.moveTo(...a.outer);
    if (a.inner) {
      shape.lineTo(...a.inner);
      shape.arcTo(...a.corner, ...a.end, a.radius);
    }
    shape.lineTo(...a.end);
    shape.lineTo(...b.end);
    if (b.inner) {
      shape.arcTo(...b.corner, ...b.inner, b.radius);
      shape.lineTo(...b.inner);
    }
    shape.lineTo(...b.outer);
    shape.closePath();
    c.save();
    c.shadowColor = "rgb(0 0 0 / 40%)";
    c.shadowBlur = 0.018 * view.scale;
    c.fillStyle = colours.cushion;
    c.fill(shape);
    c.restore();
    c.save();
    c.clip(shape);
    c.lineWidth = 0.012;
    c.strokeStyle = colours.nose;
    c.globalAlpha = 0.5;
    c.beginPath();
    c.moveTo(...a.end);
    c.lineTo(...b.end);
    c.stroke();
    c.globalAlpha = 1;
    c.lineWidth = 0.02;
    c.strokeStyle = "rgb(0 0 0 / 22%)";
    c.beginPath();
    c.moveTo(...a.outer);
    c.lineTo(...b.outer);
    c.stroke();
    c.restore();
  }
}

function diamonds(c, table) {
  const half = 0.085 * woodOf(table);
  c.fillStyle = "#f1e6cc";
  for (const [x, y] of diamondsOf(table)) {
    c.beginPath();
    c.moveTo(x - half, y);
    c.lineTo(x, y - half);
    c.lineTo(x + half, y);
    c.lineTo(x, y + half);
    c.fill();
  }
}

function pockets(c, table) {
  for (const { x, y, radius } of table.pockets) {
    c.fillStyle = "#20130b";
    c.beginPath();
    c.arc(x, y, 1.17 * radius, 0, 7);
    c.fill();
    const hole = c.createRadialGradient(x, y, radius * 0.3, x, y, radius);
    stops(hole, [
      [0, "#000"],
      [0.8, "#070707"],
      [1, "#1a1a1a"],
    ]);
    c.fillStyle = hole;
    c.beginPath();
    c.arc(x, y, radius, 0, 7);
    c.fill();
  }
}
