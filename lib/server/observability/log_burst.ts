/**
 * Groups events that repeat into bursts, so that the log reports when one begins and when it is over, not every event.
 * @module
 */

/** A burst is over after this long without an event, in ms. */
const CALM = 1_000;

export class LogBurst {
  readonly #calm: number;
  #count = 0;
  #last = 0;

  /** @param calm A burst is over after this long without an event, in ms. */
  constructor(calm = CALM) {
    this.#calm = calm;
  }

  /** Counts an event. Returns whether it begins a burst. */
  again(now: number): boolean {
    this.#last = now;
    return ++this.#count === 1;
  }

  /** Returns the number of events of a burst, once, when it is over; otherwise `undefined`. */
  over(now: number): number | undefined {
    if (this.#count === 0 || now - this.#last < this.#calm) return undefined;
    const count = this.#count;
    this.#count = 0;
    return count;
  }
}
