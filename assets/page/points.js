// The projector's points, moved by hand by somebody who stands at the table with a phone.

import { get, post, put } from "./api.js";
import { draw, make, say } from "./dom.js";
import { button, choiceField, switchField } from "./fields.js";

const STEPS = [0.1, 1, 10]; // px
const HOLD = 400; // ms until a held button repeats
const REPEAT = 120; // ms
const ARROWS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

/** Sums up what is asked for while an answer is on its way: many quick touches become few requests. */
export class Nudges {
  #sum = null;
  #busy = false;

  /** `send(dx, dy)` asks for a move and resolves when it is made. */
  constructor(send) {
    this.send = send;
  }

  async add(dx, dy) {
    const [x, y] = this.#sum ?? [0, 0];
    this.#sum = [x + dx, y + dy];
    if (this.#busy) return;
    this.#busy = true;
    try {
      while (this.#sum) {
        // Tenths do not add up exactly.
        const [sx, sy] = this.#sum.map((v) => Math.round(v * 1000) / 1000);
        this.#sum = null;
        if (sx || sy) await this.send(sx, sy);
      }
    } finally {
      this.#sum = null;
      this.#busy = false;
    }
  }
}

export class Points {
  #data = null;
  #step = 1;

  constructor({ refused, moved }) {
    Object.assign(this, { refused, moved });
    this.nudges = new Nudges((dx, dy) => this.#ask(`/calibration/points/${this.#data.selected}/nudge`, { dx, dy }));
    this.picture = draw("svg", {
      class: "points",
      role: "img",
      "aria-label": "The projector's picture with its points",
    });
    this.title = make("output", { className: "point-name", "aria-live": "polite" });
    this.step = choiceField({
      label: "Step in pixels",
      options: STEPS.map((step) => [step, `${step} px`]),
      changed: (step) => (this.#step = step),
    });
    this.step.show(1);
    const arrow = (text, label, dx, dy, area) => {
      const element = button(text, () => {}, { label });
      element.dataset.area = area;
      this.#repeat(element, dx, dy);
      return element;
    };
    this.shown = switchField({ label: "Show on the cloth", changed: (shown) => this.#put(shown) });
    const pad = make(
      "div",
      { className: "pad", role: "group", "aria-label": "Move the point" },
      arrow("▲", "Up", 0, -1, "up"),
      arrow("◀", "Left", -1, 0, "left"),
      arrow("▶", "Right", 1, 0, "right"),
      arrow("▼", "Down", 0, 1, "down"),
      make("output", { className: "place", "data-area": "place" }),
    );
    this.place = pad.lastChild;
    pad.addEventListener("keydown", (event) => {
      const way = ARROWS[event.key];
      if (!way) return;
      event.preventDefault();
      this.#move(...way, event.shiftKey ? 10 : event.ctrlKey ? 0.1 : this.#step);
    });
    this.undo = button("Undo", () => this.#ask("/calibration/undo"));
    this.redo = button("Redo", () => this.#ask("/calibration/redo"));
    this.none = make("p", { className: "soft", textContent: "Nothing is projected: there are no points to move." });
    this.body = make(
      "div",
      {},
      make(
        "div",
        { className: "row spread" },
        button("◀", () => this.#choose(-1), { label: "Previous point" }),
        this.title,
        button("▶", () => this.#choose(1), { label: "Next point" }),
      ),
      this.picture,
      this.step.element,
      pad,
      make(
        "div",
        { className: "row" },
        this.undo,
        this.redo,
        this.shown.element,
        button("All to the middle", () => this.#ask("/calibration/points/centre")),
      ),
    );
    this.elements = [this.none, this.body];
    this.#show();
  }

  /** What the calibration's report says about undo and redo. */
  allow({ can_undo: undo, can_redo: redo }) {
    this.undo.disabled = undo === false;
    this.redo.disabled = redo === false;
  }

  /** Takes the points off the cloth, when nobody sets them any more. */
  async leave() {
    if (this.#data?.shown && this.mine) await this.#put(false);
  }

  async #put(shown) {
    try {
      this.#data = (await put("/calibration/points/shown", { shown })).points;
    } catch (error) {
      this.refused(error);
    }
    this.#show();
  }

  async refresh() {
    try {
      this.#data = await get("/calibration/points");
    } catch (error) {
      this.#data = null;
      if (error.status !== 404 && error.status !== 409) this.refused(error);
    }
    this.#show();
  }

  async #ask(path, body) {
    try {
      const answer = await post(path, body);
      if (answer?.points?.size) {
        this.#data = answer.points;
        this.mine = true; // what this page put on the cloth it takes away
        this.#show();
      } else await this.refresh();
    } catch (error) {
      this.refused(error);
    }
    this.moved();
  }

  #choose(step) {
    const count = this.#data?.points.length;
    if (!count) return;
    this.#select((this.#data.selected + step + count) % count);
  }

  #select(n) {
    this.#data = { ...this.#data, selected: n };
    this.#show();
    this.#ask(`/calibration/points/${n}/select`);
  }

  #move(x, y, step) {
    if (this.#data && !this.body.closest("fieldset").disabled) this.nudges.add(x * step, y * step);
  }

  /** Moves at once, and again and again while held; a keyboard's or a screen reader's click moves once. */
  #repeat(element, dx, dy) {
    let timer = null;
    const move = () => this.#move(dx, dy, this.#step);
    const stop = () => {
      clearTimeout(timer);
      timer = null;
    };
    const again = () => {
      if (!element.isConnected || element.matches(":disabled")) return stop();
      move();
      timer = setTimeout(again, REPEAT);
    };
    element.addEventListener("pointerdown", (event) => {
      if (event.button > 0) return;
      element.setPointerCapture(event.pointerId);
      move();
      timer = setTimeout(again, HOLD);
    });
    for (const end of ["pointerup", "pointercancel", "lostpointercapture", "blur"]) element.addEventListener(end, stop);
    element.addEventListener("contextmenu", (event) => event.preventDefault()); // a long touch
    element.addEventListener("click", (event) => event.detail === 0 && move());
  }

  #show() {
    const data = this.#data;
    const known = Boolean(data?.points?.length);
    this.none.hidden = known;
    this.body.hidden = !known;
    if (!known) return;
    const { points, size, selected, shown } = data;
    this.shown.show(shown);
    const point = points[selected] ?? points[0];
    say(this.title, `${selected + 1} of ${points.length}: ${point.name ?? "point"}`);
    say(this.place, `${point.x.toFixed(1)}\n${point.y.toFixed(1)}`);
    const unit = size.width / 100;
    this.picture.setAttribute(
      "viewBox",
      `${-3 * unit} ${-3 * unit} ${size.width + 6 * unit} ${size.height + 6 * unit}`,
    );
    this.picture.replaceChildren(
      draw("rect", { width: size.width, height: size.height, class: "frame" }),
      draw("polygon", { points: points.map(({ x, y }) => `${x},${y}`).join(" "), class: "bed" }),
      ...points.flatMap(({ x, y }, i) => {
        const on = i === selected;
        const dot = draw("circle", { cx: x, cy: y, r: (on ? 2.6 : 1.8) * unit, class: on ? "dot on" : "dot" });
        const target = draw("circle", { cx: x, cy: y, r: 9 * unit, class: "target" });
        target.addEventListener("click", () => !this.body.closest("fieldset").disabled && this.#select(i));
        return [dot, target];
      }),
    );
  }
}
