// What an operator changes while people play: light, help, what is drawn, the stroke.

import { get, patch, put } from "./api.js";
import { $, make } from "./dom.js";
import { button, card, choiceField, rangeField, switchField, tipField } from "./fields.js";
import { Settings, patchOf, valueAt } from "./merge.js";
import { capital, percent } from "./words.js";

const STYLE = [
  ["cue_path", "Cue ball's path", "A solid line, dots after the contact"],
  ["ghost_ball", "Ghost ball", "The cue ball where it touches a ball"],
  ["object_path", "Object ball's path", "Long strokes and an arrow head"],
  ["tangent_line", "Tangent line", "Where a ball without spin leaves to"],
  ["other_balls", "Other balls' paths", "Short, faint strokes"],
  ["rails", "Cushion marks"],
  ["stopping_points", "Resting places"],
  ["pocket", "Pocket rings"],
  ["chance", "Chance in per cent"],
  ["fan", "Spread", "How far outcomes lie apart"],
  ["sight_line", "Line of sight", "Where the cue points, under english"],
  ["rings", "Rings round the balls"],
  ["legend", "Names of the balls"],
  ["follow", "Follow rolling balls"],
];

const DEGREE = Math.PI / 180;
const offset = (value, minus, plus) =>
  Math.abs(value) < 0.005 ? "centre" : `${Math.abs(value).toFixed(2)} ${value < 0 ? minus : plus}`;
// Slow strokes need finer steps than a break.
const SPEED = { least: 0.05, most: 15 };
const speedOf = (place) => Number((SPEED.least * (SPEED.most / SPEED.least) ** place).toPrecision(3));
const placeOf = (speed) => Math.log(speed / SPEED.least) / Math.log(SPEED.most / SPEED.least);

export class Controls {
  #fields = [];
  #wanted = false;

  constructor({ refused }) {
    this.refused = refused;
    this.settings = new Settings({
      send: (change) => patch("/config", change),
      changed: (settings) => this.#show(settings),
      refused,
    });
    $("controls").append(...this.#build());
  }

  /** Asks for the settings while somebody may see them. */
  set open(open) {
    this.#wanted = open;
    if (open) this.refresh();
  }

  async refresh() {
    if (!this.#wanted) return;
    try {
      this.settings.learn(await get("/config"));
      await this.#askLevel();
    } catch (error) {
      this.refused(error);
    }
  }

  /** The trainer says that settings are other than they were. */
  learn(settings) {
    const was = JSON.stringify(this.settings.value?.overlay?.style);
    this.settings.learn(settings);
    if (this.#wanted && was !== JSON.stringify(settings?.overlay?.style)) this.#askLevel().catch(this.refused);
  }

  async #askLevel() {
    const { level, levels } = await get("/config/assistance");
    if (levels.join() !== this.levels?.join()) {
      this.levels = levels;
      this.level.offer(levels.map((name) => [name, capital(name)]));
    }
    this.level.show(level);
  }

  async #setLevel(level) {
    try {
      await put("/config/assistance", { level });
      await this.refresh();
    } catch (error) {
      this.refused(error);
      this.#askLevel().catch(() => {}); // the refusal is told already
    }
  }

  #show(settings) {
    for (const { path, show } of this.#fields) {
      const value = settings && (path === "" ? settings : valueAt(settings, path));
      if (value !== undefined && value !== null) show(value);
    }
  }

  /** Changes what is at a path. */
  set(path, value) {
    return this.settings.change(patchOf(path, value));
  }

  #field(make, path, description) {
    const field = make({ ...description, changed: (value) => this.set(path, value) });
    this.#fields.push({ path, show: field.show });
    return field.element;
  }

  #build() {
    this.level = choiceField({ label: "Assistance", options: [], changed: (level) => this.#setLevel(level) });
    const style = STYLE.map(([name, label, help]) => {
      const path = `overlay.style.${name}`;
      const field = switchField({
        label,
        help,
        changed: async (on) => {
          await this.set(path, on);
          this.#askLevel().catch(this.refused);
        },
      });
      this.#fields.push({ path, show: field.show });
      return field.element;
    });
    return [
      card(
        "Light",
        this.#field(switchField, "overlay.on", { label: "Light on the cloth" }),
        this.#field(rangeField, "overlay.theme.brightness", {
          label: "Brightness",
          least: 0.05,
          most: 1,
          step: 0.05,
          words: percent,
        }),
        this.#field(rangeField, "overlay.theme.faint", {
          label: "Quiet things",
          least: 0,
          most: 1,
          step: 0.05,
          words: percent,
        }),
      ),
      card(
        "Assistance",
        this.level.element,
        make(
          "details",
          {},
          make("summary", { textContent: "What is drawn" }),
          make("div", { className: "switches" }, ...style),
        ),
      ),
      this.#stroke(),
    ];
  }

  #stroke() {
    // Whoever says where the tip is does not want it from the cue.
    const move = (tip) => this.settings.change({ shot: { ...tip, side_from_cue: false } });
    const tip = tipField({ changed: move });
    this.#fields.push({ path: "shot", show: tip.show });
    const side = rangeField({
      label: "Side",
      least: -0.5,
      most: 0.5,
      step: 0.01,
      to: (v) => -v || 0,
      from: (v) => -v,
      words: (v) => offset(v, "right", "left"),
      changed: (value) => move({ side: value }),
    });
    this.#fields.push({ path: "shot.side", show: side.show });
    const speed = rangeField({
      label: "Speed",
      least: 0,
      most: 1,
      step: 0.005,
      to: speedOf,
      from: placeOf,
      words: (v) => `${v.toFixed(v < 1 ? 2 : 1)} m/s`,
      changed: (value) => this.settings.change({ shot: { strike_speed: value, speed_from_cue: false } }),
    });
    this.#fields.push({ path: "shot.strike_speed", show: speed.show });
    return card(
      "Stroke",
      make(
        "div",
        { className: "tip-row" },
        tip.element,
        make(
          "div",
          {},
          side.element,
          this.#field(rangeField, "shot.height", {
            label: "Height",
            least: -0.5,
            most: 0.5,
            step: 0.01,
            words: (v) => offset(v, "below", "above"),
          }),
          button("Centre", () => move({ side: 0, height: 0 })),
        ),
      ),
      this.#field(switchField, "shot.side_from_cue", {
        label: "Side from the cue",
        help: "As far as it passes beside the centre",
      }),
      speed.element,
      this.#field(switchField, "shot.speed_from_cue", {
        label: "Speed from the player",
        help: "Once strokes of this player were seen",
      }),
      make(
        "details",
        {},
        make("summary", { textContent: "Butt and player" }),
        this.#field(rangeField, "shot.elevation", {
          label: "Butt raised",
          least: 0,
          most: 80 * DEGREE,
          step: DEGREE,
          words: (v) => `${Math.round(v / DEGREE)}°`,
        }),
        this.#field(rangeField, "shot.aim_error", {
          label: "Error of aim",
          least: 0,
          most: 2 * DEGREE,
          step: 0.05 * DEGREE,
          words: (v) => `${(v / DEGREE).toFixed(2)}°`,
        }),
        this.#field(rangeField, "shot.speed_error", {
          label: "Error of speed",
          least: 0,
          most: 0.3,
          step: 0.005,
          words: (v) => `${(100 * v).toFixed(1)} %`,
        }),
        this.#field(rangeField, "shot.tip_error", {
          label: "Error of the tip",
          least: 0,
          most: 0.2,
          step: 0.005,
          words: (v) => `${v.toFixed(3)} radii`,
        }),
      ),
    );
  }
}
