// Motion between two messages. Times are milliseconds, places metres, velocities metres a second.
//
// What is shown lies a little in the past, so that there is mostly a later place to go towards. Between two known
// places it goes straight, and so never beyond them; after the last one it goes on at the last velocity for a moment
// only; what could not have gone there by rolling is put there at once.

const FASTEST = 15; // m/s: no ball is faster
const JUMP = 0.1; // m: shorter steps are never called a jump
const STILL = 1e-4; // m
const SAME_FRAME = 2; // ms: two messages about one camera frame
const AHEAD = 60; // ms: longest time to go on without a message
const BEHIND = 1.2; // camera frames that the picture lags behind the newest
const RESYNC = 500; // ms: a delay that changes by more has another cause than the network
const KEPT = 24; // samples

const clamp = (v, low, high) => Math.min(high, Math.max(low, v));
const distance = (a, b) => Math.hypot(...a.map((v, i) => v - b[i]));

/** Where something is, over time. Values are lists of numbers. */
export class Track {
  #samples = [];

  /** Was at `value` at `t`; `frame` is the time between camera frames; `velocity` is none for what does not roll. */
  push(t, value, frame, velocity = null) {
    const last = this.#samples.at(-1);
    let from = t;
    if (last) {
      const moved = distance(value, last.value);
      const seconds = (t - last.until) / 1000;
      if (t < last.t - RESYNC || (moved > JUMP && moved > FASTEST * Math.max(seconds, frame / 1000)))
        this.#samples = [];
      else if (moved < STILL) {
        last.until = Math.max(last.until, t);
        last.velocity = velocity;
        return;
      } else if (t < last.t + SAME_FRAME) {
        Object.assign(last, { value, velocity });
        return;
      } else {
        // What lay still and moves now did not creep here since the last message.
        const lay = last.until > last.t || this.#samples.length === 1;
        from = lay ? Math.max(last.until, t - frame) : last.t;
      }
    }
    this.#samples.push({ t, until: t, from, value, velocity });
    if (this.#samples.length > KEPT) this.#samples.shift();
  }

  at(t) {
    const samples = this.#samples;
    let i = samples.length - 1;
    while (i > 0 && samples[i].t > t) i -= 1;
    const a = samples[i],
      b = samples[i + 1];
    if (b) {
      const part = clamp((t - b.from) / (b.t - b.from || 1), 0, 1);
      return a.value.map((v, k) => v + (b.value[k] - v) * part);
    }
    if (!a.velocity || t <= a.until) return a.value;
    const seconds = Math.min(t - a.until, AHEAD) / 1000;
    return a.value.map((v, k) => v + a.velocity[k] * seconds);
  }

  /** Whether it looks the same at every time from `t` on. */
  rests(t) {
    const last = this.#samples.at(-1);
    return last.t <= t && (!last.velocity?.some((v) => v !== 0) || t > last.until + AHEAD);
  }
}

/** Which moment of the camera's time is shown when: evenly, never backwards. */
export class Playout {
  #delay = null;
  #newest = -Infinity;
  #shown = -Infinity;
  frame = 40;

  /** A frame taken at `at` (camera's clock) is known at `now` (local clock). */
  take(at, now, fps) {
    this.frame = fps > 0 ? clamp(1000 / fps, 8, 120) : 40;
    if (at <= this.#newest + SAME_FRAME && at > this.#newest - RESYNC) return; // told again
    this.#newest = at;
    const delay = now - at;
    if (this.#delay === null || Math.abs(delay - this.#delay) > RESYNC) {
      this.#delay = delay;
      this.#shown = -Infinity;
    } else this.#delay += 0.1 * (delay - this.#delay);
  }

  time(now) {
    this.#shown = Math.max(this.#shown, now - (this.#delay ?? 0) - BEHIND * this.frame);
    return this.#shown;
  }
}

/** Balls and cue between two states. */
export class Motion {
  balls = new Map();
  cue = null;
  #playout = new Playout();

  clear() {
    this.balls.clear();
    this.cue = null;
    this.#playout = new Playout();
  }

  /** A state that was true at `at` in the trainer's time became known at `now`. */
  take(state, at, now) {
    const playout = this.#playout;
    playout.take(at, now, state.source.fps);
    const { width, length } = state.table;
    const seen = new Set();
    for (const ball of state.balls) {
      const { x, y } = ball.position;
      if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
      seen.add(ball.id);
      let entry = this.balls.get(ball.id);
      if (!entry) this.balls.set(ball.id, (entry = { track: new Track(), born: now }));
      entry.ball = ball;
      entry.gone = null;
      const inside = x > 0 && x < width && y > 0 && y < length; // what falls into a pocket does not roll on
      const rolls = ball.state === "moving" && inside;
      entry.track.push(at, [x, y], playout.frame, rolls ? [ball.velocity.x, ball.velocity.y] : null);
    }
    for (const [id, entry] of this.balls) if (!seen.has(id)) entry.gone ??= now;
    if (state.cue) {
      const { tip, butt } = state.cue;
      this.cue ??= new Track();
      this.cue.push(at, [tip.x, tip.y, butt.x, butt.y], playout.frame);
    } else this.cue = null;
  }

  /** The moment in the trainer's time that is shown now. */
  time(now) {
    return this.#playout.time(now);
  }

  /** Whether all that is shown at `time` stays as it is. */
  rests(time) {
    const still = [...this.balls.values()].every((entry) => !entry.gone && entry.track.rests(time));
    return still && (this.cue?.rests(time) ?? true);
  }
}
