/**
 * What takes long, done bit by bit beside everything else: a slice in each of some turns of the event loop, whoever's
 * turn it is, so that many who ask for much take no longer a part of it than one.
 *
 * Knows no client and not what is done.
 * @module
 */
import type { Cancel, Clock } from "./clock.ts";

/** How long one slice takes, in ms, and one step of what is done more. */
const SLICE = 1;

/** How long the loop is left alone between two slices, in ms: timers are no finer. */
const PAUSE = 1;

/** Something that is done in steps. */
export interface Work {
  /** Does a step, and returns whether there are more. */
  step(): boolean;
  /** So many ms were spent on it, in a slice that is over. */
  spent(ms: number): void;
}

export class WorkQueue {
  readonly #clock: Clock;
  readonly #now: () => number;
  /** In the order in which their turns come. */
  readonly #works = new Set<Work>();
  #cancel: Cancel | undefined;

  /** @param now The time in ms with fractions: not the clock's, which stands still in tests. */
  constructor(clock: Clock, now: () => number = performance.now.bind(performance)) {
    this.#clock = clock;
    this.#now = now;
  }

  /** How many are under way. */
  get size(): number {
    return this.#works.size;
  }

  /** Begins something; its first step is done in another turn. */
  add(work: Work): void {
    this.#works.add(work);
    this.#cancel ??= this.#clock.after(PAUSE, this.#turn);
  }

  /** Leaves something undone. */
  drop(work: Work): void {
    this.#works.delete(work);
  }

  close(): void {
    this.#cancel?.();
    this.#works.clear();
  }

  /** Does a slice for the one who has waited for longest; more for others if it is done sooner. */
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
