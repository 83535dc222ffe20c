/**
 * A queue: first in, first out. It works like an array with `push` and `shift`, but `shift` takes constant time. An array's
 * `shift` moves all other items, and a ring may have a million of them.
 * @module
 */

/** The smallest gap in front, in items, that is worth closing. */
const MIN_GAP = 32;

export class Fifo<Item> {
  #items: (Item | undefined)[] = [];
  /** The number of items in front that have been shifted out. */
  #gone = 0;

  get length(): number {
    return this.#items.length - this.#gone;
  }

  get first(): Item | undefined {
    return this.#items[this.#gone];
  }

  get last(): Item | undefined {
    return this.length === 0 ? undefined : this.#items.at(-1);
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  /** Adds an item in front of all others. */
  unshift(item: Item): void {
    if (this.#gone > 0) this.#items[--this.#gone] = item;
    else this.#items.unshift(item);
  }

  shift(): Item | undefined {
    const item = this.first;
    if (this.length === 0) return undefined;
    this.#items[this.#gone++] = undefined; // so that the queue does not keep it alive
    if (this.length === 0) {
      this.#items.length = this.#gone = 0;
    } else if (this.#gone >= MIN_GAP && 2 * this.#gone >= this.#items.length) {
      this.#items = this.#items.slice(this.#gone);
      this.#gone = 0;
    }
    return item;
  }
}
