// Short messages over the page, read out once.

import { $, make, say } from "./dom.js";

const STAY = 6000; // ms; what is wrong stays twice as long
const MOST = 3;

/** Says something; `level` is "info", "warning" or "error". The same text is not shown twice at once. */
export function notice(level, text) {
  const shelf = $("notices");
  const known = [...shelf.children].find((item) => item.firstChild.textContent === text);
  if (known) known.remove();
  else say($(level === "info" ? "status" : "alert"), text);
  while (shelf.children.length >= MOST) shelf.firstChild.remove();
  const close = make("button", { type: "button", "aria-label": "Dismiss", textContent: "✕" });
  const item = make("div", { className: "notice", "data-level": level }, make("p", { textContent: text }), close);
  close.addEventListener("click", () => item.remove());
  shelf.append(item);
  setTimeout(() => item.remove(), level === "info" ? STAY : 2 * STAY);
}

/** Speaks when something has been true for a moment, not at every wink. */
export class Speaker {
  #said = "";
  #next = "";
  #since = 0;

  offer(text, now) {
    if (text !== this.#next) [this.#next, this.#since] = [text, now];
    else if (text !== this.#said && now - this.#since > 1200) {
      this.#said = text;
      say($("status"), text);
    }
  }
}
