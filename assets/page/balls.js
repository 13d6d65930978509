// What balls are called and how they look.

import { hsv } from "./colour.js";

export const IVORY = "#f7f2e4";
const BLACK = "#17191b";
const UNKNOWN = { cue: IVORY, eight: BLACK, solid: "#7c8a96", stripe: "#7c8a96", other: "#a08fb0" };

// As a camera sees them once white is white, in the order of the numbers 1 to 7.
const NUMBERED = [
  [45, 0.8, 0.96],
  [219, 0.78, 0.72],
  [354, 0.8, 0.82],
  [268, 0.6, 0.55],
  [20, 0.82, 0.95],
  [158, 0.75, 0.45],
  [352, 0.66, 0.5],
];
const PLAIN = {
  red: "#c8231d",
  yellow: "#f0c21c",
  green: "#157a45",
  brown: "#7a4a22",
  blue: "#1f55b5",
  pink: "#e78aa5",
  black: BLACK,
};

export const numberOf = (ball) => Number(ball.label) || null;

export function colourOf(ball) {
  if (!ball) return UNKNOWN.other;
  const number = numberOf(ball);
  if (number === 8) return BLACK;
  if (number) return hsv(...NUMBERED[(number - 1) % 8]);
  return PLAIN[ball.label] ?? UNKNOWN[ball.class] ?? UNKNOWN.other;
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
