/**
 * A shutdown spread over some time: each connection ends at a random moment, so that the clients do not all reconnect at
 * once.
 * @module
 */

export class Drain<Item> {
  /** When each is due; `Infinity` if it was due already. */
  readonly #moments: Map<Item, number>;

  /**
   * @param start When the drain starts, in ms.
   * @param length How long it takes at most, in ms.
   * @param random Returns a number from 0 up to but not including 1.
   */
  constructor(items: Iterable<Item>, start: number, length: number, random: () => number) {
    this.#moments = new Map(Array.from(items, (item) => [item, start + random() * length]));
  }

  /** Whether all items are deleted. */
  get done(): boolean {
    return this.#moments.size === 0;
  }

  /** Returns the items that have become due since the last call. */
  due(now: number): Item[] {
    const due: Item[] = [];
    for (const [item, moment] of this.#moments) {
      if (moment > now) continue;
      this.#moments.set(item, Infinity);
      due.push(item);
    }
    return due;
  }

  /** Deletes an item whose connection has closed. */
  delete(item: Item): void {
    this.#moments.delete(item);
  }
}
