import assert from "node:assert/strict";
import test from "node:test";
import { Motion, Playout, Track } from "../interpolate.js";

const FRAME = 33;
const close = (a, b) => a.forEach((v, i) => assert.ok(Math.abs(v - b[i]) < 1e-9, `${a} is not ${b}`));

test("between two places it goes straight and never beyond", () => {
  const track = new Track();
  [
    [0, 0],
    [33, 0.1],
    [66, 0.15],
    [99, 0.1],
  ].forEach(([t, x]) => track.push(t, [x, 1], FRAME));
  close(track.at(49.5), [0.125, 1]);
  for (let t = -50; t < 300; t += 1) {
    const [x] = track.at(t);
    assert.ok(x >= 0 && x <= 0.15, `${x} at ${t}`);
  }
  close(track.at(500), [0.1, 1]);
});

test("without news it rolls on for a moment only", () => {
  const track = new Track();
  track.push(0, [0, 0], FRAME, [1, 0]);
  track.push(33, [0.033, 0], FRAME, [1, 0]);
  close(track.at(53), [0.053, 0]);
  close(track.at(93), [0.093, 0]);
  close(track.at(5000), [0.093, 0]);
  assert.equal(track.rests(60), false);
  assert.equal(track.rests(5000), true);
});

test("a jump is made at once", () => {
  const track = new Track();
  track.push(0, [0.2, 0.2], FRAME);
  track.push(33, [1.2, 2.2], FRAME);
  close(track.at(10), [1.2, 2.2]);
  const broken = new Track(); // a break shot is no jump
  broken.push(0, [0.2, 0.2], FRAME);
  broken.push(33, [0.2, 0.55], FRAME);
  assert.ok(broken.at(16)[1] < 0.5);
});

test("what lay still starts with the frame in which it moved", () => {
  const track = new Track();
  track.push(0, [0, 0], FRAME);
  track.push(500, [0, 0], FRAME);
  track.push(1000, [0.05, 0], FRAME);
  close(track.at(900), [0, 0]);
  close(track.at(1000 - FRAME / 2), [0.025, 0]);
});

test("a clock that goes back begins anew", () => {
  const track = new Track();
  track.push(10_000, [0, 0], FRAME);
  track.push(1000, [0.01, 0], FRAME);
  close(track.at(1000), [0.01, 0]);
});

test("it shows a moment that lies a frame back, evenly and never backwards", () => {
  const playout = new Playout();
  let last = -Infinity;
  for (let i = 0; i < 200; i += 1) {
    const jitter = (i * 7919) % 23;
    const now = 1000 + i * 33 + jitter;
    playout.take(i * 33, now, 1000 / 33);
    const shown = playout.time(now);
    assert.ok(shown >= last, `${shown} after ${last}`);
    if (i > 50) assert.ok(i * 33 - shown > 0 && i * 33 - shown < 2 * 33 + 23, `${i * 33 - shown} behind`);
    last = shown;
  }
});

test("a state's balls come, move and go", () => {
  const motion = new Motion();
  const ball = (id, x, state = "resting") => ({ id, position: { x, y: 1 }, velocity: { x: 3, y: 0 }, state });
  const table = { width: 1.27, length: 2.54 };
  const say = (at, balls) => motion.take({ balls, cue: null, table, source: { fps: 30 } }, at, at + 20);
  say(0, [ball(1, 0.5), ball(2, 0.8), ball(3, Number.NaN)]);
  assert.deepEqual([...motion.balls.keys()], [1, 2]);
  say(33, [ball(1, 0.5)]);
  assert.equal(motion.balls.get(2).gone, 53);
  assert.equal(motion.rests(1000), false, "one is vanishing");
  motion.balls.delete(2);
  assert.equal(motion.rests(1000), true);
  say(66, [ball(1, -0.02, "moving")]);
  close(motion.balls.get(1).track.at(90), [-0.02, 1]); // in a pocket: no rolling on
});
