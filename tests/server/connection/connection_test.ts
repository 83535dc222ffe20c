import { assert, assertEquals, assertThrows } from "@std/assert";
import { Hub } from "../../../lib/chat/hub.ts";
import {
  BufferPool,
  FIRST_READ,
  SHARED_READ,
} from "../../../lib/server/connection/read_buffers.ts";
import { ChatSession } from "../../../lib/server/session/chat_session.ts";
import { Connection, type Handler } from "../../../lib/server/connection/connection.ts";
import type { Context } from "../../../lib/server/context.ts";
import { type CloseCause, Counters } from "../../../lib/server/observability/counters.ts";
import { Budgets } from "../../../lib/server/admission/budget.ts";
import { WorkQueue } from "../../../lib/server/connection/work_queue.ts";
import { InputScheduler } from "../../../lib/server/connection/input_scheduler.ts";
import { resolveSettings, type Settings } from "../../../lib/server/settings.ts";
import { AllowedHosts } from "../../../lib/server/http/host.ts";
import { AllowedOrigins } from "../../../lib/server/http/origin.ts";
import { Refusals } from "../../../lib/server/admission/refusals.ts";
import { Throttle } from "../../../lib/server/admission/throttle.ts";
import { LINES, WEBSOCKET } from "../../../lib/server/session/transport.ts";
import { FakeClock } from "../../support/clock.ts";
import { CidrSet } from "../../../lib/ip/network.ts";
import { utf8 } from "../../protocol/reading.ts";
import { FakeConn, settled } from "../../support/conn.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Handles what is read at once: nobody has to be waited for. */
class DirectInbox extends InputScheduler {
  constructor() {
    super({
      accepted: () => 0,
      backlog: 0,
      congested: () => false,
      probe: () => Promise.resolve(),
    });
  }

  override add(item: { handleInput(): void }): void {
    item.handleInput();
  }
}

/** A connection and everything around it. */
class Stage implements Handler {
  readonly conn = new FakeConn();
  readonly context: Context & { time: number };
  readonly connection: Connection;
  /** What the handler was told, in order. */
  readonly told: string[] = [];
  readonly queue: string[] = [];
  forgotten = 0;

  constructor(settings: Partial<Settings> = {}) {
    const all = resolveSettings(settings);
    const counters = new Counters();
    this.context = {
      version: "",
      settings: all,
      proxies: new CidrSet(all.trustProxy ?? ""),
      pages: new Map(),
      hub: new Hub({
        ...all,
        history: undefined,
        observer: { slow() {}, recovered() {} },
        now: () => 0,
      }),
      inbox: new DirectInbox(),
      buffers: new BufferPool(),
      log: () => {},
      counters,
      refusals: new Refusals(counters, () => {}),
      throttle: new Throttle({ ...all, clock: new FakeClock(), resume() {} }),
      budgets: new Budgets({ ...all, rate: 0, cpuPerIp: 0 }),
      workQueue: new WorkQueue(new FakeClock()),
      origins: new AllowedOrigins(all.allowOrigin),
      hosts: new AllowedHosts(all.allowHost),
      status: { problems: [], metrics: () => "" },
      draining: false,
      shut: undefined,
      moderator: undefined,
      time: 0,
      sniff: () => {},
      admit: () => undefined,
      admitRequest: () => undefined,
      forget: () => this.forgotten++,
    };
    const conn = this.conn as unknown as Deno.Conn<Deno.NetAddr>;
    this.connection = new Connection(conn, this.context);
    this.connection.handler = this;
  }

  /** Why it was counted as closed; each connection once. */
  get causes(): CloseCause[] {
    const counted = Object.entries(this.context.counters.closed) as Array<[CloseCause, number]>;
    return counted.flatMap(([cause, count]) => Array<CloseCause>(count).fill(cause));
  }

  /** Queues something to be written. */
  say(text: string): void {
    this.queue.push(text);
    this.connection.flush();
  }

  passTime(ms: number): void {
    this.context.time += ms;
    this.connection.tick(this.context.time);
  }

  received(bytes: Bytes): void {
    this.told.push(`received ${new TextDecoder().decode(bytes)}`);
  }

  ended(): void {
    this.told.push("ended");
  }

  resumed(): void {
    this.told.push("resumed");
  }

  take(): Bytes | undefined {
    return this.queue.length === 0 ? undefined : utf8(this.queue.splice(0).join(""));
  }

  end(): void {}

  gone(reason: string | undefined): void {
    this.told.push(reason === undefined ? "gone" : `gone: ${reason}`);
  }

  tick(now: number): void {
    this.told.push(`tick ${now}`);
  }
}

// Reading

Deno.test("Connection reads nothing before it is told to", async () => {
  const { conn, connection, told } = new Stage();
  assertEquals(conn.reading, undefined);
  connection.readOn();
  await conn.receive("one");
  assertEquals(conn.reading, undefined);
  connection.readOn();
  await conn.receive("two");
  assertEquals(told, ["received one", "received two"]);
});

Deno.test("Connection reads once, however often it is told to", () => {
  const { conn, connection } = new Stage();
  connection.readOn();
  const { reading } = conn;
  connection.readOn();
  assertEquals(conn.reading, reading);
});

Deno.test("Connection tells the peer's end once, and then reads no more", async () => {
  const { conn, connection, told } = new Stage();
  connection.readOn();
  await conn.receive(null);
  connection.readOn();
  assertEquals([conn.reading, told], [undefined, ["ended"]]);
});

Deno.test("Connection reads more at once from a peer that sends much", async () => {
  const { conn, connection } = new Stage();
  const rooms: number[] = [];
  for (let i = 0; i < 6; i++) {
    connection.readOn();
    rooms.push(conn.room!);
    await conn.receive("x".repeat(conn.room!));
  }
  assertEquals(rooms, [64, 256, 1_024, 4_096, SHARED_READ, SHARED_READ]);
  connection.readOn();
  await conn.receive("x");
  connection.readOn();
  assertEquals(conn.room, 4_096);
});

Deno.test("Connection remembers when bytes came last", async () => {
  const { conn, connection, context } = new Stage();
  context.time = 7;
  connection.readOn();
  await conn.receive("x");
  assertEquals(connection.lastRead, 7);
});

/** A handler that took over was given bytes that the one before it had asked for, in the middle of its own. */
Deno.test("Connection gives a new handler nothing that it has not asked for", async () => {
  const { conn, connection, told } = new Stage();
  const heard: string[] = [];
  const heir = new Stage();
  heir.received = (bytes) => heard.push(new TextDecoder().decode(bytes));
  heir.resumed = () => {};
  connection.readOn();
  connection.handOver(heir, utf8("the rest"));
  assertEquals(heard, ["the rest"]);
  await conn.receive("and more");
  assertEquals(heard, ["the rest"], "It is still at work on that");
  connection.readOn();
  connection.handleInput(); // as the inbox does when it is the connection's turn
  assertEquals([heard, told], [["the rest", "and more"], []]);
  assertEquals(conn.reading, undefined);
  connection.readOn();
  assertEquals(conn.room, FIRST_READ);
  connection.close();
  await settled();
});

Deno.test("Connection does not read over bytes that its handler is at work on", async () => {
  const stage = new Stage();
  const { conn, connection } = stage;
  let during: unknown = "nothing was received";
  stage.received = () => {
    connection.finish(); // nothing is queued, so that the peer's end is awaited at once
    during = conn.reading;
  };
  connection.readOn();
  await conn.receive("one");
  assertEquals(during, undefined);
  assert(conn.reading !== undefined, "The peer's end is awaited behind them");
  connection.close();
  await settled();
});

Deno.test("Connection goes on with what was stopped in the middle", () => {
  const { connection, told } = new Stage();
  connection.handleInput();
  assertEquals(told, ["resumed"]);
});

// Writing

Deno.test("Connection writes what short writes leave over, before anything else", async () => {
  const stage = new Stage();
  stage.say("hello world");
  await stage.conn.take(5);
  stage.say("!");
  await stage.conn.take(1);
  await stage.conn.take(2);
  await stage.conn.take();
  await stage.conn.take();
  assertEquals(stage.conn.sent, ["hello", " ", "wo", "rld", "!"]);
  assertEquals(stage.conn.writing, undefined);
});

Deno.test("Connection has one write under way; what comes meanwhile leaves in the next", async () => {
  const stage = new Stage();
  stage.say("one");
  stage.say("two");
  stage.say("three");
  await stage.conn.take();
  await stage.conn.take();
  assertEquals(stage.conn.sent, ["one", "twothree"]);
});

Deno.test("Connection writes nothing while it is held", async () => {
  const stage = new Stage();
  stage.connection.held = true;
  stage.say("hello");
  assertEquals(stage.conn.writing, undefined);
  stage.connection.held = false;
  stage.connection.flush();
  await stage.conn.take();
  assertEquals(stage.conn.sent, ["hello"]);
});

// The end

Deno.test("Connection.finish() writes what is queued, says its end and awaits the peer's", async () => {
  const stage = new Stage();
  stage.connection.held = true;
  stage.say("one");
  stage.connection.finish();
  stage.queue.push("two");
  assertEquals(stage.conn.writeClosed, false);
  await stage.conn.take(1);
  await stage.conn.take();
  await stage.conn.take();
  assertEquals(stage.conn.sent, ["o", "ne", "two"]);
  assertEquals([stage.conn.writeClosed, stage.conn.closed], [true, false]);
  await stage.conn.receive("not heard any more");
  await stage.conn.receive(null);
  assertEquals([stage.conn.closed, stage.told, stage.forgotten], [true, ["gone"], 1]);
});

Deno.test("Connection.finish() closes at once if the peer has ended and nothing is queued", async () => {
  const stage = new Stage();
  stage.connection.readOn();
  await stage.conn.receive(null);
  stage.connection.finish();
  assertEquals([stage.conn.closed, stage.told], [true, ["ended", "gone"]]);
});

Deno.test("Connection awaits the peer's end for half a second", async () => {
  const stage = new Stage();
  stage.connection.finish();
  stage.passTime(499);
  assertEquals(stage.connection.closed, false);
  stage.passTime(1);
  await settled();
  assertEquals([stage.connection.closed, stage.told], [true, ["gone"]]);
});

Deno.test("Connection gives a finishing client five seconds to fetch what is queued", async () => {
  const stage = new Stage();
  stage.say("hello");
  stage.connection.finish();
  stage.passTime(4_999);
  assertEquals(stage.connection.closed, false);
  stage.passTime(1);
  await settled();
  assertEquals([stage.connection.closed, stage.told], [true, ["gone"]]);
});

/** `nc` behind a pipe has said all it has to say, and was cut if it had to wait for its own reader. */
Deno.test("Connection gives a client that has half-closed the write timeout to fetch it", async () => {
  const stage = new Stage({ writeTimeout: 60 });
  stage.connection.readOn();
  await stage.conn.receive(null);
  stage.say("hello");
  stage.connection.finish();
  stage.passTime(59_000);
  await stage.conn.take(1);
  stage.passTime(59_999);
  assertEquals(stage.connection.closed, false);
  stage.passTime(1);
  await settled();
  assertEquals([stage.connection.closed, stage.causes], [true, ["write"]]);
});

Deno.test("Connection waits for ever for one that has half-closed if there is no write timeout", async () => {
  const stage = new Stage({ writeTimeout: 0 });
  stage.connection.readOn();
  await stage.conn.receive(null);
  stage.say("hello");
  stage.connection.finish();
  stage.passTime(86_400_000);
  assertEquals(stage.connection.closed, false);
});

/** A reset in the middle of an upload destroyed the answer that said that it was not wanted. */
Deno.test("Connection awaits the peer's end on as long as something comes, five seconds in all", async () => {
  const stage = new Stage();
  stage.connection.finish();
  for (let i = 0; i < 12; i++) {
    stage.passTime(400);
    await stage.conn.receive("more");
  }
  assertEquals(stage.connection.closed, false);
  stage.passTime(200);
  await settled();
  assertEquals([stage.connection.closed, stage.told], [true, ["gone"]]);
});

Deno.test("Connection ends a client that takes nothing for the write timeout", async () => {
  const stage = new Stage({ writeTimeout: 60 });
  stage.say("hello");
  stage.passTime(59_000);
  await stage.conn.take(1);
  stage.passTime(59_999);
  assertEquals([stage.connection.closed, stage.connection.stalledSince], [false, 59_000]);
  stage.passTime(1);
  await settled();
  assertEquals(stage.told.at(-1), "gone: took nothing for 60 s");
  assertEquals(stage.causes, ["write"]);
});

Deno.test("Connection waits for ever for a client if there is no write timeout", () => {
  const stage = new Stage({ writeTimeout: 0 });
  stage.say("hello");
  stage.passTime(86_400_000);
  assertEquals(stage.connection.closed, false);
});

Deno.test("Connection lets its handler know of the time as long as it is open", () => {
  const stage = new Stage();
  stage.passTime(5);
  stage.connection.finish();
  stage.passTime(5);
  assertEquals(stage.told, ["tick 5"]);
});

Deno.test("Connection is over once, however it ends", async () => {
  const ends: ReadonlyArray<(stage: Stage) => void> = [
    ({ connection }) => connection.close(),
    ({ conn }) => conn.failReading(new Deno.errors.ConnectionReset()),
    ({ conn }) => conn.failWriting(new Deno.errors.BrokenPipe()),
  ];
  for (const first of ends) {
    for (const second of ends) {
      const stage = new Stage();
      stage.connection.readOn();
      stage.say("hello");
      first(stage);
      second(stage);
      stage.connection.close();
      stage.connection.finish();
      stage.say("nobody hears this");
      stage.connection.readOn();
      await settled();
      assertEquals([stage.conn.closed, stage.forgotten, stage.told.length], [true, 1, 1]);
      assertEquals(stage.causes.length, 1);
    }
  }
});

Deno.test("Connection tells why it is over", async () => {
  const reasons: ReadonlyArray<readonly [Error, string]> = [
    [new Deno.errors.ConnectionReset(), "gone: connection reset by peer"],
    [new Deno.errors.BrokenPipe(), "gone: connection closed by peer"],
    [new Deno.errors.UnexpectedEof(), "gone: connection cut by peer"],
    [new Deno.errors.NotConnected(), "gone: connection reset by peer"],
    [new Deno.errors.TimedOut(), "gone: connection timed out"],
    [new Deno.errors.Interrupted(), "gone"],
    [new Deno.errors.BadResource(), "gone"],
    [new Error("No route to host"), "gone: No route to host"],
  ];
  for (const [error, told] of reasons) {
    const stage = new Stage();
    stage.connection.readOn();
    stage.conn.failReading(error);
    await settled();
    assertEquals([stage.told, stage.causes], [[told], ["reset"]]);
  }
});

Deno.test("Connection gives a shared buffer back, and not before its read has ended", async () => {
  const stage = new Stage();
  const { conn, connection, context } = stage;
  for (const length of [FIRST_READ, 256, 1_024, 4_096]) {
    connection.readOn();
    await conn.receive("x".repeat(length));
  }
  connection.readOn();
  const shared = conn.reading!.buffer;
  assertEquals(shared.length, SHARED_READ);
  connection.close();
  assert(context.buffers.borrow() !== shared);
  await settled();
  assert(context.buffers.borrow() === shared);
});

Deno.test("Connection keeps its buffer while a read is under way, however often it is told to read on", async () => {
  // When a stalled first line was given up, the session read on while the branch's read still waited in a shared buffer.
  // That went back to the pool, and the next to borrow it said what the first one sent.
  const stage = new Stage();
  const { conn, connection, context } = stage;
  for (const length of [FIRST_READ, 256, 1_024, 4_096]) {
    connection.readOn();
    await conn.receive("x".repeat(length));
  }
  connection.readOn();
  const shared = conn.reading!.buffer;
  connection.readOn();
  assert(context.buffers.borrow() !== shared);
  connection.close();
  await settled();
});

Deno.test("Connection that reads on sparingly gives a shared buffer back", async () => {
  const { conn, connection, context } = new Stage();
  for (const length of [FIRST_READ, 256, 1_024, 4_096]) {
    connection.readOn();
    await conn.receive("x".repeat(length));
  }
  connection.readOn();
  const shared = conn.reading!.buffer;
  await conn.receive("x".repeat(SHARED_READ));
  connection.readOn(true);
  assertEquals(conn.room, 4_096);
  assert(context.buffers.borrow() === shared);
  await conn.receive("x".repeat(4_096));
  connection.readOn(true);
  assertEquals(conn.room, 4_096);
});

Deno.test("Connection counts the cause that was known first, or else that the peer ended it", () => {
  for (const cause of ["quit", undefined] as const) {
    const stage = new Stage();
    stage.connection.cause = cause;
    stage.connection.close();
    assertEquals(stage.causes, [cause ?? "peer"]);
  }
});

Deno.test("Connection ends when its handler fails, and nothing else does", async () => {
  const stage = new Stage();
  stage.received = () => {
    throw new Error("a mistake");
  };
  stage.connection.readOn();
  await stage.conn.receive("x");
  assertEquals([stage.told, stage.forgotten], [["gone"], 1]);
  assertEquals(stage.causes, ["internal"]);
});

// Addresses

/**
 * Who had a name is remembered for as long as they may be back, with the connection behind it, and with all that was still
 * to be written: a hundred who asked for pages, read none and left kept 219 MB for 15 s, on no connection at all.
 */
Deno.test("Connection keeps nothing of what it could not write", async () => {
  const stage = new Stage();
  const { connection, context: { hub } } = stage;
  const session = new ChatSession(stage.context, connection, LINES);
  connection.handler = session;
  session.received(utf8("/name Alice\n"));
  await settled();
  session.received(utf8("/help\n/help\n"));
  await settled();
  const alice = hub.find("Alice")!;
  assert(connection.stalledSince !== undefined);
  connection.close();
  assertEquals(connection.stalledSince, undefined);
  assertEquals(alice.take(), undefined);
});

/** In a chat that was busy for longer than a pong may take, those who had answered were cut for it. */
Deno.test("ChatSession takes what waits to be handled for a sign of life", async () => {
  const stage = new Stage({ idleTimeout: 30, heartbeat: 10, pongTimeout: 5 });
  const { conn, connection, context } = stage;
  connection.handler = new ChatSession(context, connection, WEBSOCKET);
  context.inbox.add = () => {}; // the loop is busy
  connection.readOn();
  stage.passTime(10_000);
  await settled();
  await conn.take(); // the ping
  await conn.receive("pong");
  stage.passTime(5_000);
  stage.passTime(20_000);
  assertEquals([stage.causes, conn.sent.length, conn.writing], [[], 1, undefined]);
});

Deno.test("Connection trusts its peer as long as a PROXY header names no other, whatever is said later", () => {
  const { connection } = new Stage({ trustProxy: "127.0.0.1,10.0.0.0/8" });
  const { isTrusted, isProxy } = connection;
  assertEquals([connection.address, isTrusted, isProxy], ["127.0.0.1:50412", true, true]);
  connection.setClient("192.0.2.1");
  assertEquals(connection.address, "192.0.2.1:50412");
  assertEquals([connection.isTrusted, connection.isProxy], [true, false]);
  connection.setClient("10.0.0.1");
  assertEquals([connection.isTrusted, connection.isProxy], [true, false]);
  connection.setPeer("10.0.0.2", 4711);
  assertEquals([connection.isTrusted, connection.isProxy], [true, true]);
  connection.setPeer("2001:db8::1", 4712);
  assertEquals(connection.address, "[2001:db8::1]:4712");
  assertEquals([connection.isTrusted, connection.isProxy], [false, false]);
  assertEquals(new Stage().connection.isTrusted, false);
});

Deno.test("Connection is local if both its ends and the client are on this machine", () => {
  const { connection, conn } = new Stage({ trustProxy: "127.0.0.1,10.0.0.0/8" });
  assertEquals(connection.isLocal, true);
  connection.setClient("192.0.2.1");
  assertEquals(connection.isLocal, false);
  connection.setClient("::1");
  assertEquals(connection.isLocal, true);
  const remote: Deno.NetAddr = { transport: "tcp", hostname: "10.0.0.1", port: 1 };
  Object.assign(conn, { remoteAddr: remote });
  connection.setClient("127.0.0.1"); // of the proxy's machine
  assertEquals(connection.isLocal, false);
});

Deno.test("FakeConn fails what is done wrong", () => {
  const conn = new FakeConn();
  void conn.read(new Uint8Array(1)).catch(() => {});
  assertThrows(() => void conn.read(new Uint8Array(1)));
  conn.close();
  assertThrows(() => conn.close(), Deno.errors.BadResource);
});
