/**
 * A member of the chat: the identity of one client, and its place in each of its rooms. Everything that is on its way to the
 * client is in the member's recipient.
 * @module
 */
import type { DisconnectReason } from "../wire/events.ts";
import type { Person } from "../wire/shapes.ts";
import type { Steps } from "./history.ts";
import type { Room } from "./room.ts";
import type { ChatRecipient, ChatSubscription } from "./wire_format.ts";

/** The session behind a member. */
export interface Session {
  /** Charges the client for a request that costs as much as so many more messages. */
  charge(messages: number): void;
  /** Starts work that takes long: it is done step by step, and the client's next input waits until it is done. */
  workOn(steps: Steps<void>): void;
  /** Waits for work outside of the chat: the client's next input waits until it is done. If it rejects, which is a bug, the client is disconnected. */
  waitFor(work: Promise<void>): void;
  /** Disconnects the client once everything in its queue is written. `message` is shown instead of the usual one. */
  end(reason: DisconnectReason, message?: string): void;
}

const NO_MEMBERSHIPS: readonly Membership[] = [];

export class Member implements Person {
  name: string | undefined;
  away: string | undefined;
  /** Whether this member has shown the operators' token. */
  isOperator = false;
  /** The number of wrong tokens that it has shown. */
  wrongTokens = 0;
  /** The contributor that the history counts this member's messages for, once it is known; see `History.append`. */
  source: string | undefined;
  /** Whether this member is listed in its rooms: it has sent a message, taken a name or joined a room. */
  visible = false;
  /** The rooms of this member, the one joined last at the end. Empty after it has disconnected. */
  memberships: readonly Membership[] = NO_MEMBERSHIPS;

  constructor(
    /** Never given twice while the server runs. */
    readonly id: number,
    /** The address that others see, or the guest name instead of it. Does not change once the member is visible. */
    public address: string,
    readonly recipient: ChatRecipient,
    readonly session: Session,
    /** The client's address, `host:port`, for the log and for operators. */
    public origin: string = address,
  ) {}

  /** The room that this member's messages go to by default: the one joined last. */
  get current(): Membership | undefined {
    return this.memberships[this.memberships.length - 1];
  }
}

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
