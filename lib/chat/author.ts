/**
 * Authors: those who write to rooms without being connected to the chat, such as a program that uses the HTTP API.
 * @module
 */
import type { Identity } from "../identity/identity.ts";
import type { Person } from "../wire/shapes.ts";
import type { BanSubject } from "./moderation.ts";

export interface Author extends BanSubject {
  readonly identity: Identity;
  /** Whom others see: a snapshot of the user. */
  readonly who: Person & { readonly name: string | undefined; readonly isOperator: boolean };
  readonly isOperator: boolean;
  /** The contributor that the history counts the messages for, see `History.append`. */
  readonly source: string;
}

/** Where a message is: its room and its number there. */
export interface Place {
  readonly room: string;
  readonly id: number;
}
