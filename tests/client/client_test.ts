import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { ChatError, type Client, type ClientOptions, connect } from "../../lib/client/mod.ts";
import { BOB, FakeNet, ME, message, messages, newest, recovered } from "./fakes.ts";

function setUp(options: ClientOptions = {}) {
  const net = new FakeNet();
  const client = connect("ws://here/", { ...net.environment, ...options });
  return { net, client };
}

/** Lets promises that are settled call their continuations. */
async function turn(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

/** Whether a promise is settled. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const done = () => void (settled = true);
  promise.then(done, done);
  await turn();
  return settled;
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return (await assertRejects(() => promise, ChatError)).code;
}

Deno.test("connect() converts web addresses to those of WebSockets", () => {
  for (
    const [given, used] of [
      ["ws://here/", "ws://here/"],
      ["http://here:8080/chat/", "ws://here:8080/chat/"],
      ["HTTPS://here/", "wss://here/"],
      [new URL("https://here/?a=b#c"), "wss://here/?a=b"],
    ] as const
  ) {
    const net = new FakeNet();
    connect(given, net.environment).close();
    assertEquals(net.socket.url, used);
  }
});

Deno.test("connect() throws if the address is none", () => {
  for (const address of ["", "here", "ftp://here/", "/chat"]) {
    assertThrows(() => connect(address), TypeError, `Cannot connect to '${address}'`);
  }
});

// Life

Deno.test("Client.ready() resolves when the client has its name and its rooms", async () => {
  const { net, client } = setUp({ name: "Alice", rooms: ["dev"] });
  const ready = client.ready();
  net.greets();
  net.grants("Alice");
  assertEquals(await isSettled(ready), false);
  net.admits({ room: "dev" });
  await ready;
  await client.ready();
  assertEquals([client.state, client.user?.name, client.rooms], ["open", "Alice", ["dev"]]);
  net.socket.dies();
  assertEquals(await isSettled(client.ready()), false, "It waits for the next connection");
});

Deno.test("Client.ready() rejects if the client may not join one of its rooms", async () => {
  const { net, client } = setUp({ rooms: ["dev"] });
  const ready = client.ready();
  net.greets();
  net.refuses("room_invalid", "Error: Room names have no spaces");
  const error = await assertRejects(() => ready, ChatError, "Room names have no spaces");
  assertEquals([error.code, error.message, error.name], [
    "room_invalid",
    "Room names have no spaces",
    "ChatError",
  ]);
  assertEquals(await codeOf(client.ready()), "room_invalid");
});

Deno.test("Client.close() ends loops, and rejects what waits", async () => {
  const { net, client } = setUp();
  net.greets();
  net.socket.dies();
  const waiting = [codeOf(client.ready()), codeOf(client.send("lobby", "hello"))];
  const loop = client.events("message").next();
  client.close();
  client.close();
  assertEquals(await Promise.all(waiting), ["closed", "closed"]);
  assertEquals(await loop, { done: true, value: undefined });
  assertEquals([await client.closed, client.state, net.clock.pending], [undefined, "closed", 0]);
  assertEquals(await codeOf(client.ready()), "closed");
  assertEquals(await codeOf(client.send("lobby", "hello")), "closed");
  assertEquals(await codeOf(client.join("dev")), "closed");
  for await (const event of client) assertEquals(event, undefined, "The loop ends at once");
  client.retry();
  assertEquals(client.state, "closed");
});

Deno.test("Client is closed by its signal, and by `await using`", async () => {
  const controller = new AbortController();
  const { net, client } = setUp({ signal: controller.signal });
  net.greets();
  controller.abort();
  assertEquals([await client.closed, client.state], [undefined, "closed"]);
  const late = setUp({ signal: AbortSignal.abort() });
  assertEquals([late.client.state, late.net.sockets], ["closed", []]);
  let used: Client;
  {
    await using client = setUp().client;
    used = client;
  }
  assertEquals(used.state, "closed");
});

Deno.test("Client ends with the reason if the server ends the connection for good", async () => {
  for (const reason of ["kicked", "flood"] as const) {
    const { net, client } = setUp();
    net.greets();
    const loop = client.events("message");
    net.says(message(1), { type: "bye", time: 0, reason, text: "Kicked: be nice" });
    assertEquals((await loop.next()).value?.id, 1);
    assertEquals(await codeOf(loop.next()), "disconnected_by_server");
    assertEquals((await client.closed)?.message, "Kicked: be nice");
    assertEquals(await codeOf(client.ready()), "disconnected_by_server");
    assertEquals(await codeOf(client.events().next()), "disconnected_by_server");
  }
});

Deno.test("Client ends with `incompatible` if the server does not speak the subprotocol", async () => {
  const { net, client } = setUp();
  const ready = codeOf(client.ready());
  net.socket.opens("");
  assertEquals([await ready, (await client.closed)?.code], ["incompatible", "incompatible"]);
  assertEquals([client.state, net.clock.pending], ["closed", 0]);
});

// Names

Deno.test("Client ends with the refusal of its name, unless it has another one", async () => {
  const { net, client } = setUp({ name: "root" });
  const ready = client.ready();
  net.greets();
  net.refuses("name_reserved", "Error: 'root' is reserved");
  await assertRejects(() => ready, ChatError, "'root' is reserved");
  assertEquals((await client.closed)?.code, "name_reserved");

  const asked: string[] = [];
  const other = setUp({
    name: "root",
    onNameRefused({ code }) {
      asked.push(code);
      return ["toor", undefined][asked.length - 1];
    },
  });
  other.net.greets();
  other.net.refuses("name_reserved");
  await turn();
  assertEquals(other.net.lines, ["/name root", "/name toor"]);
  other.net.refuses("name_invalid");
  await other.client.ready();
  assertEquals([asked, other.client.user], [["name_reserved", "name_invalid"], ME]);
});

Deno.test("Client ends if the function that gives another name fails", async () => {
  const { net, client } = setUp({
    name: "root",
    onNameRefused: () => Promise.reject(new Error("nobody to ask")),
  });
  net.greets();
  net.refuses("name_reserved");
  const error = await client.closed;
  assertEquals([error?.code, (error?.cause as Error).message], ["name_reserved", "nobody to ask"]);
});

Deno.test("Client.setName() takes another name, or keeps the one it has", async () => {
  const { net, client } = setUp({ name: "Alice" });
  net.greets();
  net.grants("Alice");
  const renamed = client.setName("Alicia");
  net.grants("Alicia");
  assertEquals([(await renamed).name, client.user?.name], ["Alicia", "Alicia"]);
  const refused = client.setName("Bob");
  net.refuses("name_taken");
  assertEquals([await codeOf(refused), client.user?.name, client.state], [
    "name_taken",
    "Alicia",
    "open",
  ]);
  net.socket.dies();
  assertEquals(await codeOf(client.setName("Carol")), "disconnected");
});

// Messages

Deno.test("Client.send() resolves with the id, once, whatever happens to the connection", async () => {
  const { net, client } = setUp();
  const sending = client.send("lobby", "hello");
  assertEquals(client.unsent, 1);
  net.greets();
  const { id } = net.request("message");
  for (let loss = 0; loss < 3; loss++) {
    net.reconnects();
    net.greets();
    net.admits({ missed: recovered([]) });
    assertEquals([net.lines, net.request("message").id], [["hello"], id]);
  }
  assertEquals(await isSettled(sending), false);
  net.says({ type: "ack", time: 700, ref: id, room: "lobby", id: 3 });
  assertEquals(await sending, { room: "lobby", id: 3, time: 700 });
  assertEquals(client.unsent, 0);
});

Deno.test("Client.send() and whisper() send requests that are said once", async () => {
  const { net, client } = setUp();
  net.greets();
  const acting = client.send("dev", "waves", { action: true });
  assertEquals(net.sent.at(-1), {
    type: "command",
    text: "/me waves",
    room: "dev",
    id: net.sent.at(-1)!.id,
  });
  net.acks("/me waves", 4, "dev");
  assertEquals((await acting).id, 4);
  const whispering = client.whisper("Bob", "psst");
  assertEquals(net.lines.at(-1), "/whisper Bob psst");
  net.replies("whisper", { to: BOB, text: "psst" });
  assertEquals(await whispering, { to: BOB, text: "psst" });
  await assertRejects(() => client.whisper("Bob Carol", "psst"), TypeError, "no spaces");
});

Deno.test("Client.send() rejects with the refusal of the server", async () => {
  const { net, client } = setUp();
  net.greets();
  const sending = client.send("lobby", "x".repeat(10_000));
  net.refuses("too_long", "Error: The message is too long");
  await assertRejects(() => sending, ChatError, "The message is too long");
});

Deno.test("Client.send() rejects if too many messages wait", async () => {
  const { client } = setUp({ maxUnsent: 1 });
  const first = codeOf(client.send("lobby", "one"));
  assertEquals(await codeOf(client.send("lobby", "two")), "outbox_full");
  client.close();
  assertEquals(await first, "closed");
});

Deno.test("Client.send() and request() stop waiting when their signal says so", async () => {
  const { net, client } = setUp();
  const controller = new AbortController();
  const { signal } = controller;
  const reason = new Error("no longer needed");
  const sending = client.send("lobby", "hello", { signal });
  controller.abort(reason);
  assert(await assertRejects(() => sending) === reason);
  net.greets();
  assertEquals(net.lines, [], "It was not sent yet, so it never is");
  const late = new AbortController();
  const asking = client.command("list", "", { signal: late.signal });
  late.abort(reason);
  assert(await assertRejects(() => asking) === reason);
  net.replies("list", { room: "lobby", users: [], total: 0 });
  const { length } = net.sent;
  await assertRejects(() => client.join("dev", { signal }), Error, "no longer needed");
  await assertRejects(() => client.send("lobby", "x", { signal }), Error, "no longer needed");
  assertEquals(net.sent.length, length, "Nothing is sent for a signal that is aborted");
});

// Requests

Deno.test("Client.request() resolves with the data of its own answer", async () => {
  const { net, client } = setUp();
  net.greets();
  const list = client.command("list", "dev");
  const [ref] = [net.sent.at(-1)!.id];
  assertEquals(net.lines.at(-1), "/list dev");
  const page = client.history("lobby", { before: 9, limit: 3 });
  const { type, room, before, limit } = net.sent.at(-1)!;
  assertEquals([type, room, before, limit], ["history", "lobby", 9, 3]);
  const data = {
    room: "lobby",
    epoch: "one",
    messages: messages(6, 8),
    more: true,
    complete: true,
  };
  net.replies("history", data);
  net.replies("list", { room: "dev", users: [BOB], total: 1 }, ref);
  assertEquals(await page, data);
  assertEquals((await list).users, [BOB]);
  const typed = client.request({ type: "command", text: "/topic tea", room: "dev" });
  net.replies("topic", { room: "dev", topic: "tea" });
  const reply = await typed;
  assertEquals([reply.command, reply.data], ["topic", { room: "dev", topic: "tea" }]);
});

Deno.test("Client.join() and leave() change the rooms that it is in after a reconnect", async () => {
  const { net, client } = setUp();
  net.greets();
  const joining = client.join("dev");
  net.admits({ room: "dev", offset: 3 });
  assertEquals((await joining).room.offset, 3);
  assertEquals(client.position("dev"), { epoch: "one", offset: 3 });
  const leaving = client.leave("dev");
  const lobby = { name: "lobby", topic: null, users: 1, offset: 0 };
  net.replies("leave", { left: "dev", room: lobby });
  assertEquals([(await leaving).left, client.rooms], ["dev", ["lobby"]]);
});

Deno.test("Client.request() rejects if it is refused, or its answer cannot come", async () => {
  const { net, client } = setUp();
  assertEquals(await codeOf(client.join("dev")), "disconnected");
  net.greets();
  const refused = client.join("dev");
  net.refuses("too_many_rooms");
  assertEquals(await codeOf(refused), "too_many_rooms");
  const confused = client.history("lobby");
  net.replies("list", { room: "lobby", users: [], total: 0 });
  assertEquals(await codeOf(confused), "unexpected_answer");
  const lost = [codeOf(client.command("list")), codeOf(client.leave("dev"))];
  net.socket.dies();
  assertEquals(await Promise.all(lost), ["disconnected", "disconnected"]);
});

// Events

Deno.test("Client.events() gives missed messages first after a reconnect, and tells gaps", async () => {
  const { net, client } = setUp();
  const loop = client.events("message", "gap");
  net.greets({ offset: 10 });
  net.says(message(11));
  net.reconnects();
  net.greets({ offset: 20 });
  net.says(message(21));
  net.admits({ offset: 21, missed: newest(messages(20, 20)) });
  const seen: unknown[] = [];
  for await (const event of loop) {
    seen.push(event.type === "gap" ? event.range : [event.id, event.missed]);
    if (seen.length === 4) break;
  }
  assertEquals(seen, [[11, undefined], { from: 12, to: 19 }, [20, true], [21, undefined]]);
});

Deno.test("Client.events() throws instead of losing events of a loop that reads too slowly", async () => {
  const { net, client } = setUp({ maxEvents: 2 });
  net.greets();
  const slow = client.events("message"), other = client.events("topic");
  net.says(...messages(1, 5));
  assertEquals([(await slow.next()).value?.id, (await slow.next()).value?.id], [1, 2]);
  assertEquals(await codeOf(slow.next()), "events_full");
  net.says({ type: "topic", time: 0, room: "lobby", from: BOB, topic: "tea" });
  assertEquals((await other.next()).value?.topic, "tea", "Other loops go on");
});

Deno.test("Client gives all events to its own loop and to listeners", async () => {
  const { net, client } = setUp();
  const loop = client[Symbol.asyncIterator]();
  const heard: number[] = [];
  const stop = client.on("message", ({ id }) => void heard.push(id));
  net.greets();
  net.says(message(1));
  stop();
  net.says(message(2));
  assertEquals(heard, [1]);
  const types: string[] = [];
  for (let event = await loop.next(); !event.done; event = await loop.next()) {
    types.push(event.value.type);
    if (types.length === 6) client.close();
  }
  assertEquals(types, ["state", "hello", "joined", "ready", "message", "message", "state"]);
});
