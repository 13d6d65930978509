// Controls for settings. Each field is {element, show(value)}; `changed(value)` is called when a person changes it.

import { draw, make, say } from "./dom.js";

let count = 0;
const fresh = (name) => `${name}-${(count += 1)}`;

/** An element with the name of a setting and, where there is one, its explanation. */
function named(tag, properties, label, help) {
  return make(tag, properties, label, ...(help ? [make("small", { textContent: help })] : []));
}

export function switchField({ label, help, changed }) {
  const box = make("input", { type: "checkbox", role: "switch" });
  box.addEventListener("change", () => changed(box.checked));
  const words = named("span", { className: "words" }, label, help);
  return {
    element: make("label", { className: "switch" }, words, box),
    show: (value) => (box.checked = Boolean(value)),
  };
}

/** A colour, `#rrggbb`. */
export function colourField({ label, help, changed }) {
  const box = make("input", { type: "color" });
  box.addEventListener("input", () => changed(box.value));
  const words = named("span", { className: "words" }, label, help);
  return {
    element: make("label", { className: "colour" }, words, box),
    show: (value) => (box.value = value),
  };
}

/** One of many, as a list that opens; `offer` takes a list of [value, text]. */
export function selectField({ label, changed }) {
  const list = make("select");
  let shown = null;
  list.addEventListener("change", () => changed(list.value));
  const show = (value) => {
    shown = value;
    list.value = value;
  };
  const offer = (options) => {
    list.replaceChildren(...options.map(([value, textContent]) => make("option", { value, textContent })));
    show(shown);
  };
  return { element: make("label", { className: "entry" }, make("span", {}, label), list), offer, show };
}

/**
 * A number that is typed, shown times `scale` in `unit`; `typed()` is called at each letter, `changed(value)` once it is
 * entered. `show(value, least, most)` leaves what is being typed, and with the value null what was entered.
 */
export function numberField({ label, scale, unit, typed, changed }) {
  const box = make("input", { type: "number", inputMode: "decimal", step: "any", required: true });
  const small = make("small");
  const kept = () => Number((box.valueAsNumber / scale).toPrecision(12));
  const shownOf = (value) => Math.round(100 * scale * value) / 100;
  let last = "";
  box.addEventListener("input", typed);
  box.addEventListener("change", () => {
    if (Number.isFinite(box.valueAsNumber)) return changed(kept());
    box.value = last;
    typed();
  });
  const show = (value, least, most) => {
    say(small, `${shownOf(least)} to ${shownOf(most)} ${unit}`);
    if (value === null || document.activeElement === box) return;
    box.value = last = String(shownOf(value));
  };
  return {
    element: make("label", { className: "entry" }, make("span", {}, `${label} (${unit})`, small), box),
    show,
    get value() {
      return kept();
    },
  };
}

/** `words(value)` says a value; `to` and `from` turn the slider's place into the value and back. */
export function rangeField({ label, help, least, most, step, words, to, from, changed }) {
  const id = fresh("range");
  const slider = make("input", { id, type: "range", min: least, max: most, step });
  const output = make("output", { for: id });
  const name = named("label", { htmlFor: id }, label, help);
  const tell = (value) => {
    say(output, words(value));
    slider.setAttribute("aria-valuetext", words(value));
  };
  slider.addEventListener("input", () => {
    const value = to(Number(slider.value));
    tell(value);
    changed(value);
  });
  const show = (value) => {
    if (!Number.isFinite(value)) return;
    slider.value = from(value);
    tell(value);
  };
  return {
    element: make("div", { className: "range" }, name, output, slider),
    show,
  };
}

/** One of several; `options` is a list of [value, text]. */
export function choiceField({ label, options, changed }) {
  const name = fresh("choice");
  const set = make("div", { className: "choices", role: "radiogroup", "aria-label": label });
  let inputs = [];
  const offer = (list) => {
    inputs = list.map(([value, text]) => {
      const input = make("input", { type: "radio", name });
      input.addEventListener("change", () => changed(value));
      return { value, input, item: make("label", {}, input, text) };
    });
    set.replaceChildren(...inputs.map(({ item }) => item));
  };
  offer(options);
  return { element: set, offer, show: (value) => inputs.forEach((one) => (one.input.checked = one.value === value)) };
}

export function button(text, action, { primary = false, label } = {}) {
  const element = make("button", { type: "button", textContent: text, className: primary ? "primary" : "" });
  if (label) element.setAttribute("aria-label", label);
  element.addEventListener("click", action);
  return element;
}

export function card(title, ...children) {
  return make("section", { className: "card", "aria-label": title }, make("h3", { textContent: title }), ...children);
}

const MISCUE = 0.5; // ball radii: further out the tip slips off
const CENTRE = 0.04; // ball radii: nearer counts as the centre

/** Where the tip meets the ball, {side, height} in ball radii, left and up positive, for a touch at (x, y) radii. */
export function tipAt(x, y) {
  const length = Math.hypot(x, y);
  if (length < CENTRE) return { side: 0, height: 0 };
  const scale = Math.min(1, (0.999 * MISCUE) / length);
  const exact = (v) => Math.round(v * scale * 1000) / 1000 || 0;
  return { side: exact(-x), height: exact(-y) };
}

/** The cue ball as the player sees it. Sliders beside it do the same for those who use no pointer. */
export function tipField({ changed }) {
  const tip = draw("circle", { r: 0.13, class: "tip" });
  const picture = draw(
    "svg",
    { viewBox: "-1.1 -1.1 2.2 2.2", class: "cue-ball", "aria-hidden": "true" },
    draw("circle", { r: 1, class: "ivory" }),
    draw("circle", { r: MISCUE, class: "miscue" }),
    draw("path", { d: "M-1 0H1M0-1V1", class: "cross" }),
    tip,
  );
  const touch = (event) => {
    const box = picture.getBoundingClientRect();
    const radius = box.width / 2.2;
    changed(
      tipAt((event.clientX - box.left - box.width / 2) / radius, (event.clientY - box.top - box.height / 2) / radius),
    );
  };
  const locked = () => picture.closest("fieldset")?.disabled;
  picture.addEventListener("pointerdown", (event) => {
    if (locked() || event.button > 0) return;
    picture.setPointerCapture(event.pointerId);
    touch(event);
  });
  picture.addEventListener("pointermove", (event) => picture.hasPointerCapture(event.pointerId) && touch(event));
  const show = ({ side, height }) => {
    tip.setAttribute("cx", -side);
    tip.setAttribute("cy", -height);
  };
  show({ side: 0, height: 0 });
  return { element: picture, show };
}
