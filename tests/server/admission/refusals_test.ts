import { assertEquals } from "@std/assert";
import { Counters } from "../../../lib/server/observability/counters.ts";
import { LogBurst } from "../../../lib/server/observability/log_burst.ts";
import { formatLogEntry } from "../../../lib/server/observability/log.ts";
import { RefusalLog } from "../../../lib/server/admission/refusals.ts";

Deno.test("LogBurst reports its beginning and its end once each", () => {
  const burst = new LogBurst();
  assertEquals(burst.over(0), undefined);
  assertEquals([burst.again(0), burst.again(900), burst.again(1_800)], [true, false, false]);
  assertEquals([burst.over(2_799), burst.over(2_800), burst.over(9_999)], [
    undefined,
    3,
    undefined,
  ]);
  assertEquals([burst.again(10_000), burst.over(11_000)], [true, 1]);
});

Deno.test("RefusalLog counts every refusal, and logs when refusals begin and end", () => {
  const counters = new Counters();
  const log: string[] = [];
  const refusals = new RefusalLog(counters, (entry) => log.push(formatLogEntry(entry)));
  for (let i = 0; i < 500; i++) refusals.add("server_full", `192.0.2.1:${i}`, i);
  refusals.add("origin", "192.0.2.2:1", 400, "pages from http://evil.example");
  refusals.tick(1_000);
  assertEquals(log, [
    "[192.0.2.1:0] Refusing connections: the server is full",
    "[192.0.2.2:1] Refusing connections: pages from http://evil.example",
  ]);
  log.length = 0;
  refusals.tick(1_400);
  refusals.tick(1_499);
  refusals.tick(10_000);
  assertEquals(log, [
    "Connections refused: 1, pages from another origin",
    "Connections refused: 500, the server is full",
  ]);
  assertEquals(counters.refused, {
    draining: 0,
    banned: 0,
    lockdown: 0,
    server_full: 500,
    per_ip: 0,
    connect_rate: 0,
    origin: 1,
    host: 0,
  });
});
