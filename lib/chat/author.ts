/**
 * Authors: those who write to rooms without being connected to the chat, such as a program that uses the HTTP API.
 * @module
 */
import type { Person } from "../wire/shapes.ts";
import type { BanSubject } from "./moderation.ts";

export interface Author extends Person, BanSubject {
  /** The name that others see. */
  readonly name: string;
  /** The contributor that the history counts the messages for, see `History.append`. */
  readonly source: string;
  readonly isOperator: boolean;
}

/** Where a message is: its room and its number there. */
export interface Place {
  readonly room: string;
  readonly id: number;
}
