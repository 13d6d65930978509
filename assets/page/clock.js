// The trainer's clock as seen from here. The clock of a phone may be wrong; how fast it runs is right enough.

const KEPT = 8; // answers: a quick one stays good for a quarter of a minute

/** Tells the trainer's time (ms since 1970) from the local `performance.now()`. */
export class ServerClock {
  #samples = [];
  #guess = null;

  /** Until the first ping is answered: as if a message that was written at `server` had taken no time. */
  guess(received, server) {
    if (Number.isFinite(server)) this.#guess = server - received;
  }

  /** A ping sent and answered at these local times; the answer says that it was `server` at the trainer. */
  sample(sent, received, server) {
    const trip = received - sent;
    if (!(trip >= 0) || !Number.isFinite(server)) return;
    this.#samples.push({ trip, offset: server - (sent + received) / 2 });
    if (this.#samples.length > KEPT) this.#samples.shift();
  }

  clear() {
    this.#samples = [];
    this.#guess = null;
  }

  /** The trainer's time at a local time; null while nothing is known. The quickest answer errs least. */
  now(local) {
    const best = this.#samples.reduce((a, b) => (a && a.trip <= b.trip ? a : b), null);
    const offset = best ? best.offset : this.#guess;
    return offset === null ? null : local + offset;
  }

  /** There and back, ms: the middle one of the latest answers; null while nothing is known. */
  get trip() {
    const trips = this.#samples.map((sample) => sample.trip).sort((a, b) => a - b);
    return trips.length ? trips[Math.floor((trips.length - 1) / 2)] : null;
  }
}
