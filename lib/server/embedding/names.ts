/**
 * Names that the program that embeds the server gives to its users and rooms.
 * @module
 */
import { NAME_RULES, normalizeName } from "../../chat/names.ts";
import { normalizeRoomName } from "../../chat/room.ts";
import { excerpt } from "../../chat/single_line.ts";

/**
 * Returns a name in the form in which it is shown.
 *
 * @throws {TypeError} If it is not a name.
 */
export function readName(typed: string): string {
  const name = typeof typed === "string" ? normalizeName(typed) : undefined;
  if (name !== undefined) return name;
  throw new TypeError(`Cannot use '${excerpt(String(typed))}' as a name, use ${NAME_RULES}`);
}

/**
 * Returns the name of a room in the form in which it is shown.
 *
 * @throws {TypeError} If it is not the name of a room.
 */
export function readRoom(typed: string): string {
  const name = typeof typed === "string" ? normalizeRoomName(typed) : undefined;
  if (name !== undefined) return name;
  throw new TypeError(`Cannot use '${excerpt(String(typed))}' as a room, use ${NAME_RULES}`);
}
