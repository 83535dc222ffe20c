/**
 * Durations as operators type them: `90s`, `10m`, `12h`, `7d`.
 * @module
 */

/** The units, in milliseconds. */
const UNITS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Six digits are up to 2,700 years in days, longer than any ban. */
const DURATION = /^([1-9]\d{0,5})([smhd])$/;

/**
 * A duration in milliseconds, or `undefined` if the text is not one. The unit is required, since the reason of a ban may
 * begin with a number.
 */
export function parseDuration(text: string): number | undefined {
  const [, digits, unit = ""] = DURATION.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits) * UNITS[unit]!;
}

/** A digit, or a sign or point and a digit. */
const LIKE_DURATION = /^[-+.]*\p{Nd}/u;

/** Whether `text` may have been meant as a duration: `10`, `10min`, `1.5h`, `-5m`. */
export function isLikeDuration(text: string): boolean {
  return LIKE_DURATION.test(text);
}
