import { assert, assertEquals } from "@std/assert";
import { Rate } from "../../../lib/limits/token_bucket.ts";
import { LINES } from "../../../lib/server/session/transport.ts";
import { frame, PING, PONG, TEXT } from "../../protocol/client_frames.ts";
import { utf8 } from "../../protocol/reading.ts";
import { settled } from "../../support/conn.ts";
import { Stage } from "./stage.ts";

/** A short frame as the server writes it, in Latin-1. */
function serverFrame(opcode: number, payload = ""): string {
  return String.fromCharCode(0x80 | opcode, payload.length) + payload;
}

const CLOSE = 0x8;
const closePayload = (code: number, reason = "") =>
  String.fromCharCode(code >> 8, code & 0xff) + reason;

/**
 * Regression: a member is remembered for as long as it may be back, with the connection behind it, and with everything that
 * was still to be written. A hundred clients that requested pages, read none and left kept 219 MB for 15 s.
 */
Deno.test("ChatSession keeps nothing that it could not write", async () => {
  const stage = new Stage({ transport: LINES });
  stage.session.received(utf8("/name Alice\n"));
  await settled();
  stage.session.received(utf8("/help\n/help\n"));
  await settled();
  const [alice] = stage.hub.find("Alice")!.members;
  assert(stage.connection.stalledSince !== undefined);
  stage.connection.close("shutdown");
  assertEquals(stage.connection.stalledSince, undefined);
  assertEquals(alice?.recipient.take(), undefined);
});

/** Regression: while the server was busy for longer than a pong may take, clients that had answered were disconnected. */
Deno.test("ChatSession takes input that waits to be handled for a sign of life", async () => {
  const stage = new Stage();
  stage.isBusy = true;
  stage.passTime(10_000);
  assertEquals(await stage.written(), serverFrame(PING));
  await stage.receive(frame(PONG));
  stage.passTime(5_000);
  stage.passTime(20_000);
  assertEquals([stage.causes, stage.conn.writing, stage.added.length], [[], undefined, 1]);
});

Deno.test("ChatSession closes a WebSocket whose ping goes unanswered", async () => {
  const stage = new Stage();
  stage.passTime(10_000);
  assertEquals(await stage.written(), serverFrame(PING));
  stage.passTime(5_000);
  const reason = "Ping was not answered";
  assertEquals(await stage.written(), serverFrame(CLOSE, closePayload(1011, reason)));
  assertEquals(stage.logged.at(-1), `Closed with 1011: ${reason}`);
  await stage.conn.receive(null);
  assertEquals([stage.causes, stage.logged.at(-1)], [["pong"], "Disconnected: ping timeout"]);
});

Deno.test("ChatSession answers pings, and measures the round trip of its own", async () => {
  const stage = new Stage();
  stage.passTime(10_000);
  assertEquals(await stage.written(), serverFrame(PING));
  stage.time.now += 40;
  await stage.receive(frame(PONG));
  await stage.receive(frame(PING, "abc"));
  assertEquals(await stage.written(), serverFrame(PONG, "abc"));
  assertEquals(stage.counters.roundTrips.count, 1);
});

Deno.test("ChatSession.end() awaits the peer's close frame for two seconds, and ignores its messages", async () => {
  for (const isAnswered of [true, false]) {
    const stage = new Stage();
    stage.session.end("kicked", "Kicked");
    const written = await stage.written();
    assert(written.endsWith(serverFrame(CLOSE, closePayload(1008, "kicked"))), written);
    assertEquals(stage.hub.statistics().activeConnections, 0);
    await stage.receive(frame(TEXT, "/name Alice"));
    assertEquals(stage.counters.receivedMessages, 0);
    stage.passTime(1_999);
    assertEquals(stage.conn.writeClosed, false);
    if (isAnswered) await stage.receive(frame(CLOSE, closePayload(1000)));
    else stage.passTime(1);
    assertEquals(stage.conn.writeClosed, true);
    stage.passTime(500);
    await settled();
    assertEquals([stage.causes, stage.logged.at(-1)], [["kicked"], "Disconnected: kicked"]);
  }
});

Deno.test("ChatSession keeps the cause of a disconnect, however the connection ends", async () => {
  const stage = new Stage();
  stage.session.end("idle");
  await stage.written();
  stage.conn.failReading(new Deno.errors.ConnectionReset());
  await settled();
  assertEquals([stage.causes, stage.logged.at(-1)], [["idle"], "Disconnected: idle timeout"]);
});

Deno.test("ChatSession splits a message of several lines, but not in echo mode", async () => {
  for (const [echo, expected] of [[false, 3], [true, 1]] as const) {
    const stage = new Stage({ echo });
    await stage.receive(frame(TEXT, "a\nb\nc"));
    assertEquals(stage.counters.receivedMessages, expected);
  }
});

Deno.test("ChatSession handles messages at their rate, and tells the client once", async () => {
  const stage = new Stage({ transport: LINES, rate: new Rate(10, 2) });
  await stage.receive(utf8("a\nb\nc\nd\n"));
  assertEquals([stage.counters.receivedMessages, stage.waits], [2, [100]]);
  stage.time.now = 100;
  stage.connection.handleInput();
  assertEquals([stage.counters.receivedMessages, stage.waits], [3, [100, 100]]);
  assertEquals(stage.counters.throttled, 1);
});
