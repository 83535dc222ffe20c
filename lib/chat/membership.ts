/**
 * What somebody is in one room: who somebody is, is the member's business.
 * @module
 */
import type { Subscribers } from "../delivery/subscribers.ts";
import type { Member } from "./member.ts";
import type { Room } from "./room.ts";

export class Membership {
  /** The audience's notes: which one, and the place in it; none once this seat is given up. */
  subscribers: Subscribers | undefined;
  place = 0;
  /** The channel's note: the member said some of the run under way. */
  spoke = false;
  /** The number of the last message before the member came: all behind it are told as they are said. */
  readonly start: number;

  constructor(readonly member: Member, readonly room: Room) {
    this.start = room.offset;
  }
}
