// Balls and the cue.

import { IVORY, colourOf, isStriped, numberOf } from "./balls.js";

/** Pictures of balls, each drawn once a size. */
class Sprites {
  #made = new Map();

  of(ball, radius) {
    const r = Math.max(1, Math.round(radius * 2) / 2);
    const key = `${colourOf(ball)} ${ball.label} ${ball.class} ${r}`;
    let sprite = this.#made.get(key);
    if (!sprite) {
      if (this.#made.size > 80) this.#made.clear();
      this.#made.set(key, (sprite = paintBall(ball, r)));
    }
    return sprite;
  }
}

function paintBall(ball, r) {
  const sprite = document.createElement("canvas");
  sprite.width = sprite.height = Math.ceil(2 * r) + 2;
  const c = sprite.getContext("2d");
  c.translate(sprite.width / 2, sprite.height / 2);
  const disc = (radius, fill) => {
    c.fillStyle = fill;
    c.beginPath();
    c.arc(0, 0, radius, 0, 7);
    c.fill();
  };
  const colour = colourOf(ball);
  const number = numberOf(ball);
  const striped = isStriped(ball);
  c.beginPath();
  c.arc(0, 0, r, 0, 7);
  c.clip();
  disc(r, striped ? IVORY : colour);
  if (striped) {
    c.fillStyle = colour;
    c.fillRect(-r, -0.64 * r, 2 * r, 1.28 * r);
  }
  if (number) {
    // Small balls carry larger numbers than true ones, else nobody could read them.
    const size = r < 20 ? 1.2 : 1;
    disc(0.52 * r, IVORY);
    c.fillStyle = "#161616";
    c.font = `700 ${(number > 9 ? 0.6 : 0.76) * size * r}px system-ui, sans-serif`;
    c.textAlign = "center";
    c.textBaseline = "middle";
    c.fillText(String(number), 0, 0.04 * r);
  }
  const light = c.createRadialGradient(-0.38 * r, -0.42 * r, 0.05 * r, -0.1 * r, -0.12 * r, 1.15 * r);
  [
    [0, "rgb(255 255 255 / 75%)"],
    [0.16, "rgb(255 255 255 / 22%)"],
    [0.42, "rgb(255 255 255 / 0%)"],
    [0.7, "rgb(0 0 0 / 8%)"],
    [1, "rgb(0 0 0 / 48%)"],
  ].forEach((s) => light.addColorStop(...s));
  disc(r, light);
  return sprite;
}

const sprites = new Sprites();
const clamp = (v, low, high) => Math.min(high, Math.max(low, v));

/** Draws the balls as they are at `time`; returns whether one is just appearing or vanishing. */
export function drawBalls(paint, view, motion, time, now) {
  const shown = [];
  let fading = false;
  for (const [id, entry] of motion.balls) {
    const alpha = entry.gone ? 1 - (now - entry.gone) / 220 : clamp((now - entry.born) / 160, 0.15, 1);
    fading ||= alpha < 1;
    if (alpha <= 0) motion.balls.delete(id);
    else {
      const { ball, track } = entry;
      shown.push({ ball, r: ball.radius * view.scale, alpha, at: view.map(...track.at(time)) });
    }
  }
  for (const {
    at: [x, y],
    r,
    alpha,
  } of shown) {
    const [sx, sy] = [x + 0.22 * r, y + 0.34 * r];
    const shade = paint.createRadialGradient(sx, sy, 0.5 * r, sx, sy, 1.25 * r);
    shade.addColorStop(0, `rgb(0 0 0 / ${45 * alpha}%)`);
    shade.addColorStop(1, "rgb(0 0 0 / 0%)");
    paint.fillStyle = shade;
    paint.beginPath();
    paint.arc(sx, sy, 1.25 * r, 0, 7);
    paint.fill();
  }
  for (const {
    ball,
    at: [x, y],
    r,
    alpha,
  } of shown) {
    const hidden = ball.state === "occluded";
    const sprite = sprites.of(ball, r);
    paint.globalAlpha = hidden ? 0.45 * alpha : alpha;
    paint.drawImage(sprite, x - sprite.width / 2, y - sprite.height / 2);
    if (hidden) {
      paint.setLineDash([0.4 * r, 0.3 * r]);
      paint.strokeStyle = "#fff";
      paint.lineWidth = Math.max(view.ratio, 0.1 * r);
      paint.beginPath();
      paint.arc(x, y, 1.15 * r, 0, 7);
      paint.stroke();
      paint.setLineDash([]);
    }
    paint.globalAlpha = 1;
  }
  return fading;
}

/** The cue: chalk, ferrule, shaft, joint, forearm, wrap, sleeve; [from, to, colour there, colour here] in metres. */
const CUE = [
  [0, 0.009, "#3f7fb5", "#3f7fb5"],
  [0.009, 0.033, "#fbf7ec", "#efe7d3"],
  [0.033, 0.72, "#ecd2a2", "#cfa468"],
  [0.72, 0.745, "#e9e2d0", "#b8b0a0"],
  [0.745, 1.05, "#5a2d18", "#3a1b0e"],
  [1.05, 1.3, "#1d1a19", "#2a2523"],
  [1.3, 1.47, "#4a2412", "#2b150b"],
];

export function drawCue(paint, view, track, time) {
  const [tx, ty, bx, by] = track.at(time);
  const length = Math.hypot(bx - tx, by - ty);
  if (!(length > 0.02)) return;
  const [dx, dy] = [(bx - tx) / length, (by - ty) / length];
  const half = (d) => 0.0075 + 0.0085 * Math.min(d / 1.47, 1);
  const side = (d, s) => view.map(tx + dx * d - dy * s * half(d), ty + dy * d + dx * s * half(d));
  const [from, to] = [view.map(tx, ty), view.map(bx, by)];
  const wood = paint.createLinearGradient(...from, ...to);
  const stop = (d, colour) => wood.addColorStop(clamp(d / length, 0, 1), colour);
  for (const [a, b, first, last] of CUE) {
    stop(a, first);
    stop(b, last);
  }
  paint.beginPath();
  [side(0, 1), side(length, 1), side(length, -1), side(0, -1)].forEach((p, i) => paint[i ? "lineTo" : "moveTo"](...p));
  paint.closePath();
  paint.save();
  paint.shadowColor = "rgb(0 0 0 / 50%)";
  paint.shadowBlur = 5 * view.ratio;
  paint.shadowOffsetX = 2 * view.ratio;
  paint.shadowOffsetY = 4 * view.ratio;
  paint.fillStyle = wood;
  paint.fill();
  paint.restore();
}
