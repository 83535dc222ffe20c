/**
 * The operations of the API that read rooms: their list, their users and their messages.
 * @module
 */
import { CommandError } from "../../chat/commands/command.ts";
import { pageOfRoom } from "../../chat/commands/history_commands.ts";
import { MAX_LISTED_ROOMS, MAX_LISTED_USERS } from "../../chat/commands/room_commands.ts";
import type { Hub } from "../../chat/hub.ts";
import type { Room } from "../../chat/room.ts";
import { excerpt } from "../../chat/single_line.ts";
import type { HttpResponse } from "../../protocol/http/response.ts";
import type { ReplyData } from "../../wire/chat_event.ts";
import { renderReplyData } from "../../wire/json.ts";
import { DEFAULT_PAGE, MAX_PAGE } from "../../wire/requests.ts";
import { type ApiCall, may, permits, readNumber } from "./call.ts";
import { jsonResponse } from "./problem.ts";

/** Lists the largest rooms that the caller may read. */
export function listRooms(hub: Hub, { author }: ApiCall): HttpResponse | Promise<HttpResponse> {
  const { identity } = author;
  const listed = hub.largestRooms(MAX_LISTED_ROOMS, ({ key }) => may(identity, "read", key));
  const decisions = listed.rooms.map(({ name }) => permits(hub, author, "read", name));
  if (!decisions.some((decision) => decision !== true)) return respondWithRooms(listed);
  return Promise.all(decisions).then((allowed) => {
    const rooms = listed.rooms.filter((_, i) => allowed[i]);
    return respondWithRooms({ rooms, total: rooms.length }); // nobody has decided about the others
  });
}

function respondWithRooms(rooms: ReplyData<"rooms">): HttpResponse {
  return jsonResponse(200, renderReplyData("rooms", rooms));
}

/** Lists the visible users of a room. */
export function listUsers(hub: Hub, call: ApiCall): HttpResponse {
  const room = findRoom(hub, call);
  const users = hub.users(room, MAX_LISTED_USERS);
  return jsonResponse(
    200,
    renderReplyData("list", { room: room.name, users, total: room.users }),
  );
}

/** Returns a page of the messages of a room. */
export function readMessages(hub: Hub, call: ApiCall): HttpResponse | Promise<HttpResponse> {
  const { query } = call;
  const before = readNumber(query, "before");
  const after = readNumber(query, "after");
  const limit = readNumber(query, "limit", { min: 1, max: MAX_PAGE }) ?? DEFAULT_PAGE;
  const page = pageOfRoom(hub, findRoom(hub, call), { before, after, limit });
  const respond = (page: ReplyData<"history">) =>
    jsonResponse(200, renderReplyData("history", page));
  return page instanceof Promise ? page.then(respond) : respond(page);
}

/** @throws {CommandError} If there is no such room. */
function findRoom(hub: Hub, { room: name }: ApiCall): Room {
  const room = hub.room(name);
  if (room !== undefined) return room;
  throw new CommandError("room_not_found", `Room '${excerpt(name)}' not found`);
}
