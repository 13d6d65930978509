// What the camera sees, while somebody looks: a stream of pictures, or single ones where the stream fails.

import { addressOf, get } from "./api.js";
import { $, make, memory, say } from "./dom.js";

const RATE = 10; // pictures a second
const PAUSE = 1000; // ms between single pictures
const AGAIN = 20_000; // ms until the stream is tried again
const PATIENCE = 8000; // ms for the first picture of the stream

export class Camera {
  #open = false;
  #overlay = memory.get("overlay") !== "off";
  #timers = [];

  constructor() {
    const box = make("input", { type: "checkbox", checked: this.#overlay });
    box.addEventListener("change", () => {
      this.#overlay = box.checked;
      memory.set("overlay", box.checked ? "on" : "off");
      if (this.#open) this.#stream();
    });
    $("camera-choices").append(make("label", {}, box, "Show what the trainer detects"));
  }

  set open(open) {
    if (open === this.#open) return;
    this.#open = open;
    if (open) this.#stream();
    else this.#stop();
  }

  #later(ms, what) {
    this.#timers.push(setTimeout(what, ms));
  }

  /** A new picture in the place of the old: that ends the old one's stream in every browser. */
  #renew() {
    const old = $("camera-picture");
    const picture = make("img", { id: "camera-picture", alt: old.alt, hidden: true });
    old.onload = old.onerror = null;
    old.removeAttribute("src");
    old.replaceWith(picture);
    return picture;
  }

  #stop() {
    this.#timers.forEach(clearTimeout);
    this.#timers = [];
    return this.#renew();
  }

  #stream() {
    const picture = this.#stop();
    say($("camera-words"), "Loading the picture");
    let seen = false;
    picture.onload = () => {
      seen = true;
      picture.hidden = false;
      say($("camera-words"), "");
    };
    picture.onerror = () => this.#single();
    this.#later(PATIENCE, () => seen || this.#single());
    picture.src = addressOf(`/vision/stream?overlay=${this.#overlay}&fps=${RATE}`);
  }

  #single() {
    const picture = this.#stop();
    const next = () => (picture.src = addressOf(`/vision/snapshot?overlay=${this.#overlay}#${Date.now()}`));
    picture.onload = () => {
      picture.hidden = false;
      say($("camera-words"), "There is no live stream: one picture a second is shown.");
      this.#later(PAUSE, next);
    };
    picture.onerror = async () => {
      picture.hidden = true;
      const why = await get("/vision/status").then(
        () => "",
        (error) => ` ${error.message}`,
      );
      if (!picture.isConnected) return; // closed meanwhile
      say($("camera-words"), `There is no picture from the camera.${why}`);
      this.#later(3 * PAUSE, next);
    };
    next();
    this.#later(AGAIN, () => this.#stream());
  }
}

/** A tree of figures as a flat list of [name, text]. */
export function figures(tree, prefix = "") {
  return Object.entries(tree ?? {}).flatMap(([key, value]) => {
    const name = `${prefix}${prefix ? " " : ""}${key.replaceAll("_", " ")}`;
    if (value !== null && typeof value === "object") return figures(value, name);
    const unit = / (ms|mm|s)$/.exec(name)?.[1];
    const plain = unit ? name.slice(0, -unit.length - 1) : name;
    const text = typeof value === "number" ? String(Math.round(value * 100) / 100) : String(value ?? "–");
    return [[plain, unit && value !== null ? `${text} ${unit}` : text]];
  });
}

export function showPerformance(data) {
  $("figures").hidden = false;
  const list = $("performance");
  const all = figures(data);
  while (list.children.length > 2 * all.length) list.lastChild.remove();
  all.forEach(([name, text], i) => {
    if (list.children.length <= 2 * i) list.append(make("dt"), make("dd"));
    say(list.children[2 * i], name);
    say(list.children[2 * i + 1], text);
  });
}
