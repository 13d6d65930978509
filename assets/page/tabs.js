// The views beside the table: one is open, arrow keys go from one to the next.

import { $, memory } from "./dom.js";

export class Tabs {
  /** `opened(name)` is called when a view opens. */
  constructor(opened) {
    this.opened = opened;
    this.tabs = [...document.querySelectorAll("[role=tab]")];
    for (const tab of this.tabs) {
      tab.addEventListener("click", () => this.open(tab.id.slice(4)));
      tab.addEventListener("keydown", (event) => this.#key(event, tab));
    }
    // The page scrolls what has the focus out from under them.
    const bar = $("tabs");
    new ResizeObserver(() => {
      document.documentElement.style.setProperty("--tabs", `${bar.offsetHeight}px`);
    }).observe(bar);
    const last = memory.get("tab");
    this.open(this.tabs.some((tab) => tab.id === `tab-${last}`) ? last : "table");
  }

  open(name) {
    const changed = name !== this.name;
    this.name = name;
    document.body.dataset.tab = name;
    for (const tab of this.tabs) {
      const on = tab.id === `tab-${name}`;
      tab.setAttribute("aria-selected", on);
      tab.tabIndex = on ? 0 : -1;
      $(tab.getAttribute("aria-controls")).hidden = !on;
    }
    memory.set("tab", name);
    if (!changed) return;
    scrollTo(0, 0);
    $("side").scrollTop = 0;
    this.opened(name);
  }

  #key(event, tab) {
    const at = this.tabs.indexOf(tab);
    const count = this.tabs.length;
    const to = {
      ArrowRight: at + 1,
      ArrowDown: at + 1,
      ArrowLeft: at + count - 1,
      ArrowUp: at + count - 1,
      Home: 0,
      End: count - 1,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = this.tabs[to % count];
    this.open(next.id.slice(4));
    next.focus();
  }
}
