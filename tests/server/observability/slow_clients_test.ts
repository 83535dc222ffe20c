import { assertEquals } from "@std/assert";
import { formatLogEntry } from "../../../lib/server/observability/log.ts";
import { SLOW_CALM, SlowClients } from "../../../lib/server/observability/slow_clients.ts";

function stage() {
  const log: string[] = [];
  const time = { now: 0 };
  const slow = new SlowClients((entry) => void log.push(formatLogEntry(entry)), () => time.now);
  const client = { address: "192.0.2.1:1", left: false };
  const pass = (ms: number) => {
    time.now += ms;
    slow.tick(time.now);
  };
  return { log, slow, client, pass };
}

/** Such a client once caused 1,100 log lines a second. */
Deno.test("SlowClients reports a client that recovers and falls behind repeatedly as slow once", () => {
  const { log, slow, client, pass } = stage();
  for (let i = 0; i < 500; i++) {
    for (let dropped = 10; dropped <= 100; dropped += 10) slow.slow(client, dropped);
    pass(10);
    slow.recovered(client, 107);
    pass(SLOW_CALM - 1);
  }
  assertEquals(log, ["[192.0.2.1:1] Slow client, dropped 10 messages"]);
  pass(1);
  assertEquals(log.slice(1), ["[192.0.2.1:1] Recovered, dropped 53500 messages"]);
  slow.slow(client, 10);
  assertEquals(log.length, 3);
});

Deno.test("SlowClients does not report a few lost messages", () => {
  const { log, slow, client, pass } = stage();
  slow.recovered(client, 9);
  pass(60_000);
  assertEquals(log, []);
});

Deno.test("SlowClients forgets a client that has left", () => {
  const { log, slow, client, pass } = stage();
  slow.slow(client, 10);
  slow.recovered(client, 10);
  client.left = true;
  pass(60_000);
  assertEquals(log.length, 1);
});
