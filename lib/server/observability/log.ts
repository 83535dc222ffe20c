/**
 * Log entries: their data, and how they are written. The library itself prints nothing; it passes entries to the logger
 * that the caller supplies. Entries never contain chat messages.
 * @module
 */

import type { CloseCause } from "./counters.ts";

/** The levels, the least severe first. */
export const LOG_LEVELS: readonly LogLevel[] = ["info", "warn", "error"];

/** The severity of an entry: a `warn` is worth knowing, an `error` needs attention. */
export type LogLevel = "info" | "warn" | "error";

/** One event of the server, as data. */
export interface LogEntry {
  /** The severity. */
  readonly level: LogLevel;
  /** The subject. `--quiet` suppresses `connection`. */
  readonly topic:
    | "connection"
    | "slow"
    | "server"
    | "protocol"
    | "history"
    | "operator"
    | "auth"
    | "cluster";
  /** The client that the entry is about, `host:port`. */
  readonly address?: string;
  /** Why the connection was closed: the first cause, if one led to another. */
  readonly cause?: CloseCause;
  /** A description for people, in one line. */
  readonly message: string;
}

/** Receives log entries. The server counts and ignores everything that it throws. */
export type Logger = (entry: LogEntry) => void;

/** An entry as one line: `[127.0.0.1:50412] Connected over tcp`. */
export function formatLogEntry({ address, message }: LogEntry): string {
  return address === undefined ? message : `[${address}] ${message}`;
}

/**
 * An entry as one line of JSON, for programs: `ts` (ISO 8601, UTC), `level`, `topic`, `address` if it is about a client,
 * `cause` if a connection was closed, and `message`.
 */
export function formatLogEntryAsJson(
  { level, topic, address, cause, message }: LogEntry,
  time: Date,
): string {
  return JSON.stringify({ ts: time.toISOString(), level, topic, address, cause, message });
}

/** Whether entries of `level` are logged when `least` is the minimum level. */
export function isLogged(level: LogLevel, least: LogLevel): boolean {
  return LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(least);
}

/**
 * Wraps a logger so that it never throws: the server logs in the middle of operations that must be completed. `failed` is
 * called each time that the logger throws, or returns a promise that is rejected.
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
