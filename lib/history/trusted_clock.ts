/**
 * The clock that decides how old a message is and how long a ban has lasted.
 *
 * Deletions cannot be undone, and many wall clocks are wrong for a while: before a time server answers, with a flat
 * battery, after a typing error of an administrator. Therefore the stamps of this clock advance with monotonic time only,
 * and continue where they were when a stored history is opened again. The gap between two runs is known from the wall
 * clock alone. It is accepted at once if it is as short as a usual restart, and otherwise after the wall clock has run
 * steadily for a grace period. Until then a warning is in the log, and nothing expires that would not have expired without
 * the gap. An accepted gap adds to the age of everything that was stamped before it.
 *
 * Sans-I/O: both clocks are passed in.
 * @module
 */
import type { ElapsedTime } from "../chat/moderation.ts";

/** Gaps up to this length, in ms, are accepted at once: a restart or reboot takes no longer than five minutes. */
export const USUAL_DOWNTIME = 300_000;

/** A longer gap is accepted after a grace period of 1/24 of its length, in ms: at least ten minutes, at most a day. */
const GAP_PER_GRACE = 24;
export const MIN_GRACE = 600_000;
export const MAX_GRACE = 86_400_000;

/** The wall clock jumped if it moved this much more or less than monotonic time, in ms. */
export const JUMP = 1_000;

/** The shortest time between two reports of jumps, in ms, so that an unsteady clock does not fill the log. */
const REPORT_INTERVAL = 60_000;

/** The most gaps that are stored separately. The oldest are merged. */
const MAX_GAPS = 100;

/**
 * A time of `length` ms during which the server did not run. It adds to the age of stamps before `at`; a stamp equal to
 * `at` may be of the run after the gap.
 */
export type Gap = readonly [at: number, length: number];

/** The state that a history stores, from which the next run continues. */
export interface StoredTime {
  /** The current stamp, in ms: the time since 1970 at the first start, plus the time that the server has run since. */
  readonly stamp: number;
  /** The wall clock at that stamp. */
  readonly wall: number;
  /** The accepted gaps, oldest first. */
  readonly gaps: readonly Gap[];
  /** The stamp before which a gap lies that is not accepted yet. */
  readonly doubt: number | undefined;
}

export interface TrustedClockOptions {
  /** The wall clock, in milliseconds since 1970. */
  readonly wall: () => number;
  /** Monotonic time in ms, from an arbitrary start. */
  readonly monotonic: () => number;
  /** The state that was stored last. @default stamps begin at the time of the wall clock */
  readonly stored?: StoredTime | undefined;
  /** Called with a line for the log when the wall clock jumps or cannot be trusted yet. */
  readonly onDoubt?: ((warning: string) => void) | undefined;
}

/** A gap that is not accepted yet. All times are in ms. */
interface Doubt {
  /** The gap lies after this stamp. */
  readonly at: number;
  /** The wall clock at the start if there had been no gap. */
  readonly base: number;
  /** The wall clock at the start, deduced from the current wall clock. */
  start: number;
  /** The monotonic time since which `start` has not changed. */
  since: number;
}

export class TrustedClock implements ElapsedTime {
  readonly #options: TrustedClockOptions;
  readonly #started: number;
  readonly #startStamp: number;
  readonly #startWall: number;
  #gaps: readonly Gap[];
  #doubt: Doubt | undefined;
  #lastRead: number;
  /** The wall clock minus monotonic time, when the clocks were last read. */
  #offset: number;
  #reported = -Infinity;
  #unreported = 0;

  constructor(options: TrustedClockOptions) {
    this.#options = options;
    const { stored } = options;
    const wall = options.wall();
    this.#started = this.#lastRead = options.monotonic();
    this.#offset = wall - this.#started;
    this.#startStamp = stored?.stamp ?? wall;
    this.#startWall = stored?.wall ?? wall;
    this.#gaps = stored?.gaps ?? [];
    if (stored !== undefined) this.#open(stored, wall);
  }

  #open(stored: StoredTime, start: number): void {
    const known = this.#gaps.reduce((sum, [, length]) => sum + length, stored.stamp);
    const base = Math.max(known, stored.wall);
    const at = stored.doubt ?? stored.stamp;
    const length = start - base;
    if (length >= 0 && length <= USUAL_DOWNTIME) return this.#accept([at, length]);
    this.#doubt = { at, base, start, since: this.#started };
    if (length > 0) this.#warnOfGap(length);
    else if (start - stored.wall < -JUMP) {
      this.#warn(
        `The wall clock is ${
          describe(stored.wall - start)
        } behind the time stored in the history (${iso(start)}, stored ${
          iso(stored.wall)
        }); retention and bans continue from the stored time`,
      );
    }
  }

  /** The current stamp, in whole ms. Reads both clocks. */
  now(): number {
    this.#read();
    return this.recent;
  }

  /** The stamp when the clocks were last read. Reading them for every message would cost more. */
  get recent(): number {
    return Math.floor(this.#startStamp + this.#lastRead - this.#started);
  }

  elapsedSince(stamp: number): number {
    let elapsed = this.now() - stamp;
    for (const [at, length] of this.#gaps) if (at > stamp) elapsed += length;
    return elapsed;
  }

  /** The stamp such that exactly the older ones are more than `age` ms ago. */
  oldest(age: number): number {
    let from = this.now();
    let left = age;
    for (const [at, length] of this.#gaps.toReversed()) {
      if (from - at >= left) break;
      left -= from - at;
      from = at;
      if (length >= left) return at;
      left -= length;
    }
    return from - left;
  }

  /** The state to store, from which the next run continues. */
  toStored(): StoredTime {
    const stamp = this.now();
    const elapsed = this.#lastRead - this.#started;
    // A gap that is not accepted yet stays in doubt: the next run measures it again, from its beginning.
    const isInDoubt = this.#doubt !== undefined;
    const wall = isInDoubt ? this.#startWall + elapsed : this.#lastRead + this.#offset;
    return { stamp, wall: Math.floor(wall), gaps: this.#gaps, doubt: this.#doubt?.at };
  }

  #accept(gap: Gap): void {
    const [at, length] = gap;
    this.#doubt = undefined;
    if (length <= 0) return;
    const gaps = [...this.#gaps, [at, Math.floor(length)] as const];
    const [first, second, ...rest] = gaps;
    // Merging makes stamps between the two oldest gaps appear younger than they are, so they expire later.
    this.#gaps = gaps.length <= MAX_GAPS ? gaps : [[first![0], first![1] + second![1]], ...rest];
  }

  #read(): void {
    const monotonic = this.#options.monotonic();
    const offset = this.#options.wall() - monotonic;
    const jump = offset - this.#offset;
    const expected = monotonic + this.#offset;
    this.#lastRead = Math.max(this.#lastRead, monotonic);
    this.#offset = offset;
    if (Math.abs(jump) > JUMP) this.#reportJump(expected, jump);
    if (this.#doubt !== undefined) this.#examine(this.#doubt);
  }

  /** Accepts a gap once the wall clock has been steady for the grace period. */
  #examine(doubt: Doubt): void {
    const start = this.#offset + this.#started;
    if (Math.abs(start - doubt.start) > JUMP) {
      doubt.start = start;
      doubt.since = this.#lastRead;
    }
    const length = Math.max(0, doubt.start - doubt.base);
    const grace = graceOf(length);
    if (this.#lastRead - doubt.since < grace) return;
    this.#accept([doubt.at, length]);
    if (length === 0) return;
    this.#warn(
      `The wall clock has been steady for ${describe(grace)}: the ${
        describe(length)
      } without the server count for retention and bans now`,
    );
  }

  #reportJump(expected: number, jump: number): void {
    this.#unreported++;
    if (this.#lastRead - this.#reported < REPORT_INTERVAL) return;
    const times = this.#unreported === 1 ? "" : `, the last of ${this.#unreported} jumps`;
    this.#reported = this.#lastRead;
    this.#unreported = 0;
    this.#warn(
      `The wall clock jumped ${jump > 0 ? "ahead" : "back"} by ${describe(Math.abs(jump))}, from ${
        iso(expected)
      } to ${iso(expected + jump)}${times}; retention and bans are not affected`,
    );
  }

  #warnOfGap(length: number): void {
    this.#warn(
      `The wall clock is ${
        describe(length)
      } ahead of the time stored in the history; nothing expires because of that unless the clock stays steady for ${
        describe(graceOf(length))
      }. If the clock is wrong, set it before then`,
    );
  }

  #warn(warning: string): void {
    this.#options.onDoubt?.(warning);
  }
}

function graceOf(gap: number): number {
  return Math.min(MAX_GRACE, Math.max(MIN_GRACE, gap / GAP_PER_GRACE));
}

/** A time as ISO 8601. A wall clock may be set to a time that no `Date` can represent. */
function iso(time: number): string {
  return Math.abs(time) > 8.64e15 ? `${time} ms` : new Date(time).toISOString();
}

const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ["days", 86_400_000],
  ["hours", 3_600_000],
  ["minutes", 60_000],
  ["seconds", 1_000],
];

/** A duration in words, such as `2.5 days`. */
function describe(ms: number): string {
  const [name, size] = UNITS.find(([, size]) => ms >= 2 * size) ?? UNITS.at(-1)!;
  return `${Math.round(10 * ms / size) / 10} ${name}`;
}
