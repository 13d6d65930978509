import assert from "node:assert/strict";
import test from "node:test";
import { ServerClock } from "../clock.js";
import { Link, retryPause } from "../net.js";

/** A link over sockets that do what the test says. */
function stage() {
  const sockets = [];
  let time = 1000;
  const clock = new ServerClock();
  const heard = [];
  const on = Object.fromEntries(
    ["connection", "state", "alert"].map((type) => [type, (data) => heard.push([type, data])]),
  );
  const connect = () => {
    const socket = {
      readyState: 1,
      sent: [],
      send: (text) => socket.sent.push(JSON.parse(text)),
      close: () => (socket.closed = true),
    };
    sockets.push(socket);
    return socket;
  };
  const link = new Link(clock, on, { connect, now: () => time });
  const hear = (type, data, sequence, at = 5000) =>
    sockets.at(-1).onmessage({ data: JSON.stringify({ type, data, sequence, timestamp: new Date(at).toISOString() }) });
  return {
    link,
    sockets,
    clock,
    heard,
    hear,
    wait: (ms) => {
      time += ms;
      link.watch();
    },
  };
}

test("pauses grow, are spread, and end", () => {
  const at = (tries, random) => retryPause(tries, 1006, () => random);
  assert.equal(at(0, 0), 250);
  assert.equal(at(0, 1), 500);
  assert.equal(at(3, 1), 4000);
  assert.equal(at(50, 1), 10_000);
  assert.ok(retryPause(0, 1013, () => 0) >= 2000, "a busy trainer is left alone for a while");
  for (const code of [1002, 1008, 4100, 4199]) assert.equal(retryPause(0, code), null);
});

test("it subscribes, comes back and subscribes again", () => {
  const { link, sockets, hear, wait } = stage();
  link.open();
  hear("connection", {}, 1);
  assert.equal(link.status, "live");
  assert.deepEqual(
    sockets[0].sent.map(({ type }) => type),
    ["subscribe", "ping"],
  );
  assert.deepEqual(sockets[0].sent[0].data.streams, ["state", "trajectory", "alert", "config", "performance"]);
  sockets[0].onclose({ code: 1006 });
  assert.equal(link.status, "waiting");
  wait(600);
  assert.equal(sockets.length, 2);
  hear("connection", {}, 1);
  assert.equal(sockets[1].sent[0].type, "subscribe");
});

test("a refusal is final until somebody resumes", () => {
  for (const code of [1009, 4150]) {
    const { link, sockets, wait } = stage();
    link.open();
    sockets[0].onclose({ code });
    wait(3_600_000);
    assert.equal(link.status, "refused");
    assert.equal(sockets.length, 1);
    link.resume();
    assert.equal(sockets.length, 2);
  }
});

test("silence is a lost connection", () => {
  const { link, sockets, hear, wait } = stage();
  link.open();
  hear("connection", {}, 1);
  wait(5000);
  assert.equal(link.status, "live");
  wait(1500);
  assert.equal(link.status, "waiting");
  assert.equal(sockets[0].closed, true);
});

test("a connection that never begins is given up", () => {
  const { link, sockets, hear, wait } = stage();
  link.open();
  for (let i = 0; i < 7; i += 1) {
    hear("state", {}, i + 2);
    wait(1000);
  }
  assert.equal(sockets[0].closed, true);
});

test("what is skipped is counted, what is unknown is ignored", () => {
  const { link, heard, hear } = stage();
  link.open();
  hear("connection", {}, 1);
  hear("state", { n: 2 }, 5);
  hear("weather", {}, 6);
  hear("constructor", {}, 7);
  hear("error", { code: "unknown_message", message: "no subscriptions" }, 8);
  assert.equal(link.skipped, 3);
  assert.equal(link.status, "live");
  assert.deepEqual(heard, [
    ["connection", {}],
    ["state", { n: 2 }],
  ]);
});

test("the trainer's clock is told by the quickest answer", () => {
  const clock = new ServerClock();
  assert.equal(clock.now(0), null);
  clock.guess(100, 5_000_090); // ten late
  assert.equal(clock.now(200), 5_000_190);
  clock.sample(1000, 1400, 5_001_390); // slow on the way there
  clock.sample(2000, 2010, 5_002_005);
  assert.equal(clock.now(3000), 5_003_000);
  assert.equal(clock.trip, 10);
  clock.clear();
  assert.equal(clock.trip, null);
});
