// What an operator does before people play: calibration, the table, the projector's points, test pictures, profiles, the
// source.

import { get, post, put } from "./api.js";
import { $, make, say } from "./dom.js";
import { button, card, choiceField, switchField } from "./fields.js";
import { notice } from "./notices.js";
import { Points } from "./points.js";
import { TableForm } from "./tableform.js";
import { capital } from "./words.js";

const WATCH = 500; // ms between two looks at a calibration that runs
const LOOK = 4000; // ms otherwise
const CARDS = ["white", "black", "grid", "bars", "focus"];
const NAMES = {
  camera: "Camera",
  lens: "Lens",
  height: "Camera's height",
  projector: "Projector",
  error: "Error",
  latency_ms: "Delay",
  profile: "Profile",
};
const UNITS = { height: "m", error: "mm", latency_ms: "ms" };

/** A value of the report in a few words; null where there is nothing to say. */
export function inFew(name, value) {
  if (value === null || value === undefined || value === "") return null;
  if (typeof value === "number") return `${Math.round(value * 100) / 100}${UNITS[name] ? ` ${UNITS[name]}` : ""}`;
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value)) return value.map((one) => inFew(name, one)).join(" × ");
  if (typeof value !== "object") return String(value);
  const parts = Object.entries(value).map(([key, one]) => {
    const suffix = /_(mm|ms|m|px|deg)$/.exec(key)?.[1];
    const plain = (suffix ? key.slice(0, -suffix.length - 1) : key).replaceAll("_", " ");
    const unit = suffix ?? UNITS[plain];
    const few = inFew("", one);
    return few && (typeof one === "string" ? few : `${plain} ${few}${unit ? ` ${unit}` : ""}`);
  });
  return parts.filter(Boolean).join(", ") || null;
}

export class Setup {
  #open = false;
  #timer = null;
  #running = false;
  #asked = 0;

  constructor({ refused }) {
    this.refused = refused;
    this.points = new Points({ refused, moved: () => this.#report() });
    this.table = new TableForm({ refused });
    $("setup").append(...this.#build());
  }

  set open(open) {
    this.#open = open;
    clearTimeout(this.#timer);
    if (open) this.refresh();
    else this.points.leave();
  }

  async refresh() {
    if (!this.#open) return;
    await Promise.all([
      this.#look(),
      this.points.refresh(),
      this.table.refresh(),
      this.#sources(),
      this.#profiles(),
    ]);
  }

  /** Asks, and tells what went wrong; resolves to whether it went well. */
  async #do(what) {
    try {
      await what();
      return true;
    } catch (error) {
      this.refused(error);
      return false;
    }
  }

  #build() {
    const command = (text, path, options) =>
      button(text, () => this.#do(() => post(path)).then(() => this.#look()), options);
    this.words = make("p", { role: "status" });
    this.bar = make("progress", { hidden: true, "aria-label": "Calibration" });
    this.start = command("Calibrate", "/calibration/start", { primary: true });
    this.lens = command("Measure the lens", "/calibration/lens/start");
    this.cancel = command("Cancel", "/calibration/cancel");
    this.cancel.hidden = true;
    this.facts = make("dl", { className: "facts" });
    this.check = switchField({
      label: "Check pattern",
      help: "Rings and lines where balls and noses should be",
      changed: (shown) =>
        this.#do(() => put("/calibration/check", { shown })).then((well) => well || this.check.show(!shown)),
    });
    this.cards = choiceField({
      label: "Test card",
      options: [[null, "None"], ...CARDS.map((name) => [name, capital(name)])],
      changed: (name) => this.#do(() => put("/calibration/card", { name })).then((well) => well || this.#report()),
    });
    this.cards.show(null);
    this.source = choiceField({
      label: "Source",
      options: [],
      changed: async (index) => {
        if (await this.#do(() => put("/vision/source", { index }))) notice("info", "The source is being changed.");
        this.#sources();
      },
    });
    this.profile = make("select", { "aria-label": "Profile" });
    this.name = make("input", {
      "aria-label": "Name of the new profile",
      placeholder: "Name",
      autocapitalize: "none",
      maxLength: 48,
    });
    const named = (name) => `/calibration/profiles/${encodeURIComponent(name)}`;
    const apply = button(
      "Use",
      () =>
        this.profile.value &&
        this.#do(() => post(`${named(this.profile.value)}/apply`)).then((well) => {
          if (well) notice("info", `Profile ${this.profile.value} is in use.`);
          this.refresh();
        }),
    );
    const save = button("Save", () => {
      const name = this.name.value.trim() || this.profile.value;
      if (!name) return this.name.focus();
      this.#do(() => put(named(name))).then((well) => {
        if (well) notice("info", `Saved as ${name}.`);
        this.name.value = "";
        this.#profiles();
      });
    });
    return [
      card(
        "Calibration",
        this.words,
        this.bar,
        make("div", { className: "row" }, this.start, this.cancel),
        this.facts,
        make(
          "details",
          {},
          make("summary", { textContent: "Measure the lens with the printed board" }),
          make(
            "p",
            {},
            "For a lens with strong distortion, before anything else. ",
            make("a", {
              href: "/api/v1/calibration/lens/board.svg",
              target: "_blank",
              rel: "noopener",
              textContent: "Print the board",
            }),
            " at 100 % on A4, glue it to something flat, and hold it under the camera in ten different ways.",
          ),
          this.lens,
        ),
      ),
      card("Table", ...this.table.elements),
      card("Projector points", ...this.points.elements),
      card("Test pictures", this.check.element, this.cards.element),
      card(
        "Profiles",
        make("div", { className: "row" }, this.profile, apply),
        make("div", { className: "row" }, this.name, save),
      ),
      card("Source", this.source.element),
    ];
  }

  /** Looks how the calibration is going, and goes on looking. */
  async #look() {
    clearTimeout(this.#timer);
    const turn = (this.#asked += 1);
    let progress = null;
    try {
      progress = await get("/calibration/progress");
    } catch (error) {
      say(this.words, error.message);
    }
    if (turn !== this.#asked || !this.#open) return;
    const was = this.#running;
    this.#running = progress !== null;
    this.#show(progress);
    if (!this.#running) await this.#report();
    if (was && !this.#running) this.points.refresh();
    if (turn === this.#asked && this.#open) this.#timer = setTimeout(() => this.#look(), this.#running ? WATCH : LOOK);
  }

  #show(progress) {
    const running = progress !== null;
    this.start.hidden = running;
    this.lens.disabled = running;
    this.cancel.hidden = !running;
    this.bar.hidden = !running;
    if (!running) return;
    this.bar.max = 1;
    this.bar.value = progress.share;
    say(this.words, progress.words);
    this.words.hidden = false;
  }

  async #report() {
    let report;
    try {
      report = await get("/calibration");
    } catch (error) {
      say(this.words, error.message);
      this.words.hidden = false;
      return;
    }
    const { points: measured = [], ...projector } = report.projector ?? {};
    const facts = Object.keys(NAMES)
      .map((name) => [NAMES[name], inFew(name, name === "projector" ? projector : report[name])])
      .filter(([, words]) => words);
    if (measured.length) facts.push(["Measured points", String(measured.length)]);
    this.facts.replaceChildren(
      ...facts.flatMap(([name, words]) => [make("dt", { textContent: name }), make("dd", { textContent: words })]),
    );
    if (!this.#running) {
      const trouble = report.drift ?? report.last_error;
      const measuredBefore = measured.length > 0 || report.latency_ms !== null;
      const todo = "Not calibrated. Leave some balls on the table, one near each corner, and keep clear of it.";
      say(this.words, trouble ?? (measuredBefore ? "" : todo));
      this.words.hidden = !trouble && measuredBefore;
      this.start.disabled = !report.by_itself;
    } else this.words.hidden = false;
    this.points.allow(report);
    this.table.show(report.table);
    if (typeof report.check === "boolean") this.check.show(report.check);
    if (report.card !== undefined) this.cards.show(report.card);
  }

  async #sources() {
    try {
      const { sources, current } = await get("/vision/sources");
      this.source.offer(sources.map(({ name }, i) => [i, name]));
      this.source.show(current);
    } catch (error) {
      this.refused(error);
    }
  }

  async #profiles() {
    try {
      const { profiles, current } = await get("/calibration/profiles");
      this.profile.replaceChildren(
        ...profiles.map((name) => make("option", { value: name, textContent: name, selected: name === current })),
      );
    } catch (error) {
      this.refused(error);
    }
  }
}
