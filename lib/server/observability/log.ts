/**
 * Log entries: their data, and how they are written. The library itself prints nothing; it passes entries to the logger
 * that the caller supplies. Entries never contain chat messages.
 * @module
 */

import type { CloseCause } from "./counters.ts";
import {
  LOG_KINDS,
  LOG_LEVELS,
  type LogData,
  type LogKind,
  type LogLevel,
  type LogTopic,
} from "./log_kinds.ts";

export { LOG_LEVELS, type LogData, type LogKind, type LogLevel, type LogTopic };

/** What every entry may have. */
export interface LogFields {
  /** The severity. */
  readonly level: LogLevel;
  /** The subject. `--quiet` suppresses `connection`. */
  readonly topic: LogTopic;
  /** The client that the entry is about, `host:port`. */
  readonly address?: string;
  /** The name of the user that the entry is about. */
  readonly user?: string;
  /** The room that the entry is about. */
  readonly room?: string;
  /** Why the connection was closed: the first cause, if one led to another. */
  readonly cause?: CloseCause;
  /** A description for people, in one line. */
  readonly message: string;
}

/** One event of the server, as data: `kind` tells what has happened, and which members there are besides the usual ones. */
export type LogEntry = {
  readonly [Kind in LogKind]: LogFields & { readonly kind: Kind } & LogData[Kind];
}[LogKind];

/** Receives log entries. The server counts and ignores everything that it throws. */
export type Logger = (entry: LogEntry) => void;

/** The entry of an event. */
export function logEntry<Kind extends LogKind>(kind: Kind, data: LogData[Kind]): LogEntry {
  const { level, topic, text } = LOG_KINDS[kind];
  return { level, topic, kind, ...data, message: text(data) } as unknown as LogEntry;
}

/** An entry as one line: `[127.0.0.1:50412] Connected over tcp`. */
export function formatLogEntry({ address, message }: LogEntry): string {
  return address === undefined ? message : `[${address}] ${message}`;
}

/**
 * An entry as one line of JSON, for programs: `ts` (ISO 8601, UTC), `level`, `topic`, `kind`, the members of the entry, and
 * `message`.
 */
export function formatLogEntryAsJson(entry: LogEntry, time: Date): string {
  const { level, topic, kind, address, cause, message, ...rest } = entry;
  const ts = time.toISOString();
  return JSON.stringify({ ts, level, topic, kind, address, cause, ...rest, message });
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
