// The table, live. Distances are metres in the table's frame: x across (0 to width), y along (0 to length), as seen
// from above.

import { drawBalls, drawCue } from "./pieces.js";
import { drawPrediction } from "./prediction.js";
import { Scenery, clothOf, rimOf } from "./scenery.js";

// What is drawn until the trainer tells which table there is.
const NINE_FOOT = {
  length: 2.54,
  width: 1.27,
  cushion_width: 0.0508,
  ball_radius: 0.028575,
  rails: [],
  pockets: [],
  spots: [],
  baulk_line: null,
  d_radius: null,
  sights: "diamonds",
};

/** From metres to the canvas' pixels. The style sheet says which way the table lies; nothing is mirrored. */
class View {
  scale = 1;
  ratio = 1;
  width = 1;
  height = 1;
  upright = true;
  matrix = [1, 0, 0, 1, 0, 0];

  fit(table, box, upright) {
    this.ratio = Math.min(3, Math.max(1, window.devicePixelRatio || 1));
    const [w, h] = [Math.max(1, Math.round(box.width * this.ratio)), Math.max(1, Math.round(box.height * this.ratio))];
    [this.width, this.height] = [w, h];
    const rim = rimOf(table);
    const [across, along] = [table.width + 2 * rim, table.length + 2 * rim];
    const pad = 0.03 * Math.min(w, h);
    this.upright = upright === "auto" ? h > w : upright === "yes";
    const [x, y] = this.upright ? [across, along] : [along, across];
    const s = (this.scale = Math.max(1, Math.min((w - pad) / x, (h - pad) / y)));
    const left = (w - x * s) / 2 + rim * s;
    const top = (h - y * s) / 2 + rim * s;
    this.matrix = this.upright ? [s, 0, 0, -s, left, top + table.length * s] : [0, s, s, 0, left, top];
  }

  map(x, y) {
    const [a, b, c, d, e, f] = this.matrix;
    return [a * x + c * y + e, b * x + d * y + f];
  }
}

/** Draws what `known()` tells into the canvas, as often as the screen shows pictures, while anything changes. */
export class TablePicture {
  #view = new View();
  #scenery = new Scenery();
  #box = { width: 0, height: 0 };
  #upright = "auto";
  #asked = true;
  shown = { lines: true, chances: true, spread: true };

  constructor(canvas, known) {
    Object.assign(this, { canvas, known, paint: canvas.getContext("2d") });
    new ResizeObserver(([entry]) => {
      this.#box = entry.contentRect;
      this.#upright = getComputedStyle(canvas).getPropertyValue("--upright").trim();
      this.#draw(performance.now()); // a resized canvas is empty
    }).observe(canvas);
    const frame = (now) => {
      // A phone's battery lasts longer where nothing is drawn twice.
      if (this.#asked || !this.still(now)) this.#draw(now);
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  }

  /** Something other than the motion has changed. */
  refresh() {
    this.#asked = true;
  }

  still(now) {
    const { state, motion } = this.known();
    return !state || motion.rests(motion.time(now));
  }

  #draw(now) {
    const { canvas, paint } = this;
    const view = this.#view;
    const { state, trajectory, motion, ballOf } = this.known();
    const table = state?.table ?? NINE_FOOT;
    view.fit(table, this.#box, this.#upright);
    if (canvas.width !== view.width || canvas.height !== view.height)
      [canvas.width, canvas.height] = [view.width, view.height];
    paint.setTransform(1, 0, 0, 1, 0, 0);
    paint.clearRect(0, 0, view.width, view.height);
    paint.drawImage(this.#scenery.of(table, view), 0, 0);
    this.#asked = false;
    if (!state) return;
    const time = motion.time(now);
    const cloth = clothOf(table).cloth;
    drawPrediction(paint, view, { table, trajectory, ballOf, cloth, shown: this.shown });
    if (drawBalls(paint, view, motion, time, now)) this.#asked = true;
    if (motion.cue) drawCue(paint, view, motion.cue, time);
  }
}
