/**
 * What is known of an authenticated client, and how authentication is asked for. All ways to authenticate (a shared
 * password, signed tokens, a proxy, the embedder) return the same.
 * @module
 */

/** What a user does in a room. */
export type Act = "join" | "read" | "write";

/** Room names for each act; `*` stands for all rooms, `team-*` for those that begin so. An act that is absent is allowed everywhere. */
export type RoomRights = { readonly [A in Act]?: readonly string[] };

/** An authenticated client that is known: a user. */
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

/** Why a client is not authenticated, for programs. */
export type AuthRefusalCause =
  /** The client has given no credential, and has to. */
  | "none"
  /** The credential is wrong, malformed or of a kind that is not accepted. Trying it again is no use. */
  | "wrong"
  /** The token is genuine, but has expired: the client needs a new one. */
  | "expired"
  /** The credential is genuine, but does not let its owner in here or now: a token for another audience, for example. */
  | "denied"
  /** Too many wrong credentials came from the address: none is checked for now. */
  | "limited"
  /** The credential could not be checked. */
  | "failed";

/** Why a client is not authenticated, as it is told. */
export interface AuthRefusal {
  /** One sentence for people, without a full stop. */
  readonly refused: string;
  /** Why, for programs. @default "wrong" */
  readonly cause?: AuthRefusalCause;
  /** When another attempt makes sense, in seconds from now. */
  readonly retryAfter?: number;
}

/**
 * The result of an attempt: the user; `"guest"` for a client that may use the chat while nobody knows who it is, because it
 * gave a password that many share, or because it need not authenticate; or a refusal. A guest has no id and no rights of its
 * own. It is in the chat as every client is where authentication is off: its name is its own only while it is there, and it
 * may join, read and write all rooms.
 */
export type AuthOutcome = Identity | "guest" | AuthRefusal;

/** What a client gives to authenticate. */
export type Credential =
  /** With `/login` and its JSON: a shared password, or a signed token. Clients need not know which one the server asks for. */
  | { readonly type: "secret"; readonly secret: string }
  /** With a request to `/api`, in `Authorization: Bearer` (RFC 6750 2.1): an API token, or a signed token. */
  | { readonly type: "bearer"; readonly token: string }
  /** The name of a user that a trusted proxy has authenticated, as it stands in the header. */
  | { readonly type: "header"; readonly user: string };

/** An attempt to authenticate. */
export interface AuthAttempt {
  /** The client's IP address, as a trusted proxy gives it. */
  readonly ip: string;
  /** `host:port` of the client, for the log. */
  readonly address: string;
  /** The fields of the HTTP request; `undefined` for line clients. */
  readonly headers: Headers | undefined;
  /** `undefined` if the client has given none: only the embedder can accept it then. */
  readonly credential: Credential | undefined;
}

/** Authenticates clients. */
export interface Authenticator {
  /** Whether clients have to authenticate before they send or receive anything. `/api` needs a credential in any case. */
  readonly required: boolean;
  /**
   * The header field, in lower case, in which trusted proxies name the users that they have authenticated. It must be
   * ignored, and not shown to anybody, if it comes from another peer. `undefined` if there is none.
   */
  readonly userHeader: string | undefined;
  /** Returns at once where it can. Never rejects. */
  authenticate(attempt: AuthAttempt): AuthOutcome | Promise<AuthOutcome>;
}

/** Whether an attempt was refused. */
export function isRefused(outcome: AuthOutcome): outcome is AuthRefusal {
  return outcome !== "guest" && "refused" in outcome;
}
