// What balls are called and how they look.

export const IVORY = "#f7f2e4";
const BLACK = "#17191b";
const EVERY_SET = { cue: IVORY, 8: BLACK };
const UNKNOWN = { cue: IVORY, eight: BLACK, solid: "#7c8a96", stripe: "#7c8a96", other: "#a08fb0" };

/** Colours of the balls that lie on the table, by label, as the trainer tells them. */
let colours = {};

export function takeSet(set) {
  colours = set.colours;
}

export const numberOf = (ball) => Number(ball.label) || null;

export function colourOf(ball) {
  if (!ball) return UNKNOWN.other;
  return colours[ball.label] ?? EVERY_SET[ball.label] ?? UNKNOWN[ball.class] ?? UNKNOWN.other;
}

export const isStriped = (ball) => (numberOf(ball) ? numberOf(ball) > 8 : ball.class === "stripe");

export function nameOf(ball) {
  if (!ball) return "a ball";
  if (ball.is_cue_ball) return "cue ball";
  if (ball.label !== "unknown") return `${ball.label} ball`;
  return { solid: "a solid", stripe: "a stripe", eight: "8 ball" }[ball.class] ?? "a ball";
}

/** The cue ball, then by number. */
export function inOrder(balls) {
  const rank = (ball) => (ball.is_cue_ball ? 0 : (numberOf(ball) ?? 99));
  return [...balls].sort((a, b) => rank(a) - rank(b) || a.id - b.id);
}
