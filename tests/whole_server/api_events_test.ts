/**
 * The HTTP API's event streams: what readers get, that they are told what they missed, and that nobody sees them.
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { ApiToken, ServeOptions } from "../../mod.ts";
import { ApiClient, type EventReader, type StreamedEvent } from "../support/api_client.ts";
import { TCP } from "../support/client.ts";
import { FakeClock } from "../support/clock.ts";
import { JsonClient } from "../support/json_client.ts";
import { eachInTurn, times, until } from "../support/patience.ts";
import { denoRun, MAIN, Program } from "../support/program.ts";
import { RawSocket } from "../support/raw_socket.ts";
import { ResettableSocket } from "../support/reset.ts";
import { TestServer } from "../support/server.ts";
import { TempFolder } from "../support/temp_folder.ts";

const TOKEN = "both-0123456789abcdef";
const BOTH: ApiToken = { name: "both", token: TOKEN, read: ["*"], write: ["*"] };
const OPERATOR = "0123456789abcdef0123456789abcdef";

function serverWith(options: ServeOptions = {}): TestServer {
  return new TestServer({ apiTokens: [BOTH], apiRate: 0, presenceDelay: 0, ...options });
}

function apiOf({ port }: Pick<TestServer, "port">): ApiClient {
  return new ApiClient(port, TOKEN);
}

/** Waits until the server has noticed that all readers have gone. */
function noReaders(server: TestServer): Promise<void> {
  return until(() => server.server.counters.eventStreams === 0, "no stream is open");
}

/** The value of Last-Event-ID after these events. */
function lastId(events: readonly StreamedEvent[]): string {
  return events.findLast(({ id }) => id !== undefined)!.id!;
}

// What a reader gets

Deno.test("A stream has the events of its room as JSON, messages with their position as id", async () => {
  await using server = serverWith();
  using alice = await JsonClient.connect(server.port);
  const { epoch } = await alice.enter("dev");
  await alice.says("before");
  using reader = await apiOf(server).events("dev");
  assertEquals(reader.fields.get("content-type"), "text/event-stream");
  assertEquals(reader.fields.get("cache-control"), "no-store");
  assertEquals(reader.fields.has("content-length"), false);
  const { time: _, ...first } = reader.first.data;
  assertEquals(first, {
    type: "subscribed",
    room: { name: "dev", topic: null, users: 1, offset: 1 },
    epoch,
  });
  assertEquals(reader.first.id, `${epoch}:1`);
  await alice.says("hello\nthere");
  const message = await reader.next();
  assertEquals([message.event, message.id], [undefined, `${epoch}:2`]);
  assertEquals([message.data.type, message.data.id, message.data.text], [
    "message",
    2,
    "hello\nthere",
  ]);
  await alice.ask({ type: "command", text: "/topic Friday", room: "dev" });
  const topic = await reader.next();
  assertEquals([topic.event, topic.id, topic.data.topic], ["topic", undefined, "Friday"]);
  using bob = await JsonClient.connect(server.port);
  await bob.enter("dev");
  const { event, data } = await reader.next();
  assertEquals([event, data.event, data.users], ["presence", "join", 2]);
});

Deno.test("A stream has the room that was asked for, and no other", async () => {
  await using server = serverWith();
  const api = apiOf(server);
  using dev = await api.events("dev");
  using lobby = await api.events("lobby");
  using empty = await api.events("not-yet-there");
  await api.post("lobby", "to the lobby");
  await api.post("dev", "to dev");
  await api.post("not-yet-there", "the first");
  assertEquals(await lobby.message(), "to the lobby");
  assertEquals(await dev.message(), "to dev");
  assertEquals(await empty.message(), "the first");
});

Deno.test("A reader is nobody in the chat: not listed, not counted and not announced", async () => {
  await using server = serverWith({ announce: true });
  using alice = await server.connect(TCP);
  await alice.asks("/join dev", "Joined room 'dev'");
  using _reader = await apiOf(server).events("dev");
  await alice.say("/list");
  assertMatch(await alice.line(), /^Users in 'dev': \S+$/);
  await alice.say("/stats");
  assertMatch(await alice.line(), /Total connections: 1 \| Active connections: 1 /);
  await alice.hearsNothing();
  assertEquals(server.server.counters.eventStreams, 1);
});

Deno.test("A notice of an operator reaches readers too", async () => {
  await using folder = new TempFolder();
  await Deno.writeTextFile(folder.path("token"), OPERATOR, { mode: 0o600 });
  await using server = serverWith({ operatorTokenFile: folder.path("token") });
  using ada = await server.connect(TCP);
  using reader = await apiOf(server).events("dev");
  await ada.asks(`/oper ${OPERATOR}`, "You are an operator now, see /help");
  await ada.asks("/say Back in five minutes", "Said to all");
  const { event, data } = await reader.next();
  assertEquals([event, data.text], ["notice", "Back in five minutes"]);
});

Deno.test("HEAD on a stream answers with its head, and opens none", async () => {
  await using server = serverWith();
  const { status, fields, body } = await apiOf(server).ask("rooms/dev/events", { method: "HEAD" });
  assertEquals([status, fields.get("content-type"), body], [200, "text/event-stream", ""]);
  assertEquals(server.server.counters.eventStreams, 0);
  assertEquals(server.log, []);
});

Deno.test("The log says who reads what, and why a stream has ended", async () => {
  await using server = serverWith();
  {
    using reader = await apiOf(server).events("dev");
    const { address } = reader.socket;
    await server.logs("Event stream of 'dev' opened by 'both'", address);
    reader.close();
    await server.logs("Event stream of 'dev' ended: closed by the client", address);
  }
  const { kind, cause, user, room } = server.log.at(-1)! as unknown as Record<string, unknown>;
  assertEquals([kind, cause, user, room], ["stream_closed", "peer", "both", "dev"]);
  assertEquals(JSON.stringify(server.log).includes(TOKEN), false);
});

Deno.test("A quiet stream gets comments, and one with events none", async () => {
  const clock = new FakeClock();
  await using server = serverWith({ clock, heartbeat: 10 });
  using reader = await apiOf(server).events("dev");
  clock.advance(9_000);
  await apiOf(server).post("dev", "hello");
  assertEquals(await reader.message(), "hello");
  clock.advance(9_000);
  await server.settle();
  clock.advance(2_000);
  assertEquals(await reader.next(), { comment: "heartbeat" });
  clock.advance(11_000);
  assertEquals(await reader.next(), { comment: "heartbeat" });
  await apiOf(server).post("dev", "again");
  assertEquals(await reader.message(), "again");
});

// Missed messages

Deno.test("A reader that comes back gets what it missed first, and then what follows", async () => {
  await using server = serverWith();
  const api = apiOf(server);
  let id: string;
  {
    using reader = await api.events("dev");
    await api.post("dev", "one");
    id = lastId([reader.first, await reader.next()]);
  }
  await noReaders(server);
  await api.post("dev", "two");
  await api.postJson("dev", { text: "waves", action: true });
  using reader = await api.events("dev", `Last-Event-ID: ${id}`);
  assertEquals([reader.first.id, reader.first.data.recovered], [id, true]);
  const two = await reader.next();
  assertEquals([two.id, two.data.text], [id.replace(/1$/, "2"), "two"]);
  assertEquals((await reader.next()).data.action, true);
  await api.post("dev", "four");
  assertEquals(await reader.message(), "four");
  using late = await api.events("dev", `Last-Event-ID: ${id.replace(/1$/, "4")}`);
  assertEquals(late.first.data.recovered, true);
  await api.post("dev", "five");
  assertEquals(await late.message(), "five");
});

Deno.test("A reader that had no message yet misses nothing either", async () => {
  await using server = serverWith();
  const api = apiOf(server);
  let id: string;
  {
    using reader = await api.events("dev");
    id = lastId([reader.first]);
  }
  await api.post("dev", "meanwhile");
  using reader = await api.events("dev", `Last-Event-ID: ${id}`);
  assertEquals(reader.first.data.recovered, true);
  assertEquals(await reader.message(), "meanwhile");
});

Deno.test("A reader whose position means nothing is told that messages may be lost", async () => {
  await using server = serverWith({ historyLimit: 2 });
  const api = apiOf(server);
  await times(5, (i) => api.post("dev", `message ${i}`));
  const { epoch } = (await api.ask("rooms/dev/messages")).json;
  const unknown = [
    `${crypto.randomUUID()}:3`,
    `${epoch}:99`,
    `${epoch}:1`,
    "nonsense",
    "x".repeat(5_000),
  ];
  await eachInTurn(unknown, async (id) => {
    using reader = await api.events("dev", `Last-Event-ID: ${id}`);
    assertEquals([reader.first.data.recovered, reader.first.id], [false, `${epoch}:5`], id);
    await api.post("lobby", "x");
  });
  using reader = await api.events("dev", `Last-Event-ID: ${epoch}:3`);
  assertEquals(reader.first.data.recovered, true);
  assertEquals([await reader.message(), await reader.message()], ["message 3", "message 4"]);
});

Deno.test("A reader continues across a restart of the server, if the history is in a file", async () => {
  await using folder = new TempFolder();
  const tokens = folder.path("tokens");
  await Deno.writeTextFile(tokens, `both ${TOKEN} read=* write=*\n`, { mode: 0o600 });
  const flags = ["--port=0", `--history=${folder.path("chat.db")}`, `--api-token-file=${tokens}`];
  const [deno = "", ...args] = denoRun(MAIN, ...flags);
  const permissions = [`--allow-read=${folder.path("")}`, `--allow-write=${folder.path("")}`];
  const start = async () => {
    const program = new Program([deno, args[0]!, ...permissions, ...args.slice(1)]);
    await program.prints(/Browser: /);
    return { program, api: apiOf(program) };
  };
  let id: string;
  {
    const { program, api } = await start();
    await using _ = program;
    using reader = await api.events("dev");
    await times(3, (i) => api.post("dev", `message ${i}`));
    const events = [reader.first, await reader.next()];
    id = lastId(events);
    assertEquals(events[1]?.data.text, "message 0");
    await program.end("SIGTERM");
  }
  {
    const { program, api } = await start();
    await using _ = program;
    using reader = await api.events("dev", `Last-Event-ID: ${id}`);
    assertEquals(reader.first.data.recovered, true);
    assertEquals([await reader.message(), await reader.message()], ["message 1", "message 2"]);
    const { json } = await api.post("dev", "after the restart");
    const next = await reader.next();
    assertEquals([next.data.text, next.data.id, json.id], ["after the restart", 4, 4]);
    assert(!next.id!.startsWith(id.split(":")[0]!), "The numbering has another name now");
    id = next.id!;
    await api.post("dev", "perhaps stored");
    program.kill("SIGKILL");
    await program.ended;
  }
  const { program, api } = await start();
  await using _ = program;
  using reader = await api.events("dev", `Last-Event-ID: ${id}`);
  const { recovered } = reader.first.data;
  const { messages } = (await api.ask("rooms/dev/messages")).json;
  const stored = messages.map(({ text }: { text: string }) => text);
  // What the crash has lost cannot be told from what was never said, so the reader is told of a gap unless there is none.
  if (recovered) assertEquals(await reader.message(), "perhaps stored");
  assertEquals(recovered, stored.includes("perhaps stored"), stored.join());
  await program.end("SIGTERM");
});

// Slow readers

/** Posts until the reader has lost messages. Returns the number of messages. */
async function postUntilLost(server: TestServer, alice: JsonClient): Promise<number> {
  let sent = 0;
  const text = "x".repeat(4_000);
  await until(async () => {
    await times(50, () => alice.says(text));
    sent += 50;
    const stats = await alice.ask({ type: "command", text: "/stats" });
    return stats.type === "reply" && stats.command === "stats" && stats.data.droppedMessages > 0;
  }, "messages are dropped");
  await server.settle();
  return sent;
}

Deno.test("A reader that does not read slows nobody down, and is told which messages it lost", async () => {
  await using server = serverWith({ capacity: 64, rate: 0, historyLimit: 100_000 });
  const api = apiOf(server);
  using alice = await JsonClient.connect(server.port);
  await alice.enter("dev");
  using slow = await api.events("dev");
  using fast = await api.events("dev");
  const seen: number[] = [];
  const reading = (async () => {
    for (;;) {
      const { data } = await fast.next();
      if (data.type === "message") seen.push(data.id);
      if (data.text === "end") return;
      assertEquals(data.type, "message");
    }
  })();
  const sent = await postUntilLost(server, alice);
  await alice.says("end");
  await reading;
  assertEquals(seen, Array.from({ length: sent + 1 }, (_, i) => i + 1));

  const ids = new Set<number>();
  const missed: Array<{ room: string; from: number; to: number }> = [];
  let count = 0;
  for (let last = 0; last <= sent;) {
    const { event, data, id } = await slow.next();
    if (event === "dropped") {
      missed.push(...data.missed);
      count += data.count;
      assertEquals(id, undefined);
      continue;
    }
    assert(data.id > last, "In order");
    assertEquals(id?.split(":")[1], String(data.id));
    last = data.id;
    ids.add(last);
  }
  assert(count > 0);
  const lost = missed.flatMap(({ room, from, to }) => {
    assertEquals(room, "dev");
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
  assertEquals(lost.length, count);
  assertEquals(new Set([...ids, ...lost]).size, sent + 1, "Each message came or is named");
  const { from, to } = missed[0]!;
  const page =
    (await api.ask(`rooms/dev/messages?after=${from - 1}&before=${to + 1}&limit=1`)).json;
  assertEquals(page.messages[0].id, from, "What was lost can be fetched");
});

Deno.test("With overflow disconnect, a slow reader is disconnected, and the cause says why", async () => {
  await using server = serverWith({ capacity: 64, overflow: "disconnect" });
  using alice = await JsonClient.connect(server.port);
  await alice.enter("dev");
  using slow = await apiOf(server).events("dev");
  await postUntilLost(server, alice);
  await noReaders(server);
  assertEquals(server.server.counters.closed.slow, 1);
  await slow.socket.gone();
});

Deno.test("A reader that stops reading is disconnected after the write timeout", async () => {
  const clock = new FakeClock();
  await using server = serverWith({ clock, writeTimeout: 60, capacity: 64 });
  using alice = await JsonClient.connect(server.port);
  await alice.enter("dev");
  using slow = await apiOf(server).events("dev");
  await postUntilLost(server, alice);
  clock.advance(61_000);
  await noReaders(server);
  assertEquals(server.server.counters.closed.write, 1);
  await slow.socket.gone();
});

// The end of a stream

Deno.test("A reader that closes, half-closes or resets frees its place at once", async () => {
  await using server = serverWith({ apiStreams: 1 });
  const api = apiOf(server);
  const ends: ReadonlyArray<(reader: EventReader) => unknown> = [
    (reader) => reader.close(),
    (reader) => reader.socket.halfClose(),
    (reader) => reader.socket.write("x".repeat(100_000)).then(() => reader.close()),
  ];
  await eachInTurn(ends, async (end) => {
    using reader = await api.events("dev");
    const refused = await api.ask("rooms/dev/events");
    assertEquals([refused.status, refused.json.detail], [
      429,
      "There are 1 streams with this token already",
    ]);
    assert(Number(refused.fields.get("retry-after")) > 0);
    await end(reader);
    await noReaders(server);
  });
  const socket = await ResettableSocket.connect(server.port);
  await socket.write(api.head("rooms/dev/events"));
  await until(() => server.server.counters.eventStreams === 1, "the stream is open");
  socket.reset();
  await noReaders(server);
});

Deno.test("Nothing is left of a reader that has gone, nor of a room that only it has opened", async () => {
  await using server = serverWith({ noHistory: true });
  const api = apiOf(server);
  const names = async () =>
    (await api.ask("rooms")).json.rooms.map(({ name }: { name: string }) => name);
  {
    using _reader = await api.events("dev");
    using _other = await api.events("dev");
    assertEquals(await names(), ["lobby", "dev"]);
  }
  await noReaders(server);
  assertEquals(await names(), ["lobby"]);
});

Deno.test("A shutdown ends streams with the event for it and a time after which to reconnect", async () => {
  const readers: EventReader[] = [];
  {
    await using server = serverWith({ random: () => 0.5 });
    readers.push(await apiOf(server).events("dev"), await apiOf(server).events("lobby"));
    await apiOf(server).post("dev", "last message");
    await server.settle();
  }
  const [dev, lobby] = await Promise.all(readers.map((reader) => reader.rest()));
  assertEquals(dev![0]?.data.text, "last message");
  for (const events of [dev!.slice(1), lobby!]) {
    assertEquals(events[0], { retry: "3500" });
    assertEquals([events[1]?.event, events[1]?.data.type, events.length], [
      "shutdown",
      "shutdown",
      2,
    ]);
  }
  readers.forEach((reader) => reader.close());
});

Deno.test("A drain announces itself to readers, ends them one by one, and admits no new ones", async () => {
  const clock = new FakeClock();
  const server = serverWith({ clock, drain: 10, random: () => 0.99 });
  using reader = await apiOf(server).events("dev");
  const finished = server.shutdown();
  const { event } = await reader.next();
  assertEquals(event, "shutdown");
  const rest = await reader.rest();
  assertEquals(rest, [{ retry: "5950" }]);
  await finished;
});

Deno.test("While the server is locked down, only requests that open no stream are answered", async () => {
  await using folder = new TempFolder();
  await Deno.writeTextFile(folder.path("token"), OPERATOR, { mode: 0o600 });
  await using server = serverWith({ operatorTokenFile: folder.path("token") });
  using ada = await server.connect(TCP);
  await ada.asks(`/oper ${OPERATOR}`, "You are an operator now, see /help");
  await ada.asks("/lockdown on", "Nobody new is let in");
  const refused = await apiOf(server).ask("rooms/dev/events");
  assertEquals([refused.status, refused.fields.get("retry-after")], [503, "60"]);
  assertEquals((await apiOf(server).post("dev", "all is well")).status, 201);
});

Deno.test("Input behind the request for a stream is ignored, and does no harm", async () => {
  await using server = serverWith();
  using socket = await RawSocket.connect(server.port);
  const api = apiOf(server);
  await socket.write(api.head("rooms/dev/events") + api.head("rooms").repeat(20));
  await socket.through("\n\n");
  await socket.write("x".repeat(200_000));
  await api.post("dev", "still here");
  assertMatch(await socket.through("\n\n"), /still here/);
});
