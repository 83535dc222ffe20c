import { assertEquals } from "@std/assert";
import {
  formatLogEntry,
  formatLogEntryAsJson,
  guarded,
  isLogged,
  LOG_LEVELS,
  type LogEntry,
  type Logger,
} from "../../../lib/server/observability/log.ts";
import { settled } from "../../support/conn.ts";

const ENTRY: LogEntry = { level: "info", topic: "connection", message: "Connected over tcp" };

Deno.test("formatLogEntry() begins with the client, if the entry is about one", () => {
  assertEquals(formatLogEntry(ENTRY), "Connected over tcp");
  assertEquals(
    formatLogEntry({ ...ENTRY, address: "127.0.0.1:50412" }),
    "[127.0.0.1:50412] Connected over tcp",
  );
});

Deno.test("formatLogEntryAsJson() writes all members in one line", () => {
  const time = new Date(1_795_477_930_467);
  assertEquals(
    formatLogEntryAsJson({ ...ENTRY, address: "127.0.0.1:50412" }, time),
    '{"ts":"2026-11-23T23:52:10.467Z","level":"info","topic":"connection",' +
      '"address":"127.0.0.1:50412","message":"Connected over tcp"}',
  );
  const text = formatLogEntryAsJson({ ...ENTRY, level: "error", message: 'a\nb"' }, time);
  assertEquals(text.includes("\n"), false);
  assertEquals(JSON.parse(text), {
    ts: time.toISOString(),
    level: "error",
    topic: "connection",
    message: 'a\nb"',
  });
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
