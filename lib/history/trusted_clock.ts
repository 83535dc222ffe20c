/**
 * The time by which stored things are deleted: how old a message is, and when a ban ends.
 *
 * Deleting cannot be undone, and a wall clock is wrong for a while on many machines: before the first answer of a time
 * server, with a flat battery, behind a typing error of an administrator. So while the server runs, this clock advances
 * with monotonic time and nothing else. When a stored history is opened, it goes on from the time that was stored with
 * it. The time in between is known from the wall clock alone; it is believed at once if it is as short as a restart
 * usually takes, and otherwise only after the wall clock has run steadily for a grace period. Operators see a warning in
 * the log meanwhile, and nothing expires that would not have expired without the gap.
 *
 * Sans-I/O: both clocks are passed in.
 * @module
 */

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

/** What a history stores of the time. */
export interface StoredTime {
  /** The trusted time, in milliseconds since 1970. */
  readonly time: number;
  /** What the wall clock said then. */
  readonly wall: number;
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

/** A gap between two runs that may still be counted. All times in ms. */
interface Gap {
  /** Where the wall clock would stand if there had been no gap, as of the start. */
  readonly base: number;
  /** The wall clock of the start, as deduced from the wall clock of now. */
  start: number;
  /** Monotonic time since which `start` has not changed. */
  since: number;
}

export class TrustedClock {
  readonly #options: TrustedClockOptions;
  readonly #started: number;
  readonly #startTime: number;
  readonly #startWall: number;
  /** What was counted of the gap. */
  #counted = 0;
  #gap: Gap | undefined;
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
    this.#startTime = stored?.time ?? wall;
    this.#startWall = stored?.wall ?? wall;
    if (stored !== undefined) this.#openGap(Math.max(stored.time, stored.wall), wall, stored);
  }

  #openGap(base: number, start: number, stored: StoredTime): void {
    const length = start - base;
    if (length >= 0 && length <= USUAL_DOWNTIME) {
      this.#counted = length;
      return;
    }
    this.#gap = { base, start, since: this.#started };
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

  /** The trusted time, in whole milliseconds since 1970. Looks at both clocks. */
  now(): number {
    this.#look();
    return this.recent;
  }

  /** The same as of the last look: asking the clocks for every message costs more. */
  get recent(): number {
    return Math.floor(this.#startTime + this.#counted + this.#looked - this.#started);
  }

  /** What is to be stored, so that the next run goes on from here. */
  toStored(): StoredTime {
    const time = this.now();
    const elapsed = this.#looked - this.#started;
    // A gap that is in doubt stays one: the next run measures it again, from where it began.
    const wall = this.#gap === undefined ? this.#looked + this.#offset : this.#startWall + elapsed;
    return { time, wall: Math.floor(wall) };
  }

  #look(): void {
    const monotonic = this.#options.monotonic();
    const offset = this.#options.wall() - monotonic;
    const jump = offset - this.#offset;
    const expected = monotonic + this.#offset;
    this.#looked = Math.max(this.#looked, monotonic);
    this.#offset = offset;
    if (Math.abs(jump) > JUMP) this.#reportJump(expected, jump);
    if (this.#gap !== undefined) this.#weigh(this.#gap);
  }

  /** Counts the gap once the wall clock has been steady for as long as the gap asks for. */
  #weigh(gap: Gap): void {
    const start = this.#offset + this.#started;
    if (Math.abs(start - gap.start) > JUMP) {
      gap.start = start;
      gap.since = this.#looked;
    }
    const length = Math.max(0, gap.start - gap.base);
    if (this.#looked - gap.since < graceOf(length)) return;
    this.#counted = length;
    this.#gap = undefined;
    if (length > 0) {
      this.#tell(
        `The wall clock has been steady for ${describe(graceOf(length))}: ${
          describe(length)
        } without the server count for retention and bans from now on`,
      );
    }
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
