/**
 * Times as operators type them.
 * @module
 */

const UNITS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** So many digits are 2,700 years in days: longer than anything that has an end. */
const DURATION = /^([1-9]\d{0,5})([smhd])$/;

/** `90s`, `10m`, `12h` or `7d` in milliseconds. Without a unit it is none: a reason may begin with a number. */
export function parseDuration(text: string): number | undefined {
  const [, digits, unit = ""] = DURATION.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits) * UNITS[unit]!;
}

/** What begins like a duration: a digit, also behind a sign or a point. */
const LIKE_DURATION = /^[-+.]*\p{Nd}/u;

/** Whether somebody may have meant `text` as a duration, though it may be none: `10`, `10min`, `1.5h`, `-5m`. */
export function isLikeDuration(text: string): boolean {
  return LIKE_DURATION.test(text);
}
