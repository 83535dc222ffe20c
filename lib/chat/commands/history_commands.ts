/**
 * The commands that have to do with what was said before.
 *
 * Knows the hub and its history, and nothing of how a command came.
 * @module
 */
import { type Command, refuse, refuseUsage, type Request } from "./command.ts";
import type { PageQuery, Steps } from "../history.ts";
import { type HistoryReader, readPage, search as searchIn } from "../history_reader.ts";
import { toSingleLine } from "../single_line.ts";
import type { Room } from "../room.ts";

/** How many messages `/history` tells, and the most that it tells: what a terminal still scrolls back to. */
const HISTORY_LINES = 20;
const MAX_HISTORY_LINES = 100;

/** The most that `/search` tells: who wants more looks for more words. */
const MAX_FOUND = 20;

/** How much of a search is told again with its answer, in characters (UTF-16 units): as much of it as is read. */
const MAX_SHOWN_WORDS = 256;

/** `/history [n]` */
export function history(this: Command, request: Request, rest: string): void {
  const limit = rest === "" ? HISTORY_LINES : Number(rest);
  if (!/^\d*$/.test(rest) || limit < 1 || limit > MAX_HISTORY_LINES) {
    return refuseUsage(request, this);
  }
  tellPage(request, { limit });
}

/** Answers with one page of the room that `request` is meant for. */
export function tellPage(request: Request, query: PageQuery): void {
  inHistory(request, (kept, room) => {
    const { hub, member, ref } = request;
    const page = readPage(kept, room.key, query);
    const { epoch } = hub;
    hub.answer(member, { type: "history", room: room.name, epoch, ...page, ref });
  });
}

/** `/search <words>` */
export function search(this: Command, request: Request, rest: string): void {
  if (toSingleLine(rest.slice(0, MAX_SHOWN_WORDS)) === "") return refuseUsage(request, this);
  inHistory(request, (kept, room) => {
    request.member.session.workOn(tellFound(request, kept, room, rest));
  });
}

function* tellFound(request: Request, kept: HistoryReader, room: Room, words: string): Steps<void> {
  const { hub, member, ref } = request;
  const found = yield* searchIn(kept, room.key, words, MAX_FOUND);
  const searched = toSingleLine(words.slice(0, MAX_SHOWN_WORDS));
  hub.answer(member, { type: "found", room: room.name, words: searched, ...found, ref });
}

function inHistory(request: Request, act: (kept: HistoryReader, room: Room) => void): void {
  const { hub, seat } = request;
  if (hub.historyReader !== undefined) act(hub.historyReader, seat?.room ?? hub.lobby);
  else refuse(request, "no_history", "Error: This server keeps no history");
}
