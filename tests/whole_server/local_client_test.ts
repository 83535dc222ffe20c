/**
 * Clients inside the process: the same chat, the same rules and the same bounds as over a socket.
 * @module
 */
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import type { ChatClient, ServerEvent } from "../../mod.ts";
import { LineClient } from "../support/client.ts";
import { FakeClock } from "../support/clock.ts";
import { JsonClient } from "../support/json_client.ts";
import { patiently, times, until } from "../support/patience.ts";
import { TestServer } from "../support/server.ts";
import { TempFolder } from "../support/temp_folder.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";

/** Reads the events of a client one by one. */
class Reader {
  readonly #events: AsyncIterator<ServerEvent, undefined>;

  constructor(client: ChatClient) {
    this.#events = client[Symbol.asyncIterator]();
  }

  async event(): Promise<ServerEvent> {
    const { value } = await patiently(this.#events.next(), "an event");
    if (value === undefined) throw new Error("The events have ended");
    return value;
  }

  /** Reads up to the next event of a type. */
  async next<T extends ServerEvent["type"]>(type: T): Promise<ServerEvent & { type: T }> {
    const event = await this.event();
    return event.type === type ? event as ServerEvent & { type: T } : await this.next(type);
  }

  /** Asserts that there are no more events, ever. */
  async ends(): Promise<void> {
    assertEquals(await patiently(this.#events.next(), "the end"), {
      done: true,
      value: undefined,
    });
  }
}

Deno.test("A client inside the process hears and is heard, over all wires", async () => {
  await using server = new TestServer();
  using alice = await (await LineClient.connect(server.port)).takesName("Alice");
  using carol = await JsonClient.connect(server.port);
  using bot = server.server.connect({ name: "bot", rooms: ["dev"] });
  const reader = new Reader(bot);
  const hello = await reader.event();
  assert(hello.type === "hello");
  assertEquals(hello.you, { id: bot.user.id, name: null, address: "local:1" });
  const known = { id: bot.user.id, name: "bot", address: "local:1", operator: false };
  assertEquals(bot.user, { ...known, userId: undefined });
  const joined = await reader.next("reply");
  assert(joined.command === "join");
  assertEquals(joined.data.room.name, "dev");
  await alice.say("hello bot");
  const heard = await reader.next("message");
  assertEquals([heard.room, heard.from.name, heard.text], ["lobby", "Alice", "hello bot"]);
  assertEquals(await bot.say("hello Alice", { room: "lobby", id: "x" }), true);
  await alice.hears("[bot]: hello Alice");
  const ack = await reader.next("ack");
  assertEquals([ack.room, ack.id, ack.ref], ["lobby", 2, "x"]);
  assertEquals((await carol.next("message")).text, "hello bot");
  assertEquals((await carol.next("message")).from.name, "bot");
  await alice.asks("/whisper bot psst", "[Whisper to bot]: psst");
  assertEquals((await reader.next("whisper")).text, "psst");
  await bot.send({ type: "command", text: "/whisper Alice psst", id: "w" });
  await alice.hears("[Whisper from bot]: psst");
  assertEquals((await reader.next("reply")).ref, "w");
  await bot.say("/quit"); // a text, not a command
  await alice.hearsNothing();
  assertEquals((await reader.next("ack")).room, "dev");
  assertEquals(server.hasLogged("Connected inside the process", "local:1"), true);
});

Deno.test("The example of a bot works with a loop over the events", async () => {
  await using server = new TestServer();
  using alice = await (await LineClient.connect(server.port)).takesName("Alice");
  using bot = server.server.connect({ name: "clock" });
  const run = async () => {
    for await (const event of bot) {
      if (event.type === "message" && event.text === "!time") {
        await bot.say("It is noon", { room: event.room });
      }
    }
  };
  const done = run();
  await alice.say("!time");
  await alice.hears("[clock]: It is noon");
  bot.close();
  await patiently(done, "the loop ends");
  assertEquals(await bot.say("late"), false);
  await alice.say("!time");
  await alice.hearsNothing();
});

Deno.test("server.connect() refuses names that are taken, look alike or are none", async () => {
  await using server = new TestServer();
  using alice = await (await LineClient.connect(server.port)).takesName("Alice");
  const taken = "the name, or one that looks like it, is taken";
  for (const name of ["Alice", "aLICE", "A1ice"]) {
    assertThrows(() => server.server.connect({ name }), Error, taken);
  }
  assertThrows(
    () => server.server.connect({ name: "two words" }),
    TypeError,
    "as a name, use 1 to",
  );
  using bot = server.server.connect({ name: "server" }); // which others may not take
  assertEquals(bot.user.name, "server");
  await alice.asks("/name server", "Error: Username 'server' is reserved");
  await alice.say("/stats");
  assertMatch(await alice.line(), /Active connections: 2 /);
});

Deno.test("A client inside the process that does not read loses messages, and is told which", async () => {
  await using server = new TestServer({ capacity: 8, noHistory: true });
  using alice = await (await LineClient.connect(server.port)).takesName("Alice");
  using bot = server.server.connect({ name: "bot" });
  const reader = new Reader(bot);
  await reader.next("hello");
  await times(100, async (i) => {
    await alice.say(`${i}`);
    await server.settle();
  });
  const first = await reader.next("dropped");
  const [lost] = first.missed;
  assertEquals([first.count, first.missed.length, lost?.room], [92, 1, "lobby"]);
  const kept: string[] = [];
  while (kept.length < 8) kept.push((await reader.next("message")).text);
  assertEquals(kept, ["92", "93", "94", "95", "96", "97", "98", "99"]);
  assertEquals(server.hasLogged(/^Slow client/, "local:1"), true);
  // It has caught up, and misses nothing more.
  await alice.say("again");
  assertEquals((await reader.event()).type, "message");
});

Deno.test("With overflow `disconnect`, a slow client inside the process is disconnected", async () => {
  await using server = new TestServer({ capacity: 8, overflow: "disconnect" });
  using alice = await (await LineClient.connect(server.port)).takesName("Alice");
  using bot = server.server.connect({ name: "bot" });
  await times(10, async (i) => {
    await alice.say(`${i}`);
    await server.settle();
  });
  await until(() => !bot.connected, "the client is disconnected");
  assertEquals(server.hasLogged("Disconnected: too slow", "local:1"), true);
  assertEquals(await bot.say("late"), false);
});

Deno.test("Requests wait while a client's queue is full of answers, and bounded many do", async () => {
  await using server = new TestServer({ capacity: 4, noHistory: true });
  using alice = await (await LineClient.connect(server.port)).takesName("Alice");
  using bot = server.server.connect({ name: "bot" });
  const results: boolean[] = [];
  for (let i = 0; i < 20; i++) bot.say(`${i}`).then((result) => results.push(result));
  await server.settle();
  await server.settle();
  const before = results.length;
  assert(before < 20, "Not all are handled");
  const reader = new Reader(bot);
  const acks: number[] = [];
  while (acks.length < 20) acks.push((await reader.next("ack")).id);
  assertEquals(acks, Array.from({ length: 20 }, (_, i) => i + 1));
  assertEquals(results, Array(20).fill(true));
  await alice.hears(...Array.from({ length: 20 }, (_, i) => `[bot]: ${i}`));
  for (let i = 0; i < 4; i++) bot.say(`filler ${i}`);
  const flood = () => {
    for (let i = 0; i <= 2_000; i++) bot.say("flood");
  };
  assertThrows(flood, RangeError, "Cannot send: 1024 requests wait already");
});

Deno.test("A burst of clients inside the process costs readers that keep up nothing", async () => {
  await using server = new TestServer({ capacity: 64, noHistory: true });
  using carol = await JsonClient.connect(server.port);
  await carol.next("hello");
  const bots = ["a", "b", "c"].map((name) => server.server.connect({ name }));
  const reading = bots.map(async (bot) => {
    for await (const _ of bot);
  });
  // More in one turn of the loop than a queue holds, and each bot less than its own queue holds.
  for (let i = 0; i < 40; i++) for (const bot of bots) bot.say(`${i}`);
  const texts = new Map<string | null, string[]>();
  for (let count = 0; count < 120;) {
    const event = await carol.event();
    assert(event.type !== "dropped", "Nothing is lost");
    if (event.type !== "message") continue;
    const { from: { name }, text } = event;
    texts.set(name, [...texts.get(name) ?? [], text]);
    count++;
  }
  const all = Array.from({ length: 40 }, (_, i) => `${i}`);
  assertEquals([...texts], [["a", all], ["b", all], ["c", all]]);
  for (const bot of bots) bot.close();
  await Promise.all(reading);
});

Deno.test("The rules for messages and hooks hold for a client inside the process", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const onMessage = ({ text }: { text: string }) =>
    text === "slow" ? promise : text === "no" ? { refused: "No" } : undefined;
  await using server = new TestServer({ onMessage, maxMessage: 10 });
  using alice = await (await LineClient.connect(server.port)).takesName("Alice");
  using bot = server.server.connect({ name: "bot" });
  const reader = new Reader(bot);
  await bot.say("no", { id: "1" });
  const refused = await reader.next("error");
  assertEquals([refused.ref, refused.code, refused.text], ["1", "rejected", "Error: No"]);
  await bot.say("much too long");
  assertEquals((await reader.next("error")).code, "too_long");
  let isHandled = false;
  const slow = bot.say("slow").then((result) => isHandled = result);
  const next = bot.say("next");
  await server.settle();
  assertEquals(isHandled, false);
  resolve();
  assertEquals(await slow, true);
  await next;
  await alice.hears("[bot]: slow", "[bot]: next");
});

Deno.test("A client inside the process can search", async () => {
  await using server = new TestServer();
  using bot = server.server.connect({ name: "bot" });
  const reader = new Reader(bot);
  await bot.say("green tea");
  await reader.next("ack");
  assertEquals(await bot.send({ type: "command", text: "/search tea", id: "s" }), true);
  const found = await reader.next("reply");
  assert(found.command === "search");
  assertEquals(found.data.messages.map(({ text }) => text), ["green tea"]);
});

Deno.test("A client inside the process may be an operator, and may be kicked", async () => {
  await using folder = new TempFolder();
  const operatorTokenFile = folder.path("token");
  await Deno.writeTextFile(operatorTokenFile, TOKEN, { mode: 0o600 });
  await using server = new TestServer({ operatorTokenFile });
  const alice = await (await LineClient.connect(server.port)).takesName("Alice");
  using guard = server.server.connect({ name: "guard", operator: true });
  using bot = server.server.connect({ name: "bot" });
  await guard.send({ type: "command", text: "/kick Alice" });
  assertEquals((await alice.ending()).lines, ["Kicked by guard"]);
  await guard.send({ type: "command", text: "/kick bot enough" });
  const reader = new Reader(bot);
  assertEquals((await reader.next("bye")).text, "Kicked by guard: enough");
  await reader.ends();
  assertEquals(bot.connected, false);
  await bot.send({ type: "command", text: "/kick guard" });
  assertEquals(guard.connected, true);
});

Deno.test("A shutdown disconnects clients inside the process, and waits for none of them", async () => {
  const server = new TestServer();
  const bot = server.server.connect({ name: "bot" });
  const silent = server.server.connect({ name: "silent" });
  const reader = new Reader(bot);
  await reader.next("hello");
  const waiting = reader.next("shutdown");
  await server[Symbol.asyncDispose]();
  assertEquals((await waiting).text, "Server is shutting down");
  await reader.ends();
  assertEquals(silent.connected, false);
  assertThrows(() => server.server.connect(), Error, "Cannot connect: the server has shut down");
});

Deno.test("A drain tells clients inside the process once", async () => {
  const clock = new FakeClock();
  const server = new TestServer({ clock, drain: 10 });
  using _alice = await (await LineClient.connect(server.port)).takesName("Alice");
  const bot = server.server.connect({ name: "bot" });
  const events: string[] = [];
  const reading = (async () => {
    for await (const event of bot) events.push(event.type);
  })();
  await server[Symbol.asyncDispose]();
  await reading;
  assertEquals(events.filter((type) => type === "shutdown").length, 1);
});

Deno.test("Clients inside the process are counted as such once there is one", async () => {
  await using server = new TestServer();
  const metrics = async () => {
    const response = await fetch(`http://127.0.0.1:${server.port}/metrics`);
    return await response.text();
  };
  assertEquals((await metrics()).includes("local"), false);
  const { counters } = server.server;
  {
    using _bot = server.server.connect();
    assertEquals([counters.clients.local, counters.activeClients.local], [1, 1]);
    assertMatch(await metrics(), /backchannel_connections\{transport="local"\} 1/);
  }
  assertEquals([counters.clients.local, counters.activeClients.local], [1, 0]);
});

Deno.test("Two servers in one process share nothing", async () => {
  await using one = new TestServer({
    commands: { ping: { summary: "answer", run: () => "pong" } },
  });
  await using two = new TestServer({ onMessage: () => ({ refused: "Silence" }) });
  using alice = await (await LineClient.connect(one.port)).takesName("Alice");
  using other = await (await LineClient.connect(two.port)).takesName("Alice");
  using bot = one.server.connect({ name: "bot" });
  using twin = two.server.connect({ name: "bot" });
  await bot.say("hello");
  await alice.hears("[bot]: hello");
  await alice.asks("/ping", "pong");
  await other.asks("/ping", "Error: Unknown command '/ping', try /help");
  await other.asks("hello", "Error: Silence");
  await twin.say("hello");
  await other.hearsNothing();
});
