// Client of the WebSocket protocol (docs/protocol/README.md): prints the number of balls, and the alerts.
//
//   node examples/watch.mjs ws://127.0.0.1:8000/api/v1/ws [MESSAGES]
//
// Needs Node 22 or newer, which has the WebSocket of browsers (node 20: --experimental-websocket).

const url = process.argv[2] ?? "ws://127.0.0.1:8000/api/v1/ws";
let left = Number(process.argv[3] ?? Infinity);
let wait = 500; // milliseconds before the next attempt
const FATAL = new Set([1002, 1003, 1007, 1008, 1009, 1010]);
const mayRetry = (code) => !FATAL.has(code) && !(code >= 4100 && code <= 4199);

/** Parses a message: text, or text compressed in zlib format. */
async function parsed(data) {
  if (typeof data === "string") return JSON.parse(data);
  const stream = new Blob([data]).stream().pipeThrough(new DecompressionStream("deflate"));
  return JSON.parse(await new Response(stream).text());
}

function connect() {
  const socket = new WebSocket(url);
  socket.binaryType = "arraybuffer";
  let turn = Promise.resolve(); // decompression is asynchronous: keep the order of the messages
  socket.onopen = () => {
    wait = 500;
    const wish = { streams: ["state", "alert"], max_fps: { state: 5 }, compression: "zlib" };
    socket.send(JSON.stringify({ type: "subscribe", data: wish }));
  };
  socket.onmessage = ({ data }) => {
    turn = turn.then(async () => {
      if (left <= 0) return;
      const { type, sequence, data: content } = await parsed(data);
      const line = { state: () => `${content.balls.length} balls`, alert: () => content.message }[type]?.() ?? "";
      console.log(sequence, type, line);
      left -= 1;
      if (left <= 0) socket.close();
    });
  };
  socket.onclose = ({ code, reason }) => {
    if (left <= 0) return;
    if (!mayRetry(code)) {
      console.error(`closed for good: ${code} ${reason}`);
      process.exitCode = 1;
      return;
    }
    console.error(`closed: ${code} ${reason}; connecting again`);
    setTimeout(connect, wait * (0.5 + Math.random()));
    wait = Math.min(2 * wait, 30_000);
  };
  socket.onerror = () => {}; // `close` follows
}

connect();
