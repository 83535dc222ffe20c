/**
 * Long work, done in small steps between everything else: one slice in each of some turns of the event loop, shared fairly.
 * Many clients that request much get no larger part of the loop's time than one.
 * @module
 */
import type { Cancel, Clock } from "./clock.ts";

/** How long one slice takes, in ms; a step that is under way at its end is finished. */
const SLICE = 1;

/** How long the loop is left alone between two slices, in ms: the resolution of timers. */
const PAUSE = 1;

/** Work that is done in steps. */
export interface Work {
  /** Does a step, and returns whether there are more. */
  step(): boolean;
  /** Called after each slice with the time spent on this work, in ms. */
  spent(ms: number): void;
}

export class WorkQueue {
  readonly #clock: Clock;
  readonly #now: () => number;
  /** In the order of their turns. */
  readonly #works = new Set<Work>();
  #cancel: Cancel | undefined;

  /** @param now The time in ms with fractions; not the clock's, which stands still in tests. */
  constructor(clock: Clock, now: () => number = performance.now.bind(performance)) {
    this.#clock = clock;
    this.#now = now;
  }

  /** Number of works under way. */
  get size(): number {
    return this.#works.size;
  }

  /** Adds work. Its first step is done in another turn. */
  add(work: Work): void {
    this.#works.add(work);
    this.#cancel ??= this.#clock.after(PAUSE, this.#turn);
  }

  /** Abandons work. */
  drop(work: Work): void {
    this.#works.delete(work);
  }

  close(): void {
    this.#cancel?.();
    this.#works.clear();
  }

  /** Does a slice of the work that has waited longest, and of the next ones if it is done sooner. */
  #turn = (): void => {
    this.#cancel = undefined;
    const end = this.#now() + SLICE;
    for (let start = this.#now(); start < end; start = this.#now()) {
      const [work] = this.#works;
      if (work === undefined) return;
      this.#works.delete(work);
      let hasMore = true;
      while (hasMore && this.#now() < end) hasMore = work.step();
      if (hasMore) this.#works.add(work);
      work.spent(this.#now() - start);
    }
    if (this.#works.size > 0) this.#cancel ??= this.#clock.after(PAUSE, this.#turn);
  };
}
