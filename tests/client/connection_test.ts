import { assert, assertEquals, assertThrows } from "@std/assert";
import { backoff, Connection } from "../../lib/client/connection.ts";
import { FakeNet } from "./fakes.ts";

function setUp() {
  const net = new FakeNet();
  const states: string[] = [];
  const frames: unknown[] = [];
  const it = new Connection({
    environment: net.environment,
    subprotocol: "p",
    onState: (state) => states.push(state),
    onFrame: (data) => frames.push(data),
  });
  return {
    it,
    net,
    clock: net.clock,
    sockets: net.sockets,
    states,
    frames,
    get last() {
      return net.socket;
    },
    /** Opens a connection and receives the first frame. */
    open() {
      if (it.state === "idle") it.open("ws://here/");
      net.socket.opens();
      net.socket.says("hello");
    },
  };
}

Deno.test("backoff() returns a random time up to a bound that doubles until its own limit", () => {
  const bounds = Array.from({ length: 9 }, (_, attempt) => backoff(attempt, () => 1));
  assertEquals(bounds, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  assertEquals(backoff(8, () => 0), 0);
  assertEquals(backoff(2_000, () => 0.5), 15_000);
});

Deno.test("Connection is open when the server has sent a frame", () => {
  const test = setUp();
  test.it.open("ws://here/");
  assertEquals([test.last.url, test.last.offered], ["ws://here/", "p"]);
  assertEquals(test.it.send("too early"), false);
  test.last.opens();
  assertEquals(test.states, ["connecting"]);
  test.last.says("hello");
  assertEquals([test.states, test.frames], [["connecting", "open"], ["hello"]]);
  assertEquals([test.it.send('"now"'), test.last.sent], [true, ["now"]]);
});

Deno.test("Connection reconnects after a wait that grows until a connection was stable", () => {
  const test = setUp();
  test.open();
  const waits: number[] = [];
  for (let turn = 0; turn < 4; turn++) {
    const before = test.clock.now();
    const count = test.sockets.length;
    test.last.dies();
    assertEquals(test.it.state, "waiting");
    while (test.sockets.length === count) test.clock.advance(1);
    waits.push(test.clock.now() - before);
  }
  assertEquals(waits, [250, 500, 1_000, 2_000]);
  test.open();
  test.clock.advance(5_000);
  test.last.dies();
  test.clock.advance(250);
  assertEquals(test.it.state, "connecting");
});

Deno.test("Connection keeps backing off if the server closes every connection at once", () => {
  const test = setUp();
  test.open();
  for (let turn = 0; turn < 8; turn++) {
    test.last.dies();
    test.clock.advance(15_000);
    test.open();
  }
  test.last.dies();
  test.clock.advance(14_999);
  assertEquals(test.it.state, "waiting");
});

Deno.test("Connection reconnects after the time that the server announced", () => {
  const test = setUp();
  test.open();
  test.it.setReconnect({ after: 1_000, spread: 5_000 });
  test.last.dies();
  test.clock.advance(3_499);
  assertEquals(test.it.state, "waiting");
  test.clock.advance(1);
  assertEquals(test.it.state, "connecting");
});

Deno.test("Connection.retry() reconnects at once", () => {
  const test = setUp();
  test.open();
  test.last.dies();
  test.it.retry();
  assertEquals(test.it.state, "connecting");
  const count = test.sockets.length;
  test.it.retry();
  test.clock.advance(9_000);
  assertEquals(test.sockets.length, count, "One attempt at a time");
});

Deno.test("Connection.close() prevents reconnects until retry()", () => {
  const test = setUp();
  test.open();
  test.it.close();
  assert(test.last.isClosed, "The socket is closed");
  test.last.dies();
  test.clock.advance(100_000);
  assertEquals([test.it.state, test.sockets.length, test.clock.pending], ["closed", 1, 0]);
  test.it.retry();
  test.open();
  assertEquals(test.it.state, "open");
});

Deno.test("Connection is lost if the server does not answer a request in time", () => {
  const test = setUp();
  test.open();
  test.it.send("1");
  test.clock.advance(9_999);
  test.last.says("something");
  test.clock.advance(60_000);
  assertEquals(test.it.state, "open", "Silence alone is no sign of death");
  test.it.send("2");
  const dead = test.last;
  test.clock.advance(10_000);
  assertEquals([test.it.state, dead.isClosed], ["waiting", true]);
  dead.says("too late");
  assertEquals(test.frames, ["hello", "something"]);
});

Deno.test("Connection gives up an attempt that takes too long", () => {
  const test = setUp();
  test.open();
  test.last.dies();
  test.it.retry();
  test.clock.advance(10_000);
  assertEquals(test.it.state, "waiting");
});

Deno.test("Connection distinguishes an incompatible server from an unreachable one", () => {
  const old = setUp();
  old.it.open("ws://here/");
  old.last.dies();
  assertEquals(old.last.offered, undefined, "The second attempt offers no subprotocol");
  old.last.opens();
  assertEquals([old.it.state, old.last.offered], ["connecting", "p"], "The third offers it again");
  old.last.dies();
  assertEquals([old.it.state, old.last.isClosed, old.clock.pending], ["incompatible", true, 0]);
  old.it.retry();
  old.open();
  assertEquals(old.it.state, "open");

  const late = setUp();
  late.it.open("ws://here/");
  late.last.dies();
  late.open(); // The server has come up.
  late.open();
  assertEquals(late.it.state, "open");

  const away = setUp();
  away.it.open("ws://here/");
  away.last.dies();
  away.last.dies();
  assertEquals(away.it.state, "waiting");
  away.clock.advance(250);
  assertEquals(away.last.offered, "p");
});

Deno.test("Connection refuses a server that selects no subprotocol", () => {
  const test = setUp();
  test.it.open("ws://here/");
  test.last.opens("");
  assertEquals(test.it.state, "incompatible");
});

Deno.test("Connection backs off although a server asks to be back at once", () => {
  const test = setUp();
  test.open();
  const waits: number[] = [];
  for (let turn = 0; turn < 3; turn++) {
    test.it.setReconnect({ after: 0, spread: 0 });
    const before = test.clock.now(), { length } = test.sockets;
    test.last.dies();
    while (test.sockets.length === length) test.clock.advance(1);
    waits.push(test.clock.now() - before);
    test.open();
  }
  assertEquals(waits, [250, 500, 1_000]);
});

Deno.test("Connection waits no longer than ten minutes, whatever a server asks", () => {
  for (const after of [1e308, 1e12, 600_001]) {
    const test = setUp();
    test.open();
    test.it.setReconnect({ after, spread: 0 });
    test.last.dies();
    test.clock.advance(599_999);
    assertEquals(test.it.state, "waiting");
    test.clock.advance(1);
    assertEquals(test.it.state, "connecting");
  }
  const past = setUp();
  past.open();
  past.it.setReconnect({ after: -1e9, spread: -5 });
  past.last.dies();
  past.clock.advance(249);
  assertEquals(past.it.state, "waiting");
});

Deno.test("Connection.open() throws if the address cannot be used", () => {
  const test = setUp();
  test.net.failure = new SyntaxError("no address");
  assertThrows(() => test.it.open("nonsense"), SyntaxError, "no address");
  assertEquals([test.it.state, test.clock.pending], ["closed", 0]);
});

Deno.test("Connection goes on trying if the runtime refuses a socket later", () => {
  const test = setUp();
  test.open();
  test.last.dies();
  test.net.failure = new Error("out of memory");
  for (let turn = 0; turn < 5; turn++) test.clock.advance(30_000);
  assertEquals([test.it.state, test.sockets.length], ["waiting", 1]);
  test.net.failure = undefined;
  test.clock.advance(30_000);
  assertEquals(test.sockets.length > 1, true);
});

Deno.test("Connection stays closed if the listener of its states closes it", () => {
  const net = new FakeNet();
  const it: Connection = new Connection({
    environment: net.environment,
    subprotocol: "p",
    onState: (state) => state === "connecting" && it.close(),
    onFrame() {},
  });
  it.open("ws://here/");
  assertEquals([it.state, net.sockets.length, net.clock.pending], ["closed", 0, 0]);
});
