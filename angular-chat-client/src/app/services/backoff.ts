/**
 * How long to wait before the next attempt to connect.
 * @module
 */

/** The first attempt comes within half a second, later ones within half a minute, in ms. */
export const BACKOFF_BASE = 500;
export const BACKOFF_CAP = 30_000;

/**
 * Full jitter: anything from nothing to a bound that doubles with each attempt, so that a crowd that lost its server
 * together does not come back together.
 *
 * @param attempt From 0.
 * @param random From 0 to 1.
 */
export function fullJitter(attempt: number, random: () => number): number {
  return random() * Math.min(BACKOFF_CAP, BACKOFF_BASE * 2 ** attempt);
}
