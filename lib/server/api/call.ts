/**
 * One request to the API, once it is known whose it is: what an operation reads from it.
 * @module
 */
import type { Author } from "../../chat/author.ts";
import type { Hub } from "../../chat/hub.ts";
import { isProgram } from "../../identity/api_tokens.ts";
import type { Act, Identity } from "../../identity/identity.ts";
import { allows } from "../../identity/room_rights.ts";
import type { HttpRequest } from "../http/answer.ts";
import { ApiError } from "./problem.ts";

export interface ApiCall {
  readonly request: HttpRequest;
  /** Whose it is. */
  readonly author: Author;
  /** The name of the room in the path, as it was typed; empty for a path without one. */
  readonly room: string;
  readonly query: URLSearchParams;
}

/** What the API does in rooms. */
export type RoomAct = Exclude<Act, "join">;

/** The longest number in a query, in digits: all of them are exact. */
const MAX_DIGITS = 15;

/**
 * The number in a query with this name; `undefined` if there is none.
 *
 * @throws {ApiError} 400 if it is not a whole number from `min` to `max`.
 */
export function readNumber(
  query: URLSearchParams,
  name: string,
  { min = 0, max = Infinity }: { readonly min?: number; readonly max?: number } = {},
): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && text.length <= MAX_DIGITS && value >= min && value <= max) return value;
  const range = max === Infinity ? `of at most ${MAX_DIGITS} digits` : `from ${min} to ${max}`;
  throw new ApiError(400, `In the query, ${name} is not a whole number ${range}`, "malformed");
}

/**
 * Whether an identity may read or write a room. A user reads and writes the rooms that they may join; a program does so
 * without joining.
 */
export function may(identity: Identity, act: RoomAct, room: string): boolean {
  const { rooms } = identity;
  return allows(rooms, act, room) && (isProgram(identity) || allows(rooms, "join", room));
}

/** The same, and what the program that embeds the server decides about users. The rights of a token are all of them. */
export function permits(
  { authorize }: Pick<Hub, "authorize">,
  author: Author,
  act: RoomAct,
  room: string,
): boolean | Promise<boolean> {
  if (!may(author.identity, act, room)) return false;
  return authorize === undefined || isProgram(author.identity) || authorize(author, room, act);
}
