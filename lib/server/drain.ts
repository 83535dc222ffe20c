/**
 * The end of a server, spread over some time: each connection has its own random moment, so that those who come back do
 * not all come at once.
 * @module
 */

export class Drain<Guest> {
  /** When each is to be seen off; `Infinity` if it has been. */
  readonly #moments: Map<Guest, number>;

  /**
   * @param start In the same time as all others, in milliseconds.
   * @param length How long it takes at the most, in milliseconds.
   * @param random From 0 up to but not including 1.
   */
  constructor(guests: Iterable<Guest>, start: number, length: number, random: () => number) {
    this.#moments = new Map(Array.from(guests, (guest) => [guest, start + random() * length]));
  }

  /** Whether all have gone. */
  get done(): boolean {
    return this.#moments.size === 0;
  }

  /** Those whose moment has come since the last time. */
  due(now: number): Guest[] {
    const due: Guest[] = [];
    for (const [guest, moment] of this.#moments) {
      if (moment > now) continue;
      this.#moments.set(guest, Infinity);
      due.push(guest);
    }
    return due;
  }

  /** It has gone, by itself or not. */
  left(guest: Guest): void {
    this.#moments.delete(guest);
  }
}
