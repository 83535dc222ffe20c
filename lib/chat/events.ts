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

export type ChatEvent =
  /** Somebody said something to all. */
  | { readonly type: "message"; readonly from: Person; readonly text: string }
  /** Somebody said something to the receiver alone. */
  | { readonly type: "whisper"; readonly from: Person; readonly text: string }
  /** Answer to `/whisper`. */
  | { readonly type: "whispered"; readonly to: Person; readonly text: string }
  /** Answer to `/name`. */
  | { readonly type: "named"; readonly name: string }
  /** Answer to `/list`. */
  | { readonly type: "users"; readonly users: readonly Person[] }
  /** Answer to `/stats`. */
  | { readonly type: "statistics"; readonly statistics: Statistics }
  /** Answer to `/help`. */
  | { readonly type: "help"; readonly commands: readonly CommandHelp[] }
  /** Answer to something that could not be done. `text` is the whole line. */
  | { readonly type: "error"; readonly code: ErrorCode; readonly text: string }
  /** Messages are missing here: the receiver did not read fast enough. */
  | { readonly type: "dropped"; readonly count: number }
  /** The last thing that a client gets, and why. */
  | { readonly type: "farewell"; readonly reason: Farewell };

/** Why the server ends a chat with somebody. */
export type Farewell = "quit" | "idle" | "shutdown";

export interface CommandHelp {
  readonly usage: string;
  readonly summary: string;
}
