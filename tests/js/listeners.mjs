// Many clients in one process, for the bench: what each hears, and how long after it was published.
//   node listeners.mjs URL COUNT EVENTS socketio|bare
// The published time is nanoseconds of CLOCK_MONOTONIC, which on Linux is also node's hrtime.
// Prints one line of JSON when all are connected, another when each has heard all events.
import { io } from "socket.io-client";
import { WebSocket } from "ws";

const [url, count, events, kind] = process.argv.slice(2);
const latencies = [];
const last = new Map(); // event number -> [how many heard it, the latest's latency]
const expected = Number(count) * Number(events);
const began = process.hrtime.bigint();
let connected = 0;

function up() {
  if (++connected < Number(count)) return;
  console.log(JSON.stringify({ connect_s: Number(process.hrtime.bigint() - began) / 1e9 }));
}

function heard({ n, published_ns }) {
  const ms = Number(process.hrtime.bigint() - BigInt(published_ns)) / 1e6;
  latencies.push(ms);
  const [heardBy, latest] = last.get(n) ?? [0, 0];
  last.set(n, [heardBy + 1, Math.max(latest, ms)]);
  if (latencies.length === expected) finish();
}

function finish() {
  const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  const all = latencies.sort((a, b) => a - b);
  const lasts = [...last.values()].map(([, latest]) => latest).sort((a, b) => a - b);
  console.log(JSON.stringify({
    p50_ms: at(all, 0.5), p99_ms: at(all, 0.99), max_ms: all.at(-1), last_p50_ms: at(lasts, 0.5), last_p99_ms: at(lasts, 0.99),
  }));
  process.exit(0);
}

for (let i = 0; i < Number(count); i++) {
  if (kind === "bare") {
    const socket = new WebSocket(url.replace("http", "ws"), { perMessageDeflate: false });
    socket.on("open", up);
    socket.on("message", (text) => heard(JSON.parse(text)));
  } else {
    const socket = io(url, { transports: ["websocket"], forceNew: true, reconnection: false });
    socket.on("connect", up);
    socket.on("state:player", heard);
  }
}
