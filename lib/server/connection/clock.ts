/**
 * The time, as something that can be passed in: no test has to wait for it.
 * @module
 */

/** Cancels what was to be done. */
export type Cancel = () => void;

/** Where a server has its time from. */
export interface Clock {
  /** Milliseconds from whatever beginning; never goes back. */
  now(): number;
  /** The wall clock, in milliseconds since 1970; it may be set. @default `Date.now()` */
  wall?(): number;
  /** Calls `action` every `ms` milliseconds. */
  every(ms: number, action: () => void): Cancel;
  /** Calls `action` once, in `ms` milliseconds. */
  after(ms: number, action: () => void): Cancel;
}

/** The clock of the machine. Not the wall clock: setting that moves no deadline. */
export const systemClock: Clock = {
  now: () => performance.now(),
  every(ms, action) {
    const timer = setInterval(action, ms);
    return () => clearInterval(timer);
  },
  after(ms, action) {
    const timer = setTimeout(action, ms);
    return () => clearTimeout(timer);
  },
};
