import { assertEquals } from "@std/assert";
import { KeepAlive } from "../../../lib/server/session/keep_alive.ts";

const OPTIONS = { idleTimeout: 30, heartbeat: 10, pongTimeout: 5 };

Deno.test("KeepAlive pings a silent client once, and misses its pong after the pong timeout", () => {
  const keepAlive = new KeepAlive(OPTIONS);
  assertEquals(keepAlive.check(9_999, 0, undefined), undefined);
  assertEquals(keepAlive.check(10_000, 0, undefined), "ping");
  assertEquals(keepAlive.check(14_999, 0, undefined), undefined);
  assertEquals(keepAlive.check(15_000, 0, undefined), "unanswered");
});

Deno.test("KeepAlive takes any input for a pong", () => {
  const keepAlive = new KeepAlive(OPTIONS);
  assertEquals(keepAlive.check(10_000, 0, undefined), "ping");
  keepAlive.received();
  assertEquals(keepAlive.check(15_000, 12_000, undefined), undefined);
  assertEquals(keepAlive.check(22_000, 12_000, undefined), "ping");
});

Deno.test("KeepAlive does not expect a pong while the ping is stuck behind a stalled write", () => {
  const keepAlive = new KeepAlive(OPTIONS);
  assertEquals(keepAlive.check(10_000, 0, 9_000), "ping");
  assertEquals(keepAlive.check(20_000, 0, 9_000), undefined);
  assertEquals(keepAlive.check(20_000, 0, 11_000), "unanswered");
});

Deno.test("KeepAlive.reset() forgets a pending ping", () => {
  const keepAlive = new KeepAlive(OPTIONS);
  keepAlive.check(10_000, 0, undefined);
  keepAlive.reset();
  assertEquals(keepAlive.check(15_000, 10_000, undefined), undefined);
  assertEquals(keepAlive.ponged(15_000), undefined);
});

Deno.test("KeepAlive.ponged() returns the round trip of a ping, and nothing for unsolicited pongs", () => {
  const keepAlive = new KeepAlive(OPTIONS);
  assertEquals(keepAlive.ponged(5), undefined);
  keepAlive.check(10_000, 0, undefined);
  assertEquals(keepAlive.ponged(10_040), 40);
  assertEquals(keepAlive.ponged(10_050), undefined);
});

Deno.test("KeepAlive disconnects idle clients, and 0 turns a limit off", () => {
  assertEquals(new KeepAlive({ ...OPTIONS, idleTimeout: 8 }).check(8_000, 0, undefined), "idle");
  const silent = new KeepAlive({ ...OPTIONS, heartbeat: 0 });
  assertEquals(silent.check(29_999, 0, undefined), undefined);
  assertEquals(silent.check(30_000, 0, undefined), "idle");
  const patient = new KeepAlive({ ...OPTIONS, idleTimeout: 0, heartbeat: 0 });
  assertEquals(patient.check(1e9, 0, undefined), undefined);
});
