// The table without anything on it. What does not move is drawn once.

import { clothColours, isColour } from "./colour.js";

export const CUSHION = 0.0508; // m, nose to wood
export const WOOD = 0.1; // m, width of the rail's wood
const CLOTH = "#1d7f5a"; // where nobody says another

/** The colours of a table's cloth. */
export const clothOf = (table) => clothColours(isColour(table.cloth) ? table.cloth : CLOTH);

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
    const key = JSON.stringify([
      table.length,
      table.width,
      table.rails.length,
      table.cloth,
      view.matrix,
      view.width,
      view.height,
    ]);
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
    c.fillRect(...box(CUSHION));
    c.fillStyle = colours.spot;
    for (const y of [l / 4, (3 * l) / 4]) {
      c.beginPath();
      c.arc(w / 2, y, 0.0065, 0, 7);
      c.fill();
    }
    c.globalAlpha = 0.35;
    c.strokeStyle = colours.line;
    c.lineWidth = 0.003;
    c.beginPath();
    c.moveTo(0, l / 4);
    c.lineTo(w, l / 4);
    c.stroke();
    c.globalAlpha = 1;
    cushions(c, table, view, colours);
    diamonds(c, table);
    pockets(c, table);
  }
}

function wood(c, { width: w, length: l }, view, box) {
  const rim = CUSHION + WOOD;
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
  c.roundRect(...box(rim), 0.075);
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
  c.roundRect(...box(rim - 0.003), 0.072);
  c.stroke();
}

/** A cushion is a nose between two facings; where they meet it is rounded. */
function cushions(c, table, view, colours) {
  const facings = table.rails.slice(6);
  const far = ([ax, ay], [bx, by]) => Math.hypot(ax - bx, ay - by);
  for (const nose of table.rails.slice(0, 6)) {
    const ends = nose.map((end) => {
      let best = null;
      for (const [p, q] of facings) {
        for (const [inner, outer] of [
          [p, q],
          [q, p],
        ]) {
          if (!best || far(inner, end) < far(best.inner, end)) best = { inner, outer };
        }
      }
      return best && { ...best, end, corner: crossing(nose, [best.inner, best.outer]) ?? end };
    });
    if (!ends[0] || !ends[1]) return;
    const [a, b] = ends;
    const shape = new Path2D();
    shape.moveTo(...a.outer);
    shape.lineTo(...a.inner);
    shape.quadraticCurveTo(...a.corner, ...a.end);
    shape.lineTo(...b.end);
    shape.quadraticCurveTo(...b.corner, ...b.inner);
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

function diamonds(c, { width: w, length: l }) {
  const out = CUSHION + WOOD / 2;
  c.fillStyle = "#f1e6cc";
  const diamond = (x, y) => {
    c.beginPath();
    c.moveTo(x - 0.0085, y);
    c.lineTo(x, y - 0.0085);
    c.lineTo(x + 0.0085, y);
    c.lineTo(x, y + 0.0085);
    c.fill();
  };
  for (let i = 1; i < 8; i += 1) if (i !== 4) [-out, w + out].forEach((x) => diamond(x, (l * i) / 8));
  for (let i = 1; i < 4; i += 1) [-out, l + out].forEach((y) => diamond((w * i) / 4, y));
}

function pockets(c, table) {
  for (const { x, y, radius } of table.pockets) {
    c.fillStyle = "#20130b";
    c.beginPath();
    c.arc(x, y, radius + 0.011, 0, 7);
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
