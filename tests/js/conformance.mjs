// One case of the conformance suite, with the reference client, against the stage of tests/socketio/stage.py.
//   node conformance.mjs URL websocket|polling|upgrade CASE
// Exit status 0 where it passed; what it learned, as one line of JSON.
import assert from "node:assert/strict";
import { once } from "node:events";
import { io } from "socket.io-client";

const [url, mode, name] = process.argv.slice(2);
const transports = { websocket: ["websocket"], polling: ["polling"], upgrade: ["polling", "websocket"] }[mode];
const open = [];

function client(namespace = "/", options = {}) {
  const socket = io(url + namespace, { transports, forceNew: true, reconnection: false, ...options });
  open.push(socket);
  return socket;
}

async function connected(namespace, options) {
  const socket = client(namespace, options);
  await heard(socket, "connect");
  return socket;
}

function heard(socket, event) {
  return new Promise((resolve, reject) => {
    socket.once(event, (...args) => resolve(args));
    if (event !== "connect_error") socket.once("connect_error", reject);
  });
}

async function upgraded(socket) {
  if (socket.io.engine.transport.name !== "websocket") await once(socket.io.engine, "upgrade");
}

const numbers = (count) => Array.from({ length: count }, (_, n) => n);

const cases = {
  async connect() {
    const socket = await connected();
    assert.ok(socket.connected);
    if (mode === "upgrade") await upgraded(socket);
    assert.equal(socket.io.engine.transport.name, mode === "polling" ? "polling" : "websocket");
    const { sid, transport } = await socket.emitWithAck("whoami");
    assert.equal(sid, socket.id);
    assert.equal(transport, socket.io.engine.transport.name);
    assert.notEqual(sid, socket.io.engine.id);
  },

  async greeting_follows_the_connect() {
    const socket = client("/", { auth: { greet: "hello" } });
    const order = [];
    socket.on("connect", () => order.push("connect"));
    const [text] = await heard(socket, "greeting");
    assert.equal(text, "hello");
    assert.deepEqual(order, ["connect"]);
  },

  async refuse_with_data() {
    const socket = client("/", { auth: { refuse: "not tonight" } });
    const [error] = await heard(socket, "connect_error");
    assert.equal(error.message, "not tonight");
    assert.deepEqual(error.data, { retry: false });
    assert.equal(socket.connected, false);
  },

  async failing_connect_handler() {
    const socket = client("/", { auth: { crash: true } });
    const [error] = await heard(socket, "connect_error");
    assert.equal(error.message, "Internal error");
  },

  async echo_several_arguments() {
    const socket = await connected();
    const args = [1, "zwei – ☃ \u{1f3b5}", null, { deep: [true, { x: 1.5 }] }, [], ""];
    assert.deepEqual(await socket.emitWithAck("echo", ...args, "last"), args.concat("last"));
    assert.equal(await socket.emitWithAck("one", 42), 42);
    const nothing = await new Promise((resolve) => socket.emit("none", (...got) => resolve(got)));
    assert.deepEqual(nothing, []);
    const several = await new Promise((resolve) => socket.emit("several", (...got) => resolve(got)));
    assert.deepEqual(several, ["a", 2]);
  },

  async binary() {
    const socket = await connected();
    const blob = Buffer.from([0, 1, 2, 254, 255, 30, 0]);
    const [back, nested] = await socket.emitWithAck("echo", blob, { list: [blob, "x", Buffer.alloc(0)] });
    assert.deepEqual(Buffer.from(back), blob);
    assert.deepEqual(Buffer.from(nested.list[0]), blob);
    assert.equal(nested.list[1], "x");
    assert.equal(Buffer.from(nested.list[2]).length, 0);
  },

  async binary_from_the_server() {
    const socket = await connected();
    socket.emit("send_blobs", 5);
    const got = [];
    await new Promise((resolve) => socket.on("blob", (n, blob) => {
      got.push([n, Buffer.from(blob).toString()]);
      if (got.length === 5) resolve();
    }));
    assert.deepEqual(got, [0, 1, 2, 3, 4].map((n) => [n, `blob ${n}`]));
  },

  async three_hundred_kilobytes() {
    const socket = await connected();
    const text = "0123456789".repeat(30_000);
    assert.deepEqual(await socket.emitWithAck("echo", text, 1), [text, 1]);
    const blob = Buffer.alloc(300_000, 7);
    const [back] = await socket.emitWithAck("echo", blob, 1);
    assert.deepEqual(Buffer.from(back), blob);
  },

  async namespaces() {
    const socket = client("/");
    const other = socket.io.socket("/other");
    open.push(other);
    await Promise.all([heard(socket, "connect"), heard(other, "connect")]);
    assert.notEqual(socket.id, other.id);
    assert.deepEqual(await other.emitWithAck("where"), "/other");
    assert.deepEqual(await socket.emitWithAck("one", "still here"), "still here");
    other.disconnect();
    assert.deepEqual(await socket.emitWithAck("one", "and now"), "and now");
    other.connect();
    await heard(other, "connect");
    assert.deepEqual(await other.emitWithAck("where"), "/other");
  },

  async unknown_namespace() {
    const socket = client("/nowhere");
    const [error] = await heard(socket, "connect_error");
    assert.equal(error.message, "Invalid namespace");
  },

  async server_side_call() {
    const socket = await connected();
    socket.on("question", (a, b, answer) => answer(a + b, "ok"));
    socket.on("silence", () => {});
    assert.deepEqual(await socket.emitWithAck("ask_me", 20, 22), [42, "ok"]);
    assert.equal(await socket.emitWithAck("ask_in_vain"), "timed out");
  },

  async bursts_of_fifty() {
    const socket = await connected();
    const order = [];
    socket.on("tick", (n) => order.push(n));
    assert.equal(await socket.emitWithAck("burst", 50), "sent");
    assert.deepEqual(order, numbers(50));
    order.length = 0;
    if (mode === "upgrade") await upgraded(socket);
    // A polling payload may hold 16 packets, and this client puts all it has into one.
    const slice = mode === "polling" ? 16 : 50;
    for (let first = 0; first < 50; first += slice) {
      const part = numbers(50).slice(first, first + slice);
      assert.deepEqual(await Promise.all(part.map((n) => socket.emitWithAck("tick_back", n))), part);
    }
    assert.deepEqual(order, numbers(50));
  },

  async concurrent_slow_handlers() {
    const socket = await connected();
    const answers = await Promise.all(numbers(10).map((n) => socket.emitWithAck("slow", 0.2, n)));
    assert.deepEqual(answers, numbers(10));
    assert.ok((await socket.emitWithAck("most_at_once")) > 1);
  },

  async failing_handler_is_answered() {
    const socket = await connected();
    assert.deepEqual(await socket.emitWithAck("fail", 1), { error: "ValueError" });
    assert.equal(await socket.emitWithAck("one", "alive"), "alive");
  },

  async rooms_reach_their_members_once() {
    const [a, b] = [await connected(), await connected()];
    await a.emitWithAck("join", "red");
    await a.emitWithAck("join", "blue");
    await b.emitWithAck("join", "blue");
    const got = { a: [], b: [] };
    a.on("note", (n) => got.a.push(n));
    b.on("note", (n) => got.b.push(n));
    await a.emitWithAck("tell", ["red", "blue"], 1);
    await a.emitWithAck("tell", ["red"], 2);
    await a.emitWithAck("leave", "blue");
    await a.emitWithAck("tell", ["blue"], 3);
    await b.emitWithAck("one", "flush");
    assert.deepEqual(got, { a: [1, 2], b: [1, 3] });
  },

  async kick() {
    const socket = await connected();
    socket.emit("kick_me");
    const [reason] = await heard(socket, "disconnect");
    assert.equal(reason, "io server disconnect");
  },

  async reconnect() {
    const socket = await connected("/", { reconnection: true, reconnectionDelay: 10, reconnectionDelayMax: 20 });
    const before = socket.id;
    socket.io.engine.close();
    await heard(socket, "connect");
    assert.notEqual(socket.id, before);
    assert.equal(await socket.emitWithAck("one", "back"), "back");
  },

  async order_across_the_upgrade() {
    const socket = client("/", { auth: { flood: true } });
    const got = [];
    const all = new Promise((resolve) => socket.on("flood", (n) => got.push(n) === 400 && resolve()));
    await heard(socket, "connect");
    for (let first = 0; first < 100; first += 10) {
      await Promise.all(numbers(100).slice(first, first + 10).map((n) => socket.emitWithAck("tick_back", n)));
    }
    await all;
    assert.deepEqual(got, numbers(400));
    assert.deepEqual(await socket.emitWithAck("ticks_in_order"), numbers(100));
  },

  async disconnect_is_seen() {
    const socket = await connected();
    if (mode === "upgrade") await upgraded(socket);
    console.log(JSON.stringify({ sid: socket.id }));
  },

  async vanishes_without_a_word() {
    const socket = await connected();
    await socket.emitWithAck("one", 1);
    console.log(JSON.stringify({ sid: socket.id }));
    // A client between two polls has no connection whose end could be seen; the server says when the next has begun.
    const witness = await connected("/", { transports: ["websocket"] });
    while (!(await witness.emitWithAck("is_reached", socket.id)));
    process.exit(0);
  },
};

await cases[name]();
for (const socket of open) socket.disconnect();
// Let what was just queued leave; then a socket that keeps node alive is a fault of the case.
setTimeout(() => process.exit(3), 60_000).unref();
