// What the page says in words. Pure.

import { nameOf } from "./balls.js";

export const whole = (ms) =>
  ms < 1000 ? `${Math.round(ms)} ms` : ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 60_000)} min`;
export const percent = (share) => `${Math.round(100 * share)} %`;
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const pocketName = (id) => (id.endsWith("c") ? "a side pocket" : "a corner pocket");

/** The chances that are worth showing: of balls that fall as predicted, and of others that often do. */
export function chances(trajectory) {
  const pots = trajectory.odds?.pots ?? [];
  const foreseen = (pot) =>
    trajectory.paths.some(
      ({ ball, fate }) => ball === pot.ball && fate.how === "pocketed" && fate.pocket === pot.pocket,
    );
  const shown = pots.filter((pot) => foreseen(pot) || pot.chance >= 0.05);
  // What is predicted and never happened in the tries is 0 %, and to be said too.
  const missed = trajectory.paths
    .filter(
      ({ ball, fate }) =>
        fate.how === "pocketed" && !pots.some((pot) => pot.ball === ball && pot.pocket === fate.pocket),
    )
    .map(({ ball, fate }) => ({ ball, pocket: fate.pocket, chance: 0 }));
  return trajectory.odds ? [...shown.slice(0, 6), ...missed] : [];
}

/** The shot that is aimed; `ballOf` finds a ball by its id. */
export function shotInWords(trajectory, ballOf) {
  if (!trajectory.aiming) return "Nobody is aiming.";
  const ghost = trajectory.ghost_ball;
  const words = [
    ghost
      ? `Cue ball meets ${nameOf(ballOf(ghost.object_ball))}, cut ${Math.round(ghost.cut_angle_deg)}°.`
      : "The cue ball meets no ball.",
  ];
  const { odds, strike_speed: strike } = trajectory;
  for (const { ball, fate } of trajectory.paths) {
    if (fate.how !== "pocketed") continue;
    const known = ballOf(ball);
    const chance = odds?.pots.find((pot) => pot.ball === ball && pot.pocket === fate.pocket)?.chance ?? 0;
    const sure = odds ? `, ${percent(chance)}` : "";
    words.push(
      `${known?.is_cue_ball ? "Scratch: cue ball" : capital(nameOf(known))} into ${pocketName(fate.pocket)}${sure}.`,
    );
  }
  const foreseen = trajectory.paths.some(({ ball, fate }) => fate.how === "pocketed" && ballOf(ball)?.is_cue_ball);
  if ((odds?.scratch ?? 0) >= 0.05 && !foreseen) words.push(`Scratch ${percent(odds.scratch)}.`);
  if (strike) words.push(`Speed ${strike.speed.toFixed(1)}\u00a0m/s: ${strike.reason}.`);
  return words.join(" ");
}

/** What keeps the picture from being true, worst first: [how bad, words]; null where nothing does. */
export function trouble({ link, state, age, now }) {
  if (link.status === "token") return ["bad", "This trainer requires a token. Sign in to watch."];
  if (link.status === "refused") return ["bad", "The trainer has closed the connection: reload this page."];
  if (link.status === "paused") return ["wait", "Paused while this page is hidden."];
  if (!link.live || !state) {
    if (now - link.lostAt < 1200) return null;
    const wait = Math.ceil((link.retryAt - now) / 1000);
    const what = link.everLive ? "Connection lost." : "The trainer does not answer.";
    return ["bad", wait > 0 ? `${what} Trying again in ${wait} s.` : `${what} Trying again.`];
  }
  const { source, table } = state;
  if (source.status === "lost") return ["bad", `Camera lost: ${source.reason ?? "no reason known"}`];
  if (source.status === "failed") return ["bad", `No camera: ${source.reason ?? "no reason known"}`];
  if (source.status === "ended") return ["info", "The recording has ended."];
  if (source.status === "opening") return ["wait", "Opening the camera"];
  if (source.stale || age > 1500)
    return ["wait", age === null ? "The picture is old." : `The picture is ${whole(age)} old.`];
  if (!table.found) return ["wait", "Looking for the table"];
  return null;
}

/** How a shot went, in a few words: [what kind, words]. */
export function outcome(shot, hasPockets = true) {
  const potted = (shot.balls_pocketed ?? []).filter((label) => label !== "cue"); // that is the scratch
  const list = potted.map((label) => (label === "unknown" ? "a ball" : /^\d/.test(label) ? `the ${label}` : label));
  const made = list.length > 1 ? `${list.slice(0, -1).join(", ")} and ${list.at(-1)}` : list[0];
  if (shot.scratch) return ["scratch", made ? `Scratch, and ${made} potted` : "Scratch"];
  if (made) return ["potted", `Potted ${made}`];
  if (!(shot.contacts > 0)) return ["none", "No ball hit"];
  return ["none", hasPockets ? "Nothing potted" : "Ball hit"];
}

const some = (n, one, many) => `${n || "no"}\u00a0${n === 1 ? one : many}`;

/** The rest of what is known about a shot. */
export function particulars(shot) {
  const words = [];
  if (Number.isFinite(shot.strike_speed)) words.push(`${shot.strike_speed.toFixed(1)}\u00a0m/s`);
  if (shot.first_hit) words.push(`hit ${shot.first_hit === "unknown" ? "a ball" : `the ${shot.first_hit}`} first`);
  // Where pictures are few, a contact may go unseen: a pot without one would contradict itself.
  if (shot.contacts || outcome(shot)[0] === "none") words.push(some(shot.contacts ?? 0, "contact", "contacts"));
  words.push(some(shot.rails ?? 0, "cushion", "cushions"));
  if (Number.isFinite(shot.duration_s)) words.push(`${shot.duration_s.toFixed(1)}\u00a0s`);
  return words.join(" · ");
}

/** What all shots come to. */
export function summary(shots, hasPockets = true) {
  if (!shots.length) return "No shot yet.";
  const count = some(shots.length, "shot", "shots");
  if (!hasPockets) return count;
  const made = shots.filter((shot) => !shot.scratch && shot.balls_pocketed?.length).length;
  const scratches = shots.filter((shot) => shot.scratch).length;
  const end = scratches ? `, ${some(scratches, "scratch", "scratches")}` : "";
  return `${count}, ${made} with a ball potted (${percent(made / shots.length)})${end}`;
}
