import { assertEquals } from "@std/assert";
import type { Member } from "../../../lib/chat/member.ts";
import { formatLogEntry } from "../../../lib/server/observability/log.ts";
import { SLOW_CALM, SlowClients } from "../../../lib/server/observability/slow_clients.ts";

function stage() {
  const log: string[] = [];
  const time = { now: 0 };
  const slow = new SlowClients((entry) => void log.push(formatLogEntry(entry)), () => time.now);
  const member = { origin: "192.0.2.1:1", memberships: [{}] } as unknown as Member & {
    memberships: unknown[];
  };
  const pass = (ms: number) => {
    time.now += ms;
    slow.tick(time.now);
  };
  return { log, slow, member, pass };
}

/** There were 1,100 lines a second. */
Deno.test("SlowClients reports a client that recovers and falls behind repeatedly as slow once", () => {
  const { log, slow, member, pass } = stage();
  for (let i = 0; i < 500; i++) {
    for (let dropped = 10; dropped <= 100; dropped += 10) slow.slow(member, dropped);
    pass(10);
    slow.recovered(member, 107);
    pass(SLOW_CALM - 1);
  }
  assertEquals(log, ["[192.0.2.1:1] Slow client, dropped 10 messages"]);
  pass(1);
  assertEquals(log.slice(1), ["[192.0.2.1:1] Recovered, dropped 53500 messages"]);
  slow.slow(member, 10);
  assertEquals(log.length, 3);
});

Deno.test("SlowClients does not report a few lost messages", () => {
  const { log, slow, member, pass } = stage();
  slow.recovered(member, 9);
  pass(60_000);
  assertEquals(log, []);
});

Deno.test("SlowClients forgets a client that has left", () => {
  const { log, slow, member, pass } = stage();
  slow.slow(member, 10);
  slow.recovered(member, 10);
  member.memberships = [];
  pass(60_000);
  assertEquals(log.length, 1);
});
