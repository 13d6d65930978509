// What the trainer says of its settings (`GET /config/schema`), as controls need it. Pure.

/** All settings: {path, label, help, group, type, ...}, in the order in which they are shown. */
export function settingsOf(schema, path = "") {
  const found = [];
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const place = path ? `${path}.${name}` : name;
    if (property.properties) {
      found.push(...settingsOf(property, place));
      continue;
    }
    found.push({
      path: place,
      label: property.title,
      help: property.description,
      group: property["x-group"],
      order: property["x-order"],
      type: property.type,
      overrides: property["x-overrides"],
      number: property.type === "number" ? numberOf(property) : null,
    });
  }
  return found.sort((a, b) => a.order - b.order);
}

/**
 * How a number is shown and slid: `words(kept)` says it, `from(kept)` is its place on a slider from `least` to `most` in
 * steps of `step`, and `to(place)` the number of a place.
 */
function numberOf(property) {
  const { minimum, maximum } = property;
  const [scale, decimals, unit] = [property["x-scale"], property["x-decimals"], property["x-shown-unit"]];
  const digit = 10 ** -decimals;
  const rounded = (shown) => Math.round(shown / digit) * digit || 0;
  const words = (kept) => `${rounded(kept * scale).toFixed(decimals)} ${unit}`;
  const within = (kept) => Math.min(maximum, Math.max(minimum, kept)) || 0;
  if (property["x-logarithmic"]) {
    // Small values get as much room as large ones; below the smallest one that is shown lies nothing but 0.
    const smallest = Math.max(minimum, digit / scale);
    const span = maximum / smallest;
    const to = (place) => (place <= 0 ? minimum : within(rounded(smallest * span ** place * scale) / scale));
    const from = (kept) => (kept <= smallest ? 0 : Math.log(kept / smallest) / Math.log(span));
    return { least: 0, most: 1, step: 0.005, to, from, words };
  }
  const ends = [minimum * scale, maximum * scale].map(rounded);
  return {
    least: Math.min(...ends),
    most: Math.max(...ends),
    step: digit,
    to: (place) => within(rounded(place) / scale),
    from: (kept) => rounded(kept * scale),
    words,
  };
}
