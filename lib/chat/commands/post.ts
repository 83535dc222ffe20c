/**
 * Messages of those who are not connected to the chat. The same rules hold for them as for members.
 * @module
 */
import type { Author, Place } from "../author.ts";
import type { Hub } from "../hub.ts";
import { approve } from "./approval.ts";
import { CommandError } from "./command.ts";
import { toMessageText } from "./message_rules.ts";
import { checkNewRoom, readRoomName } from "./room_commands.ts";

/** How a message is posted. */
export interface PostOptions {
  /** The author's id of the message: it is published once, however often it is posted with the same id. */
  readonly requestId?: string | undefined;
  /** Whether it is an action, as of `/me`. */
  readonly action?: boolean | undefined;
}

/**
 * Publishes a message in a room, which is opened if it is not open. The text is sent as it is: nothing in it is a command.
 * Returns the number of the message, at once unless the program that embeds the server takes time to approve it.
 *
 * @throws {CommandError} If the message is refused. A promise is rejected with it.
 */
export function postMessage(
  hub: Hub,
  author: Author,
  typedRoom: string,
  typed: string,
  { requestId, action = false }: PostOptions = {},
): Place | Promise<Place> {
  const room = readRoomName(typedRoom);
  checkNewRoom(hub, author, room);
  const request = { hub, member: author };
  const text = toMessageText(request, typed);
  if (text === "") throw new CommandError("malformed", "Error: There is nothing to say");
  if (hub.hooks?.onMessage !== undefined && requestId !== undefined) {
    // The application is not asked again about a message that it has approved.
    const before = hub.findPosted(author, room, text, requestId, action);
    if (before !== undefined) return before === "reused" ? reused() : before;
  }
  return approve(request, { kind: action ? "action" : "message", room }, text, (approved) => {
    const place = hub.post(author, room, approved, requestId, { action, original: text });
    const toPlace = (place: Place | "reused") => place === "reused" ? reused() : place;
    return place instanceof Promise ? place.then(toPlace) : toPlace(place);
  });
}

function reused(): never {
  throw new CommandError("id_reused", "Error: Not sent: another message was sent with this id");
}
