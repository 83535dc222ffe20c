import { assert, assertEquals } from "@std/assert";
import { Counters } from "../../../lib/server/observability/counters.ts";
import { type LogEntry, logEntry } from "../../../lib/server/observability/log.ts";
import { LOG_BURST, LOG_RATE, LogLimiter } from "../../../lib/server/observability/log_limiter.ts";

function stage() {
  const written: LogEntry[] = [];
  const counters = new Counters();
  const time = { now: 0 };
  const limiter = new LogLimiter({
    log: (entry) => void written.push(entry),
    counters,
    now: () => time.now,
  });
  const flood = (count: number, entry: LogEntry) => {
    for (let i = 0; i < count; i++) limiter.log(entry);
  };
  return { written, counters, time, limiter, flood };
}

const CLOSED = logEntry("broken_off", {
  address: "192.0.2.1:1",
  cause: "protocol",
  reason: "TLS on a plain port",
});

Deno.test("LogLimiter.log() leaves out entries over the limit, and logs when that begins and ends", () => {
  const { written, counters, time, limiter, flood } = stage();
  flood(5_000, CLOSED);
  assertEquals(written.length, LOG_BURST + 1);
  assertEquals(written.at(-1)!.message, "Too many log entries (protocol), leaving some out");
  assertEquals(counters.logSuppressed, 4_000);
  time.now = 9_999;
  limiter.tick(time.now);
  assertEquals(written.length, LOG_BURST + 1);
  time.now = 10_000;
  limiter.tick(time.now);
  assertEquals(written.at(-1)!.message, "Log entries left out (protocol): 4000");
  limiter.tick(60_000);
  assertEquals(written.length, LOG_BURST + 2);
});

Deno.test("LogLimiter.log() passes a steady flood at the sustained rate, and reports it once", () => {
  const { written, time, limiter, flood } = stage();
  flood(LOG_BURST, CLOSED);
  written.length = 0;
  for (let second = 1; second <= 60; second++) {
    time.now = second * 1_000;
    flood(1_000, CLOSED);
    limiter.tick(time.now);
  }
  assertEquals(written.length, 60 * LOG_RATE + 1);
  assertEquals(written.filter(({ level }) => level === "warn").length, 1);
});

Deno.test("LogLimiter.log() limits each kind of entry separately", () => {
  const { written, flood } = stage();
  flood(5_000, CLOSED);
  written.length = 0;
  const others: LogEntry[] = [
    { ...CLOSED, topic: "connection" },
    { ...CLOSED, level: "error" },
    { ...CLOSED, topic: "operator" },
    { ...logEntry("stopping", {}), topic: "protocol" },
  ];
  for (const entry of others) flood(1, entry);
  assertEquals(written, others);
});

Deno.test("LogLimiter.log() truncates long messages", () => {
  const { written, flood } = stage();
  flood(1, { ...CLOSED, message: "x".repeat(100_000) });
  assertEquals(written[0]!.message, `${"x".repeat(4_096)}…`);
});

Deno.test("LogLimiter.close() reports how many entries were left out", () => {
  const { written, limiter, flood } = stage();
  flood(LOG_BURST + 7, CLOSED);
  limiter.close();
  assert(written.at(-1)!.message.endsWith(": 7"));
});
