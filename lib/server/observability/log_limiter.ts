/**
 * A limit for the log: however many clients misbehave at once, it grows by a bounded number of lines a second.
 *
 * Each kind of entry has a budget of its own, so that a flood of one kind hides no other. When a budget is used up, the log
 * says so once, and once more, with the number of entries that were left out, when the flood is over.
 * @module
 */
import { LogBurst } from "./log_burst.ts";
import { Rate, TokenBucket } from "../../limits/token_bucket.ts";
import type { Counters } from "./counters.ts";
import type { LogEntry, Logger } from "./log.ts";

/** Entries of one kind that are logged at once: what a restart of a server with 1,000 clients makes. */
export const LOG_BURST = 1_000;

/** Entries of one kind that are logged a second, for long: 80 MB a day. */
export const LOG_RATE = 10;

/** How long nothing must have been left out for a flood to be over, in ms. */
const CALM = 10_000;

/** The longest message, in characters: a stack trace of a usual depth. */
const MAX_MESSAGE = 4_096;

interface Kind {
  readonly bucket: TokenBucket;
  readonly flood: LogBurst;
  readonly topic: LogEntry["topic"];
}

export interface LogLimiterOptions {
  readonly log: Logger;
  readonly counters: Counters;
  /** The time in milliseconds, from whatever beginning. */
  readonly now: () => number;
}

export class LogLimiter {
  readonly #options: LogLimiterOptions;
  readonly #rate = new Rate(LOG_RATE, LOG_BURST);
  readonly #kinds = new Map<string, Kind>();

  constructor(options: LogLimiterOptions) {
    this.#options = options;
  }

  /** Logs an entry, unless there were too many of its kind. */
  log(entry: LogEntry): void {
    const { log, now, counters } = this.#options;
    const { bucket, flood, topic } = this.#kindOf(entry);
    const time = now();
    if (bucket.take(time)) return log(shortened(entry));
    counters.logSuppressed++;
    if (!flood.again(time)) return;
    log({ level: "warn", topic, message: `Too many log entries (${topic}), leaving some out` });
  }

  tick(now: number): void {
    for (const kind of this.#kinds.values()) this.#tellEnd(kind, now);
  }

  /** Says what is still to be said. */
  close(): void {
    this.tick(Infinity);
  }

  /** What concerns one client is apart from what concerns the server. */
  #kindOf({ topic, level, address }: LogEntry): Kind {
    const key = `${topic} ${level} ${address === undefined}`;
    let kind = this.#kinds.get(key);
    if (kind === undefined) {
      kind = { bucket: new TokenBucket(this.#rate), flood: new LogBurst(CALM), topic };
      this.#kinds.set(key, kind);
    }
    return kind;
  }

  #tellEnd({ flood, topic }: Kind, now: number): void {
    const count = flood.over(now);
    if (count === undefined) return;
    this.#options.log({
      level: "warn",
      topic,
      message: `Log entries left out (${topic}): ${count}`,
    });
  }
}

function shortened(entry: LogEntry): LogEntry {
  if (entry.message.length <= MAX_MESSAGE) return entry;
  return { ...entry, message: `${entry.message.slice(0, MAX_MESSAGE)}…` };
}
