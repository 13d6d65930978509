// The page: joins what comes over the network with what is shown.

import { post } from "./api.js";
import { inOrder, takeSet } from "./balls.js";
import { Camera, showPerformance } from "./camera.js";
import { ServerClock } from "./clock.js";
import { Controls } from "./controls.js";
import { $, make, memory, say } from "./dom.js";
import { Motion } from "./interpolate.js";
import { listBalls } from "./list.js";
import { Link } from "./net.js";
import { Speaker, notice } from "./notices.js";
import { Session } from "./session.js";
import { Setup } from "./setup.js";
import { Shots } from "./shots.js";
import { showStorage } from "./storage.js";
import { TablePicture } from "./table.js";
import { Tabs } from "./tabs.js";
import { shotInWords, trouble, whole } from "./words.js";

const HIDDEN = 20_000; // ms out of sight until the connection is given up

// ---------------------------------------------------------------------------------------------------- what we know

let state = null;
let frameAt = null; // when the newest frame was taken, in the trainer's time
let trajectory = { aiming: false, aim: null, ghost_ball: null, paths: [], events: [], aim_line: null, odds: null };
const clock = new ServerClock();
const motion = new Motion();
const ballOf = (id) => state?.balls.find((ball) => ball.id === id);

function takeState(data, sent) {
  const now = performance.now();
  const age = data.source.frame_age_ms;
  state = data;
  takeSet(data.table.ball_set);
  showPots();
  frameAt = Number.isFinite(age) ? sent - age : null;
  motion.take(data, frameAt ?? sent, now);
  picture.refresh();
}

function takeTrajectory(data) {
  trajectory = data;
  picture.refresh();
}

const link = new Link(
  clock,
  {
    connection({ snapshot }, sent) {
      motion.clear();
      takeState(snapshot.state, sent);
      takeTrajectory(snapshot.trajectory);
      // Whatever was asked for before may have changed meanwhile.
      Promise.all([session.ask(), shots.refresh(), controls.refresh(), setup.refresh(), showStorage()]);
    },
    state: takeState,
    trajectory: takeTrajectory,
    alert({ severity, code, message }) {
      // Shots are seen, and listed: they need no words over the table.
      if (!code.startsWith("shot_")) notice(severity, message);
      if (code === "shot_ended") shots.refresh();
      if (code.startsWith("storage_")) showStorage();
    },
    config: (settings) => controls.learn(settings),
    performance: showPerformance,
    async unopened() {
      // A browser does not say why: perhaps we are not let in.
      await session.ask();
      if (session.role === "none") link.stop("token");
    },
    lost: () => words(),
  },
  {
    connect: () => new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/v1/ws`),
  },
);

Object.defineProperty(window, "billiards", {
  value: Object.freeze({
    state: () => state,
    trajectory: () => trajectory,
    connected: () => link.live,
    messages: () => link.messages,
  }),
});

/** Age of the newest camera frame, ms. */
function frameAge(now) {
  const server = clock.now(now);
  return frameAt === null || server === null ? null : Math.max(0, server - frameAt);
}

// ----------------------------------------------------------------------------------------------------------- parts

function refused(error) {
  if (error.status === undefined) throw error; // a mistake of this page
  notice("error", error.message);
  session.refused(error);
}

const picture = new TablePicture($("table"), () => ({ state, trajectory, motion, ballOf }));
const shots = new Shots(hasPockets);
const camera = new Camera();
const controls = new Controls({ refused });
const setup = new Setup({ refused });
const session = new Session((role, before) => {
  $("game-reset").hidden = role !== "operator";
  if (role === "none") {
    link.stop("token");
    return;
  }
  // Whoever was let in now tries at once.
  if (link.status === "token" || (before === "none" && !link.live)) link.resume();
  if (before !== null && role === "operator") notice("info", "Signed in as operator.");
  if (before === "operator") notice("info", "Signed out. You are watching.");
});

/** Whether there are pockets, as far as is known: without, nothing is said of pots. */
function hasPockets() {
  return state === null || state.table.pockets.length > 0;
}

/** Offers what tells of pots where there are pockets. */
function showPots() {
  controls.pockets = hasPockets();
  $("shown-chances").hidden = !hasPockets();
}

/** Only what can be seen costs anything. */
function openParts() {
  const seen = (name) => !document.hidden && tabs.name === name;
  shots.open = seen("shots");
  camera.open = seen("camera");
  controls.open = seen("controls");
  setup.open = seen("setup");
}

let tabs;
tabs = new Tabs(() => tabs && openParts());

for (const [name, label] of [
  ["lines", "Lines"],
  ["chances", "Chances"],
  ["spread", "Spread"],
]) {
  const box = make("input", { type: "checkbox", checked: memory.get(`shown-${name}`) !== "off" });
  const take = () => {
    picture.shown[name] = box.checked;
    memory.set(`shown-${name}`, box.checked ? "on" : "off");
    picture.refresh();
  };
  box.addEventListener("change", take);
  take();
  $("shown").append(make("label", { id: `shown-${name}` }, box, label));
}

$("retry").addEventListener("click", () => (link.status === "token" ? session.show() : link.resume()));
$("game-reset").addEventListener("click", async () => {
  if (!confirm("Start a new game? The list of shots is cleared.")) return;
  try {
    await post("/game/reset");
    await shots.refresh();
  } catch (error) {
    refused(error);
  }
});

// ----------------------------------------------------------------------------------------------------------- words

const speaker = new Speaker();
let labelled = 0;

const LINKS = {
  connecting: ["wait", "Connecting"],
  live: ["good", "Live"],
  waiting: ["bad", "Offline"],
  paused: ["wait", "Paused"],
  token: ["bad", "Sign in"],
  refused: ["bad", "Refused"],
};

function words() {
  const now = performance.now();
  link.watch();
  const age = link.live ? frameAge(now) : null;
  const bad = trouble({ link, state, age, now });
  $("banner").hidden = !bad;
  if (bad) {
    $("banner").dataset.tone = bad[0];
    say($("trouble"), bad[1]);
  }
  const helpless = link.status === "token" || link.status === "refused";
  $("retry").hidden = !helpless && link.status !== "waiting";
  say($("retry"), link.status === "token" ? "Sign in" : "Try again");
  $("table").classList.toggle("dim", Boolean(bad) && bad[0] !== "info");

  const [tone, text] = link.everLive && link.status === "connecting" ? LINKS.waiting : LINKS[link.status];
  const stale = link.live && bad && bad[0] !== "info";
  $("link").dataset.tone = stale ? "wait" : tone;
  say($("link"), stale ? "Not live" : text);
  $("link").title = link.skipped ? `${link.skipped} messages skipped because this connection was slow` : "";
  say($("age"), age === null ? "–" : whole(age));
  say($("delay"), link.live && clock.trip !== null ? whole(clock.trip) : "–");
  say($("rate"), link.live && state.source.fps > 0 ? `${Math.round(state.source.fps)}/s` : "–/s");
  if (state) say($("source"), `${state.table.title} · ${state.source.description}`);

  const shot = shotInWords(trajectory, ballOf);
  say($("shot"), shot);
  listBalls(state);
  const linked = link.live ? "Connected." : "Not connected.";
  speaker.offer(
    bad ? bad[1].replace(/ in \d+ s/, "").replace(/[\d.]+ (ms|s|min) old/, "old") : `${linked} ${shot}`,
    now,
  );
  if (now - labelled > 2000) {
    labelled = now;
    $("table").setAttribute("aria-label", tableInWords());
  }
}

function tableInWords() {
  const balls = inOrder(state?.balls ?? []);
  const aims = ["aiming", "stroking"].includes(state?.cue?.state);
  const cue = state?.cue ? (aims ? ", somebody aims" : ", a cue over it") : "";
  return `The pool table seen from above: ${balls.length} ball${balls.length === 1 ? "" : "s"}${cue}`;
}

// ----------------------------------------------------------------------------------------------------------- begin

let hiding = null;
document.addEventListener("visibilitychange", () => {
  clearTimeout(hiding);
  openParts();
  if (document.hidden) hiding = setTimeout(() => link.live && link.stop("paused"), HIDDEN);
  else if (["paused", "waiting"].includes(link.status)) link.resume();
});
addEventListener("pageshow", (event) => event.persisted && link.resume());
addEventListener("online", () => link.status === "waiting" && link.resume());

openParts();
// A token goes first: without it the connection might be refused.
addEventListener("hashchange", () => Session.hasToken() && session.begin());
if (Session.hasToken()) session.begin().then(() => session.role !== "none" && link.resume());
else {
  link.open();
  session.begin();
}
setInterval(words, 200);
words();
