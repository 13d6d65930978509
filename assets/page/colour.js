// Colours and how well they are told apart (WCAG 2). A colour is "#rrggbb".

const channels = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
const write = (rgb) => `#${rgb.map((v) => Math.round(v).toString(16).padStart(2, "0")).join("")}`;

/** Whether this is a colour at all. */
export const isColour = (text) => typeof text === "string" && /^#[0-9a-f]{6}$/i.test(text);

/** Part 0 is `a`, part 1 is `b`. */
export function mix(a, b, part) {
  const [p, q] = [channels(a), channels(b)];
  return write(p.map((v, i) => v + (q[i] - v) * part));
}

/** So many times as bright. */
export const bright = (colour, times) => write(channels(colour).map((v) => Math.min(255, v * times)));

/** Relative luminance, 0 to 1. */
export function luminance(colour) {
  const [r, g, b] = channels(colour).map((v) =>
    v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** 1 (the same) to 21 (black on white). */
export function contrast(a, b) {
  const [p, q] = [luminance(a), luminance(b)];
  return (Math.max(p, q) + 0.05) / (Math.min(p, q) + 0.05);
}

/** The colour nearest to this one that has at least this contrast to the ground; or the best there is. */
export function readable(colour, ground, least) {
  const ends = ["#ffffff", "#000000"];
  for (let part = 0; part <= 1; part += 0.05) {
    const found = ends.map((end) => mix(colour, end, part)).find((c) => contrast(c, ground) >= least);
    if (found) return found;
  }
  return contrast(ends[0], ground) > contrast(ends[1], ground) ? ends[0] : ends[1];
}

/** Black or white, whichever sets this colour off. */
export const opposite = (colour) => (luminance(colour) > 0.3 ? "#000000" : "#ffffff");

/** All colours of the cloth from its own. */
export function clothColours(cloth) {
  const line = readable(cloth, cloth, 1.9);
  return {
    middle: bright(cloth, 1.2),
    cloth,
    edge: bright(cloth, 0.7),
    cushion: bright(cloth, 0.9),
    nose: mix(cloth, "#ffffff", 0.3),
    line,
    spot: readable(cloth, cloth, 3),
  };
}
