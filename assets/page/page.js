// The table, live. Distances are metres in the table's frame: x across (0 to width), y along (0 to length), as seen from
// above. Times are milliseconds.

const IVORY = "#f7f2e4";
const COLOURS = {
  1: "#f2b61c", 2: "#1c4fb0", 3: "#cf2a22", 4: "#5b2a86", 5: "#ec7019", 6: "#12703f", 7: "#7d1f2b", 8: "#17191b",
  9: "#f2b61c", 10: "#1c4fb0", 11: "#cf2a22", 12: "#5b2a86", 13: "#ec7019", 14: "#12703f", 15: "#7d1f2b",
};
Object.assign(COLOURS, {
  red: "#c8231d", yellow: "#f0c21c", green: "#157a45", brown: "#7a4a22", blue: "#1f55b5", pink: "#e78aa5", black: "#17191b",
});
const UNKNOWN = { cue: IVORY, eight: "#17191b", solid: "#7c8a96", stripe: "#7c8a96", other: "#a08fb0" };
const CUSHION = 0.0508; // nose to wood
const WOOD = 0.1; // width of the rail's wood

const $ = (id) => document.getElementById(id);
const clamp = (v, low, high) => Math.min(high, Math.max(low, v));
const mix = (a, b, t) => a + (b - a) * t;

// ---------------------------------------------------------------------------------------------------------- what we know

let state = null;
let trajectory = { aiming: false, aim: null, ghost_ball: null, paths: [], events: [], aim_line: null, odds: null };
let connected = false;
let messages = 0;
let skipped = 0;

Object.defineProperty(window, "billiards", {
  value: Object.freeze({
    state: () => state,
    trajectory: () => trajectory,
    connected: () => connected,
    messages: () => messages,
  }),
});

const colourOf = (ball) => COLOURS[ball.label] ?? UNKNOWN[ball.class] ?? UNKNOWN.other;

function nameOf(ball) {
  if (!ball) return "a ball";
  if (ball.is_cue_ball) return "cue ball";
  if (ball.label !== "unknown") return `${ball.label} ball`;
  return { solid: "a solid", stripe: "a stripe", eight: "8 ball" }[ball.class] ?? "a ball";
}

const ballOf = (id) => state?.balls.find((ball) => ball.id === id);

// ---------------------------------------------------------------------------------------------------------------- motion

/** Values over time. Drawn a little late, so that there is a later sample to move towards. */
class Track {
  samples = [];

  /** Takes the value at `t`; `frame` is the time between two camera frames. */
  push(t, value, frame) {
    const last = this.samples.at(-1);
    if (last) {
      const moved = Math.hypot(...value.map((v, i) => v - last.value[i]));
      if (t < last.t - 100 || moved > 0.8) this.samples.length = 0;
      else if (moved < 1e-4) {
        last.until = Math.max(last.until, t);
        return;
      } else if (t < last.t + 2) {
        last.value = value; // of the same camera frame
        return;
      } else if (t - last.t > 1.8 * frame && last.until > last.t) {
        // It lay still and starts now: it did not creep here since the last sample.
        this.samples.push({ t: t - frame, until: t - frame, value: last.value });
      }
    }
    this.samples.push({ t, until: t, value });
    if (this.samples.length > 24) this.samples.shift();
  }

  at(t) {
    const samples = this.samples;
    let i = samples.length - 1;
    while (i > 0 && samples[i].t > t) i -= 1;
    const a = samples[i], b = samples[i + 1];
    if (!b || t <= a.t) return a.value;
    const part = (t - a.t) / (b.t - a.t);
    return a.value.map((v, k) => mix(v, b.value[k], part));
  }
}

/** Balls and cue between two messages. */
const motion = {
  balls: new Map(),
  cue: null,
  offset: null, // of the server's clock: the smallest seen is the one least delayed
  frame: 40, // time between two camera frames
  newest: 0, // camera time of the newest frame
  lag: 40, // from the camera to the message

  clear() {
    this.balls.clear();
    this.cue = null;
    this.offset = null;
    this.newest = 0;
  },

  take(data, sent) {
    const now = performance.now();
    this.offset = this.offset === null ? now - sent : Math.min(this.offset + 0.05, now - sent);
    this.frame = data.source.fps > 0 ? clamp(1000 / data.source.fps, 8, 120) : 40;
    // What moves is told by the camera's clock: messages come when they come.
    const at = sent - (data.source.frame_age_ms ?? 0);
    if (at > this.newest + 2) this.lag = mix(this.lag, clamp(sent - at, 0, 300), 0.15);
    this.newest = at;
    const seen = new Set();
    for (const ball of data.balls) {
      const { x, y } = ball.position;
      if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
      seen.add(ball.id);
      let entry = this.balls.get(ball.id);
      if (!entry) this.balls.set(ball.id, (entry = { track: new Track(), born: now }));
      entry.ball = ball;
      entry.gone = null;
      entry.track.push(at, [x, y], this.frame);
    }
    for (const [id, entry] of this.balls) if (!seen.has(id)) entry.gone ??= now;
    if (data.cue) {
      const { tip, butt } = data.cue;
      this.cue ??= new Track();
      this.cue.push(at, [tip.x, tip.y, butt.x, butt.y], this.frame);
    } else this.cue = null;
  },

  /** The camera's time that is drawn now: one frame back, so that there are two to draw between. */
  time: (now) => now - motion.offset - motion.lag - 1.2 * motion.frame,
};

// ------------------------------------------------------------------------------------------------------------------ link

const link = {
  socket: null,
  tries: 0,
  retryAt: 0,
  heard: 0, // when the last message came
  heardState: 0,
  sequence: 0,
  roundTrip: null,
  everConnected: false,
  lostAt: performance.now(),

  open() {
    this.retryAt = 0;
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/api/v1/ws`);
    this.socket = socket;
    this.heard = performance.now();
    socket.onmessage = (event) => this.take(event.data);
    socket.onclose = () => this.lose(socket);
  },

  /** Gives the connection up and arranges for the next, later each time, and not all clients at once. */
  lose(socket) {
    if (socket !== this.socket) return;
    socket.onmessage = socket.onclose = null;
    socket.close();
    this.socket = null;
    if (connected) this.lostAt = performance.now();
    connected = false;
    this.roundTrip = null;
    const pause = Math.min(10000, 500 * 2 ** this.tries) * (0.5 + Math.random() / 2);
    this.tries = Math.min(this.tries + 1, 10);
    this.retryAt = performance.now() + pause;
  },

  take(text) {
    let message;
    try {
      message = JSON.parse(text);
    } catch (error) {
      console.warn("not JSON", error);
      return;
    }
    messages += 1;
    this.heard = performance.now();
    if (message.type === "connection") this.sequence = message.sequence;
    skipped += Math.max(0, message.sequence - this.sequence - 1);
    this.sequence = message.sequence;
    const sent = Date.parse(message.timestamp);
    switch (message.type) {
      case "connection":
        connected = this.everConnected = true;
        this.tries = 0;
        motion.clear();
        this.state(message.data.snapshot.state, sent);
        trajectory = message.data.snapshot.trajectory;
        this.ping();
        break;
      case "state":
        this.state(message.data, sent);
        break;
      case "trajectory":
        trajectory = message.data;
        break;
      case "pong": {
        const now = performance.now() - message.data;
        this.roundTrip = this.roundTrip === null ? now : mix(this.roundTrip, now, 0.4);
        break;
      }
      case "error":
        console.warn("the trainer did not understand:", message.data.message);
        break;
      default: // a later version may say more
    }
  },

  state(data, sent) {
    state = data;
    this.heardState = performance.now();
    motion.take(data, sent);
  },

  ping() {
    if (this.socket?.readyState === WebSocket.OPEN) {
      this.socket.send(JSON.stringify({ type: "ping", data: performance.now() }));
    }
  },

  /** Several times a second. */
  watch(now) {
    if (!this.socket) {
      if (now >= this.retryAt) this.open();
    } else if (now - this.heard > 6000) this.lose(this.socket); // states come twice a second at least
  },

  hurry() {
    if (!this.socket) this.tries = this.retryAt = 0;
  },
};

/** Age of the newest camera frame. */
function frameAge(now) {
  const age = state?.source.frame_age_ms;
  return Number.isFinite(age) ? age + (now - link.heardState) + (link.roundTrip ?? 0) / 2 : null;
}

// --------------------------------------------------------------------------------------------------------------- drawing

const canvas = $("table");
const stage = $("stage");
const paint = canvas.getContext("2d");
const NINE_FOOT = { length: 2.54, width: 1.27, ball_radius: 0.028575, rails: [], pockets: [], found: false };

/** From metres to the canvas' pixels. The long axis lies along the longer side of the screen; nothing is mirrored. */
const view = {
  scale: 1,
  ratio: 1,
  upright: true,
  matrix: [1, 0, 0, 1, 0, 0],

  fit(table) {
    const box = stage.getBoundingClientRect();
    this.ratio = clamp(window.devicePixelRatio || 1, 1, 3);
    const [w, h] = [Math.round(box.width * this.ratio), Math.round(box.height * this.ratio)];
    if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
    const rim = CUSHION + WOOD;
    const [across, along] = [table.width + 2 * rim, table.length + 2 * rim];
    const pad = 12 * this.ratio;
    this.upright = h > w;
    const [x, y] = this.upright ? [across, along] : [along, across];
    const s = (this.scale = Math.max(1, Math.min((w - pad) / x, (h - pad) / y)));
    const left = (w - x * s) / 2 + rim * s;
    const top = (h - y * s) / 2 + rim * s;
    this.matrix = this.upright ? [s, 0, 0, -s, left, top + table.length * s] : [0, s, s, 0, left, top];
  },

  map(x, y) {
    const [a, b, c, d, e, f] = this.matrix;
    return [a * x + c * y + e, b * x + d * y + f];
  },
};

/** What does not move is drawn once. */
const scenery = {
  picture: document.createElement("canvas"),
  key: "",

  of(table) {
    const key = JSON.stringify([table.length, table.width, table.rails.length, canvas.width, canvas.height, view.scale]);
    if (key !== this.key) {
      this.key = key;
      this.draw(table);
    }
    return this.picture;
  },

  draw(table) {
    const { picture } = this;
    [picture.width, picture.height] = [canvas.width, canvas.height];
    const c = picture.getContext("2d");
    c.setTransform(...view.matrix);
    const { width: w, length: l } = table;
    const box = (out) => [-out, -out, w + 2 * out, l + 2 * out];
    const rim = CUSHION + WOOD;

    // Wood
    c.save();
    c.shadowColor = "rgb(0 0 0 / 45%)";
    c.shadowBlur = 14 * view.ratio;
    c.shadowOffsetY = 4 * view.ratio;
    const wood = c.createLinearGradient(-rim, 0, w + rim, l * 0.35);
    [[0, "#6d3f22"], [0.3, "#8b5630"], [0.55, "#734424"], [0.8, "#8f5a33"], [1, "#5d351c"]].forEach((s) => wood.addColorStop(...s));
    c.fillStyle = wood;
    c.beginPath();
    c.roundRect(...box(rim), 0.075);
    c.fill();
    c.restore();
    c.save();
    c.clip();
    c.lineWidth = 0.0012;
    for (let i = 0; i < 34; i += 1) {
      // Grain, along the rails
      const at = -rim + ((i * 0.618) % 1) * rim;
      c.strokeStyle = i % 2 ? "rgb(40 18 6 / 16%)" : "rgb(255 214 160 / 8%)";
      c.strokeRect(at, at, w - 2 * at, l - 2 * at);
    }
    c.restore();
    c.strokeStyle = "rgb(255 225 180 / 22%)";
    c.lineWidth = 0.003;
    c.beginPath();
    c.roundRect(...box(rim - 0.003), 0.072);
    c.stroke();

    // Cloth, lit from above the middle
    const cloth = c.createRadialGradient(w / 2, l / 2, 0.1, w / 2, l / 2, l * 0.62);
    [[0, "#2a9a70"], [0.55, "#1d7f5a"], [1, "#115a40"]].forEach((s) => cloth.addColorStop(...s));
    c.fillStyle = cloth;
    c.fillRect(...box(CUSHION));
    c.fillStyle = "rgb(255 255 255 / 45%)";
    for (const y of [l / 4, (3 * l) / 4]) {
      c.beginPath();
      c.arc(w / 2, y, 0.0065, 0, 7);
      c.fill();
    }
    c.strokeStyle = "rgb(255 255 255 / 12%)";
    c.lineWidth = 0.003;
    c.beginPath();
    c.moveTo(0, l / 4);
    c.lineTo(w, l / 4);
    c.stroke();

    this.cushions(c, table);

    // Diamonds
    const out = CUSHION + WOOD / 2;
    c.fillStyle = "#f1e6cc";
    const diamond = (x, y) => {
      c.beginPath();
      c.moveTo(x - 0.0085, y);
      c.lineTo(x, y - 0.0085);
      c.lineTo(x + 0.0085, y);
      c.lineTo(x, y + 0.0085);
      c.fill();
    };
    for (let i = 1; i < 8; i += 1) if (i !== 4) [-out, w + out].forEach((x) => diamond(x, (l * i) / 8));
    for (let i = 1; i < 4; i += 1) [-out, l + out].forEach((y) => diamond((w * i) / 4, y));

    for (const { x, y, radius } of table.pockets) {
      c.fillStyle = "#20130b";
      c.beginPath();
      c.arc(x, y, radius + 0.011, 0, 7);
      c.fill();
      const hole = c.createRadialGradient(x, y, radius * 0.3, x, y, radius);
      [[0, "#000"], [0.8, "#070707"], [1, "#1a1a1a"]].forEach((s) => hole.addColorStop(...s));
      c.fillStyle = hole;
      c.beginPath();
      c.arc(x, y, radius, 0, 7);
      c.fill();
    }
  },

  /** A cushion is a nose between two facings; where they meet it is rounded. */
  cushions(c, table) {
    const noses = table.rails.slice(0, 6);
    const facings = table.rails.slice(6);
    const far = ([ax, ay], [bx, by]) => Math.hypot(ax - bx, ay - by);
    for (const nose of noses) {
      const ends = nose.map((end) => {
        let best = null;
        for (const [p, q] of facings) {
          for (const [inner, outer] of [[p, q], [q, p]]) {
            if (!best || far(inner, end) < far(best.inner, end)) best = { inner, outer };
          }
        }
        return best && { ...best, end, corner: crossing(nose, [best.inner, best.outer]) ?? end };
      });
      if (!ends[0] || !ends[1]) return;
      const [a, b] = ends;
      const shape = new Path2D();
      shape.moveTo(...a.outer);
      shape.lineTo(...a.inner);
      shape.quadraticCurveTo(...a.corner, ...a.end);
      shape.lineTo(...b.end);
      shape.quadraticCurveTo(...b.corner, ...b.inner);
      shape.lineTo(...b.outer);
      shape.closePath();
      c.save();
      c.shadowColor = "rgb(0 0 0 / 40%)";
      c.shadowBlur = 0.018 * view.scale;
      c.fillStyle = "#1a7451";
      c.fill(shape);
      c.restore();
      c.save();
      c.clip(shape);
      c.lineWidth = 0.012;
      c.strokeStyle = "rgb(140 240 195 / 22%)";
      c.beginPath();
      c.moveTo(...a.end);
      c.lineTo(...b.end);
      c.stroke();
      c.lineWidth = 0.02;
      c.strokeStyle = "rgb(0 0 0 / 22%)";
      c.beginPath();
      c.moveTo(...a.outer);
      c.lineTo(...b.outer);
      c.stroke();
      c.restore();
    }
  },
};

/** Where two lines meet. */
function crossing([[x1, y1], [x2, y2]], [[x3, y3], [x4, y4]]) {
  const d = (x1 - x2) * (y3 - y4) - (y1 - y2) * (x3 - x4);
  if (Math.abs(d) < 1e-12) return null;
  const [p, q] = [x1 * y2 - y1 * x2, x3 * y4 - y3 * x4];
  return [(p * (x3 - x4) - (x1 - x2) * q) / d, (p * (y3 - y4) - (y1 - y2) * q) / d];
}

/** Pictures of balls, each drawn once a size. */
const sprites = {
  made: new Map(),

  of(ball, radius) {
    const key = `${ball.label} ${ball.class} ${radius.toFixed(2)}`;
    let sprite = this.made.get(key);
    if (!sprite) {
      if (this.made.size > 60) this.made.clear(); // sizes from before the window changed
      this.made.set(key, (sprite = this.draw(ball, radius)));
    }
    return sprite;
  },

  draw(ball, r) {
    const sprite = document.createElement("canvas");
    const half = Math.ceil(r) + 2;
    sprite.width = sprite.height = 2 * half;
    const c = sprite.getContext("2d");
    c.translate(half, half);
    const disc = (radius, fill, x = 0, y = 0) => {
      c.fillStyle = fill;
      c.beginPath();
      c.arc(x, y, radius, 0, 7);
      c.fill();
    };
    const colour = colourOf(ball);
    const number = Number(ball.label) || null;
    const striped = number ? number > 8 : ball.class === "stripe";
    c.save();
    c.beginPath();
    c.arc(0, 0, r, 0, 7);
    c.clip();
    disc(r, striped ? IVORY : colour);
    if (striped) {
      c.fillStyle = colour;
      c.fillRect(-r, -0.6 * r, 2 * r, 1.2 * r);
    }
    if (number) {
      disc(0.5 * r, IVORY);
      c.fillStyle = "#161616";
      c.font = `700 ${(number > 9 ? 0.62 : 0.74) * r}px system-ui, sans-serif`;
      c.textAlign = "center";
      c.textBaseline = "middle";
      c.fillText(String(number), 0, 0.04 * r);
    }
    const light = c.createRadialGradient(-0.38 * r, -0.42 * r, 0.05 * r, -0.1 * r, -0.12 * r, 1.15 * r);
    [[0, "rgb(255 255 255 / 75%)"], [0.16, "rgb(255 255 255 / 22%)"], [0.42, "rgb(255 255 255 / 0%)"],
      [0.7, "rgb(0 0 0 / 8%)"], [1, "rgb(0 0 0 / 48%)"]].forEach((s) => light.addColorStop(...s));
    disc(r, light);
    c.restore();
    return sprite;
  },
};

function line(points, colour, width, edge) {
  if (points.length < 2) return;
  paint.beginPath();
  points.forEach(([x, y], i) => paint[i ? "lineTo" : "moveTo"](...view.map(x, y)));
  paint.lineJoin = paint.lineCap = "round";
  paint.strokeStyle = edge;
  paint.lineWidth = width + 2.2 * view.ratio;
  paint.stroke();
  paint.strokeStyle = colour;
  paint.lineWidth = width;
  paint.stroke();
}

function ring(x, y, radius, colour, width, fill) {
  paint.beginPath();
  paint.arc(...view.map(x, y), radius, 0, 7);
  if (fill) {
    paint.fillStyle = fill;
    paint.fill();
  }
  paint.strokeStyle = colour;
  paint.lineWidth = width;
  paint.stroke();
}

function drawPrediction(table) {
  if (!trajectory.aiming) return;
  const r = table.ball_radius * view.scale;
  const width = Math.max(2 * view.ratio, 0.26 * r);
  // The cue ball's path comes first and lies on top.
  for (const path of [...trajectory.paths].reverse()) {
    const ball = ballOf(path.ball);
    const own = ball ? colourOf(ball) : UNKNOWN.other;
    const dark = own === COLOURS[8];
    line(path.points, own, width, ball?.is_cue_ball ? "rgb(0 0 0 / 40%)" : "rgb(255 255 255 / 72%)");
    const end = path.points.at(-1);
    if (!end) continue;
    if (path.fate.how === "pocketed") {
      const pocket = table.pockets.find((p) => p.id === path.fate.pocket);
      if (pocket) {
        ring(pocket.x, pocket.y, pocket.radius * view.scale, "rgb(255 255 255 / 80%)", width * 1.9);
        ring(pocket.x, pocket.y, pocket.radius * view.scale, own, width * 1.2);
      }
    } else {
      paint.globalAlpha = path.fate.how === "rests" ? 0.75 : 0.4;
      ring(...end, r, dark ? "#fff" : own, width * 0.6, "rgb(255 255 255 / 14%)");
      paint.globalAlpha = 1;
    }
  }
  drawOdds(table, r);
  const ghost = trajectory.ghost_ball;
  if (ghost) {
    paint.setLineDash([0.35 * r, 0.3 * r]);
    ring(ghost.x, ghost.y, r, "#fff", Math.max(1.4 * view.ratio, 0.14 * r), "rgb(255 255 255 / 22%)");
    paint.setLineDash([]);
  }
}

/** The chance beside each pocket that a ball of the shot goes to, and where balls come to rest over many tries. */
function drawOdds(table, r) {
  const odds = trajectory.odds;
  if (!odds) return;
  for (const rest of odds.rests) {
    const ball = ballOf(rest.ball);
    const colour = ball ? colourOf(ball) : UNKNOWN.other;
    paint.fillStyle = colour === COLOURS[8] ? "#fff" : colour;
    paint.globalAlpha = 0.45;
    for (const [x, y] of rest.places) {
      paint.beginPath();
      paint.arc(...view.map(x, y), Math.max(view.ratio, 0.12 * r), 0, 7);
      paint.fill();
    }
    paint.globalAlpha = 1;
  }
  paint.font = `700 ${Math.max(11 * view.ratio, 0.9 * r)}px system-ui, sans-serif`;
  paint.textAlign = "center";
  paint.textBaseline = "middle";
  for (const { ball, fate } of trajectory.paths) {
    if (fate.how !== "pocketed") continue;
    const pocket = table.pockets.find((p) => p.id === fate.pocket);
    const chance = odds.pots.find((pot) => pot.ball === ball && pot.pocket === fate.pocket)?.chance ?? 0;
    if (!pocket) continue;
    // Towards the middle of the table, beside the pocket's ring.
    const [dx, dy] = [table.width / 2 - pocket.x, table.length / 2 - pocket.y];
    const away = (pocket.radius + 2.2 * table.ball_radius) / Math.hypot(dx, dy);
    const at = view.map(pocket.x + dx * away, pocket.y + dy * away);
    const text = percent(chance);
    paint.lineWidth = 3 * view.ratio;
    paint.strokeStyle = "rgb(0 0 0 / 65%)";
    paint.strokeText(text, ...at);
    paint.fillStyle = "#fff";
    paint.fillText(text, ...at);
  }
}

const percent = (share) => `${Math.round(100 * share)} %`;

function drawBalls(table, time, now) {
  const r = table.ball_radius * view.scale;
  const shown = [];
  for (const [id, entry] of motion.balls) {
    const alpha = entry.gone ? 1 - (now - entry.gone) / 220 : clamp((now - entry.born) / 160, 0.15, 1);
    if (alpha <= 0) motion.balls.delete(id);
    else shown.push({ ...entry, alpha, at: view.map(...entry.track.at(time)) });
  }
  for (const { at: [x, y], alpha } of shown) {
    const [sx, sy] = [x + 0.22 * r, y + 0.34 * r];
    const shade = paint.createRadialGradient(sx, sy, 0.5 * r, sx, sy, 1.25 * r);
    shade.addColorStop(0, `rgb(0 0 0 / ${45 * alpha}%)`);
    shade.addColorStop(1, "rgb(0 0 0 / 0%)");
    paint.fillStyle = shade;
    paint.beginPath();
    paint.arc(sx, sy, 1.25 * r, 0, 7);
    paint.fill();
  }
  for (const { ball, at: [x, y], alpha } of shown) {
    const hidden = ball.state === "occluded";
    const sprite = sprites.of(ball, r);
    paint.globalAlpha = hidden ? 0.45 * alpha : alpha;
    paint.drawImage(sprite, x - sprite.width / 2, y - sprite.height / 2);
    if (hidden) {
      paint.setLineDash([0.4 * r, 0.3 * r]);
      paint.strokeStyle = "#fff";
      paint.lineWidth = Math.max(view.ratio, 0.1 * r);
      paint.beginPath();
      paint.arc(x, y, 1.15 * r, 0, 7);
      paint.stroke();
      paint.setLineDash([]);
    }
    paint.globalAlpha = 1;
  }
}

function drawCue(time) {
  if (!motion.cue) return;
  const [tx, ty, bx, by] = motion.cue.at(time);
  const length = Math.hypot(bx - tx, by - ty);
  if (!(length > 0.02)) return;
  const [dx, dy] = [(bx - tx) / length, (by - ty) / length];
  const half = (d) => 0.0075 + 0.0085 * Math.min(d / 1.47, 1);
  const side = (d, s) => view.map(tx + dx * d - dy * s * half(d), ty + dy * d + dx * s * half(d));
  const [from, to] = [view.map(tx, ty), view.map(bx, by)];
  const wood = paint.createLinearGradient(...from, ...to);
  const stop = (d, colour) => wood.addColorStop(clamp(d / length, 0, 1), colour);
  for (const [a, b, first, last] of [
    [0, 0.009, "#3f7fb5", "#3f7fb5"], [0.009, 0.033, "#fbf7ec", "#efe7d3"], [0.033, 0.72, "#ecd2a2", "#cfa468"],
    [0.72, 0.745, "#e9e2d0", "#b8b0a0"], [0.745, 1.05, "#5a2d18", "#3a1b0e"], [1.05, 1.3, "#1d1a19", "#2a2523"],
    [1.3, 1.47, "#4a2412", "#2b150b"],
  ]) {
    stop(a, first);
    stop(b, last);
  }
  paint.beginPath();
  [side(0, 1), side(length, 1), side(length, -1), side(0, -1)].forEach((p, i) => paint[i ? "lineTo" : "moveTo"](...p));
  paint.closePath();
  paint.save();
  paint.shadowColor = "rgb(0 0 0 / 50%)";
  paint.shadowBlur = 5 * view.ratio;
  paint.shadowOffsetX = 2 * view.ratio;
  paint.shadowOffsetY = 4 * view.ratio;
  paint.fillStyle = wood;
  paint.fill();
  paint.restore();
}

function frame(now) {
  const table = state?.table ?? NINE_FOOT;
  view.fit(table);
  paint.setTransform(1, 0, 0, 1, 0, 0);
  paint.clearRect(0, 0, canvas.width, canvas.height);
  paint.drawImage(scenery.of(table), 0, 0);
  if (state) {
    const time = motion.time(now);
    drawPrediction(table);
    drawBalls(table, time, now);
    drawCue(time);
  }
  requestAnimationFrame(frame);
}

// ----------------------------------------------------------------------------------------------------------------- words

function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const whole = (ms) => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const pocketName = (id) => (id.endsWith("c") ? "a side pocket" : "a corner pocket");

function shotInWords() {
  if (!trajectory.aiming) return "Nobody is aiming.";
  const words = [];
  const ghost = trajectory.ghost_ball;
  words.push(
    ghost
      ? `Cue ball meets ${nameOf(ballOf(ghost.object_ball))}, cut ${Math.round(ghost.cut_angle_deg)}°.`
      : "The cue ball meets no ball.",
  );
  for (const { ball, fate } of trajectory.paths) {
    if (fate.how !== "pocketed") continue;
    const known = ballOf(ball);
    const chance = trajectory.odds?.pots.find((pot) => pot.ball === ball && pot.pocket === fate.pocket)?.chance;
    const sure = chance === undefined ? "" : `, ${percent(chance)}`;
    words.push(
      `${known?.is_cue_ball ? "Scratch: cue ball" : capital(nameOf(known))} into ${pocketName(fate.pocket)}${sure}.`,
    );
  }
  const scratch = trajectory.odds?.scratch ?? 0;
  const foreseen = trajectory.paths.some(({ ball, fate }) => fate.how === "pocketed" && ballOf(ball)?.is_cue_ball);
  if (scratch >= 0.05 && !foreseen) words.push(`Scratch ${percent(scratch)}.`);
  return words.join(" ");
}

/** What keeps the picture from being true, worst first: [how bad, words]. */
function trouble(now) {
  if (!connected) {
    if (now - link.lostAt < 1200) return null;
    const wait = Math.ceil((link.retryAt - now) / 1000);
    const what = link.everConnected ? "Connection lost." : "The trainer does not answer.";
    return ["bad", wait > 0 ? `${what} Trying again in ${wait} s.` : `${what} Trying again.`];
  }
  const { source, table } = state;
  if (source.status === "lost") return ["bad", `Camera lost: ${source.reason ?? "no reason known"}`];
  if (source.status === "failed") return ["bad", `No camera: ${source.reason ?? "no reason known"}`];
  if (source.status === "ended") return ["info", "The recording has ended."];
  if (source.status === "opening") return ["wait", "Opening the camera"];
  const age = frameAge(now);
  if (source.stale || age > 1500) return ["wait", `The picture is ${whole(age ?? 0)} old.`];
  if (!table.found) return ["wait", "Looking for the table"];
  return null;
}

const rows = new Map();

function rowOf(ball) {
  let row = rows.get(ball.id);
  if (!row) {
    const item = document.createElement("li");
    const [icon, name, where] = ["span", "span", "span"].map((tag) => item.appendChild(document.createElement(tag)));
    [icon.className, name.className, where.className] = ["ball", "name", "where"];
    icon.setAttribute("aria-hidden", "true");
    row = { item, icon, number: icon.appendChild(document.createElement("b")), name, where };
    rows.set(ball.id, row);
  }
  return row;
}

function listBalls() {
  const rank = (ball) => (ball.is_cue_ball ? 0 : Number(ball.label) || 99);
  const balls = [...(state?.balls ?? [])].sort((a, b) => rank(a) - rank(b) || a.id - b.id);
  const kept = new Set(balls.map((ball) => ball.id));
  for (const [id, row] of rows) {
    if (!kept.has(id)) {
      row.item.remove();
      rows.delete(id);
    }
  }
  const list = $("balls");
  balls.forEach((ball, i) => {
    const row = rowOf(ball);
    if (list.children[i] !== row.item) list.insertBefore(row.item, list.children[i] ?? null);
    const colour = colourOf(ball);
    const striped = ball.class === "stripe";
    const look = striped ? `linear-gradient(${IVORY} 22%, ${colour} 22% 78%, ${IVORY} 78%)` : colour;
    if (row.look !== look) row.icon.style.background = row.look = look;
    say(row.number, Number(ball.label) ? ball.label : "");
    const kind = { solid: "solid", stripe: "stripe" }[ball.class];
    const extra = { moving: "moving", occluded: "hidden" }[ball.state];
    const numbered = Number(ball.label) && kind ? `${nameOf(ball)}, ${kind}` : nameOf(ball);
    say(row.name, capital(extra ? `${numbered}, ${extra}` : numbered));
    const { x, y } = ball.position;
    say(row.where, `${Math.round(x * 100)} × ${Math.round(y * 100)} cm`);
  });
  say($("count"), balls.length ? String(balls.length) : "");
  $("no-balls").hidden = !state || balls.length > 0;
}

/** Speaks when something has been true for a moment, not at every wink. */
const speaker = {
  said: "",
  next: "",
  since: 0,
  offer(text, now) {
    if (text !== this.next) [this.next, this.since] = [text, now];
    else if (text !== this.said && now - this.since > 1200) {
      this.said = text;
      say($("status"), text);
    }
  },
};

let lastPing = 0;
let lastLabel = 0;

function words() {
  const now = performance.now();
  link.watch(now);
  if (connected && now - lastPing > 2000) {
    lastPing = now;
    link.ping();
  }

  const bad = trouble(now);
  const banner = $("banner");
  banner.hidden = !bad;
  if (bad) {
    banner.dataset.tone = bad[0];
    say(banner, bad[1]);
  }
  canvas.classList.toggle("dim", Boolean(bad) && bad[0] !== "info");

  const chip = $("link");
  const [tone, text] = connected ? ["good", "Live"] : link.everConnected ? ["bad", "Reconnecting"] : ["wait", "Connecting"];
  chip.dataset.tone = tone;
  say(chip, text);
  chip.title = skipped ? `${skipped} messages skipped because this connection was slow` : "";
  const age = connected ? frameAge(now) : null;
  say($("age"), age === null ? "–" : whole(age));
  say($("delay"), link.roundTrip === null ? "–" : whole(link.roundTrip));
  say($("rate"), connected && state.source.fps > 0 ? `${Math.round(state.source.fps)}/s` : "–");
  if (state) say($("source"), `${state.table.kind.replace("ft", " ft")} table · ${state.source.description}`);

  const shot = shotInWords();
  say($("shot"), shot);
  listBalls();
  const linked = connected ? "Connected." : "Not connected.";
  speaker.offer(bad ? bad[1].replace(/ in \d+ s/, "").replace(/[\d.]+ m?s old/, "old") : `${linked} ${shot}`, now);
  if (now - lastLabel > 2000) {
    lastLabel = now;
    const count = state?.balls.length ?? 0;
    const cue = state?.cue ? (["aiming", "stroking"].includes(state.cue.state) ? ", somebody aims" : ", a cue over it") : "";
    canvas.setAttribute("aria-label", `The pool table seen from above: ${count} ball${count === 1 ? "" : "s"}${cue}`);
  }
}

// ----------------------------------------------------------------------------------------------------------------- begin

link.open();
words();
setInterval(words, 200);
requestAnimationFrame(frame);
addEventListener("online", () => link.hurry());
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) link.hurry();
});
