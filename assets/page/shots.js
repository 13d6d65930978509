// The shots that were played.

import { get } from "./api.js";
import { $, make, say } from "./dom.js";
import { ballIcon } from "./list.js";
import { outcome, particulars, summary } from "./words.js";

const EVERY = 5000; // ms, while somebody looks

export class Shots {
  #hasPockets;
  #timer = null;
  #asking = false;
  #shown = "";
  #open = false;

  /** `hasPockets()` tells whether the table has pockets. */
  constructor(hasPockets) {
    this.#hasPockets = hasPockets;
  }

  /** Asks regularly while `open`. */
  set open(open) {
    this.#open = open;
    clearInterval(this.#timer);
    if (!open) return;
    this.#timer = setInterval(() => this.refresh(), EVERY);
    this.refresh();
  }

  /** Something has happened. */
  async refresh() {
    if (!this.#open || this.#asking) return;
    this.#asking = true;
    try {
      this.#show((await get("/game/history?limit=50"))?.shots ?? []);
    } catch (error) {
      say($("shots-summary"), `The shots cannot be loaded. ${error.message}`);
    } finally {
      this.#asking = false;
    }
  }

  #show(shots) {
    const hasPockets = this.#hasPockets();
    say($("shots-summary"), summary(shots, hasPockets));
    const key = JSON.stringify([shots, hasPockets]);
    if (key === this.#shown) return;
    this.#shown = key;
    $("shots").replaceChildren(...shots.map((shot) => row(shot, hasPockets)));
  }
}

function row(shot, hasPockets) {
  const [kind, words] = outcome(shot, hasPockets);
  const icons = make("span", { className: "potted" });
  for (const label of shot.balls_pocketed ?? []) {
    const { icon, show } = ballIcon();
    show({ label, class: label === "cue" ? "cue" : "other" });
    icons.append(icon);
  }
  const began = new Date(shot.started);
  const time = make("time", {
    textContent: Number.isNaN(began.getTime())
      ? ""
      : began.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }),
  });
  if (time.textContent) time.dateTime = shot.started;
  const text = make(
    "span",
    { className: "name" },
    make("b", { textContent: words }),
    make("small", { textContent: particulars(shot) }),
  );
  return make("li", { "data-kind": kind }, time, text, icons);
}
