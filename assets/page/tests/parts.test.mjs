import assert from "node:assert/strict";
import test from "node:test";
import { IVORY, colourOf, takeSet } from "../balls.js";
import { figures } from "../camera.js";
import { tipAt } from "../fields.js";
import { Nudges } from "../points.js";
import { atContact, ellipse } from "../prediction.js";
import { cushionsOf, diamondsOf } from "../scenery.js";
import { inFew } from "../setup.js";
import { mouthsInWords, mouthsToUse, nosesOf } from "../tableform.js";
import { chances, outcome, particulars, shotInWords, summary, trouble } from "../words.js";

const balls = [
  { id: 1, label: "cue", is_cue_ball: true },
  { id: 2, label: "3", class: "solid" },
];
const ballOf = (id) => balls.find((ball) => ball.id === id);
const aimed = {
  aiming: true,
  ghost_ball: { object_ball: 2, cut_angle_deg: 12.4 },
  paths: [
    { ball: 1, fate: { how: "rests" } },
    { ball: 2, fate: { how: "pocketed", pocket: "lc" } },
  ],
  odds: {
    scratch: 0.08,
    pots: [
      { ball: 2, pocket: "lc", chance: 0.71 },
      { ball: 1, pocket: "lb", chance: 0.08 },
      { ball: 2, pocket: "rt", chance: 0.02 },
    ],
    rests: [],
  },
};

test("balls have the colours of their set", () => {
  takeSet({ name: "tv", colours: { 4: "#ee7faf", 12: "#ee7faf", red: "#c8231d" } });
  assert.equal(colourOf({ label: "12", class: "stripe" }), "#ee7faf");
  assert.equal(colourOf({ label: "red", class: "other" }), "#c8231d");
  assert.equal(colourOf({ label: "cue" }), IVORY);
  assert.equal(colourOf({ label: "8" }), colourOf({ label: "unknown", class: "eight" }));
});

test("a shot in words", () => {
  assert.equal(
    shotInWords(aimed, ballOf),
    "Cue ball meets 3 ball, cut 12°. 3 ball into a side pocket, 71 %. Scratch 8 %.",
  );
  assert.equal(
    shotInWords({ ...aimed, odds: null }, ballOf),
    "Cue ball meets 3 ball, cut 12°. 3 ball into a side pocket.",
  );
  const strike_speed = { speed: 3.42, source: "usual", strokes: 5, reason: "usual for this player, 5 strokes" };
  assert.equal(
    shotInWords({ ...aimed, odds: null, strike_speed }, ballOf),
    "Cue ball meets 3 ball, cut 12°. 3 ball into a side pocket. Speed 3.4\u00a0m/s: usual for this player, 5 strokes.",
  );
  assert.equal(shotInWords({ aiming: false }, ballOf), "Nobody is aiming.");
});

test("chances worth showing, also that of a pot that never came off", () => {
  assert.deepEqual(
    chances(aimed).map(({ pocket, chance }) => [pocket, chance]),
    [
      ["lc", 0.71],
      ["lb", 0.08],
    ],
  );
  assert.deepEqual(chances({ ...aimed, odds: { pots: [] } }), [{ ball: 2, pocket: "lc", chance: 0 }]);
  assert.deepEqual(chances({ ...aimed, odds: null }), []);
});

test("played shots in words", () => {
  const shot = {
    balls_pocketed: ["3", "11"],
    contacts: 1,
    rails: 0,
    first_hit: "3",
    strike_speed: 2.04,
    duration_s: 4,
    scratch: false,
  };
  assert.deepEqual(outcome(shot), ["potted", "Potted the 3 and the 11"]);
  assert.deepEqual(outcome({ ...shot, balls_pocketed: [], scratch: true }), ["scratch", "Scratch"]);
  assert.deepEqual(outcome({ balls_pocketed: [], contacts: 0 }), ["none", "No ball hit"]);
  assert.deepEqual(outcome({ ...shot, balls_pocketed: ["cue", "8"], scratch: true }), [
    "scratch",
    "Scratch, and the 8 potted",
  ]);
  const plain = (text) => text.replaceAll("\u00a0", " ");
  assert.equal(plain(particulars(shot)), "2.0 m/s · hit the 3 first · 1 contact · no cushions · 4.0 s");
  assert.equal(plain(particulars({ ...shot, strike_speed: null, first_hit: null })), "1 contact · no cushions · 4.0 s");
  // Where pictures are few, a contact may go unseen: no pot is told without one.
  const unseen = { ...shot, first_hit: null, contacts: 0 };
  assert.equal(plain(particulars({ ...unseen, balls_pocketed: ["3"] })), "2.0 m/s · no cushions · 4.0 s");
  assert.match(plain(particulars({ ...unseen, balls_pocketed: [] })), /no contacts/);
  assert.equal(
    plain(summary([shot, { scratch: true, balls_pocketed: ["8"] }])),
    "2 shots, 1 with a ball potted (50 %), 1 scratch",
  );
  // Without pockets nothing is said of pots.
  const carom = { ...shot, balls_pocketed: [] };
  assert.deepEqual([outcome(carom), outcome(carom, false)], [["none", "Nothing potted"], ["none", "Ball hit"]]);
  assert.deepEqual(outcome({ ...carom, contacts: 0 }, false), ["none", "No ball hit"]);
  assert.equal(plain(summary([carom, carom], false)), "2 shots");
});

test("what is wrong is told, worst first", () => {
  const source = { status: "running", stale: false };
  const say = (link, more, age = 30) =>
    trouble({ link, state: { source: { ...source, ...more }, table: { found: true } }, age, now: 10_000 });
  const live = { live: true, status: "live" };
  assert.equal(say(live, {}), null);
  assert.deepEqual(say(live, {}, 4000), ["wait", "The picture is 4.0 s old."]);
  assert.deepEqual(say(live, { status: "lost", reason: "unplugged" }), ["bad", "Camera lost: unplugged"]);
  assert.deepEqual(say({ live: false, status: "waiting", everLive: true, lostAt: 0, retryAt: 12_500 }), [
    "bad",
    "Connection lost. Trying again in 3 s.",
  ]);
  assert.equal(say({ live: false, status: "waiting", lostAt: 9500, retryAt: 0 }), null, "a wink is not worth a word");
  assert.equal(say({ status: "token" })[0], "bad");
});

test("the tip stays where it does not slip", () => {
  assert.deepEqual(tipAt(0.02, -0.03), { side: 0, height: 0 });
  assert.deepEqual(tipAt(-0.3, -0.2), { side: 0.3, height: 0.2 });
  for (const [x, y] of [
    [0, -3],
    [5, 5],
    [-0.6, 0.1],
  ]) {
    const { side, height } = tipAt(x, y);
    assert.ok(Math.hypot(side, height) <= 0.5, `${side}, ${height}`);
  }
});

test("many quick touches are few requests, and none is lost", async () => {
  const sent = [];
  let release;
  const nudges = new Nudges((dx, dy) => {
    sent.push([dx, dy]);
    return new Promise((resolve) => (release = resolve));
  });
  const all = nudges.add(0.1, 0);
  nudges.add(0.1, 0);
  nudges.add(0.1, -1);
  release();
  await new Promise((resolve) => setImmediate(resolve));
  release();
  await all;
  assert.deepEqual(sent, [
    [0.1, 0],
    [0.2, -1],
  ]);
});

test("ellipses lie along the spread", () => {
  const [long, short] = ellipse({
    covariance: [
      [0.01, 0],
      [0, 0.0025],
    ],
  });
  assert.ok(Math.abs(long[0] - 0.15) < 1e-9 && Math.abs(short[1] - 0.075) < 1e-9);
  const [turned] = ellipse({
    covariance: [
      [0.01, 0.009],
      [0.009, 0.01],
    ],
  });
  assert.ok(Math.abs(turned[0] - turned[1]) < 1e-9);
  assert.equal(
    ellipse({
      covariance: [
        [4, 0],
        [0, 4],
      ],
    }),
    null,
    "nobody knows",
  );
});

test("figures and reports of any shape become words", () => {
  assert.deepEqual(figures({ vision_ms: 4.1234, stages: { track_ms: null }, fps: 30 }), [
    ["vision", "4.12 ms"],
    ["stages track", "–"],
    ["fps", "30"],
  ]);
  assert.equal(inFew("error", { rms_mm: 0.824, worst_mm: 2.3 }), "rms 0.82 mm, worst 2.3 mm");
  assert.equal(inFew("height", 2.4), "2.4 m");
  const camera = { made: "measured automatically", lens: null, height: 2.42, error_mm: 0.7 };
  assert.equal(inFew("camera", camera), "measured automatically, height 2.42 m, error 0.7 mm");
  assert.equal(inFew("lens", null), null);
});

test("the cue ball's path is cut where it touches a ball", () => {
  const points = [
    [0.5, 0.5],
    [0.6, 1.0],
    [1.2, 1.4],
  ];
  assert.deepEqual(atContact(points, { x: 0.6001, y: 0.9999 }), [points.slice(0, 2), points.slice(1)]);
  assert.deepEqual(atContact(points, null), [points, []]);
  assert.deepEqual(atContact([], { x: 0, y: 0 }), [[], []]);
});

const close = (a, b) => assert.ok(Math.abs(a - b) < 1e-9, `${a} is not ${b}`);
const bed = { length: 2, width: 1, cushion_width: 0.05 };

test("diamonds are where the table has them", () => {
  const carom = { ...bed, pockets: [], sights: "diamonds" };
  assert.equal(diamondsOf(carom).length, 20);
  const pool = diamondsOf({ ...carom, pockets: [{ id: "lb" }] });
  assert.equal(pool.length, 18);
  assert.ok(!pool.some(([, y]) => y === 1), "no diamond at a side pocket");
  assert.ok(pool.every(([x, y]) => x < 0 || x > 1 || y < 0 || y > 2));
  assert.deepEqual(diamondsOf({ ...carom, sights: "none" }), []);
});

test("cushions close a table without pockets", () => {
  const rails = [
    [[0, 0], [0, 2]],
    [[1, 0], [1, 2]],
    [[0, 0], [1, 0]],
    [[0, 2], [1, 2]],
  ];
  const cushions = cushionsOf({ ...bed, rails, pockets: [] });
  assert.equal(cushions.length, 4);
  assert.deepEqual(cushions[3], [
    { end: [0, 2], outer: [-0.05, 2.05] },
    { end: [1, 2], outer: [1.05, 2.05] },
  ]);
  assert.deepEqual(cushionsOf({ ...bed, rails: [], pockets: [] }), []);
});

test("jaws are as round as noses and facings leave room for", () => {
  // One nose with a facing at a right angle and one at 45 degrees, each rounded with 20 mm.
  const cut = 0.02 / Math.tan((3 * Math.PI) / 8);
  const slant = cut / Math.SQRT2;
  const nose = [[0, 0.1 + cut], [0, 0.88]];
  const facings = [
    [[-0.05, 0.05], [-slant, 0.1 - slant]],
    [[-0.02, 0.9], [-0.05, 0.9]],
  ];
  const table = { ...bed, rails: [nose, nose, nose, nose, nose, nose, ...facings], pockets: [{ id: "lb" }] };
  const [[low, high]] = cushionsOf(table);
  close(low.radius, 0.02);
  close(high.radius, 0.02);
  close(low.corner[1], 0.1);
  assert.deepEqual(high.outer, [-0.05, 0.9]);
});

test("a custom table is drawn with its mouths", () => {
  assert.equal(nosesOf({ length: 2, width: 1 }).length, 4);
  const noses = nosesOf({ length: 2, width: 1, corner_width: 0.1, side_width: 0.12 });
  assert.equal(noses.length, 6);
  const [first, second] = noses;
  close(second[0] - first[2], 0.12);
  close(Math.hypot(first[0], noses[4][1]), 0.1);
});

test("measured mouths are told, and offered where they differ from those in force", () => {
  const dimensions = [
    { id: "length", title: "Length", value: 2.54 },
    { id: "corner_width", title: "Corner pocket", value: 0.118 },
    { id: "side_width", title: "Side pocket", value: 0.1371 },
  ];
  const measured = (corner) => [
    { id: "corner_width", value: corner, uncertainty: 0.002 },
    { id: "side_width", value: 0.137, uncertainty: 0.0012 },
  ];
  assert.equal(
    mouthsInWords({ measured: measured(0.124), dimensions }),
    "Measured in the picture: Corner pocket 124 ± 2 mm, Side pocket 137 ± 1 mm.",
  );
  assert.deepEqual(mouthsToUse({ measured: measured(0.124), dimensions }), { corner_width: 0.124, side_width: 0.137 });
  assert.equal(mouthsToUse({ measured: measured(0.118), dimensions }), null);
  assert.equal(mouthsInWords({ measured: [], dimensions }), "");
  assert.equal(mouthsToUse({ measured: [], dimensions }), null);
});
