/**
 * What goes over the wire: the subprotocol `backchannel.v1.json`, as this client understands it.
 *
 * The server's README describes it; `tests/protocol_examples.json` has an example of each, which both are checked against.
 * @module
 */
import type { User } from "./message.model";

/** A room as the server tells of it. */
export interface WireRoom {
  readonly name: string;
  readonly topic: string | null;
  readonly users: number;
  /** The `id` of the last message. */
  readonly offset: number;
}

interface Timed {
  readonly time: number;
}

export interface HelloEvent extends Timed {
  readonly type: "hello";
  readonly you: User;
  /** Names the numbering of messages: another one, and all offsets are others. */
  readonly epoch: string;
  readonly limits: {
    /** The longest frame that the server takes, in bytes. */
    readonly maxPayload: number;
    /** How many messages of each room it keeps; 0 or nothing if it keeps none. */
    readonly history?: number;
  };
  readonly room: WireRoom;
  /** Empty, or not all, if there are many. */
  readonly users: readonly User[];
  readonly online: number;
}

export interface MessageEvent extends Timed {
  readonly type: "message";
  readonly room: string;
  /** Grows by one with each message of the room. */
  readonly id: number;
  readonly from: User;
  readonly text: string;
  readonly action?: boolean;
}

export interface WhisperEvent extends Timed {
  readonly type: "whisper";
  readonly from: User;
  readonly text: string;
}

export interface PresenceEvent extends Timed {
  readonly type: "presence";
  readonly room: string;
  readonly event: "join" | "leave" | "rename";
  readonly user: User;
  readonly previous?: string | null;
  readonly users: number;
}

/** Somebody is back so soon that nobody was told that they were gone. */
export interface BackEvent extends Timed {
  readonly type: "back";
  readonly room: string;
  readonly user: User;
  readonly previous: number;
}

/** All that is told of who comes and goes in a very large room. */
export interface PeopleEvent extends Timed {
  readonly type: "people";
  readonly room: string;
  readonly users: number;
}

export interface AwayEvent extends Timed {
  readonly type: "away";
  readonly room: string;
  readonly user: User;
}

export interface TopicEvent extends Timed {
  readonly type: "topic";
  readonly room: string;
  readonly from: User;
  /** `null` if it was taken away. */
  readonly topic: string | null;
}

interface Answer extends Timed {
  /** The `id` of the request. */
  readonly ref: string | null;
}

export interface AckEvent extends Answer {
  readonly type: "ack";
  readonly room: string;
  readonly id: number;
}

export interface ErrorEvent extends Answer {
  readonly type: "error";
  readonly code: string;
  readonly text: string;
}

/** What was said while a client was away, in the reply to a `join` with `since`. */
export interface Missed {
  /** Whether these are all. If not, they are the newest. */
  readonly recovered: boolean;
  readonly messages: readonly MessageEvent[];
  /** Whether there are older ones. */
  readonly more: boolean;
}

/** What each command is answered with. */
interface Replies {
  readonly name: { readonly user: User };
  readonly list: { readonly room: string; readonly users: readonly User[] };
  readonly join: {
    readonly room: WireRoom;
    readonly users: readonly User[];
    readonly epoch?: string;
    readonly missed?: Missed;
  };
  readonly leave: { readonly left: string; readonly room: WireRoom };
  readonly rooms: { readonly rooms: readonly WireRoom[]; readonly total: number };
  readonly topic: { readonly room: string; readonly topic: string | null };
  readonly away: { readonly user: User };
  readonly whisper: { readonly to: User; readonly text: string };
  readonly history: {
    readonly room: string;
    readonly epoch: string;
    /** Oldest first, without a hole inside. */
    readonly messages: readonly MessageEvent[];
    /** Whether nothing is missing between what was asked for and these. */
    readonly complete: boolean;
    /** Whether there are more in the direction that was asked for. */
    readonly more: boolean;
  };
  readonly search: {
    readonly room: string;
    readonly words: string;
    readonly messages: readonly MessageEvent[];
  };
  readonly stats: Readonly<Record<string, number>>;
  readonly help: { readonly commands: readonly unknown[] };
  // Of operators: the text tells it all.
  readonly oper: { readonly commands: readonly unknown[] };
  readonly bans: { readonly bans: readonly unknown[]; readonly total: number };
  readonly kick: object;
  readonly ban: object;
  readonly unban: object;
  readonly mute: object;
  readonly say: object;
  readonly lockdown: object;
  readonly drain: object;
}

export type Command = keyof Replies;
export type ReplyData<Name extends Command> = Replies[Name];

interface ReplyBase extends Answer {
  readonly type: "reply";
  /** The answer in one line, for people. */
  readonly text: string;
}

type KnownReply = {
  [Name in Command]: ReplyBase & { readonly command: Name; readonly data: Replies[Name] };
}[Command];

/** `command` is `null` for one that this client does not know: its text can be shown all the same. */
export type ReplyEvent = KnownReply | (ReplyBase & { readonly command: null });

export interface DroppedEvent extends Timed {
  readonly type: "dropped";
  readonly count: number;
  /** Which these were: numbers of messages, both ends included. */
  readonly missed?: ReadonlyArray<{
    readonly room: string;
    readonly from: number;
    readonly to: number;
  }>;
}

/** This client sends more than its rate allows: the server reads on in `retryAfter` ms. Nothing is lost. */
export interface ThrottledEvent extends Timed {
  readonly type: "throttled";
  readonly retryAfter: number;
}

/** An operator says something to everybody, wherever they are. */
export interface NoticeEvent extends Timed {
  readonly type: "notice";
  readonly from: User;
  readonly text: string;
}

export interface ByeEvent extends Timed {
  readonly type: "bye";
  readonly reason: string;
  readonly text: string;
}

/** When to come back: after a random time from `after` to `after + spread`, in ms. */
export interface ReturnHint {
  readonly after: number;
  readonly spread: number;
}

export interface ShutdownEvent extends Timed {
  readonly type: "shutdown";
  readonly text: string;
  readonly reconnect: ReturnHint;
}

export type ServerEvent =
  | HelloEvent
  | MessageEvent
  | WhisperEvent
  | PresenceEvent
  | BackEvent
  | PeopleEvent
  | AwayEvent
  | TopicEvent
  | AckEvent
  | ReplyEvent
  | ErrorEvent
  | DroppedEvent
  | ThrottledEvent
  | NoticeEvent
  | ByeEvent
  | ShutdownEvent;

/** What the client sends. */
export type ClientRequest =
  | {
    /** A message is its text, whatever that begins with; a command is what a person types: `/join dev`. */
    readonly type: "message" | "command";
    readonly id: string;
    readonly room?: string;
    readonly text: string;
  }
  | {
    readonly type: "join";
    readonly id: string;
    readonly room: string;
    readonly since?: { readonly epoch: string; readonly offset: number };
  }
  | { readonly type: "leave"; readonly id: string; readonly room: string }
  | {
    readonly type: "history";
    readonly id: string;
    readonly room: string;
    readonly before?: number;
    readonly after?: number;
    readonly limit: number;
  };
