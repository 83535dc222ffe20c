/**
 * Everything that a chat can tell a client, as data. How an event looks on a wire is decided elsewhere: `text.ts` makes
 * the lines that people read.
 * @module
 */
import type { Statistics } from "./statistics.ts";

/** Who somebody is for others. */
export interface Person {
  /** The number of this member, never given twice while the server runs. */
  readonly id: number;
  /** The name that they gave themselves, if they did. */
  readonly name: string | undefined;
  /** Where they come from, `host:port`. */
  readonly address: string;
}

/** What others call somebody: the name, or the address of those who gave none. */
export function displayName(person: Person): string {
  return person.name ?? person.address;
}

/** Stable identifiers of what can go wrong, for programs. */
export type ErrorCode =
  | "name_taken"
  | "name_invalid"
  | "unknown_command"
  | "usage"
  | "user_not_found"
  | "malformed"
  | "refused";

/** What a client called its request, so that it can tell the answers apart. */
export type Ref = string | undefined;

export type ChatEvent =
  /** Somebody said something to all. `id` grows with each. */
  | { readonly type: "message"; readonly id: number; readonly from: Person; readonly text: string }
  /** Somebody said something to the receiver alone. */
  | { readonly type: "whisper"; readonly from: Person; readonly text: string }
  /** Somebody is in the list now, or no more, or under another name than `previous`. `users` are in it. */
  | {
    readonly type: "presence";
    readonly event: "join" | "leave" | "rename";
    readonly user: Person;
    readonly previous?: string | undefined;
    readonly users: number;
  }
  /** The first that a member hears, where the wire has a word for it. */
  | {
    readonly type: "hello";
    readonly you: Person;
    readonly server: ServerFacts;
    readonly users: readonly Person[];
    readonly online: number;
  }
  /** Answer to something said to all: the `id` that it got. */
  | { readonly type: "ack"; readonly id: number; readonly ref: Ref }
  /** Answer to `/whisper`. */
  | { readonly type: "whispered"; readonly to: Person; readonly text: string; readonly ref: Ref }
  /** Answer to `/name`. */
  | { readonly type: "named"; readonly user: Person; readonly ref: Ref }
  /** Answer to `/list`. */
  | { readonly type: "users"; readonly users: readonly Person[]; readonly ref: Ref }
  /** Answer to `/stats`. */
  | { readonly type: "statistics"; readonly statistics: Statistics; readonly ref: Ref }
  /** Answer to `/help`. */
  | { readonly type: "help"; readonly commands: readonly CommandHelp[]; readonly ref: Ref }
  /** Answer to something that could not be done. `text` is the whole line. */
  | { readonly type: "error"; readonly code: ErrorCode; readonly text: string; readonly ref: Ref }
  /** Messages are missing here: the receiver did not read fast enough. */
  | { readonly type: "dropped"; readonly count: number }
  /** The last thing that a client gets, and why. */
  | { readonly type: "farewell"; readonly reason: Farewell };

/** Why the server ends a chat with somebody. */
export type Farewell = "quit" | "idle" | "shutdown";

/** What a server says of itself. */
export interface ServerFacts {
  readonly version: string;
  readonly epoch: string;
  readonly limits: {
    readonly maxPayload: number;
    readonly maxName: number;
    readonly nameRules: string;
    readonly idleTimeout: number;
    readonly heartbeat: number;
  };
  readonly commands: readonly CommandHelp[];
}

export interface CommandHelp {
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
}
