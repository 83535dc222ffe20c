/**
 * The time by which stored things are deleted: how old a message is, and how long a ban has lasted.
 *
 * Deleting cannot be undone, and a wall clock is wrong for a while on many machines: before the first answer of a time
 * server, with a flat battery, behind a typing error of an administrator. So this clock gives stamps that advance with
 * monotonic time and nothing else, and that go on where they were when a stored history is opened again. The gap between
 * two runs is known from the wall clock alone. It is believed at once if it is as short as a restart usually takes, and
 * otherwise only after the wall clock has run steadily for a grace period. Operators see a warning in the log meanwhile,
 * and nothing expires that would not have expired without the gap. A gap that is believed makes older what was stamped
 * before it, and nothing that was stamped since.
 *
 * Sans-I/O: both clocks are passed in.
 * @module
 */
import type { ElapsedTime } from "../chat/moderation.ts";

/** A gap of up to this many milliseconds counts at once: a restart or a reboot takes no longer than five minutes. */
export const USUAL_DOWNTIME = 300_000;

/** A longer gap counts after a grace period of a part of it, in ms: at least ten minutes, at most a day. */
const GAP_PER_GRACE = 24;
export const MIN_GRACE = 600_000;
export const MAX_GRACE = 86_400_000;

/** The wall clock jumped if it moved this many milliseconds more, or less, than monotonic time. */
export const JUMP = 1_000;

/** Jumps are reported at most once in this many milliseconds, so that an unsteady clock does not fill the log. */
const REPORT_INTERVAL = 60_000;

/** Gaps that are told apart; older ones are taken together. Nothing that is kept is older than many restarts. */
const MAX_GAPS = 100;

/**
 * A time without the server, of `length` ms, behind all that was stamped before `at`: a stamp of `at` itself may be of
 * the run that follows, and then the gap must not make it older.
 */
export type Gap = readonly [at: number, length: number];

/** What a history stores of the time, so that the next run goes on from there. */
export interface StoredTime {
  /** The stamp, in ms: the time since 1970 at the very first start, and the time in which the server ran since then. */
  readonly stamp: number;
  /** What the wall clock said then. */
  readonly wall: number;
  /** The gaps that are believed, the oldest first. */
  readonly gaps: readonly Gap[];
  /** Where a gap began that may still be believed. */
  readonly doubt: number | undefined;
}

export interface TrustedClockOptions {
  /** The wall clock, in milliseconds since 1970. */
  readonly wall: () => number;
  /** Milliseconds from whatever beginning; never goes back. */
  readonly monotonic: () => number;
  /** What was stored last. @default nothing was: the wall clock is all there is */
  readonly stored?: StoredTime | undefined;
  /** Called with one line for people when the wall clock jumped or cannot be believed yet. */
  readonly onDoubt?: ((warning: string) => void) | undefined;
}

/** A gap that may still be believed. All times in ms. */
interface Doubt {
  /** The stamp behind which it is. */
  readonly at: number;
  /** Where the wall clock would have stood at the start if there had been no gap. */
  readonly base: number;
  /** The wall clock of the start, as deduced from the wall clock of now. */
  start: number;
  /** Monotonic time since which `start` has not changed. */
  since: number;
}

export class TrustedClock implements ElapsedTime {
  readonly #options: TrustedClockOptions;
  readonly #started: number;
  readonly #startStamp: number;
  readonly #startWall: number;
  #gaps: readonly Gap[];
  #doubt: Doubt | undefined;
  #looked: number;
  /** Wall clock minus monotonic time, at the last look. */
  #offset: number;
  #reported = -Infinity;
  #unreported = 0;

  constructor(options: TrustedClockOptions) {
    this.#options = options;
    const { stored } = options;
    const wall = options.wall();
    this.#started = this.#looked = options.monotonic();
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
    if (length >= 0 && length <= USUAL_DOWNTIME) return this.#believe([at, length]);
    this.#doubt = { at, base, start, since: this.#started };
    if (length > 0) this.#tellGap(length);
    else if (start - stored.wall < -JUMP) {
      this.#tell(
        `The wall clock is ${
          describe(stored.wall - start)
        } behind the time stored in the history (${iso(start)}, stored ${
          iso(stored.wall)
        }); retention and bans continue from the stored time`,
      );
    }
  }

  /** A stamp, in whole ms. Looks at both clocks. */
  now(): number {
    this.#look();
    return this.recent;
  }

  /** The same as of the last look: asking the clocks for every message costs more. */
  get recent(): number {
    return Math.floor(this.#startStamp + this.#looked - this.#started);
  }

  elapsedSince(stamp: number): number {
    let elapsed = this.now() - stamp;
    for (const [at, length] of this.#gaps) if (at > stamp) elapsed += length;
    return elapsed;
  }

  /** What has an older stamp than this is older than `age`, in ms. */
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

  /** What is to be stored, so that the next run goes on from here. */
  toStored(): StoredTime {
    const stamp = this.now();
    const elapsed = this.#looked - this.#started;
    // A gap that is in doubt stays one: the next run measures it again, from where it began.
    const isInDoubt = this.#doubt !== undefined;
    const wall = isInDoubt ? this.#startWall + elapsed : this.#looked + this.#offset;
    return { stamp, wall: Math.floor(wall), gaps: this.#gaps, doubt: this.#doubt?.at };
  }

  #believe(gap: Gap): void {
    const [at, length] = gap;
    this.#doubt = undefined;
    if (length <= 0) return;
    const gaps = [...this.#gaps, [at, Math.floor(length)] as const];
    const [first, second, ...rest] = gaps;
    // What lies between the two oldest gaps seems younger by this than it is, and goes later.
    this.#gaps = gaps.length <= MAX_GAPS ? gaps : [[first![0], first![1] + second![1]], ...rest];
  }

  #look(): void {
    const monotonic = this.#options.monotonic();
    const offset = this.#options.wall() - monotonic;
    const jump = offset - this.#offset;
    const expected = monotonic + this.#offset;
    this.#looked = Math.max(this.#looked, monotonic);
    this.#offset = offset;
    if (Math.abs(jump) > JUMP) this.#reportJump(expected, jump);
    if (this.#doubt !== undefined) this.#weigh(this.#doubt);
  }

  /** Believes a gap once the wall clock has been steady for as long as the gap asks for. */
  #weigh(doubt: Doubt): void {
    const start = this.#offset + this.#started;
    if (Math.abs(start - doubt.start) > JUMP) {
      doubt.start = start;
      doubt.since = this.#looked;
    }
    const length = Math.max(0, doubt.start - doubt.base);
    const grace = graceOf(length);
    if (this.#looked - doubt.since < grace) return;
    this.#believe([doubt.at, length]);
    if (length === 0) return;
    this.#tell(
      `The wall clock has been steady for ${describe(grace)}: the ${
        describe(length)
      } without the server count for retention and bans now`,
    );
  }

  #reportJump(expected: number, jump: number): void {
    this.#unreported++;
    if (this.#looked - this.#reported < REPORT_INTERVAL) return;
    const times = this.#unreported === 1 ? "" : `, the last of ${this.#unreported} jumps`;
    this.#reported = this.#looked;
    this.#unreported = 0;
    this.#tell(
      `The wall clock jumped ${jump > 0 ? "ahead" : "back"} by ${describe(Math.abs(jump))}, from ${
        iso(expected)
      } to ${iso(expected + jump)}${times}; retention and bans are not affected`,
    );
  }

  #tellGap(length: number): void {
    this.#tell(
      `The wall clock is ${
        describe(length)
      } ahead of the time stored in the history; nothing expires because of that unless the clock stays steady for ${
        describe(graceOf(length))
      }. If the clock is wrong, set it before then`,
    );
  }

  #tell(warning: string): void {
    this.#options.onDoubt?.(warning);
  }
}

function graceOf(gap: number): number {
  return Math.min(MAX_GRACE, Math.max(MIN_GRACE, gap / GAP_PER_GRACE));
}

/** A time for people; the wall clock may say anything, also what no date can hold. */
function iso(time: number): string {
  return Math.abs(time) > 8.64e15 ? `${time} ms` : new Date(time).toISOString();
}

const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ["days", 86_400_000],
  ["hours", 3_600_000],
  ["minutes", 60_000],
  ["seconds", 1_000],
];

/** A duration for people: `2.5 days`. */
function describe(ms: number): string {
  const [name, size] = UNITS.find(([, size]) => ms >= 2 * size) ?? UNITS.at(-1)!;
  return `${Math.round(10 * ms / size) / 10} ${name}`;
}
