/**
 * A token bucket, kept as one number: the time at which it is full again.
 *
 * That comes to the same as counting tokens (the generic cell rate algorithm of ATM, ITU-T I.371), but nothing has to be
 * refilled: a bucket needs no timer, and one whose time is over is as good as a new one. Sans-I/O: the time, in
 * milliseconds from whatever beginning, is passed in.
 * @module
 */

/** A microsecond: times have fractions, and sums of fractions are rounded. */
export const ROUNDING = 0.001;

/** What a bucket lets pass: one for all buckets of a kind. */
export class Rate {
  /** How long one token takes to come back, in ms. */
  readonly interval: number;
  /** How far from full a bucket may be that still has a token, in ms. */
  readonly allowance: number;

  /**
   * @param perSecond Tokens that come back in a second.
   * @param burst Tokens in a full bucket.
   */
  constructor(perSecond: number, burst: number) {
    this.interval = 1000 / perSecond;
    this.allowance = (burst - 1) * this.interval;
  }
}

export class TokenBucket {
  readonly #rate: Rate;
  #fullAt = -Infinity;

  /** A full one. */
  constructor(rate: Rate) {
    this.#rate = rate;
  }

  /** When there is a token; in the past, if there is one already. */
  get dueAt(): number {
    return this.#fullAt - this.#rate.allowance;
  }

  isFull(now: number): boolean {
    return this.#fullAt <= now;
  }

  /** Takes a token, if there is one. */
  take(now: number): boolean {
    if (this.dueAt > now + ROUNDING) return false;
    this.charge(1, now);
    return true;
  }

  /** Takes so many tokens, whether they are there or not: what is missing has to come back first. */
  charge(tokens: number, now: number): void {
    this.#fullAt = Math.max(this.#fullAt, now) + tokens * this.#rate.interval;
  }
}
