/**
 * A member of the chat: one client, and its place in each of its rooms. Everything that is on its way to the client is in
 * the member's recipient.
 *
 * A client that has logged in belongs to a user, who is one person to all others however many clients there are. A client
 * that has not is a guest, and stands for itself.
 * @module
 */
import type { AuthOutcome, Identity } from "../identity/identity.ts";
import type { DisconnectReason } from "../wire/events.ts";
import type { Person } from "../wire/shapes.ts";
import type { Steps } from "./history.ts";
import type { Room } from "./room.ts";
import type { ChatRecipient, ChatSubscription } from "./wire_format.ts";

/** The session behind a member. */
export interface Session {
  /** Checks a password or a token. Never rejects, and settles before a deadline. `undefined` if there are no logins. */
  authenticate(secret: string): AuthOutcome | Promise<AuthOutcome> | undefined;
  /** Charges the client for a request that costs as much as so many more messages. */
  charge(messages: number): void;
  /** Starts work that takes long: it is done step by step, and the client's next input waits until it is done. */
  workOn(steps: Steps<void>): void;
  /** Waits for work outside of the chat: the client's next input waits until it is done. If it rejects, which is a bug, the client is disconnected. */
  waitFor(work: Promise<void>): void;
  /** Something that the client did has been settled, see {@linkcode Member.unsettled}. */
  settled(): void;
  /** Disconnects the client once everything in its queue is written. `message` is shown instead of the usual one. */
  end(reason: DisconnectReason, message?: string): void;
}

const NO_MEMBERSHIPS: readonly Membership[] = [];
const NO_MEMBERS: readonly Member[] = [];

/** Somebody in the chat, as others see them: a guest or a user. */
export type Participant = Member | User;

export class Member implements Person {
  name: string | undefined;
  away: string | undefined;
  /** Whether this member has operator rights: it has shown the operators' token, or logged in with them. */
  isOperator = false;
  /** The number of wrong operator tokens that it has shown. */
  wrongTokens = 0;
  /** The number of logins that were refused. */
  failedLogins = 0;
  /** The contributor that the history counts this member's messages for, once it is known; see `History.append`. */
  source: string | undefined;
  /** Whether this guest is listed in its rooms: it has sent a message, taken a name or joined a room. */
  visible = false;
  /** The rooms of this member, the one joined last at the end. Empty after it has disconnected. */
  memberships: readonly Membership[] = NO_MEMBERSHIPS;
  /** Whether the client is in the chat. */
  isConnected = true;
  /** Who has logged in; `undefined` for a guest. */
  user: User | undefined;
  /** What the client has logged in with. */
  identity: Identity | undefined;
  /** The secret with which this guest takes its name back on another connection. */
  resumeToken: string | undefined;
  /** The id of this guest's first connection: with the resume token it continues on others. */
  lineage: number;
  /** The other node of the chat whose client this is; `undefined` for the clients of this server. */
  node: string | undefined;
  /** The number of messages on their way through the log that several nodes share. Without such a log it is 0. */
  unsettled = 0;
  /** The number of those that were given up before it was known what became of them. */
  undecided = 0;
  /** Guests have none. */
  readonly account = undefined;

  constructor(
    /** Never given twice while the server runs. */
    readonly id: number,
    /** The address that others see, or the guest name instead of it. Does not change once the member is visible. */
    public address: string,
    readonly recipient: ChatRecipient,
    readonly session: Session,
    /** The client's address, `host:port`, for the log and for operators. */
    public origin: string = address,
  ) {
    this.lineage = id;
  }

  /** The room that this member's messages go to by default: the one joined last. */
  get current(): Membership | undefined {
    return this.memberships[this.memberships.length - 1];
  }

  /** Whom others see. */
  get who(): Participant {
    return this.user ?? this;
  }

  /** The clients of this guest: the one, as long as it is connected. */
  get members(): readonly Member[] {
    return this.isConnected ? [this] : NO_MEMBERS;
  }
}

/** A user. Others see the same of all clients. */
export class User implements Person {
  /** Never given twice while the server runs; 0 before the first client connects. */
  id = 0;
  name: string | undefined;
  away: string | undefined;
  /** The address that others see: that of one of the clients, the last one if there are none. */
  address = "";
  /** Whether the user is listed in their rooms, as a guest is. */
  visible = false;
  /** The user's clients, the one that has been connected for longest first. */
  members: readonly Member[] = NO_MEMBERS;

  constructor(
    /** Identifies the user to whoever authenticates them. Others do not see it. */
    readonly key: string,
    /** Identifies the user to others, for good. */
    readonly account: string,
  ) {}

  /** Whether one of the clients has operator rights. */
  get isOperator(): boolean {
    return this.members.some(({ isOperator }) => isOperator);
  }

  /** The user's place in each of their rooms, several in a room where several clients are. */
  get memberships(): readonly Membership[] {
    return this.members.flatMap(({ memberships }) => memberships);
  }
}

/** A connection that gets what is published without being a member. It may become one, or reads a stream of events. */
export interface Listener {
  readonly recipient: ChatRecipient;
  /** The room that it listens to. */
  readonly room: Room;
  /**
   * The subscription to the room: to the lobby as long as nobody knows whether an accepted connection is a client of the
   * chat. `undefined` if it has to log in first.
   */
  readonly subscription: ChatSubscription | undefined;
  /** The number of the last message before the subscription. All later ones are delivered as they are published. */
  readonly start: number;
}

/** A member in a room. */
export class Membership {
  constructor(
    readonly member: Member,
    readonly room: Room,
    /** Clients of other nodes have none. */
    readonly subscription: ChatSubscription | undefined,
    /** The number of the last message before the subscription. */
    readonly start: number,
  ) {}
}
