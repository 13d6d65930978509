import assert from "node:assert/strict";
import test from "node:test";
import { Settings, joinPatches, mergePatch, patchOf, valueAt } from "../merge.js";
import { settingsOf } from "../described.js";

test("merge patches are those of RFC 7396, appendix A", () => {
  const cases = [
    [{ a: "b" }, { a: "c" }, { a: "c" }],
    [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
    [{ a: "b" }, { a: null }, {}],
    [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
    [{ a: ["b"] }, { a: "c" }, { a: "c" }],
    [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
    [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
    [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
    [
      ["a", "b"],
      ["c", "d"],
      ["c", "d"],
    ],
    [{ a: "foo" }, null, null],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: "b", c: null }, { a: "b" }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ];
  for (const [target, patch, result] of cases) {
    const before = structuredClone(target);
    assert.deepEqual(mergePatch(target, patch), result);
    assert.deepEqual(target, before, "changes nothing");
  }
});

test("two patches in one do what both do, one after the other", () => {
  const [a, b] = [
    { x: { p: 1, q: null }, y: 2 },
    { x: { p: null }, z: 3 },
  ];
  const target = { x: { p: 0, q: 0, r: 0 } };
  assert.deepEqual(mergePatch(target, joinPatches(a, b)), mergePatch(mergePatch(target, a), b));
});

test("paths", () => {
  assert.deepEqual(patchOf("a.b.c", 1), { a: { b: { c: 1 } } });
  assert.equal(valueAt({ a: { b: 0 } }, "a.b"), 0);
  assert.equal(valueAt({ a: null }, "a.b"), undefined);
});

/** Settings whose sends are answered by hand. */
function stage() {
  const sent = [];
  const refusals = [];
  let shown;
  const settings = new Settings({
    send: (patch) => new Promise((resolve, reject) => sent.push({ patch, resolve, reject })),
    changed: (value) => (shown = value),
    refused: (error) => refusals.push(error.message),
  });
  settings.learn({ shot: { speed: 2, side: 0 } });
  return { settings, sent, refusals, shown: () => shown };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("what is dragged is shown at once and sent together", async () => {
  const { settings, sent, shown } = stage();
  for (const speed of [3, 4, 5]) settings.change({ shot: { speed } });
  assert.equal(shown().shot.speed, 5);
  assert.deepEqual(
    sent.map(({ patch }) => patch),
    [{ shot: { speed: 3 } }],
  );
  settings.learn({ shot: { speed: 3, side: 0.1 } }); // news from elsewhere does not pull the slider back
  assert.deepEqual(shown(), { shot: { speed: 5, side: 0.1 } });
  sent[0].resolve({ shot: { speed: 3, side: 0.1 } });
  await settled();
  assert.deepEqual(sent[1].patch, { shot: { speed: 5 } });
  sent[1].resolve({ shot: { speed: 4.9, side: 0.1 } });
  await settled();
  assert.deepEqual(shown(), { shot: { speed: 4.9, side: 0.1 } });
});

test("what is refused is taken back and told", async () => {
  const { settings, sent, refusals, shown } = stage();
  settings.change({ shot: { speed: 99 } });
  settings.change({ shot: { side: 0.2 } });
  sent[0].reject(new Error("too fast"));
  await settled();
  assert.deepEqual(refusals, ["too fast"]);
  assert.deepEqual(shown(), { shot: { speed: 2, side: 0 } });
  assert.equal(sent.length, 1);
  settings.change({ shot: { side: 0.3 } });
  assert.deepEqual(sent[1].patch, { shot: { side: 0.3 } });
});

test("controls are made of what the schema says", () => {
  const schema = {
    properties: {
      shot: {
        properties: {
          speed: {
            type: "number", title: "Speed", minimum: 0.05, maximum: 15, "x-order": 1, "x-group": "Stroke", "x-scale": 1,
            "x-decimals": 2, "x-shown-unit": "m/s", "x-logarithmic": true, "x-overrides": "shot.from_cue",
          },
          side: {
            type: "number", title: "Side", minimum: -0.5, maximum: 0.5, "x-order": 0, "x-group": "stroke", "x-scale": -1, "x-decimals": 2,
            "x-shown-unit": "R", "x-logarithmic": false,
          },
          error: {
            type: "number", title: "Error", minimum: 0, maximum: 0.1746, "x-order": 2, "x-scale": 180 / Math.PI,
            "x-decimals": 2, "x-shown-unit": "°", "x-logarithmic": true,
          },
          from_cue: { type: "boolean", title: "From the cue", "x-order": 3, "x-needs-pockets": true },
        },
      },
    },
  };
  const [side, speed, error, fromCue] = settingsOf(schema);
  assert.deepEqual([side.path, speed.path, error.path, fromCue.path], ["shot.side", "shot.speed", "shot.error", "shot.from_cue"]);
  assert.equal(speed.overrides, "shot.from_cue");
  assert.equal(fromCue.number, null);
  assert.deepEqual([speed.needsPockets, fromCue.needsPockets], [false, true]);
  assert.deepEqual([side.number.least, side.number.most, side.number.from(0.25)], [-0.5, 0.5, -0.25]);
  assert.equal(side.number.words(0.25), "-0.25 R");
  for (const { number, label } of [side, speed, error]) {
    // Step by step, as arrow keys go: each step is another number, which the slider shows where it was put.
    let before = null;
    for (let place = number.least; place <= number.most + 1e-9; place += number.step) {
      const kept = number.to(place);
      assert.notEqual(kept, before, label);
      assert.ok(Math.abs(number.from(kept) - place) < number.step / 2, `${label} at ${place}`);
      assert.equal(kept, Number(kept.toPrecision(12)), label);
      before = kept;
    }
  }
  const ends = ({ number }) => [number.to(number.least), number.to(number.most)];
  assert.deepEqual([ends(speed), ends(error), ends(side)], [[0.05, 15], [0, 0.174532925199], [0.5, -0.5]]);
  assert.equal(speed.number.words(2), "2.00 m/s");
});
