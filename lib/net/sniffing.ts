/**
 * Those who have yet to say what they are, and the end of the time that a silent one is left for it.
 *
 * Must never know what they could be.
 * @module
 */
import type { Cancel, Clock } from "./clock.ts";
import type { Waiting } from "./inbox.ts";

/** Somebody who waits for the end of that time. */
export interface Undecided {
  release(): void;
}

export interface SniffingOptions {
  readonly clock: Clock;
  /** How long a silent client is left the choice, in ms. */
  readonly timeout: number;
  /** Handles it when all that was read before is handled: who spoke in time while the loop was busy is heard first. */
  readonly inTurn: (item: Pick<Waiting, "handleInput">) => void;
}

export class Sniffing {
  readonly #options: SniffingOptions;
  /** In the order in which their time is over. */
  #all: Array<{ readonly one: Undecided; readonly until: number }> = [];
  #cancel: Cancel | undefined;

  constructor(options: SniffingOptions) {
    this.#options = options;
  }

  add(one: Undecided): void {
    const { clock, timeout } = this.#options;
    this.#all.push({ one, until: clock.now() + timeout });
    this.#cancel ??= clock.after(timeout, this.#end);
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#all = [];
  }

  /** Not a timer for each: they come and go in the same order. */
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
