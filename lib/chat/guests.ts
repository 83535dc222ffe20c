/**
 * What others call somebody whose address is not shown: `guest-4821`.
 *
 * The number says nothing: it is drawn by lot, and free again when its owner has left.
 * @module
 */

/** The fewest digits of a number. As many as one can keep in mind for a whisper. */
const MIN_DIGITS = 4;

/** How often a number may turn out to be taken before there are more digits: with half of them taken, once in 256. */
const MAX_DRAWS = 8;

/** What stands for an address that was kept when addresses were shown. Nobody who is here is called so. */
const FORMER_GUEST = "guest-0";

/** `address` as it may be shown where addresses are not. */
export function asGuest(address: string): string {
  return /^guest-\d+$/.test(address) ? address : FORMER_GUEST;
}

export class Guests {
  readonly #here = new Set<string>();

  /** @param draw A random whole number from 0 up to but not including `limit`. */
  constructor(readonly draw: (limit: number) => number = drawSecurely) {}

  /** A name that nobody here has. It is taken until {@linkcode release}. */
  take(): string {
    for (let digits = MIN_DIGITS;; digits++) {
      const least = 10 ** (digits - 1);
      for (let i = 0; i < MAX_DRAWS; i++) {
        const name = `guest-${least + this.draw(9 * least)}`;
        if (this.#here.has(name)) continue;
        this.#here.add(name);
        return name;
      }
    }
  }

  release(name: string): void {
    this.#here.delete(name);
  }
}

/** Not to be foretold: who knows the numbers of some must not know who came next. */
function drawSecurely(limit: number): number {
  return Math.floor(crypto.getRandomValues(new Uint32Array(1))[0]! / 2 ** 32 * limit);
}
