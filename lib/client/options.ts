/**
 * The options of a client and of its requests.
 * @module
 */
import type { ClientEnvironment, Memory } from "./environment.ts";
import type { ChatError } from "./errors.ts";
import type { LoginSource } from "./login.ts";
import type { Request } from "./requests.ts";

/** How a client behaves. */
export interface ClientOptions extends Partial<ClientEnvironment> {
  /**
   * A password or token to log in with, or a function that gets one for every connection: a fresh token, for example. By
   * default the client is a guest.
   */
  readonly login?: LoginSource;
  /** Where the secret is stored with which a guest takes its name back. By default it is lost with the client. */
  readonly resume?: Memory;
  /** The name to take. It is taken again after a reconnect. By default others see the client's address. */
  readonly name?: string;
  /**
   * Called if the server refuses the name, for example because another user has it. Returns another name, or `undefined`
   * to go on without a name. By default the client is closed with the error.
   */
  readonly onNameRefused?: (
    error: ChatError,
  ) => string | undefined | Promise<string | undefined>;
  /** The rooms to be in, for example `["dev"]`. By default the lobby. */
  readonly rooms?: readonly string[];
  /** Closes the client. */
  readonly signal?: AbortSignal;
  /** Where messages are stored that are not delivered yet. By default they are lost with the client. */
  readonly outbox?: Memory;
  /** The maximum number of messages that are not delivered yet. @default 200 */
  readonly maxUnsent?: number;
  /** The maximum number of events that wait for a loop. @default 4096 */
  readonly maxEvents?: number;
}

/** A message that was delivered. */
export interface Sent {
  /** The name of the room. */
  readonly room: string;
  /** The number that the message has in its room. */
  readonly id: number;
  /** When the server delivered it, in milliseconds since 1970 (UTC). */
  readonly time: number;
}

/** How long a request waits for its answer. */
export interface RequestOptions {
  /** Stops waiting for the answer. A request that was sent may be executed. */
  readonly signal?: AbortSignal;
}

/** How a message is sent. */
export interface SendOptions extends RequestOptions {
  /** Whether the text is an action, like `/me waves`. @default false */
  readonly action?: boolean;
}

/** A page of a room's messages. See the request `history` of the protocol. */
export type HistoryRange = Pick<
  Extract<Request, { readonly type: "history" }>,
  "before" | "after" | "limit"
>;

/** The options of the core of a client. */
export interface CoreOptions {
  readonly environment: ClientEnvironment;
  /** What the client logs in with. By default it is a guest. */
  readonly login?: LoginSource | undefined;
  /** Where the secret is stored with which a guest takes its name back. By default it is lost with the client. */
  readonly resume?: Memory | undefined;
  /** The name to take. It is taken again after a reconnect. The name of a user comes from the login. */
  readonly name?: string | undefined;
  /** Whether a client without a name waits for one, with `nameNeeded`, before it sends messages. @default false */
  readonly needsName?: boolean | undefined;
  /** Whether a client that the server disconnected because it was idle waits for {@linkcode ClientCore.retry}. @default false */
  readonly restsWhenIdle?: boolean | undefined;
  /** The rooms to be in. By default the one that every connection starts in. */
  readonly rooms?: readonly string[] | undefined;
  /** Where messages are stored that are not delivered yet. By default they are lost with the client. */
  readonly outbox?: Memory | undefined;
  /** The maximum number of messages that are not delivered yet. @default 200 */
  readonly maxUnsent?: number | undefined;
}
