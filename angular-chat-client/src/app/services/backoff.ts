/**
 * The wait before the next attempt to connect.
 * @module
 */

/** The upper bound of the first wait, in ms. It doubles with every attempt. */
export const BACKOFF_BASE = 500;
/** The upper bound of every wait, in ms. */
export const BACKOFF_CAP = 30_000;

/**
 * Full jitter: a random time up to a bound that doubles with each attempt, so that clients that lost their server at the
 * same time do not reconnect at the same time.
 *
 * @param attempt Starts at 0.
 * @param random Returns a number from 0 to 1.
 */
export function fullJitter(attempt: number, random: () => number): number {
  return random() * Math.min(BACKOFF_CAP, BACKOFF_BASE * 2 ** attempt);
}
