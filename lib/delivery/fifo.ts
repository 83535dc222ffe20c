/**
 * First in, first out. Like an array with `push` and `shift`, but `shift` takes no time that grows with the length: that
 * of a long array moves all that is left, and a ring may be a million long.
 * @module
 */

/** With fewer gone than this the gap in front is not worth closing. */
const MIN_GAP = 32;

export class Fifo<Item> {
  #items: (Item | undefined)[] = [];
  /** How many of `#items` are gone, in front. */
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

  /** Puts an item in front of all others. */
  unshift(item: Item): void {
    if (this.#gone > 0) this.#items[--this.#gone] = item;
    else this.#items.unshift(item);
  }

  shift(): Item | undefined {
    const item = this.first;
    if (this.length === 0) return undefined;
    this.#items[this.#gone++] = undefined; // kept alive no longer
    if (this.length === 0) {
      this.#items.length = this.#gone = 0;
    } else if (this.#gone >= MIN_GAP && 2 * this.#gone >= this.#items.length) {
      this.#items = this.#items.slice(this.#gone);
      this.#gone = 0;
    }
    return item;
  }
}
