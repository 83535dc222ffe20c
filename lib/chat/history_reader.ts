/**
 * What was said before, as events: pages of a room, and what somebody missed who comes back.
 *
 * Knows a history and how far a seat has come. It must never know how a client asks.
 * @module
 */
import { firstThatFit, lastThatFit, sizeOfMessage } from "./answer_size.ts";
import type { Missed, PastMessage } from "./events.ts";
import { asGuest } from "./guests.ts";
import type { History, PageQuery, Steps, StoredMessage } from "./history.ts";
import type { Membership } from "./membership.ts";
import type { Room } from "./room.ts";

/** Messages of one room, oldest first, without gaps. */
interface Page {
  readonly messages: readonly PastMessage[];
  /** Whether there are more in the requested direction. */
  readonly more: boolean;
}

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

/** What was said before, as far as it may be shown. */
export interface HistoryReader {
  readonly history: History;
  /** Whether addresses are hidden: they may stand in what was kept when they were not. */
  readonly hidesAddresses: boolean;
  /** The most bytes of messages that go into one answer. */
  readonly maxBytes: number;
}

/** A room as far as its history goes. */
type PastRoom = Pick<Room, "key" | "name">;

const NOTHING: Page = { messages: [], more: false };

/** One page, and whether it begins right behind `query.after`. */
export function readPage(
  archive: HistoryReader,
  room: PastRoom,
  query: PageQuery,
): Page & { readonly complete: boolean } {
  const { messages, complete, more } = archive.history.page(room.key, query);
  const past = toPast(archive, room, messages);
  const fit = query.after === undefined ? lastThatFit : firstThatFit;
  const fitting = fit(past, sizeOfMessage, archive.maxBytes);
  return { messages: fitting, complete, more: more || fitting.length < past.length };
}

/** The newest messages in a room with all of `words` in them, oldest first. */
export function* search(
  archive: HistoryReader,
  room: PastRoom,
  words: string,
  limit: number,
): Steps<{ readonly messages: readonly PastMessage[]; readonly complete: boolean }> {
  const { messages, complete } = yield* archive.history.search(room.key, words, limit);
  return {
    messages: lastThatFit(toPast(archive, room, messages), sizeOfMessage, archive.maxBytes),
    complete,
  };
}

/**
 * What was said in the room of `seat` behind `since`, and before the member came: everything from then on it gets as it
 * is said.
 */
export function missedBy(seat: Membership, since: Position, archive: HistoryReader): Missed {
  const { room, start } = seat;
  if (archive.history.trusts(room.key, since.epoch, since.offset)) {
    if (since.offset >= start) return { recovered: true, ...NOTHING };
    const page = readPage(archive, room, {
      after: since.offset,
      before: start + 1,
      limit: MAX_MISSED,
    });
    if (page.complete && !page.more) {
      return { recovered: true, messages: page.messages, more: false };
    }
  }
  const { messages, more } = readPage(archive, room, { before: start + 1, limit: NEWEST });
  return { recovered: false, messages, more };
}

/** The same where nothing is kept: somebody has it all only if nothing was said. */
export function missedWithout(seat: Membership, since: Position, epoch: string): Missed {
  return { recovered: since.epoch === epoch && since.offset === seat.start, ...NOTHING };
}

function toPast(
  { hidesAddresses }: HistoryReader,
  { name: room }: PastRoom,
  messages: readonly StoredMessage[],
): PastMessage[] {
  return messages.map(({ offset: id, time, sender, name, address, text, action }) => {
    const shown = hidesAddresses ? asGuest(address) : address;
    return { room, id, time, from: { id: sender, name, address: shown }, text, action };
  });
}
