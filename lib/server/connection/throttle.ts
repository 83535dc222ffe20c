/**
 * Connections whose input waits until their rate or budget allows it. One timer serves all of them: it is set for the
 * connection that is due next, and not at all while none waits.
 * @module
 */
import type { Cancel, Clock } from "./clock.ts";
import type { InputSource } from "./input_scheduler.ts";

/** The longest that the timer is set for, in ms: the runtime's timers fire at once when set for more than 24 days. */
const MAX_WAIT = 3_600_000;

export interface ThrottleOptions {
  readonly clock: Clock;
  /** Called when the wait of `source` is over. */
  readonly resume: (source: InputSource) => void;
}

export class Throttle {
  readonly #options: ThrottleOptions;
  /** When each is due. */
  readonly #waiting = new Map<InputSource, number>();
  #next = Infinity;
  #cancel: Cancel | undefined;

  constructor(options: ThrottleOptions) {
    this.#options = options;
  }

  /** Resumes `source` once, in `wait` ms. This is a duration, since budgets may be kept in another time than the clock's. */
  hold(source: InputSource, wait: number): void {
    const due = this.#options.clock.now() + wait;
    this.#waiting.set(source, due);
    if (due < this.#next) this.#wakeAt(due);
  }

  drop(source: InputSource): void {
    this.#waiting.delete(source);
  }

  close(): void {
    this.#cancel?.();
    this.#waiting.clear();
  }

  #wakeAt(due: number): void {
    const { clock } = this.#options;
    this.#cancel?.();
    this.#next = due;
    const wait = Math.ceil(due - clock.now());
    this.#cancel = clock.after(Math.min(Math.max(1, wait), MAX_WAIT), this.#wake);
  }

  /** Scans all that wait: ten thousand take a tenth of a millisecond, so no heap is needed. */
  #wake = (): void => {
    const { clock, resume } = this.#options;
    const now = clock.now();
    this.#cancel = undefined;
    this.#next = Infinity;
    let next = Infinity;
    for (const [source, due] of this.#waiting) {
      if (due <= now) {
        this.#waiting.delete(source);
        resume(source);
      } else if (due < next) next = due;
    }
    if (next < this.#next) this.#wakeAt(next);
  };
}
