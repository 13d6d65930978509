import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { clothColours, contrast, isColour, mix, opposite, readable } from "../colour.js";

test("contrast is that of WCAG", () => {
  assert.ok(Math.abs(contrast("#ffffff", "#000000") - 21) < 1e-9);
  assert.equal(contrast("#123456", "#123456"), 1);
  assert.ok(Math.abs(contrast("#767676", "#ffffff") - 4.54) < 0.01);
});

test("colours", () => {
  assert.equal(mix("#000000", "#ffffff", 0.5), "#808080");
  assert.equal(opposite("#17191b"), "#ffffff");
  assert.equal(opposite("#f7f2e4"), "#000000");
  for (const wrong of ["1d7f5a", "#1d7f5", "#gggggg", null, 7]) assert.equal(isColour(wrong), false);
});

test("what has to be read on a cloth can be, on any", () => {
  for (const cloth of ["#1d7f5a", "#1a6fae", "#7d1f2b", "#d8c8a0", "#808080", "#000000", "#ffffff"]) {
    for (const colour of ["#ffffff", "#f2b61c", cloth])
      assert.ok(contrast(readable(colour, cloth, 4.5), cloth) >= 4.5, `${colour} on ${cloth}`);
    assert.ok(contrast(clothColours(cloth).spot, cloth) >= 3);
    for (const made of Object.values(clothColours(cloth))) assert.ok(isColour(made), made);
  }
  assert.equal(readable("#ffffff", "#000000", 4.5), "#ffffff", "no change where none is needed");
});

test("the page's own colours can be read, dark and light", () => {
  const css = readFileSync(new URL("../page.css", import.meta.url), "utf8");
  const blocks = [...css.matchAll(/:root \{([^}]*)\}/g)].map((match) =>
    Object.fromEntries([...match[1].matchAll(/--([\w-]+): (#[0-9a-f]{6})/g)].map((m) => m.slice(1))),
  );
  assert.equal(blocks.length, 2);
  for (const c of blocks) {
    for (const ground of [c.ground, c.panel]) {
      for (const name of ["text", "soft", "good", "warn", "bad", "accent"])
        assert.ok(
          contrast(c[name], ground) >= 4.5,
          `${name} ${c[name]} on ${ground}: ${contrast(c[name], ground).toFixed(2)}`,
        );
      assert.ok(contrast(c.edge, ground) >= 3, `edges of controls on ${ground}`);
    }
    assert.ok(contrast(c.text, c.raised) >= 4.5);
    assert.ok(contrast(c["on-accent"], c.accent) >= 4.5);
  }
});
