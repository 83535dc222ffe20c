/**
 * The commands about the history.
 * @module
 */
import type { ReplyData } from "../../wire/chat_event.ts";
import type { PageQuery, Steps } from "../history.ts";
import type { Hub } from "../hub.ts";
import { type HistoryReader, readPage, search } from "../history_reader.ts";
import type { Room } from "../room.ts";
import { toSingleLine } from "../single_line.ts";
import { command, CommandError, type Request, usageError } from "./command.ts";
import { permit, roomOf } from "./permission.ts";

/** The number of messages that `/history` shows by default, and at most: as far as a terminal scrolls back. */
const HISTORY_LINES = 20;
const MAX_HISTORY_LINES = 100;

/** The maximum number of messages that `/search` shows. More words find the others. */
const MAX_FOUND = 20;

/** How much of the words an answer repeats, in UTF-16 units: as much as is searched for. */
const MAX_SHOWN_WORDS = 256;

export const HISTORY = command({
  name: "history",
  parameters: "[n]",
  summary: "show earlier messages",
  run(request, rest) {
    const limit = rest === "" ? HISTORY_LINES : Number(rest);
    if (!/^\d*$/.test(rest) || limit < 1 || limit > MAX_HISTORY_LINES) throw usageError(HISTORY);
    return pageOf(request, { limit });
  },
});

export const SEARCH = command({
  name: "search",
  parameters: "<words>",
  summary: "search earlier messages",
  run(request, rest) {
    const shown = toSingleLine(rest.slice(0, MAX_SHOWN_WORDS));
    if (shown === "") throw usageError(SEARCH);
    const reader = readerOf(request);
    const { room } = roomOf(request);
    const begin = () => {
      request.member.session.workOn(searchInSteps(request, room, reader, rest, shown));
    };
    return permit(request, "read", room.name, () => request.hub.whenLoaded(room, begin));
  },
});

/** One page of the room that the request is for. */
export function pageOf(
  request: Request,
  query: PageQuery,
): ReplyData<"history"> | Promise<ReplyData<"history">> {
  readerOf(request);
  const { room } = roomOf(request);
  return permit(request, "read", room.name, () => pageOfRoom(request.hub, room, query));
}

/**
 * One page of a room, for somebody who may read it.
 *
 * @throws {CommandError} If there is no history.
 */
export function pageOfRoom(
  hub: Hub,
  room: Room,
  query: PageQuery,
): ReplyData<"history"> | Promise<ReplyData<"history">> {
  const reader = readerOf({ hub });
  return hub.whenLoaded(room, () => ({
    room: room.name,
    epoch: hub.epoch,
    ...readPage(reader, room, query),
  }));
}

/** Searches without holding the event loop, and answers. */
function* searchInSteps(
  request: Request,
  room: Room,
  reader: HistoryReader,
  words: string,
  shown: string,
): Steps<void> {
  const { hub, member, requestId: ref } = request;
  const found = yield* search(reader, room, words, MAX_FOUND);
  const data = { room: room.name, words: shown, ...found };
  hub.answer(member, { type: "reply", command: "search", data, ref });
}

function readerOf({ hub }: Pick<Request, "hub">): HistoryReader {
  if (hub.historyReader !== undefined) return hub.historyReader;
  throw new CommandError("no_history", "Error: This server keeps no history");
}
