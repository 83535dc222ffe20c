/**
 * What is known of an authenticated client, and how authentication is asked for. All ways to authenticate (a shared
 * password, signed tokens, a proxy, the embedder) return the same.
 * @module
 */

/** What a user does in a room. */
export type Act = "join" | "read" | "write";

/** Room names for each act; `*` stands for all rooms, `team-*` for those that begin so. An act that is absent is allowed everywhere. */
export type RoomRights = { readonly [A in Act]?: readonly string[] };

/** An authenticated client. */
export interface Identity {
  /** Names the user for good, on all devices. Others do not see it. */
  readonly id: string;
  /** The user's name in the chat, which nobody else can take. By default the client is a guest that chooses one. */
  readonly name?: string;
  /** Whether the user is an operator. @default false */
  readonly operator?: boolean;
  /** By default all rooms. */
  readonly rooms?: RoomRights;
  /** When the identity expires, in ms of Unix time. The session ends then. By default never. */
  readonly expires?: number;
}

/** Why a client is not authenticated, as it is told. */
export interface AuthRefusal {
  readonly refused: string;
}

/** What a client gives to authenticate. */
export type Credential =
  /** A shared password, or a signed token: clients need not know which one the server asks for. */
  | { readonly type: "secret"; readonly secret: string }
  /** The name of a user that a trusted proxy has authenticated. */
  | { readonly type: "header"; readonly user: string };

/** An attempt to authenticate. */
export interface AuthAttempt {
  /** The client's IP address, as a trusted proxy gives it. */
  readonly ip: string;
  readonly address: string;
  /** The fields of the HTTP request; `undefined` for line clients. */
  readonly headers: Headers | undefined;
  /** `undefined` if the client has given none: only the embedder can accept it then. */
  readonly credential: Credential | undefined;
}

/** Authenticates clients. */
export interface Authenticator {
  /** Whether clients have to authenticate before they send or receive anything. */
  readonly required: boolean;
  /** Returns at once where it can. Never rejects. */
  authenticate(attempt: AuthAttempt): Identity | AuthRefusal | Promise<Identity | AuthRefusal>;
}
