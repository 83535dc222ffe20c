/**
 * Those who have yet to say what they are, and the end of the time that a silent one is left for it.
 *
 * Must never know what they could be.
 * @module
 */
import type { Cancel, Clock } from "./connection/clock.ts";
import type { InputSource } from "./connection/input_scheduler.ts";

/** Somebody who waits for the end of that time. */
export interface SniffingHandler {
  release(): void;
}

export interface SniffTimeoutsOptions {
  readonly clock: Clock;
  /** How long a silent client is left the choice, in ms. */
  readonly timeout: number;
  /** Handles it when all that was read before is handled: who spoke in time while the loop was busy is heard first. */
  readonly inTurn: (item: Pick<InputSource, "handleInput">) => void;
}

export class SniffTimeouts {
  readonly #options: SniffTimeoutsOptions;
  /** In the order in which their time is over. */
  #all: Array<{ readonly one: SniffingHandler; readonly until: number }> = [];
  #cancel: Cancel | undefined;

  constructor(options: SniffTimeoutsOptions) {
    this.#options = options;
  }

  /** @param extra How much longer than others this one is left the choice, in ms. */
  add(one: SniffingHandler, extra = 0): void {
    const { clock, timeout } = this.#options;
    const now = clock.now();
    const until = now + timeout + extra;
    const at = this.#placeOf(until);
    this.#all.splice(at, 0, { one, until });
    if (at > 0) return;
    this.#cancel?.();
    this.#cancel = clock.after(until - now, this.#end);
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#all = [];
  }

  /** Behind those whose time is over by then. Nearly all have the same time, so this is the end. */
  #placeOf(until: number): number {
    const all = this.#all;
    let low = 0, high = all.length;
    if (high === 0 || all[high - 1]!.until <= until) return high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (all[middle]!.until <= until) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Not a timer for each: the next whose time is over has it. */
  #end = (): void => {
    const { clock, inTurn } = this.#options;
    const now = clock.now();
    const still = this.#all.findIndex(({ until }) => until > now);
    const over = this.#all.splice(0, still < 0 ? this.#all.length : still);
    for (const { one } of over) inTurn({ handleInput: () => one.release() });
    const [next] = this.#all;
    this.#cancel = next && clock.after(Math.max(1, next.until - now), this.#end);
  };
}
