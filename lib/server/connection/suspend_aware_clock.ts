/**
 * The time in which deadlines are counted: the clock's, without what the server slept through.
 * @module
 */
import type { Clock } from "./clock.ts";

/**
 * A longer step of the clock between two looks, in ms, is time in which we stood still: the machine slept, the process was
 * stopped. It counts against nobody, since nobody could be heard in it. Four sweeps.
 */
const MAX_STEP = 1_000;

export class SuspendAwareClock {
  /** As of the last look, in ms: asking the clock for every read costs more. */
  now: number;
  readonly #clock: Clock;
  #looked: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.now = this.#looked = clock.now();
  }

  /** Looks at the clock. */
  update(): void {
    const looked = this.#clock.now();
    const step = looked - this.#looked;
    this.#looked = looked;
    if (step <= MAX_STEP) this.now += step;
  }
}
