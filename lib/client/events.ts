/**
 * What a client tells: the events of the server, and what the client makes of them.
 * @module
 */
import type {
  AckEvent,
  ErrorEvent,
  MessageEvent,
  Position,
  ReplyEvent,
  Room,
  ServerEvent,
  User,
} from "../wire/protocol.ts";
import type { ConnectionState } from "./connection.ts";
import type { LoginProblem } from "./login.ts";
import type { Unsent } from "./outbox.ts";

/** The state of the connection changed. */
export interface StateEvent {
  /** Which kind it is. */
  readonly type: "state";
  /** The new state. */
  readonly state: ConnectionState;
  /** The time of the next attempt, in ms as of the clock of the client, while `waiting`. */
  readonly retryAt: number | undefined;
}

/** The client has its name and takes part in the chat: queued messages are sent now. */
export interface ReadyEvent {
  /** Which kind it is. */
  readonly type: "ready";
}

/** The client's own name or away state changed. */
export interface UserEvent {
  /** Which kind it is. */
  readonly type: "user";
  /** This client's user. */
  readonly user: User;
  /** Whether the name was chosen with `setName()`, and is not one that the client took again by itself. */
  readonly isByUser: boolean;
}

/** The client could not log in. */
export interface LoginFailedEvent {
  /** Which kind it is. */
  readonly type: "loginFailed";
  /** Why the server refuses the client; `undefined` if the program has failed to give a secret. */
  readonly problem: LoginProblem | undefined;
  /** What the program has thrown instead of giving a secret. The client tries it again after a wait. */
  readonly error: unknown;
}

/** The client needs a name to go on: it has none, the server refused the one that it wants, or a user owns it. */
export interface NameNeededEvent {
  /** Which kind it is. */
  readonly type: "nameNeeded";
  /** Why the server refused the name. It comes instead of the server's `error`. */
  readonly error: ErrorEvent | undefined;
  /** The name that the server refused. */
  readonly name: string | undefined;
}

/** Ids of messages, both ends included. */
export interface IdRange {
  /** The first id. */
  readonly from: number;
  /** The last id. */
  readonly to: number;
}

/** The client is in a room: for the first time, or again after a reconnect. */
export interface JoinedEvent {
  /** Which kind it is. */
  readonly type: "joined";
  /** The `id` of the request to join; `null` if there was none. */
  readonly ref: string | null;
  /** The room. */
  readonly room: Room;
  /** The visible users, or none if there are too many; `room.users` is their number. */
  readonly users: readonly User[];
  /** The last message before the live ones. */
  readonly position: Position;
  /**
   * - `entered`: this client was not in the room before.
   * - `resumed`: it was, and everything since is in `messages`, except for `gap`.
   * - `restarted`: it was, and the server cannot tell what was said since.
   * - `unchanged`: it is in the room already.
   */
  readonly outcome: "entered" | "resumed" | "restarted" | "unchanged";
  /** The missing messages. The history may have them. */
  readonly gap: IdRange | undefined;
  /** The newest messages, oldest first. `message` events follow for those that the client has not had yet. */
  readonly messages: readonly MessageEvent[];
  /** Whether the history has messages before the first of these. */
  readonly more: boolean;
}

/** The client is no longer in a room. */
export interface LeftEvent {
  /** Which kind it is. */
  readonly type: "left";
  /** The name of the room. */
  readonly room: string;
  /**
   * Why the server does not let the client into the room again after a reconnect. The client tries it again on the next
   * connection. It comes instead of the server's `error`.
   */
  readonly error: ErrorEvent | undefined;
}

/** Messages of a room are missing. */
export interface GapEvent {
  /** Which kind it is. */
  readonly type: "gap";
  /** The name of the room. */
  readonly room: string;
  /**
   * - `away`: they were sent while the client was not connected.
   * - `restart`: the server was restarted and cannot tell what is missing.
   * - `slow`: the server dropped them because the client reads too slowly.
   * - `unknown`: their ids were skipped.
   */
  readonly cause: "away" | "restart" | "slow" | "unknown";
  /** The missing ids, which `history` can fetch; `undefined` if they are not known. */
  readonly range: IdRange | undefined;
}

/**
 * A message of this client was queued, sent, delivered or refused. A message that was in flight when the connection was
 * lost is queued again.
 */
export type DeliveryEvent =
  & { readonly type: "delivery"; readonly message: Unsent }
  & (
    | { readonly state: "queued" }
    | { readonly state: "sending" }
    | { readonly state: "delivered"; readonly answer: AckEvent | ReplyEvent }
    /** `error` comes instead of the server's `error`. */
    | { readonly state: "failed"; readonly error: ErrorEvent }
  );

/** A message as the client passes it on. */
export type ReceivedMessage = MessageEvent & {
  /** Whether it was sent while the client was not connected. */
  readonly missed?: true;
};

/** The events of a union, by their types. */
export type ByType<Event extends { readonly type: string }> = {
  [Type in Event["type"]]: Extract<Event, { readonly type: Type }>;
};

/** The events that only the client makes. */
export type LocalEvent =
  | StateEvent
  | ReadyEvent
  | UserEvent
  | LoginFailedEvent
  | NameNeededEvent
  | JoinedEvent
  | LeftEvent
  | GapEvent
  | DeliveryEvent;

/** All events of a client, by their types. */
export type ClientEvents =
  & Omit<ByType<ServerEvent>, "message">
  & { message: ReceivedMessage }
  & ByType<LocalEvent>;

/** An event of a client. */
export type ClientEvent = ClientEvents[keyof ClientEvents];
