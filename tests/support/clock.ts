/**
 * A clock that stands still until a test moves it.
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
  /** How far the wall clock is ahead of the other one. */
  wallOffset = 0;
  readonly #timers = new Set<Timer>();

  /** Timers that are set. */
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

  /** Lets `ms` milliseconds pass, and does what falls due in them in order. */
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

  /** The clock is `ms` milliseconds further all at once, as behind a sleep of the machine; what is overdue is done once. */
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
