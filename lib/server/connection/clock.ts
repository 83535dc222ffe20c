/**
 * The time, passed in as a parameter so that no test has to wait for it.
 * @module
 */

/** Cancels a timer. */
export type Cancel = () => void;

/** The clock and timers of a server. */
export interface Clock {
  /** Milliseconds since any fixed origin; never goes back. */
  now(): number;
  /** The wall clock, in milliseconds since 1970; it may be set. @default `Date.now()` */
  wall?(): number;
  /** Calls `action` every `ms` milliseconds. */
  every(ms: number, action: () => void): Cancel;
  /** Calls `action` once, in `ms` milliseconds. */
  after(ms: number, action: () => void): Cancel;
}

/** The clock of the machine. It is monotonic: setting the wall clock moves no deadline. */
export const systemClock: Clock = {
  now: () => performance.now(),
  every(ms, action) {
    const timer = setInterval(action, ms);
    return () => clearInterval(timer);
  },
  after(ms, action) {
    const timer = setTimeout(action, ms);
    return () => clearTimeout(timer);
  },
};

/** The time as of the last update, in milliseconds. Reading the clock for every read of a socket would cost more. */
export interface TimeSource {
  readonly now: number;
}

/**
 * The longest step between two updates that counts, in ms: four sweeps. In a longer one the machine slept or the process
 * was stopped, and no client could be heard; it counts against none of them.
 */
const MAX_STEP = 1_000;

/** The time that deadlines are measured in: the clock's, without the time in which the machine was suspended. */
export class SuspendAwareClock implements TimeSource {
  now: number;
  readonly #clock: Clock;
  #updatedAt: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.now = this.#updatedAt = clock.now();
  }

  update(): void {
    const updatedAt = this.#clock.now();
    const step = updatedAt - this.#updatedAt;
    this.#updatedAt = updatedAt;
    if (step <= MAX_STEP) this.now += step;
  }
}
