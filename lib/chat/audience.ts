/**
 * Those in one room who share one wire format.
 *
 * Knows who they are, and nothing of what is said to them: that goes through the format's channel.
 * @module
 */
import type { Channel } from "./channel.ts";
import type { Seat } from "./seat.ts";

const NO_SEATS: Seat[] = [];

export class Audience {
  readonly channel: Channel;
  #seats: Seat[] = NO_SEATS;

  constructor(channel: Channel) {
    this.channel = channel;
  }

  get size(): number {
    return this.#seats.length;
  }

  /** In no order. */
  get seats(): readonly Seat[] {
    return this.#seats;
  }

  /** From now on; what was said before is handed out first. */
  add(seat: Seat): void {
    this.channel.settle(this);
    seat.audience = this;
    seat.place = this.#seats.length;
    // A first push would reserve memory for seventeen, and most rooms are small.
    if (this.#seats === NO_SEATS) this.#seats = [seat];
    else this.#seats.push(seat);
  }

  remove(seat: Seat): void {
    this.channel.settle(this);
    const last = this.#seats.pop()!;
    if (last !== seat) {
      this.#seats[seat.place] = last;
      last.place = seat.place;
    }
    seat.audience = undefined;
  }

  /** Whether there is somebody here to hear `author`. */
  hears(author: Seat | undefined): boolean {
    return this.#seats.length > (author?.audience === this ? 1 : 0);
  }
}
