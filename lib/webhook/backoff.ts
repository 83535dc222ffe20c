/**
 * How long to wait after a failed request.
 * @module
 */

/** The wait after the first failure, in ms: a receiver that restarts takes about so long. */
const FIRST_WAIT = 1_000;

/** The longest wait without a `Retry-After`, in ms: a receiver that works again gets events within a minute. */
const MAX_WAIT = 60_000;

/** The longest wait that a receiver may ask for, in ms. */
const MAX_RETRY_AFTER = 3_600_000;

/**
 * Returns the wait after so many failures in a row, 1 or more, in ms. It doubles with each failure, and half of it is random,
 * so that servers that failed together do not return together.
 *
 * @param retryAfter The wait that the receiver asked for, in ms; 0 if it did not.
 * @param random A number from 0 up to but not including 1.
 */
export function backoff(failures: number, retryAfter: number, random: number): number {
  const wait = Math.min(MAX_WAIT, FIRST_WAIT * 2 ** (failures - 1));
  return Math.max(wait / 2 * (1 + random), Math.min(retryAfter, MAX_RETRY_AFTER));
}

/**
 * Reads `Retry-After` (RFC 9110 section 10.2.3). Returns a wait in ms; 0 if there is none, it is in the past or it cannot be
 * read.
 *
 * @param now The wall clock, in ms of Unix time.
 */
export function parseRetryAfter(value: string | null, now: number): number {
  if (value === null) return 0;
  if (/^\d{1,10}$/.test(value)) return Number(value) * 1000;
  // Date.parse() would take "7 oct" for a date, too.
  const date = value.endsWith(" GMT") ? Date.parse(value) : NaN;
  return Number.isNaN(date) ? 0 : Math.max(0, date - now);
}
