/**
 * Those in one room who share one wire format.
 *
 * Knows who they are, and nothing of what is said to them: that goes through the format's channel.
 * @module
 */
import type { Broadcaster } from "./broadcaster.ts";
import type { Membership } from "../chat/membership.ts";

const NO_SEATS: Membership[] = [];

export class Subscribers {
  readonly broadcaster: Broadcaster;
  #seats: Membership[] = NO_SEATS;

  constructor(channel: Broadcaster) {
    this.broadcaster = channel;
  }

  get size(): number {
    return this.#seats.length;
  }

  /** In no order. */
  get memberships(): readonly Membership[] {
    return this.#seats;
  }

  /** From now on; what was said before is handed out first. */
  add(seat: Membership): void {
    this.broadcaster.deliver(this);
    seat.subscribers = this;
    seat.place = this.#seats.length;
    // A first push would reserve memory for seventeen, and most rooms are small.
    if (this.#seats === NO_SEATS) this.#seats = [seat];
    else this.#seats.push(seat);
  }

  remove(seat: Membership): void {
    this.broadcaster.deliver(this);
    const last = this.#seats.pop()!;
    if (last !== seat) {
      this.#seats[seat.place] = last;
      last.place = seat.place;
    }
    seat.subscribers = undefined;
  }

  /** Whether there is somebody here to hear `author`. */
  hears(author: Membership | undefined): boolean {
    return this.#seats.length > (author?.subscribers === this ? 1 : 0);
  }
}
