/**
 * Where sessions wait that say more than their rate allows. One timer for all of them: it is set for the one whose time
 * comes next, and to nothing while nobody waits.
 * @module
 */
import type { Cancel, Clock } from "../connection/clock.ts";
import type { InputSource } from "../connection/input_scheduler.ts";
import { Rate, TokenBucket } from "./token_bucket.ts";

/** The longest that the timer is set for, in ms: those of the runtime end at 24 days, and then come at once. */
const MAX_WAIT = 3_600_000;

export interface ThrottleOptions {
  /** Messages that a session may say in a second; 0: as many as it likes. */
  readonly rate: number;
  /** Messages that a session may say at once. */
  readonly burst: number;
  readonly clock: Clock;
  /** Called when the time of somebody who waited has come. */
  readonly resume: (item: InputSource) => void;
}

export class Throttle {
  readonly #rate: Rate | undefined;
  readonly #clock: Clock;
  readonly #resume: (item: InputSource) => void;
  /** Who waits, and until when. */
  readonly #waiting = new Map<InputSource, number>();
  #next = Infinity;
  #cancel: Cancel | undefined;

  constructor({ rate, burst, clock, resume }: ThrottleOptions) {
    this.#rate = rate === 0 ? undefined : new Rate(rate, burst);
    this.#clock = clock;
    this.#resume = resume;
  }

  /** A bucket for a new session, if there is a rate. */
  createBucket(): TokenBucket | undefined {
    return this.#rate && new TokenBucket(this.#rate);
  }

  /** Resumes `item` in `wait` ms, once. No moment is named: buckets may know another time than the clock's. */
  hold(item: InputSource, wait: number): void {
    const due = this.#clock.now() + wait;
    this.#waiting.set(item, due);
    if (due < this.#next) this.#wakeAt(due);
  }

  /** Somebody does not wait any more. */
  drop(item: InputSource): void {
    this.#waiting.delete(item);
  }

  close(): void {
    this.#cancel?.();
    this.#waiting.clear();
  }

  #wakeAt(due: number): void {
    this.#cancel?.();
    this.#next = due;
    const wait = Math.ceil(due - this.#clock.now());
    this.#cancel = this.#clock.after(Math.min(Math.max(1, wait), MAX_WAIT), this.#wake);
  }

  /** Looks at all who wait: ten thousand take a tenth of a millisecond, and no heap is needed. */
  #wake = (): void => {
    const now = this.#clock.now();
    this.#cancel = undefined;
    this.#next = Infinity;
    let next = Infinity;
    for (const [item, due] of this.#waiting) {
      if (due <= now) {
        this.#waiting.delete(item);
        this.#resume(item);
      } else if (due < next) next = due;
    }
    if (next < this.#next) this.#wakeAt(next);
  };
}
