/**
 * A token bucket, stored as one number: the time at which it is full again.
 *
 * This is equivalent to counting tokens (the generic cell rate algorithm of ATM, ITU-T I.371), but nothing needs to be
 * refilled: a bucket needs no timer, and one whose time has passed is the same as a new one. Sans-I/O: the caller passes
 * the time, in milliseconds from any fixed origin.
 * @module
 */

/** Tolerance for comparisons of times, in ms: times are fractions, and sums of fractions are rounded. */
export const ROUNDING = 0.001;

/** The rate of a bucket. All buckets of a kind share one. */
export class Rate {
  /** Time until one token is back, in ms. */
  readonly interval: number;
  /** How far from full a bucket may be and still hold a token, in ms. */
  readonly allowance: number;

  /**
   * @param perSecond Tokens that come back per second.
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

  /** Creates a full bucket. */
  constructor(rate: Rate) {
    this.#rate = rate;
  }

  /** When the next token is available; in the past if there is one already. */
  get dueAt(): number {
    return this.#fullAt - this.#rate.allowance;
  }

  isFull(now: number): boolean {
    return this.#fullAt <= now;
  }

  /** Takes a token and returns true, or returns false if there is none. */
  take(now: number): boolean {
    if (this.dueAt > now + ROUNDING) return false;
    this.charge(1, now);
    return true;
  }

  /** Takes `tokens` tokens even if there are fewer: the missing ones have to come back first. */
  charge(tokens: number, now: number): void {
    this.#fullAt = Math.max(this.#fullAt, now) + tokens * this.#rate.interval;
  }
}
