/**
 * Times and dates as the reader's browser writes them.
 * @module
 */

const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const day = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const dayOfYear = new Intl.DateTimeFormat(undefined, { dateStyle: "full" });

/** The time of day, for example `9:42`. */
export function timeOfDay(time: number): string {
  return clock.format(time);
}

/** The date and the time of day. */
export function dateAndTime(time: number): string {
  return moment.format(time);
}

/** The day, with the year unless it is this one. */
export function dayLabel(time: number, now: number = Date.now()): string {
  const isThisYear = new Date(time).getFullYear() === new Date(now).getFullYear();
  return (isThisYear ? day : dayOfYear).format(time);
}
