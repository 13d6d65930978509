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
      needsPockets: property["x-needs-pockets"] ?? false,
      number: property.type === "number" ? numberOf(property) : null,
    });
  }
  return found.sort((a, b) => a.order - b.order);
}

/**
 * How a number is shown and slid: `words(kept)` says it, `from(kept)` is its place on a slider from `least` to `most` in
 * steps of `step`, and `to(place)` the number of a place. Every step leads to another number that is shown.
 */
function numberOf(property) {
  const { minimum, maximum } = property;
  const [scale, decimals, unit] = [property["x-scale"], property["x-decimals"], property["x-shown-unit"]];
  const digits = 10 ** decimals;
  const shownOf = (kept) => Math.round(kept * scale * digits) / digits || 0;
  // Without the digits that a division adds.
  const keptOf = (shown) => Math.min(maximum, Math.max(minimum, Number((shown / scale).toPrecision(12)))) || 0;
  const words = (kept) => `${shownOf(kept).toFixed(decimals)} ${unit}`;
  if (property["x-logarithmic"]) {
    // Small values get as much room as large ones; below the smallest one that is shown lies nothing but the least.
    const smallest = Math.max(minimum, 1 / digits / scale);
    const steps = Array.from({ length: 201 }, (_, i) => shownOf(smallest * (maximum / smallest) ** (i / 200)));
    const values = [...new Set([shownOf(minimum), ...steps])];
    const off = (value, kept) => Math.abs(value - shownOf(kept));
    const from = (kept) => values.reduce((best, value, i) => (off(value, kept) < off(values[best], kept) ? i : best), 0);
    return { least: 0, most: values.length - 1, step: 1, to: (place) => keptOf(values[place]), from, words };
  }
  const ends = [minimum, maximum].map(shownOf);
  const to = (place) => keptOf(Math.round(place * digits) / digits);
  return { least: Math.min(...ends), most: Math.max(...ends), step: 1 / digits, to, from: shownOf, words };
}
