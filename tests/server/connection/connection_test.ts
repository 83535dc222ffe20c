import { assert, assertEquals, assertThrows } from "@std/assert";
import { Account } from "../../../lib/limits/budget.ts";
import { Rate, TokenBucket } from "../../../lib/limits/token_bucket.ts";
import { Connection, type Handler } from "../../../lib/server/connection/connection.ts";
import {
  BufferPool,
  FIRST_READ,
  SHARED_READ,
} from "../../../lib/server/connection/read_buffers.ts";
import { type CloseCause, Counters } from "../../../lib/server/observability/counters.ts";
import { utf8 } from "../../protocol/reading.ts";
import { FakeConn, settled } from "../../support/conn.ts";

type Bytes = Uint8Array<ArrayBuffer>;

interface Options {
  readonly writeTimeout?: number;
  readonly rate?: number;
  readonly burst?: number;
  readonly trustProxy?: readonly string[];
}

/** A connection with a fake of everything that it needs, and a handler that records its calls. */
class Stage implements Handler {
  readonly conn = new FakeConn();
  readonly time = { now: 0 };
  readonly counters = new Counters();
  readonly buffers = new BufferPool();
  readonly connection: Connection;
  /** The calls of the handler, in order. */
  readonly calls: string[] = [];
  readonly queue: string[] = [];
  readonly logged: string[] = [];
  /** Waits for the rate or the budget, in ms. */
  readonly waits: number[] = [];
  /** The addresses of the accounts that were opened. */
  readonly accounts: Array<string | undefined> = [];
  closeCause: CloseCause | undefined;
  /** Number of calls of `onClosed`. */
  closings = 0;
  /** The budget of the client: 10 ms a second, and 100 ms at once. */
  readonly #bucket = new TokenBucket(new Rate(10, 100));

  constructor({ writeTimeout = 60, rate = 0, burst = 1, trustProxy = [] }: Options = {}) {
    this.connection = new Connection(this.conn, {
      time: this.time,
      // Input is handled at once: there is no accept queue to wait for.
      scheduler: { add: (source) => source.handleInput(), resume: () => {} },
      throttle: { hold: (_, wait) => void this.waits.push(wait) },
      buffers: this.buffers,
      openAccount: (ip) => {
        this.accounts.push(ip);
        return new Account(this.#bucket, []);
      },
      isTrustedProxy: (hostname) => trustProxy.includes(hostname),
      counters: this.counters,
      log: ({ message }) => void this.logged.push(message),
      writeTimeout,
      rate,
      burst,
      onClosed: () => void this.closings++,
    });
    this.connection.setHandler(this);
  }

  /** The causes that were counted; each connection counts once. */
  get causes(): CloseCause[] {
    const counted = Object.entries(this.counters.closed) as Array<[CloseCause, number]>;
    return counted.flatMap(([cause, count]) => Array<CloseCause>(count).fill(cause));
  }

  /** Queues something to be written. */
  send(text: string): void {
    this.queue.push(text);
    this.connection.flush();
  }

  passTime(ms: number): void {
    this.time.now += ms;
    this.connection.tick(this.time.now);
  }

  received(bytes: Bytes): void {
    this.calls.push(`received ${new TextDecoder().decode(bytes)}`);
  }

  ended(): void {
    this.calls.push("ended");
  }

  resumed(): void {
    this.calls.push("resumed");
  }

  take(): Bytes | undefined {
    return this.queue.length === 0 ? undefined : utf8(this.queue.splice(0).join(""));
  }

  end(reason: string): void {
    this.calls.push(`end ${reason}`);
  }

  closed(_cause: CloseCause, message: string | undefined): void {
    this.calls.push(message === undefined ? "closed" : `closed: ${message}`);
  }

  tick(now: number): void {
    this.calls.push(`tick ${now}`);
  }
}

// Reading

Deno.test("Connection reads nothing before readOn() is called", async () => {
  const { conn, connection, calls } = new Stage();
  assertEquals(conn.reading, undefined);
  connection.readOn();
  await conn.receive("one");
  assertEquals(conn.reading, undefined);
  connection.readOn();
  await conn.receive("two");
  assertEquals(calls, ["received one", "received two"]);
});

Deno.test("Connection.readOn() starts one read, however often it is called", () => {
  const { conn, connection } = new Stage();
  connection.readOn();
  const { reading } = conn;
  connection.readOn();
  assertEquals(conn.reading, reading);
});

Deno.test("Connection reports the peer's end once, and then reads no more", async () => {
  const { conn, connection, calls } = new Stage();
  connection.readOn();
  await conn.receive(null);
  connection.readOn();
  assertEquals([conn.reading, calls], [undefined, ["ended"]]);
});

Deno.test("Connection reads larger chunks from a peer that sends much", async () => {
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

Deno.test("Connection.lastRead is when input was last handled", async () => {
  const { conn, connection, time } = new Stage();
  time.now = 7;
  connection.readOn();
  await conn.receive("x");
  assertEquals(connection.lastRead, 7);
});

/** Regression: a new handler received bytes that the previous one had asked for, in the middle of its own input. */
Deno.test("Connection.handOver() delivers nothing that the new handler has not asked for", async () => {
  const { conn, connection, calls } = new Stage();
  const received: string[] = [];
  const next = new Stage();
  next.received = (bytes) => received.push(new TextDecoder().decode(bytes));
  next.resumed = () => {};
  connection.readOn();
  connection.handOver(next, utf8("the rest"));
  assertEquals(received, ["the rest"]);
  await conn.receive("and more");
  assertEquals(received, ["the rest"], "It is still at work on that");
  connection.readOn();
  connection.handleInput(); // as the scheduler does in turn
  assertEquals([received, calls], [["the rest", "and more"], []]);
  assertEquals(conn.reading, undefined);
  connection.readOn();
  assertEquals(conn.room, FIRST_READ);
  connection.close("shutdown");
  await settled();
});

Deno.test("Connection does not overwrite bytes that its handler is at work on", async () => {
  const stage = new Stage();
  const { conn, connection } = stage;
  let during: unknown = "nothing was received";
  stage.received = () => {
    connection.finish("quit"); // nothing is queued, so that the peer's end is awaited at once
    during = conn.reading;
  };
  connection.readOn();
  await conn.receive("one");
  assertEquals(during, undefined);
  assert(conn.reading !== undefined, "The peer's end is awaited behind them");
  connection.close("shutdown");
  await settled();
});

Deno.test("Connection resumes its handler when there is no new input", () => {
  const { connection, calls } = new Stage();
  connection.handleInput();
  assertEquals(calls, ["resumed"]);
});

// Writing

Deno.test("Connection writes the rest of a short write before anything else", async () => {
  const stage = new Stage();
  stage.send("hello world");
  await stage.conn.take(5);
  stage.send("!");
  await stage.conn.take(1);
  await stage.conn.take(2);
  await stage.conn.take();
  await stage.conn.take();
  assertEquals(stage.conn.sent, ["hello", " ", "wo", "rld", "!"]);
  assertEquals(stage.conn.writing, undefined);
});

Deno.test("Connection has one write pending; later messages go with the next", async () => {
  const stage = new Stage();
  stage.send("one");
  stage.send("two");
  stage.send("three");
  await stage.conn.take();
  await stage.conn.take();
  assertEquals(stage.conn.sent, ["one", "twothree"]);
});

Deno.test("Connection writes nothing while held", async () => {
  const stage = new Stage();
  stage.connection.held = true;
  stage.send("hello");
  assertEquals(stage.conn.writing, undefined);
  stage.connection.held = false;
  stage.connection.flush();
  await stage.conn.take();
  assertEquals(stage.conn.sent, ["hello"]);
});

// The end

Deno.test("Connection.finish() writes the queue, ends its side and awaits the peer's end", async () => {
  const stage = new Stage();
  stage.connection.held = true;
  stage.send("one");
  stage.connection.finish();
  stage.queue.push("two");
  assertEquals(stage.conn.writeClosed, false);
  await stage.conn.take(1);
  await stage.conn.take();
  await stage.conn.take();
  assertEquals(stage.conn.sent, ["o", "ne", "two"]);
  assertEquals([stage.conn.writeClosed, stage.conn.closed], [true, false]);
  await stage.conn.receive("ignored");
  await stage.conn.receive(null);
  assertEquals([stage.conn.closed, stage.calls, stage.closings], [true, ["closed"], 1]);
});

Deno.test("Connection.finish() closes at once if the peer has ended its side and nothing is queued", async () => {
  const stage = new Stage();
  stage.connection.readOn();
  await stage.conn.receive(null);
  stage.connection.finish();
  assertEquals([stage.conn.closed, stage.calls], [true, ["ended", "closed"]]);
});

Deno.test("Connection awaits the peer's end for half a second", async () => {
  const stage = new Stage();
  stage.connection.finish();
  stage.passTime(499);
  assertEquals(stage.connection.closed, false);
  stage.passTime(1);
  await settled();
  assertEquals([stage.connection.closed, stage.calls], [true, ["closed"]]);
});

Deno.test("Connection gives a finishing client five seconds to read the queue", async () => {
  const stage = new Stage();
  stage.send("hello");
  stage.connection.finish();
  stage.passTime(4_999);
  assertEquals(stage.connection.closed, false);
  stage.passTime(1);
  await settled();
  assertEquals([stage.connection.closed, stage.calls], [true, ["closed"]]);
});

/** Regression: `nc` in a pipeline ends its side early, and was cut if its own reader made it wait. */
Deno.test("Connection gives a half-closed client the write timeout to read the queue", async () => {
  const stage = new Stage({ writeTimeout: 60 });
  stage.connection.readOn();
  await stage.conn.receive(null);
  stage.send("hello");
  stage.connection.finish();
  stage.passTime(59_000);
  await stage.conn.take(1);
  stage.passTime(59_999);
  assertEquals(stage.connection.closed, false);
  stage.passTime(1);
  await settled();
  assertEquals([stage.connection.closed, stage.causes], [true, ["write"]]);
});

Deno.test("Connection waits forever for a half-closed client without a write timeout", async () => {
  const stage = new Stage({ writeTimeout: 0 });
  stage.connection.readOn();
  await stage.conn.receive(null);
  stage.send("hello");
  stage.connection.finish();
  stage.passTime(86_400_000);
  assertEquals(stage.connection.closed, false);
});

/** Regression: a reset in the middle of an upload destroyed the response that refused it. */
Deno.test("Connection awaits the peer's end for as long as input arrives, five seconds in all", async () => {
  const stage = new Stage();
  stage.connection.finish();
  for (let i = 0; i < 12; i++) {
    stage.passTime(400);
    await stage.conn.receive("more");
  }
  assertEquals(stage.connection.closed, false);
  stage.passTime(200);
  await settled();
  assertEquals([stage.connection.closed, stage.calls], [true, ["closed"]]);
});

Deno.test("Connection closes when a write makes no progress for the write timeout", async () => {
  const stage = new Stage({ writeTimeout: 60 });
  stage.send("hello");
  stage.passTime(59_000);
  await stage.conn.take(1);
  stage.passTime(59_999);
  assertEquals([stage.connection.closed, stage.connection.stalledSince], [false, 59_000]);
  stage.passTime(1);
  await settled();
  assertEquals(stage.calls.at(-1), "closed: took nothing for 60 s");
  assertEquals(stage.causes, ["write"]);
});

Deno.test("Connection waits forever for a client without a write timeout", () => {
  const stage = new Stage({ writeTimeout: 0 });
  stage.send("hello");
  stage.passTime(86_400_000);
  assertEquals(stage.connection.closed, false);
});

Deno.test("Connection ticks its handler while it is open", () => {
  const stage = new Stage();
  stage.passTime(5);
  stage.connection.finish();
  stage.passTime(5);
  assertEquals(stage.calls, ["tick 5"]);
});

Deno.test("Connection closes once, however it ends", async () => {
  const ends: ReadonlyArray<(stage: Stage) => void> = [
    ({ connection }) => connection.close("shutdown"),
    ({ conn }) => conn.failReading(new Deno.errors.ConnectionReset()),
    ({ conn }) => conn.failWriting(new Deno.errors.BrokenPipe()),
  ];
  for (const first of ends) {
    for (const second of ends) {
      const stage = new Stage();
      stage.connection.readOn();
      stage.send("hello");
      first(stage);
      second(stage);
      stage.connection.close("shutdown");
      stage.connection.finish();
      stage.send("not written");
      stage.connection.readOn();
      await settled();
      assertEquals([stage.conn.closed, stage.closings, stage.calls.length], [true, 1, 1]);
      assertEquals(stage.causes.length, 1);
    }
  }
});

Deno.test("Connection passes the reason of an error to its handler", async () => {
  const reasons: ReadonlyArray<readonly [Error, string]> = [
    [new Deno.errors.ConnectionReset(), "closed: connection reset by peer"],
    [new Deno.errors.BrokenPipe(), "closed: connection closed by peer"],
    [new Deno.errors.UnexpectedEof(), "closed: connection cut by peer"],
    [new Deno.errors.NotConnected(), "closed: connection reset by peer"],
    [new Deno.errors.TimedOut(), "closed: connection timed out"],
    [new Deno.errors.Interrupted(), "closed"],
    [new Deno.errors.BadResource(), "closed"],
    [new Error("No route to host"), "closed: No route to host"],
  ];
  for (const [error, expected] of reasons) {
    const stage = new Stage();
    stage.connection.readOn();
    stage.conn.failReading(error);
    await settled();
    assertEquals([stage.calls, stage.causes], [[expected], ["reset"]]);
  }
});

Deno.test("Connection gives a shared buffer back once its read has ended", async () => {
  const stage = new Stage();
  const { conn, connection, buffers } = stage;
  for (const length of [FIRST_READ, 256, 1_024, 4_096]) {
    connection.readOn();
    await conn.receive("x".repeat(length));
  }
  connection.readOn();
  const shared = conn.reading!.buffer;
  assertEquals(shared.length, SHARED_READ);
  connection.close("shutdown");
  assert(buffers.borrow() !== shared);
  await settled();
  assert(buffers.borrow() === shared);
});

Deno.test("Connection keeps its buffer while a read is pending, however often readOn() is called", async () => {
  // Regression: when a stalled first line was given up, the session called readOn() while the sniffer's read was pending in
  // a shared buffer. The buffer went back to the pool, and the next connection to borrow it got the first one's input.
  const stage = new Stage();
  const { conn, connection, buffers } = stage;
  for (const length of [FIRST_READ, 256, 1_024, 4_096]) {
    connection.readOn();
    await conn.receive("x".repeat(length));
  }
  connection.readOn();
  const shared = conn.reading!.buffer;
  connection.readOn();
  assert(buffers.borrow() !== shared);
  connection.close("shutdown");
  await settled();
});

Deno.test("Connection.readOn() gives a shared buffer back if the next input may take long", async () => {
  const { conn, connection, buffers } = new Stage();
  for (const length of [FIRST_READ, 256, 1_024, 4_096]) {
    connection.readOn();
    await conn.receive("x".repeat(length));
  }
  connection.readOn();
  const shared = conn.reading!.buffer;
  await conn.receive("x".repeat(SHARED_READ));
  connection.readOn(true);
  assertEquals(conn.room, 4_096);
  assert(buffers.borrow() === shared);
  await conn.receive("x".repeat(4_096));
  connection.readOn(true);
  assertEquals(conn.room, 4_096);
});

Deno.test("Connection counts the first cause, and drops the message of a later one", async () => {
  const stage = new Stage();
  stage.connection.readOn();
  stage.send("hello");
  stage.connection.finish("quit");
  stage.conn.failWriting(new Deno.errors.ConnectionReset());
  await settled();
  assertEquals([stage.causes, stage.calls], [["quit"], ["closed"]]);
  const other = new Stage();
  other.connection.close("kicked", "by an operator");
  assertEquals([other.causes, other.calls], [["kicked"], ["closed: by an operator"]]);
});

Deno.test("Connection counts its handler's cause if the client ends the connection or it breaks", async () => {
  for (const closeCause of ["http", undefined] as const) {
    const ended = new Stage();
    ended.closeCause = closeCause;
    ended.connection.readOn();
    await ended.conn.receive(null);
    ended.connection.finish();
    assertEquals(ended.causes, [closeCause ?? "peer"]);
    const broken = new Stage();
    broken.closeCause = closeCause;
    broken.connection.readOn();
    broken.conn.failReading(new Deno.errors.ConnectionReset());
    await settled();
    assertEquals(broken.causes, [closeCause ?? "reset"]);
    const cut = new Stage();
    cut.closeCause = closeCause;
    cut.connection.cut("slow");
    assertEquals(cut.causes, [closeCause ?? "slow"]);
    const closed = new Stage();
    closed.closeCause = closeCause;
    closed.connection.close("refused");
    assertEquals(closed.causes, ["refused"]);
  }
});

Deno.test("Connection.breakOff() logs why, with its cause", () => {
  const stage = new Stage();
  stage.connection.breakOff("TLS on a plain port");
  assertEquals([stage.causes, stage.logged], [["protocol"], ["Closed: TLS on a plain port"]]);
});

// What the client owes

Deno.test("Connection handles no input while the client's budget is overspent", async () => {
  const stage = new Stage();
  for (let i = 0; i < 3; i++) stage.connection.charge(50); // of a burst of 100 ms
  stage.connection.readOn();
  await stage.conn.receive("one");
  assertEquals([stage.calls, stage.waits.length], [[], 1]);
  const [wait = 0] = stage.waits;
  assert(wait > 4_900 && wait < 5_200, `${wait} ms`);
  stage.time.now += wait + 1;
  stage.connection.handleInput();
  assertEquals(stage.calls, ["received one"]);
});

Deno.test("Connection charges at most 50 ms for one turn of work", () => {
  const stage = new Stage();
  stage.connection.charge(60_000);
  stage.connection.charge(40);
  stage.connection.handleInput();
  assertEquals(stage.calls, ["resumed"]);
});

Deno.test("Connection disconnects a client that is a minute behind, or longer if its burst takes longer", () => {
  for (const [options, limit] of [[{}, 60_000], [{ rate: 1, burst: 100 }, 100_000]] as const) {
    const stage = new Stage(options);
    stage.connection.awaitPayment(limit);
    assertEquals([stage.calls, stage.waits], [[], [limit]]);
    stage.time.now += 1;
    stage.connection.awaitPayment(limit);
    assertEquals(stage.calls, ["end flood"]);
    const innocent = new Stage(options);
    innocent.connection.awaitPayment(2 * limit, 0);
    assertEquals([innocent.calls, innocent.waits], [[], [2 * limit]]);
  }
});

Deno.test("Connection pays from the account of the client's address, and not from a trusted proxy's", () => {
  const stage = new Stage({ trustProxy: ["127.0.0.1"] });
  stage.connection.setClient("192.0.2.1");
  stage.connection.setPeer("2001:db8::1", 4712);
  assertEquals(stage.accounts, [undefined, "192.0.2.1", "2001:db8::1"]);
  assertEquals(stage.connection.address, "[2001:db8::1]:4712");
});

Deno.test("Connection closes when its handler throws", async () => {
  const stage = new Stage();
  stage.received = () => {
    throw new Error("a mistake");
  };
  stage.connection.readOn();
  await stage.conn.receive("x");
  assertEquals([stage.calls, stage.closings], [["closed"], 1]);
  assertEquals(stage.causes, ["internal"]);
});

Deno.test("FakeConn throws when it is misused", () => {
  const conn = new FakeConn();
  void conn.read(new Uint8Array(1)).catch(() => {});
  assertThrows(() => void conn.read(new Uint8Array(1)));
  conn.close();
  assertThrows(() => conn.close(), Deno.errors.BadResource);
});
