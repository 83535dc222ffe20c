/**
 * Limits the rate of log entries, however many clients misbehave at once.
 *
 * Each kind of entry has its own limit, so that a flood of one kind does not hide another. The log reports when entries are
 * first left out, and how many were left out when the flood is over.
 * @module
 */
import { Rate, TokenBucket } from "../../limits/token_bucket.ts";
import { LogBurst } from "./log_burst.ts";
import type { Counters } from "./counters.ts";
import { type LogEntry, logEntry, type Logger } from "./log.ts";

/** Burst limit for entries of one kind: as many as a restart of a server with 1,000 clients causes. */
export const LOG_BURST = 1_000;

/** Sustained limit for entries of one kind, per second: at most 80 MB a day. */
export const LOG_RATE = 10;

/** A flood is over after this long without an entry left out, in ms. */
const FLOOD_CALM = 10_000;

/** The longest message, in characters: a stack trace of usual depth. */
const MAX_MESSAGE = 4_096;

interface Kind {
  readonly bucket: TokenBucket;
  readonly flood: LogBurst;
  readonly topic: LogEntry["topic"];
}

export interface LogLimiterOptions {
  readonly log: Logger;
  readonly counters: Counters;
  /** The time in ms, monotonic. */
  readonly now: () => number;
}

export class LogLimiter {
  readonly #options: LogLimiterOptions;
  readonly #rate = new Rate(LOG_RATE, LOG_BURST);
  readonly #kinds = new Map<string, Kind>();

  constructor(options: LogLimiterOptions) {
    this.#options = options;
  }

  /** Logs an entry unless its kind is over the limit. */
  log(entry: LogEntry): void {
    const { log, now, counters } = this.#options;
    const { bucket, flood, topic } = this.#kindOf(entry);
    const time = now();
    if (bucket.take(time)) return log(shortened(entry));
    counters.logSuppressed++;
    if (!flood.again(time)) return;
    log(logEntry("log_flood", { topic }));
  }

  tick(now: number): void {
    for (const kind of this.#kinds.values()) this.#reportEnd(kind, now);
  }

  /** Reports the floods that have not ended. */
  close(): void {
    this.tick(Infinity);
  }

  /** Entries about one client and entries about the server are different kinds. */
  #kindOf({ topic, level, address }: LogEntry): Kind {
    const key = `${topic} ${level} ${address === undefined}`;
    let kind = this.#kinds.get(key);
    if (kind === undefined) {
      kind = { bucket: new TokenBucket(this.#rate), flood: new LogBurst(FLOOD_CALM), topic };
      this.#kinds.set(key, kind);
    }
    return kind;
  }

  #reportEnd({ flood, topic }: Kind, now: number): void {
    const count = flood.over(now);
    if (count !== undefined) this.#options.log(logEntry("log_flood_over", { topic, count }));
  }
}

function shortened(entry: LogEntry): LogEntry {
  if (entry.message.length <= MAX_MESSAGE) return entry;
  return { ...entry, message: `${entry.message.slice(0, MAX_MESSAGE)}…` };
}
