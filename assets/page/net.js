// The WebSocket: connects, listens, and comes back by itself.

const LONGEST = 10_000; // ms between two tries
const SILENCE = 6000; // ms: states come twice a second at least
const PING = 2000; // ms

/** Whether trying again after this close code helps nobody: this page is at fault. */
const isFinal = (code) => [1002, 1007, 1008, 1009].includes(code) || (code >= 4100 && code < 4200);
const TRY_LATER = 1013;

const STREAMS = ["state", "trajectory", "alert", "config", "performance"];

/**
 * How long to wait before the next try, ms: twice as long each time, and not all clients at once. Null: not at all.
 */
export function retryPause(tries, code, random = Math.random) {
  if (isFinal(code)) return null;
  const longest = Math.min(LONGEST, 500 * 2 ** tries);
  const pause = longest * (0.5 + random() / 2);
  return code === TRY_LATER ? Math.max(pause, 2000 + 2000 * random()) : pause;
}

/**
 * `on` has a function for each type of message (`on.state(data, sent, message)`, `sent` in the trainer's time), and
 * `on.unopened()` for a connection that was refused before it began, `on.lost()` for one that ended.
 */
export class Link {
  /** "connecting", "live", "waiting" (for the next try), "paused", "token" (one is needed) or "refused". */
  status = "connecting";
  everLive = false;
  lostAt;
  retryAt = 0;
  messages = 0;
  skipped = 0;
  #socket = null;
  #tries = 0;
  #heard = 0;
  #pinged = 0;
  #sequence = 0;

  constructor(clock, on, { connect, now = () => performance.now() }) {
    Object.assign(this, { clock, on, connect, now, lostAt: now() });
  }

  get live() {
    return this.status === "live";
  }

  open() {
    const socket = this.connect();
    let opened = false;
    this.#socket = socket;
    this.status = "connecting";
    this.#heard = this.now();
    socket.onopen = () => (opened = true);
    socket.onmessage = (event) => this.#take(event.data);
    socket.onclose = (event) => {
      this.#lose(event.code);
      if (!opened) this.on.unopened?.();
    };
  }

  /** Gives the connection up, if there is one. */
  #drop() {
    const socket = this.#socket;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
    this.#socket = null;
    if (this.live) this.lostAt = this.now();
    this.clock.clear();
  }

  #lose(code) {
    this.#drop();
    const pause = retryPause(this.#tries, code);
    this.#tries += 1;
    this.status = pause === null ? "refused" : "waiting";
    this.retryAt = this.now() + (pause ?? 0);
    this.on.lost?.();
  }

  /** No tries until `resume`: "paused", "token" (one is needed) or "refused". */
  stop(status) {
    this.#drop();
    this.status = status;
    this.on.lost?.();
  }

  /** Tries now, whatever stood in the way. */
  resume() {
    if (this.#socket) return;
    this.#tries = 0;
    this.open();
  }

  send(type, data) {
    if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify({ type, data }));
  }

  #ping() {
    this.#pinged = this.now();
    this.send("ping", this.#pinged);
  }

  /** To be called several times a second. */
  watch() {
    const now = this.now();
    if (this.status === "waiting" && now >= this.retryAt) this.open();
    else if (this.#socket && now - this.#heard > SILENCE) this.#lose(1006);
    else if (this.live && now - this.#pinged > PING) this.#ping();
  }

  #take(text) {
    let message;
    try {
      message = JSON.parse(text);
    } catch (error) {
      console.warn("not JSON:", error.message);
      return;
    }
    const { type, data, sequence } = message;
    const now = this.now();
    this.messages += 1;
    // A trainer that does not begin at the beginning is not heard.
    if (this.live || type === "connection") this.#heard = now;
    if (type === "connection") this.#sequence = sequence;
    this.skipped += Math.max(0, sequence - this.#sequence - 1) || 0;
    this.#sequence = sequence;
    const sent = Date.parse(message.timestamp);
    if (type === "connection") {
      this.status = "live";
      this.everLive = true;
      this.#tries = 0;
      this.clock.guess(now, sent);
      this.send("subscribe", { streams: STREAMS });
      this.#ping();
    } else if (type === "pong") this.clock.sample(data, now, sent);
    else if (type === "error") {
      // An older trainer knows no subscriptions, and sends states and predictions unasked.
      if (data.code !== "unknown_message") console.warn("the trainer did not understand:", data.message);
    }
    // A later version may say more.
    if (Object.hasOwn(this.on, type)) this.on[type](data, sent, message);
  }
}
