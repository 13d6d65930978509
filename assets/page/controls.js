// What an operator changes while people play: light, help, what is drawn, the stroke.

import { get, patch, put } from "./api.js";
import { $, make } from "./dom.js";
import { settingsOf } from "./described.js";
import { button, card, choiceField, colourField, rangeField, switchField, tipField } from "./fields.js";
import { Settings, joinPatches, patchOf, valueAt } from "./merge.js";
import { capital } from "./words.js";

const offset = (value, minus, plus) =>
  Math.abs(value) < 0.005 ? "centre" : `${Math.abs(value).toFixed(2)} ${value < 0 ? minus : plus}`;
// What players say instead of a signed number.
const WORDS = {
  "shot.side": (value) => offset(value, "right", "left"),
  "shot.height": (value) => offset(value, "below", "above"),
};
// A setting that is set by hand turns off the switch that would take it from elsewhere.
const patchWith = (path, value, overrides) =>
  joinPatches(patchOf(path, value), overrides ? patchOf(overrides, false) : {});
const FIELDS = { boolean: switchField, number: rangeField, string: colourField };

export class Controls {
  #fields = [];
  #wanted = false;
  #pockets = true;

  constructor({ refused }) {
    this.refused = refused;
    this.settings = new Settings({
      send: (change) => patch("/config", change),
      changed: (settings) => this.#show(settings),
      refused,
    });
  }

  /** Asks for the settings while somebody may see them. */
  set open(open) {
    this.#wanted = open;
    if (open) this.refresh();
  }

  async refresh() {
    if (!this.#wanted) return;
    try {
      // Nothing is offered before what holds is known.
      const settings = await get("/config");
      await this.#build();
      this.settings.learn(settings);
      await this.#askLevel();
    } catch (error) {
      this.refused(error);
    }
  }

  /** The trainer says that settings are other than they were. */
  learn(settings) {
    const was = JSON.stringify(this.settings.value?.overlay?.style);
    this.settings.learn(settings);
    const other = was !== JSON.stringify(settings?.overlay?.style);
    if (this.#wanted && this.level && other) this.#askLevel().catch(this.refused);
  }

  /** Whether the table has pockets: without, what tells of them is not offered. */
  set pockets(has) {
    if (has === this.#pockets) return;
    this.#pockets = has;
    this.#offer();
  }

  #offer() {
    for (const { element, needsPockets } of this.#fields) if (needsPockets) element.hidden = !this.#pockets;
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
      const value = settings && valueAt(settings, path);
      if (value !== undefined && value !== null) show(value);
    }
  }

  /** The control of a setting. */
  #field({ path, label, help, type, overrides, needsPockets, number }) {
    const field = FIELDS[type]({
      label,
      help,
      ...number,
      ...(WORDS[path] && { words: WORDS[path] }),
      changed: async (value) => {
        await this.settings.change(patchWith(path, value, overrides));
        if (path.startsWith("overlay.style.")) this.#askLevel().catch(this.refused);
      },
    });
    this.#fields.push({ path, show: field.show, element: field.element, needsPockets });
    return field.element;
  }

  /** Makes the controls, once, of what the trainer says that can be set. */
  async #build() {
    this.built ??= get("/config/schema").then((schema) => {
      $("controls").append(...this.#cards(schema));
      this.#offer();
    });
    try {
      await this.built;
    } catch (error) {
      this.built = null; // the next time it may answer
      throw error;
    }
  }

  #cards(schema) {
    this.#fields = [];
    const all = settingsOf(schema);
    const left = new Map(schema["x-groups"].map(({ id, title }) => [id, title]));
    /** Takes a group: its title and its settings. */
    const take = (id) => {
      const title = left.get(id);
      left.delete(id);
      return [title, all.filter((setting) => setting.group === id)];
    };
    const fields = (settings) => settings.map((setting) => this.#field(setting));
    const folded = ([title, settings], className = "") =>
      make(
        "details",
        {},
        make("summary", { textContent: title }),
        make("div", { className }, ...fields(settings)),
      );
    this.level = choiceField({ label: "Assistance", options: [], changed: (level) => this.#setLevel(level) });
    const [light, lights] = take("light");
    const [stroke, strokes] = take("stroke");
    const cards = [
      card(light, ...fields(lights), folded(take("colours")), folded(take("sizes"))),
      card("Assistance", this.level.element, folded(take("drawn"), "switches")),
      card(stroke, ...this.#stroke(strokes, fields), folded(take("errors"))),
    ];
    // Groups that this page knows nothing of are offered all the same.
    const others = [...left.keys()].map(take);
    return [...cards, ...others.map(([title, settings]) => card(title, ...fields(settings)))];
  }

  /** The tip on the ball with its numbers beside it, and the rest below. */
  #stroke(settings, fields) {
    const isTip = ({ path }) => path in WORDS;
    const tips = settings.filter(isTip);
    const setTip = (place) => {
      const patches = tips.map(({ path, overrides }) => patchWith(path, place[path.split(".").at(-1)], overrides));
      return this.settings.change(patches.reduce(joinPatches, {}));
    };
    const tip = tipField({ changed: setTip });
    this.#fields.push({ path: "shot", show: tip.show });
    return [
      make(
        "div",
        { className: "tip-row" },
        tip.element,
        make(
          "div",
          {},
          ...fields(tips),
          button("Centre", () => setTip({ side: 0, height: 0 })),
        ),
      ),
      ...fields(settings.filter((setting) => !isTip(setting))),
    ];
  }
}
