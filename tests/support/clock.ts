/**
 * A clock that advances only when a test advances it.
 * @module
 */
import type { Cancel, Clock } from "../../lib/server/connection/clock.ts";

interface Timer {
  at: number;
  readonly every: number | undefined;
  readonly action: () => void;
}

export class FakeClock implements Clock {
  #now = 0;
  /** How far the wall clock is ahead of the monotonic one, in ms. */
  wallOffset = 0;
  readonly #timers = new Set<Timer>();

  /** The number of pending timers. */
  get pending(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#now;
  }

  wall(): number {
    return this.#now + this.wallOffset;
  }

  every(ms: number, action: () => void): Cancel {
    return this.#add({ at: this.#now + ms, every: ms, action });
  }

  after(ms: number, action: () => void): Cancel {
    return this.#add({ at: this.#now + ms, every: undefined, action });
  }

  /** Advances the clock by `ms` milliseconds, and runs the timers that are due, in order. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (let due = this.#next(end); due !== undefined; due = this.#next(end)) {
      this.#now = due.at;
      if (due.every === undefined) this.#timers.delete(due);
      else due.at += due.every;
      due.action();
    }
    this.#now = end;
  }

  /** Advances the clock at once, as after the machine was suspended. Each overdue timer runs once. */
  jump(ms: number): void {
    this.#now += ms;
    for (const timer of [...this.#timers]) {
      if (timer.at > this.#now || !this.#timers.has(timer)) continue;
      if (timer.every === undefined) this.#timers.delete(timer);
      else timer.at = this.#now + timer.every;
      timer.action();
    }
  }

  #next(end: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.at <= end && (next === undefined || timer.at < next.at)) next = timer;
    }
    return next;
  }

  #add(timer: Timer): Cancel {
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }
}
