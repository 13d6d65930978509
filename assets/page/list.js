// The balls as a list.

import { IVORY, colourOf, inOrder, isStriped, nameOf, numberOf } from "./balls.js";
import { $, make, say } from "./dom.js";
import { capital } from "./words.js";

/** A picture of a ball for a line of text; `show(ball)` changes it. */
export function ballIcon() {
  const number = make("b");
  const icon = make("span", { className: "ball", "aria-hidden": "true" }, number);
  let look = "";
  const show = (ball) => {
    const colour = colourOf(ball);
    const wanted = isStriped(ball) ? `linear-gradient(${IVORY} 22%, ${colour} 22% 78%, ${IVORY} 78%)` : colour;
    if (wanted !== look) icon.style.background = look = wanted;
    say(number, numberOf(ball) ? ball.label : "");
  };
  return { icon, show };
}

const rows = new Map();

function rowOf(ball) {
  let row = rows.get(ball.id);
  if (!row) {
    const { icon, show } = ballIcon();
    const [name, where] = [make("span", { className: "name" }), make("span", { className: "where" })];
    row = { item: make("li", {}, icon, name, where), show, name, where };
    rows.set(ball.id, row);
  }
  return row;
}

export function listBalls(state) {
  const balls = inOrder(state?.balls ?? []);
  const kept = new Set(balls.map((ball) => ball.id));
  for (const [id, row] of rows) {
    if (!kept.has(id)) {
      row.item.remove();
      rows.delete(id);
    }
  }
  const list = $("balls");
  balls.forEach((ball, i) => {
    const row = rowOf(ball);
    if (list.children[i] !== row.item) list.insertBefore(row.item, list.children[i] ?? null);
    row.show(ball);
    const kind = { solid: "solid", stripe: "stripe" }[ball.class];
    const extra = { moving: "moving", occluded: "hidden" }[ball.state];
    const numbered = numberOf(ball) && kind ? `${nameOf(ball)}, ${kind}` : nameOf(ball);
    say(row.name, capital(extra ? `${numbered}, ${extra}` : numbered));
    const { x, y } = ball.position;
    say(row.where, `${Math.round(x * 100)} × ${Math.round(y * 100)} cm`);
  });
  say($("count"), balls.length ? String(balls.length) : "");
  $("no-balls").hidden = !state || balls.length > 0;
}
