// The choice of table in the set-up, and the dimensions of a custom one with a drawing to scale.

import { get, patch, put } from "./api.js";
import { draw, make, say } from "./dom.js";
import { button, numberField, selectField, switchField } from "./fields.js";
import { percent } from "./words.js";

const AUTO = "auto";
const CUSTOM = "custom";

/** The noses of a table that lies along the screen, as [x1, y1, x2, y2]; without mouths they close the bed. Pure. */
export function nosesOf({ length: l, width: w, corner_width: corner = 0, side_width: side = 0 }) {
  const mouth = corner / Math.SQRT2; // of a corner, along each of its two noses
  const long = side ? [mouth, (l - side) / 2, (l + side) / 2, l - mouth] : [mouth, l - mouth];
  const noses = [0, w].flatMap((y) => long.flatMap((x, i) => (i % 2 ? [[long[i - 1], y, x, y]] : [])));
  return [...noses, ...[0, l].map((x) => [x, mouth, x, w - mouth])];
}

/** The measured mouths in words; empty where none is measured. Pure. */
export function mouthsInWords({ measured, dimensions }) {
  const mm = (metres) => Math.round(1000 * metres);
  const words = measured.map(({ id, value, uncertainty }) => {
    const { title } = dimensions.find((dimension) => dimension.id === id);
    return `${title} ${mm(value)} ± ${mm(uncertainty)} mm`;
  });
  return words.length ? `Measured in the picture: ${words.join(", ")}.` : "";
}

/** The change that takes the measured mouths over; null where they are in force. Pure. */
export function mouthsToUse({ measured, dimensions }) {
  const differs = ({ id, value }) =>
    dimensions.some((dimension) => dimension.id === id && Math.abs(dimension.value - value) >= 0.0005);
  return measured.some(differs) ? Object.fromEntries(measured.map(({ id, value }) => [id, value])) : null;
}

/** A table with its balls, to scale; `show(values)` takes its dimensions in metres. */
function sketch() {
  const [bed, noses] = [draw("rect", { class: "bed" }), draw("path", { class: "noses" })];
  const balls = [draw("circle", { class: "ball" }), draw("circle", { class: "ball cue" })];
  const picture = draw(
    "svg",
    { class: "sketch", role: "img", "aria-label": "The table with its noses and balls, to scale" },
    bed,
    noses,
    ...balls,
  );
  const set = (element, attributes) =>
    Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
  const show = (values) => {
    if (!Object.values(values).every((value) => value > 0)) return; // one is being typed
    const { length: l, width: w, ball_diameter: ball, cue_ball_diameter: cue } = values;
    const rim = 0.03 * l;
    set(picture, { viewBox: `${-rim} ${-rim} ${l + 2 * rim} ${w + 2 * rim}` });
    set(bed, { width: l, height: w });
    set(noses, { d: nosesOf(values).map(([x1, y1, x2, y2]) => `M${x1} ${y1}L${x2} ${y2}`).join("") });
    set(balls[0], { cx: 0.7 * l, cy: 0.5 * w, r: 0.5 * ball });
    set(balls[1], { cx: 0.25 * l, cy: 0.5 * w, r: 0.5 * cue });
  };
  return { element: picture, show };
}

export class TableForm {
  #table = null;
  #fields = new Map();
  /** Values that were entered and are not in force yet. */
  #entered = {};
  #asked = 0;

  constructor({ refused }) {
    this.refused = refused;
    this.choice = selectField({ label: "Table", changed: (name) => this.#choose(name) });
    this.reason = make("p", { className: "soft" });
    this.likely = make("div", { className: "row", role: "group", "aria-label": "Likely tables" });
    this.picture = sketch();
    this.pockets = switchField({ label: "Pockets", changed: (pockets) => this.#change({ pockets }) });
    this.dimensions = make("div", {});
    this.mouths = make("p", { className: "soft" });
    this.use = button("Use measured mouths", () => this.#change(mouthsToUse(this.#table) ?? {}));
    this.error = make("p", { className: "bad", role: "alert" });
    this.discard = button("Discard", () => {
      this.#settle();
      this.show(this.#table);
    });
    this.custom = make(
      "div",
      { hidden: true },
      this.picture.element,
      this.pockets.element,
      this.dimensions,
      this.mouths,
      this.use,
      this.error,
      this.discard,
    );
    this.elements = [this.choice.element, this.reason, this.likely, this.custom];
    this.#settle();
  }

  /** Asks, once, which tables there are. */
  async refresh() {
    if (this.listed) return;
    try {
      const { tables } = await get("/calibration/tables");
      this.choice.offer([
        [AUTO, "Automatic"],
        ...tables.map(({ name, title }) => [name, title]),
        [CUSTOM, "Custom"],
      ]);
      this.listed = true;
      if (this.#table) this.show(this.#table);
    } catch (error) {
      this.refused(error);
    }
  }

  /** Shows the trainer's report of the table. */
  show(table) {
    this.#table = table;
    const { choice, reason, likely, pockets, dimensions } = table;
    const name = typeof choice === "string" ? choice : CUSTOM;
    this.choice.show(name);
    this.reason.hidden = name !== AUTO;
    say(this.reason, `${table.title}: ${reason}.`);
    this.#offer(likely);
    this.custom.hidden = name !== CUSTOM;
    if (name !== CUSTOM) return this.#settle();
    this.pockets.show(this.#entered.pockets ?? pockets);
    const ids = dimensions.map(({ id }) => id);
    if (ids.join() !== [...this.#fields.keys()].join()) this.#build(dimensions);
    for (const { id, value, minimum, maximum } of dimensions) {
      this.#fields.get(id).show(id in this.#entered ? null : value, minimum, maximum);
    }
    say(this.mouths, mouthsInWords(table));
    this.mouths.hidden = !table.measured.length;
    this.use.hidden = !mouthsToUse(table);
    this.#draw();
  }

  /** The likely tables, each to be set by one click. */
  #offer(likely) {
    const texts = likely.map(({ title, probability }) => `${title}, ${percent(probability)}`);
    this.likely.hidden = !likely.length;
    if (texts.join("|") === this.offered) return; // what has the focus keeps it
    this.offered = texts.join("|");
    this.likely.replaceChildren(...texts.map((text, i) => button(text, () => this.#choose(likely[i].kind))));
  }

  #build(dimensions) {
    const field = ({ id, title }) =>
      numberField({
        label: title,
        scale: 1000,
        unit: "mm",
        typed: () => this.#draw(),
        changed: (value) => this.#change({ [id]: value }),
      });
    this.#fields = new Map(dimensions.map((dimension) => [dimension.id, field(dimension)]));
    this.dimensions.replaceChildren(...[...this.#fields.values()].map(({ element }) => element));
  }

  #draw() {
    this.picture.show(Object.fromEntries([...this.#fields].map(([id, field]) => [id, field.value])));
  }

  #choose(name) {
    this.#settle();
    // The dimensions of a custom table are at first those of the table in force.
    return name === CUSTOM ? this.#change({}) : this.#ask(() => put("/calibration/table", { table: name }));
  }

  /** Values that are impossible together with the others are kept, and sent again with the next one. */
  #change(values) {
    Object.assign(this.#entered, values);
    return this.#ask(() => patch("/calibration/table", this.#entered));
  }

  #settle() {
    this.#entered = {};
    say(this.error, "");
    this.error.hidden = this.discard.hidden = true;
  }

  async #ask(what) {
    const turn = (this.#asked += 1);
    try {
      const { table } = await what();
      if (turn !== this.#asked) return;
      this.#settle();
      this.show(table);
    } catch (error) {
      if (turn !== this.#asked) return;
      if (error.status === 422) {
        say(this.error, error.message);
        this.error.hidden = this.discard.hidden = false;
        return;
      }
      this.#settle();
      if (this.#table) this.show(this.#table);
      this.refused(error);
    }
  }
}
