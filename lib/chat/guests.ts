/**
 * Guest names: `guest-4821` is shown instead of an address.
 *
 * The number is random, so that it says nothing about its owner. It is free again when its owner has left.
 * @module
 */

/** The fewest digits of a number: as many as one can remember. */
const MIN_DIGITS = 4;

/** The number of draws of taken numbers before there is one more digit: with half of them taken that is one in 256. */
const MAX_DRAWS = 8;

/** Replaces addresses in messages that were stored when addresses were shown. Nobody who is connected has this name. */
const FORMER_GUEST = "guest-0";

/** Returns a stored address in the form that may be shown when addresses are hidden. */
export function asGuest(address: string): string {
  return /^guest-\d+$/.test(address) ? address : FORMER_GUEST;
}

export class Guests {
  readonly #taken = new Set<string>();

  /**
   * @param draw A random whole number from 0 up to but not including `limit`.
   * @param classOf Which numbers are given out: those that are congruent to `slot` modulo `slots`. Each node of a chat has
   * its own. By default all.
   */
  constructor(
    readonly draw: (limit: number) => number = drawSecurely,
    readonly classOf?: () => { readonly slot: number; readonly slots: number },
  ) {}

  /** Returns a name that nobody has. It is taken until {@linkcode release}. */
  take(): string {
    for (let digits = MIN_DIGITS;; digits++) {
      const least = 10 ** (digits - 1);
      for (let i = 0; i < MAX_DRAWS; i++) {
        const name = `guest-${this.#inClass(least + this.draw(9 * least), least)}`;
        if (this.#taken.has(name)) continue;
        this.#taken.add(name);
        return name;
      }
    }
  }

  release(name: string): void {
    this.#taken.delete(name);
  }

  #inClass(number: number, least: number): number {
    if (this.classOf === undefined) return number;
    const { slot, slots } = this.classOf();
    const near = number - number % slots + slot;
    return near < least ? near + slots : near >= 10 * least ? near - slots : near;
  }
}

/** Unpredictable: the numbers of some guests must not tell the numbers of others. */
function drawSecurely(limit: number): number {
  return Math.floor(crypto.getRandomValues(new Uint32Array(1))[0]! / 2 ** 32 * limit);
}
