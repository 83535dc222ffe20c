/**
 * The subprotocol `backchannel.v1.json`: everything that goes over the wire between the server and a client that offers
 * it, as types. The one source of this: docs/protocol.md shows an example of each.
 *
 * Every frame is one JSON object with a `type`. What the server sends has a `time`. A client must ignore types and
 * members that it does not know; new ones may come without a new version.
 * @module
 */
import type { ErrorCode, OperatorAct } from "../chat/events.ts";
import type { Statistics } from "../chat/statistics.ts";

/** What a client offers in `Sec-WebSocket-Protocol`. */
export const JSON_PROTOCOL = "backchannel.v1.json";

/** The longest `id` that a client may give to what it sends, in UTF-16 units. A UUID has 36. */
export const MAX_REF_LENGTH = 64;

/** The most messages in one page of history. With the longest texts it is bounded in bytes too, and has `more`. */
export const MAX_PAGE = 200;

/** Milliseconds since 1970, UTC. */
export type Time = number;

/** Somebody in the chat. */
export interface JsonUser {
  /** The number of this connection, never given twice while the server runs. */
  readonly id: number;
  /** `null` for somebody without a name, who is shown as the address. */
  readonly name: string | null;
  /** `host:port`, or `guest-4821` if the server hides addresses. */
  readonly address: string;
  /** Why they are away, if they said that they are. */
  readonly away?: string;
}

/** A room that the client is in, or could be. */
export interface JsonRoom {
  readonly name: string;
  readonly topic: string | null;
  /** How many are in its list. */
  readonly users: number;
  /** The `id` of the last message. */
  readonly offset: number;
}

/** Somebody is not let in any more. Only operators are told. */
export interface JsonBan {
  /** The name that nobody may take, if it is one. */
  readonly name: string | null;
  /** `203.0.113.7`, `10.0.0.0/8`: whence nobody is let in, if it is known. */
  readonly network: string | null;
  readonly since: Time;
  /** `null`: until it is lifted. */
  readonly until: Time | null;
  /** What the operator was called. */
  readonly by: string;
  /** Empty if there is none. */
  readonly reason: string;
}

/** What a client may send: one of these, or a slash command as it is typed, without JSON around it. */
export type ClientRequest =
  | ClientMessage
  | ClientCommand
  | ClientJoin
  | ClientLeave
  | ClientHistory;

export interface ClientMessage {
  readonly type: "message";
  /** Sent to the room literally: a `/` at the beginning has no meaning here. May have line breaks. */
  readonly text: string;
  /** One of the rooms that the client is in; if left out, the one that it joined last. */
  readonly room?: string;
  /**
   * Comes back as `ref` in the acknowledgement, reply or error; up to {@linkcode MAX_REF_LENGTH} UTF-16 code units.
   *
   * What is said, or whispered, under an id that came before is not said again, only acknowledged again: so send again what
   * was not acknowledged. An id of 16 characters or more has to be unique in the world (a UUID is), and holds across
   * connections, also across restarts of a server that keeps its history in a file; a shorter one holds within one
   * connection.
   */
  readonly id?: string;
}

/** Runs a slash command. Its answer is the `reply`, `ack` or `error` with this `id` as `ref`. */
export interface ClientCommand {
  readonly type: "command";
  /**
   * The command as a person types it: `/join dev`. One line, except that the text of `/whisper`, `/me` and `/say` may have
   * line breaks.
   */
  readonly text: string;
  /** One of the rooms that the client is in; if left out, the one that it joined last. */
  readonly room?: string;
  /** As in {@linkcode ClientMessage}: `/me` and `/whisper` under an id that came before are only acknowledged again. */
  readonly id?: string;
}

/** Takes the client to one room more, or makes one that it is in the room joined last. */
export interface ClientJoin {
  readonly type: "join";
  readonly room: string;
  /**
   * For a client that was here before: up to where it has all messages of this room. It gets `missed` with the reply: all
   * from there up to the moment when this connection came into the room. Everything behind that moment comes as it is
   * said. (In the lobby a connection is from the beginning: what is said there may come before the reply.)
   */
  readonly since?: { readonly epoch: string; readonly offset: number };
  readonly id?: string;
}

/** Takes the client out of a room; who is in no other goes to the lobby. */
export interface ClientLeave {
  readonly type: "leave";
  readonly room: string;
  readonly id?: string;
}

/** Asks for a page of what was said in a room that the client is in. */
export interface ClientHistory {
  readonly type: "history";
  /** If left out, the one that it joined last. */
  readonly room?: string;
  /** Only messages with smaller ids. */
  readonly before?: number;
  /** Only messages with larger ids. With it the oldest of what is asked for come, without it the newest. */
  readonly after?: number;
  /** How many at most, 1 to {@linkcode MAX_PAGE}; 50 if left out. */
  readonly limit?: number;
  readonly id?: string;
}

interface Event {
  readonly time: Time;
}

/** Something that happened in a room that the client is in. */
interface RoomEvent extends Event {
  readonly room: string;
}

/** An answer to something that the client sent. */
interface Answer extends Event {
  /** The `id` that the client gave; `null` if it gave none. */
  readonly ref: string | null;
}

/** The first event of every connection. */
export interface HelloEvent extends Event {
  readonly type: "hello";
  readonly you: JsonUser;
  readonly server: { readonly name: "backchannel"; readonly version: string };
  /** Changes when the server has started anew: numbers of users begin again. See `since` for those of messages. */
  readonly epoch: string;
  readonly limits: {
    /** The longest frame that the server takes, in bytes. */
    readonly maxPayload: number;
    /** The longest text that is said, in bytes of UTF-8; a longer one is refused with `too_long`. */
    readonly maxMessage: number;
    /** The longest name, in characters as people count them: grapheme clusters (`Intl.Segmenter`). */
    readonly maxName: number;
    /** What a name may be, in words. */
    readonly nameRules: string;
    /** The server disconnects who sends nothing for so long, pongs counted, in seconds; 0: never. */
    readonly idleTimeout: number;
    /** The server pings who is quiet for so long, in seconds; 0: never. */
    readonly heartbeat: number;
    /** The most rooms that a client may be in. */
    readonly maxRooms: number;
    /** How many messages of each room are kept; 0: none. */
    readonly history: number;
  };
  readonly commands: readonly JsonCommand[];
  /** Where the client is, and is heard unless it says otherwise. */
  readonly room: JsonRoom;
  /** Who is here and has said or named something; empty if these are more than 500: `/list` tells the first 1,000. */
  readonly users: readonly JsonUser[];
  /** How many these are. */
  readonly online: number;
}

export interface JsonCommand {
  /** Without the slash. */
  readonly name: string;
  /** `/whisper <username> <message>`. */
  readonly usage: string;
  readonly summary: string;
}

/** Somebody else said something to all in a room. */
export interface MessageEvent extends RoomEvent {
  readonly type: "message";
  /** Grows by one with every message in this room. */
  readonly id: number;
  readonly from: JsonUser;
  readonly text: string;
  /** Whether it is what somebody does (`/me waves`), not says. */
  readonly action?: true;
}

/** Messages of one room, oldest first, without a hole between them. */
export interface JsonPage {
  /** As they were told when they were said; `from.id` is 0 if that was in an earlier epoch. */
  readonly messages: readonly MessageEvent[];
  /** Whether there are more in the direction that was asked for. */
  readonly more: boolean;
}

/** What a client missed. */
export interface JsonMissed extends JsonPage {
  /** Whether that is all of it. If not, these are the newest, and `more` tells whether there are older ones. */
  readonly recovered: boolean;
}

/** Somebody said something to this client alone. */
export interface WhisperEvent extends Event {
  readonly type: "whisper";
  readonly from: JsonUser;
  readonly text: string;
}

/** Somebody can be seen in the list of a room, is gone from it, or has another name. */
export interface PresenceEvent extends RoomEvent {
  readonly type: "presence";
  readonly event: "join" | "leave" | "rename";
  readonly user: JsonUser;
  /** The name before a rename, `null` if there was none. */
  readonly previous?: string | null;
  /** How many are in the list now. */
  readonly users: number;
}

/**
 * Somebody is back who was gone for so short a time that nobody was told: nothing to show, but in lists `user` stands for
 * whom had the id `previous`.
 */
export interface BackEvent extends RoomEvent {
  readonly type: "back";
  readonly user: JsonUser;
  readonly previous: number;
}

/** So many are in the list now. In a room of more than 500 this is all that is told of who comes, goes and is renamed. */
export interface PeopleEvent extends RoomEvent {
  readonly type: "people";
  readonly users: number;
}

/** Somebody is away now, or is here again if `user` has no `away`. */
export interface AwayEvent extends RoomEvent {
  readonly type: "away";
  readonly user: JsonUser;
}

/** Somebody gave a room a topic, or took it away: `null`. */
export interface TopicEvent extends RoomEvent {
  readonly type: "topic";
  readonly from: JsonUser;
  readonly topic: string | null;
}

/** The client's own message was said to all others. */
export interface AckEvent extends Answer {
  readonly type: "ack";
  readonly room: string;
  /** The `id` under which the others got it. */
  readonly id: number;
}

/** The answer to a command that was done. */
export type ReplyEvent =
  & Answer
  & {
    readonly type: "reply";
    /** The line that a client of the text protocol gets. */
    readonly text: string;
  }
  & (
    | { readonly command: "name"; readonly data: { readonly user: JsonUser } }
    | {
      readonly command: "list";
      /** Not more than 1,000 of the `total`. */
      readonly data: {
        readonly room: string;
        readonly users: readonly JsonUser[];
        readonly total: number;
      };
    }
    | {
      readonly command: "join";
      /** `users` is empty if they are more than 500. `missed` is there if the client said `since`. */
      readonly data: {
        readonly room: JsonRoom;
        readonly users: readonly JsonUser[];
        /** The numbering of the ids from now on. */
        readonly epoch: string;
        readonly missed?: JsonMissed;
      };
    }
    | {
      readonly command: "history";
      readonly data: JsonPage & {
        readonly room: string;
        readonly epoch: string;
        /** Whether nothing is missing from between `after` and the last of these. */
        readonly complete: boolean;
      };
    }
    | {
      readonly command: "search";
      /** The newest that have all these words in them, oldest first. */
      readonly data: {
        readonly room: string;
        readonly words: string;
        readonly messages: readonly MessageEvent[];
        /** False if it would have taken too long to look at older messages, too. */
        readonly complete: boolean;
      };
    }
    | {
      readonly command: "leave";
      /** The room that was left, and the one that the client is in and joined last. */
      readonly data: { readonly left: string; readonly room: JsonRoom };
    }
    | {
      readonly command: "rooms";
      /** The largest rooms, and how many there are. */
      readonly data: { readonly rooms: readonly JsonRoom[]; readonly total: number };
    }
    | {
      readonly command: "topic";
      readonly data: { readonly room: string; readonly topic: string | null };
    }
    | { readonly command: "away"; readonly data: { readonly user: JsonUser } }
    | {
      readonly command: "whisper";
      readonly data: { readonly to: JsonUser; readonly text: string };
    }
    | { readonly command: "stats"; readonly data: Statistics }
    | { readonly command: "help"; readonly data: { readonly commands: readonly JsonCommand[] } }
    /** What the client may do from now on, besides what it was told in hello. */
    | { readonly command: "oper"; readonly data: { readonly commands: readonly JsonCommand[] } }
    | {
      readonly command: "bans";
      /** The newest bans, oldest first, and how many there are. */
      readonly data: { readonly bans: readonly JsonBan[]; readonly total: number };
    }
    | { readonly command: OperatorAct; readonly data: Readonly<Record<string, never>> }
  );

/** Something that the client sent could not be done, and changed nothing. */
export interface ErrorEvent extends Answer {
  readonly type: "error";
  readonly code: ErrorCode;
  /** For people. */
  readonly text: string;
}

/** Messages are missing here: this client does not read fast enough. */
export interface DroppedEvent extends Event {
  readonly type: "dropped";
  readonly count: number;
  /** Messages that are among them, by room: `history` brings them. The client's own may lie in between. */
  readonly missed: ReadonlyArray<
    { readonly room: string; readonly from: number; readonly to: number }
  >;
}

/**
 * The client sends more than it may. Nothing is lost: the server reads on when the rate allows it. Told again when the
 * client has been quiet, and does it again.
 */
export interface ThrottledEvent extends Event {
  readonly type: "throttled";
  /** When the next message is taken, in milliseconds. */
  readonly retryAfter: number;
}

/** An operator says something to everybody, wherever they are. */
export interface NoticeEvent extends Event {
  readonly type: "notice";
  readonly from: JsonUser;
  readonly text: string;
}

/**
 * The server ends the connection, because of `/quit`, because nothing came for too long, because an operator wants it or
 * because the client sent far more than it may (`flood`). A close frame follows: 1000, 1001 or 1008.
 */
export interface ByeEvent extends Event {
  readonly type: "bye";
  readonly reason: "quit" | "idle" | "kicked" | "flood";
  readonly text: string;
}

/** The server shuts down. A close frame with 1001 follows, at once or when this client's turn comes in a drain. */
export interface ShutdownEvent extends Event {
  readonly type: "shutdown";
  readonly text: string;
  /** Try again after a random time from `after` to `after + spread`, in milliseconds, so that not all come at once. */
  readonly reconnect: { readonly after: number; readonly spread: number };
}

/** What the server may send. */
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
