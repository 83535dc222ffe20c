/**
 * What was said before, as events: pages of a room, and what somebody missed who comes back.
 *
 * Knows a history and how far a seat has come. It must never know how a client asks.
 * @module
 */
import type { Missed, Page, PastMessage } from "./events.ts";
import type { History, PageQuery, StoredMessage } from "./history.ts";
import type { Seat } from "./seat.ts";

/** Up to where somebody has it all: a number in a room, and the numbering in which it was given. */
export interface Position {
  readonly epoch: string;
  readonly offset: number;
}

/**
 * The most messages that somebody gets who comes back. A room keeps as many by default; who missed more has a gap, and
 * asks for what is in it page by page.
 */
const MAX_MISSED = 1_000;

/** How many of the newest messages somebody gets who cannot get all: two or three screens. */
const NEWEST = 50;

const NOTHING: Page = { messages: [], more: false };

/** One page, and whether it begins right behind `query.after`. */
export function readPage(
  history: History,
  room: string,
  query: PageQuery,
): Page & { readonly complete: boolean } {
  const { messages, complete, more } = history.page(room, query);
  return { messages: messages.map(toPast), complete, more };
}

/** The newest messages in a room with all of `words` in them, oldest first. */
export function search(
  history: History,
  room: string,
  words: string,
  limit: number,
): PastMessage[] {
  return history.search(room, words, limit).map(toPast);
}

/**
 * What was said in the room of `seat` behind `since`, and before the member came: everything from then on it gets as it
 * is said.
 */
export function missedBy(seat: Seat, since: Position, history: History): Missed {
  const { room, start } = seat;
  if (history.trusts(room.key, since.epoch, since.offset)) {
    if (since.offset >= start) return { recovered: true, ...NOTHING };
    const page = readPage(history, room.key, {
      after: since.offset,
      before: start + 1,
      limit: MAX_MISSED,
    });
    if (page.complete && !page.more) {
      return { recovered: true, messages: page.messages, more: false };
    }
  }
  const { messages, more } = readPage(history, room.key, { before: start + 1, limit: NEWEST });
  return { recovered: false, messages, more };
}

/** The same where nothing is kept: somebody has it all only if nothing was said. */
export function missedWithout(seat: Seat, since: Position, epoch: string): Missed {
  return { recovered: since.epoch === epoch && since.offset === seat.start, ...NOTHING };
}

function toPast(message: StoredMessage): PastMessage {
  const { offset: id, time, sender, name, address, text, action } = message;
  const from = { id: sender, name: name ?? undefined, address };
  return { id, time, from, text, ...(action ? { action } : {}) };
}
