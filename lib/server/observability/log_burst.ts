/**
 * Something that goes wrong again and again, as a log should tell it: when it begins, and when it is over.
 * @module
 */

/** How long nothing must have gone wrong for it to be over, in ms: what comes and goes is one episode. */
const CALM = 1_000;

export class LogBurst {
  readonly #calm: number;
  #count = 0;
  #last = 0;

  /** @param calm How long nothing must have gone wrong for it to be over, in ms. */
  constructor(calm = CALM) {
    this.#calm = calm;
  }

  /** It happened; says whether that is the beginning. */
  again(now: number): boolean {
    this.#last = now;
    return ++this.#count === 1;
  }

  /** If it is over now: how often it happened. Says so once. */
  over(now: number): number | undefined {
    if (this.#count === 0 || now - this.#last < this.#calm) return undefined;
    const count = this.#count;
    this.#count = 0;
    return count;
  }
}
