import { assert, assertEquals } from "@std/assert";
import { FakeClock } from "../../support/clock.ts";
import * as connection from "../../../static/src/net/connection.ts";

/** A WebSocket that the test controls. */
class FakeSocket {
  readyState = 0;
  protocol = "";
  sent: string[] = [];
  closed = false;
  onopen = () => {};
  onclose = () => {};
  onmessage: (event: { data: string }) => void = () => {};

  constructor(readonly url: string, readonly offered: string | undefined) {}

  opens(protocol = this.offered ?? ""): void {
    this.readyState = 1;
    this.protocol = protocol;
    this.onopen();
  }

  says(data: string): void {
    this.onmessage({ data });
  }

  dies(): void {
    this.readyState = 3;
    this.onclose();
  }

  send(text: string): void {
    this.sent.push(text);
  }

  close(): void {
    this.closed = true;
  }
}

function setUp() {
  const clock = new FakeClock();
  const sockets: FakeSocket[] = [];
  const states: string[] = [];
  const frames: unknown[] = [];
  let chance = 0.5;
  const it = connection.createConnection({
    subprotocol: "p",
    clock,
    random: () => chance,
    onState: (state) => states.push(state),
    onFrame: (data) => frames.push(data),
    createSocket: (url, offered) => {
      const socket = new FakeSocket(url, offered);
      sockets.push(socket);
      return socket as unknown as WebSocket;
    },
  });
  return {
    it,
    clock,
    sockets,
    states,
    frames,
    get last() {
      return sockets.at(-1)!;
    },
    /** Opens a connection and receives the first frame. */
    open() {
      if (it.state === "idle") it.open("ws://here/");
      sockets.at(-1)!.opens();
      sockets.at(-1)!.says("hello");
    },
    chance(value: number) {
      chance = value;
    },
  };
}

Deno.test("backoff() returns a random time up to a bound that doubles until its own limit", () => {
  const bounds = Array.from({ length: 9 }, (_, attempt) => connection.backoff(attempt, () => 1));
  assertEquals(bounds, [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  assertEquals(connection.backoff(8, () => 0), 0);
  assertEquals(connection.backoff(2_000, () => 0.5), 15_000);
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
  assertEquals([test.it.send("now"), test.last.sent], [true, ["now"]]);
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
  assert(test.last.closed, "The socket is closed");
  test.last.dies();
  test.clock.advance(100_000);
  assertEquals([test.it.state, test.sockets.length, test.clock.pending], ["closed", 1, 0]);
  test.it.retry();
  test.open();
  assertEquals(test.it.state, "open");
});

Deno.test("Connection.stayClosed() prevents a reconnect after the server closed the connection", () => {
  const test = setUp();
  test.open();
  test.it.stayClosed();
  test.last.dies();
  test.clock.advance(100_000);
  assertEquals([test.it.state, test.clock.pending], ["closed", 0]);
});

Deno.test("Connection is lost if the server does not answer a request in time", () => {
  const test = setUp();
  test.open();
  test.it.send("one");
  test.clock.advance(9_999);
  test.last.says("something");
  test.clock.advance(60_000);
  assertEquals(test.it.state, "open", "Silence alone is no sign of death");
  test.it.send("two");
  const dead = test.last;
  test.clock.advance(10_000);
  assertEquals([test.it.state, dead.closed], ["waiting", true]);
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
  assertEquals([old.it.state, old.last.closed], ["incompatible", true]);
  old.it.retry();
  old.open();
  assertEquals(old.it.state, "open");

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
