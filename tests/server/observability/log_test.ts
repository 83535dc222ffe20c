import { assertEquals } from "@std/assert";
import {
  formatLogEntry,
  formatLogEntryAsJson,
  guarded,
  isLogged,
  LOG_LEVELS,
  type LogEntry,
  logEntry,
  type Logger,
} from "../../../lib/server/observability/log.ts";
import { settled } from "../../support/conn.ts";

const ADDRESS = "127.0.0.1:50412";
const ENTRY = logEntry("connected", { address: ADDRESS, transport: "tcp" });

Deno.test("formatLogEntry() begins with the client, if the entry is about one", () => {
  assertEquals(formatLogEntry(ENTRY), "[127.0.0.1:50412] Connected over tcp");
  assertEquals(formatLogEntry(logEntry("stopping", {})), "Shutting down");
});

Deno.test("formatLogEntryAsJson() writes all members in one line", () => {
  const time = new Date(1_795_477_930_467);
  assertEquals(
    formatLogEntryAsJson(ENTRY, time),
    '{"ts":"2026-11-23T23:52:10.467Z","level":"info","topic":"connection","kind":"connected",' +
      '"address":"127.0.0.1:50412","transport":"tcp","message":"Connected over tcp"}',
  );
  const text = formatLogEntryAsJson(logEntry("history_failed", { message: 'a\nb"' }), time);
  assertEquals(text.includes("\n"), false);
  assertEquals(JSON.parse(text), {
    ts: time.toISOString(),
    level: "error",
    topic: "history",
    kind: "history_failed",
    message: 'a\nb"',
  });
});

Deno.test("logEntry() has the data of an entry besides its words", () => {
  assertEquals(
    logEntry("disconnected", { address: ADDRESS, cause: "idle", user: "Alice" }),
    {
      level: "info",
      topic: "connection",
      kind: "disconnected",
      address: ADDRESS,
      cause: "idle",
      user: "Alice",
      message: "Disconnected: idle timeout",
    },
  );
  const flood = logEntry("log_flood_over", { topic: "slow", count: 7 });
  assertEquals(flood.topic, "slow");
  assertEquals(formatLogEntry(flood), "Log entries left out (slow): 7");
});

Deno.test("isLogged() accepts the minimum level and the levels above", () => {
  const taken = (least: LogEntry["level"]) => LOG_LEVELS.filter((level) => isLogged(level, least));
  assertEquals(taken("info"), ["info", "warn", "error"]);
  assertEquals(taken("warn"), ["warn", "error"]);
  assertEquals(taken("error"), ["error"]);
});

Deno.test("guarded() passes entries on", () => {
  const log: LogEntry[] = [];
  guarded((entry) => log.push(entry), () => {})(ENTRY);
  assertEquals(log, [ENTRY]);
  guarded(undefined, () => {})(ENTRY);
});

Deno.test("guarded() never throws, and reports each lost entry", async () => {
  let failed = 0;
  const loggers: Logger[] = [
    () => {
      throw new Error("Disk full");
    },
    () => Promise.reject(new Error("Disk full")),
    () => Promise.resolve(),
  ];
  for (const log of loggers) guarded(log, () => failed++)(ENTRY);
  await settled();
  assertEquals(failed, 2);
});
