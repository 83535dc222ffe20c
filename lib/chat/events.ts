/**
 * Everything that a chat can tell a client, as data. How an event looks on a wire is decided elsewhere: `text.ts` makes
 * the lines that people read.
 * @module
 */
import type { Ban } from "./moderation.ts";
import type { Statistics } from "./statistics.ts";

/** Who somebody is for others. */
export interface Person {
  /** The number of this member, never given twice while the server runs. */
  readonly id: number;
  /** The name that they gave themselves, if they did. */
  readonly name: string | undefined;
  /** Where they come from, `host:port`, or what stands for it: `guest-4821`. */
  readonly address: string;
  /** Why they are away, if they said that they are. */
  readonly away?: string | undefined;
}

/** What a room is for those who are told of it. */
export interface RoomFacts {
  readonly name: string;
  readonly topic: string | undefined;
  /** How many are in its list. */
  readonly users: number;
  /** The number of the last message. */
  readonly offset: number;
}

/** Something that was said in a room before. */
export interface PastMessage {
  readonly id: number;
  /** When, in milliseconds since 1970. */
  readonly time: number;
  /** As they were then; the `id` is 0 if that was in an earlier epoch. */
  readonly from: Person;
  readonly text: string;
  readonly action?: boolean;
}

/** Messages of one room, oldest first, without a hole between them. */
export interface Page {
  readonly messages: readonly PastMessage[];
  /** Whether there are more behind this page, in the direction that was asked for. */
  readonly more: boolean;
}

/** What was said while somebody was not there. */
export interface Missed extends Page {
  /** Whether that is all of it. If not, these are the newest. */
  readonly recovered: boolean;
}

/** Messages of a room that somebody did not get, by their numbers, the last included. */
export interface MissedRange {
  readonly room: string;
  readonly from: number;
  readonly to: number;
}

/** What others call somebody: the name, or the address of those who gave none. */
export function displayName(person: Person): string {
  return person.name ?? person.address;
}

/** Stable identifiers of what can go wrong, for programs. */
export type ErrorCode =
  | "name_taken"
  | "name_confusable"
  | "name_reserved"
  | "name_invalid"
  | "unknown_command"
  | "usage"
  | "user_not_found"
  | "room_invalid"
  | "room_confusable"
  | "room_not_found"
  | "not_in_room"
  | "too_many_rooms"
  | "cannot_leave"
  | "no_history"
  | "not_operator"
  | "wrong_token"
  | "ban_invalid"
  | "not_banned"
  | "not_muted"
  | "too_many_bans"
  | "name_banned"
  | "muted"
  | "too_long"
  | "malformed"
  | "id_reused"
  | "refused";

/** What a client called its request, so that it can tell the answers apart. */
export type Ref = string | undefined;

export type ChatEvent =
  /** Somebody said something to all in a room, or does it (`action`). `id` grows by one with each in that room. */
  | {
    readonly type: "message";
    readonly room: string;
    readonly id: number;
    readonly from: Person;
    readonly text: string;
    readonly action?: boolean;
  }
  /** Somebody said something to the receiver alone. */
  | { readonly type: "whisper"; readonly from: Person; readonly text: string }
  /** Somebody is in the list of a room now, or no more, or under another name than `previous`. `users` are in it. */
  | {
    readonly type: "presence";
    readonly event: "join" | "leave" | "rename";
    readonly room: string;
    readonly user: Person;
    readonly previous?: string | undefined;
    readonly users: number;
  }
  /** Somebody is back so soon that nobody was told that they left. They may have another id than the `previous`. */
  | {
    readonly type: "back";
    readonly room: string;
    readonly user: Person;
    readonly previous: number;
  }
  /** A room has so many people that only their number is told. */
  | { readonly type: "people"; readonly room: string; readonly users: number }
  /** Somebody is away now, or here again. */
  | { readonly type: "away"; readonly room: string; readonly user: Person }
  /** Somebody gave a room a topic, or took it away. */
  | {
    readonly type: "topic";
    readonly room: string;
    readonly from: Person;
    readonly topic: string | undefined;
  }
  /** The first that a member hears, where the wire has a word for it. */
  | {
    readonly type: "hello";
    readonly you: Person;
    readonly server: ServerFacts;
    /** Where they are. */
    readonly room: RoomFacts;
    readonly users: readonly Person[];
    readonly online: number;
  }
  /** Answer to something said to all: the `id` that it got. */
  | { readonly type: "ack"; readonly room: string; readonly id: number; readonly ref: Ref }
  /** Answer to `/whisper`. */
  | { readonly type: "whispered"; readonly to: Person; readonly text: string; readonly ref: Ref }
  /** Answer to `/name`. */
  | { readonly type: "named"; readonly user: Person; readonly ref: Ref }
  /** Answer to `/list`: the first of the `total`. */
  | {
    readonly type: "users";
    readonly room: string;
    readonly users: readonly Person[];
    readonly total: number;
    readonly ref: Ref;
  }
  /** Answer to `/join`. `users` are in the list, unless these are too many; `missed` is for those who come back. */
  | {
    readonly type: "joined";
    readonly room: RoomFacts;
    readonly users: readonly Person[];
    readonly epoch: string;
    readonly missed?: Missed | undefined;
    readonly ref: Ref;
  }
  /** Answer to `/leave`: which room, and where the member's words go now. */
  | { readonly type: "left"; readonly left: string; readonly room: RoomFacts; readonly ref: Ref }
  /** Answer to `/rooms`: the largest of the `total`. */
  | {
    readonly type: "rooms";
    readonly rooms: readonly RoomFacts[];
    readonly total: number;
    readonly ref: Ref;
  }
  /** Answer to `/topic`: what it is, or is now if that was `changed`. */
  | {
    readonly type: "subject";
    readonly room: RoomFacts;
    readonly changed: boolean;
    readonly ref: Ref;
  }
  /** Answer to `/history`. `complete` tells that nothing is missing from between the number asked for and the page. */
  | Page & {
    readonly type: "history";
    readonly room: string;
    readonly epoch: string;
    readonly complete: boolean;
    readonly ref: Ref;
  }
  /** Answer to `/search`: the newest that were found, oldest first. Not `complete` if it took too long to look at all. */
  | {
    readonly type: "found";
    readonly room: string;
    readonly words: string;
    readonly messages: readonly PastMessage[];
    readonly complete: boolean;
    readonly ref: Ref;
  }
  /** Answer to `/away`. */
  | { readonly type: "marked"; readonly user: Person; readonly ref: Ref }
  /** Answer to `/stats`. */
  | { readonly type: "statistics"; readonly statistics: Statistics; readonly ref: Ref }
  /** Answer to `/help`. */
  | { readonly type: "help"; readonly commands: readonly CommandHelp[]; readonly ref: Ref }
  /** An operator said something to everybody, wherever they are. */
  | { readonly type: "notice"; readonly from: Person; readonly text: string }
  /** Answer to `/oper`: what the member may do from now on besides. */
  | { readonly type: "operator"; readonly commands: readonly CommandHelp[]; readonly ref: Ref }
  /** Answer to `/bans`: the newest of the `total`, oldest first. */
  | {
    readonly type: "bans";
    readonly bans: readonly Ban[];
    readonly total: number;
    readonly ref: Ref;
  }
  /** Answer to another command of operators, which was done. `text` is the whole line. */
  | {
    readonly type: "done";
    readonly command: OperatorAct;
    readonly text: string;
    readonly ref: Ref;
  }
  /** Answer to something that could not be done. `text` is the whole line. */
  | { readonly type: "error"; readonly code: ErrorCode; readonly text: string; readonly ref: Ref }
  /** Messages are missing here: the receiver did not read fast enough. */
  | { readonly type: "dropped"; readonly count: number; readonly ranges: readonly MissedRange[] }
  /** The receiver says more than it may: its input waits, at first for so many milliseconds. */
  | { readonly type: "throttled"; readonly retryAfter: number }
  /** The last thing that a client gets, and why; `words` say it if there is more to say than always. */
  | {
    readonly type: "farewell";
    readonly reason: DisconnectReason;
    readonly words?: string | undefined;
  };

/** Why the server ends a chat with somebody. */
export type DisconnectReason = "quit" | "idle" | "shutdown" | "kicked" | "flood";

/** What operators do, told in words alone. */
export type OperatorAct = "kick" | "ban" | "unban" | "mute" | "say" | "lockdown" | "drain";

/** What a server says of itself. */
export interface ServerFacts {
  readonly version: string;
  readonly epoch: string;
  readonly limits: {
    readonly maxPayload: number;
    readonly maxMessage: number;
    readonly maxName: number;
    readonly nameRules: string;
    readonly idleTimeout: number;
    readonly heartbeat: number;
    readonly maxRooms: number;
    readonly history: number;
  };
  readonly commands: readonly CommandHelp[];
}

export interface CommandHelp {
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
}
