/**
 * Places in a room: those of members, and those of connections that are not members yet.
 * @module
 */
import type { Member } from "./member.ts";
import type { Room } from "./room.ts";
import type { ChatSubscription } from "./wire_format.ts";

/**
 * A connection that gets the lobby's messages without being a member: it has been accepted, and nobody knows yet whether
 * it is a client of the chat.
 */
export interface Listener {
  readonly subscription: ChatSubscription;
  /** The number of the last message before the subscription. All later ones are delivered as they are published. */
  readonly start: number;
}

/** A member in a room. */
export class Membership implements Listener {
  constructor(
    readonly member: Member,
    readonly room: Room,
    readonly subscription: ChatSubscription,
    readonly start: number,
  ) {}
}
