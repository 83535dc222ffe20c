/**
 * What the server tells its operator. The library prints nothing: it hands entries to the function it was given. What is
 * said in the chat is in none of them.
 * @module
 */

import type { CloseCause } from "./counters.ts";

/** The levels, from what is usual to what needs somebody. */
export const LOG_LEVELS: readonly LogLevel[] = ["info", "warn", "error"];

/** How much an entry matters: `warn` is what somebody should know, `error` what somebody has to see to. */
export type LogLevel = "info" | "warn" | "error";

/** What happened, as data. */
export interface LogEntry {
  /** How much it matters. */
  readonly level: LogLevel;
  /** What it is about; `connection` is what `--quiet` leaves out. */
  readonly topic: "connection" | "slow" | "server" | "protocol" | "history" | "operator";
  /** The client it is about, `host:port`. */
  readonly address?: string;
  /** Why the connection ended, if it did. The first cause, if one led to another. */
  readonly cause?: CloseCause;
  /** What happened, in one line for people. */
  readonly message: string;
}

/** Takes an entry. What it throws is lost, and does the server no harm. */
export type Logger = (entry: LogEntry) => void;

/** An entry as one line: `[127.0.0.1:50412] Connected over tcp`. */
export function formatLogEntry({ address, message }: LogEntry): string {
  return address === undefined ? message : `[${address}] ${message}`;
}

/**
 * An entry as one line of JSON, for programs: `ts` (ISO 8601, UTC), `level`, `topic`, `address` if it is about a client,
 * `cause` if a connection ended, and `message`.
 */
export function formatLogEntryAsJson(
  { level, topic, address, cause, message }: LogEntry,
  time: Date,
): string {
  return JSON.stringify({ ts: time.toISOString(), level, topic, address, cause, message });
}

/** Whether an entry of this level is to be seen where those from `least` on are. */
export function isLogged(level: LogLevel, least: LogLevel): boolean {
  return LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(least);
}

/**
 * A logger that never throws. The server logs in the middle of things that must be done to their end, and somebody
 * else's function may fail in its own ways, also in those of one that is `async`: each time, `failed` is called.
 */
export function guarded(log: Logger | undefined, failed: () => void): Logger {
  if (log === undefined) return () => {};
  return (entry) => {
    try {
      const result: unknown = log(entry);
      if (result instanceof Promise) result.catch(failed);
    } catch {
      failed();
    }
  };
}
