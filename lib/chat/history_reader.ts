/**
 * Reads the history in the form that clients may see: pages and searches of a room, and the messages that a client missed.
 * @module
 */
import type { Missed, PastMessage } from "../wire/shapes.ts";
import { firstThatFit, lastThatFit, sizeOfMessage } from "./answer_size.ts";
import { asGuest } from "./guests.ts";
import type { History, PageQuery, Steps, StoredMessage } from "./history.ts";
import type { Listener } from "./member.ts";
import type { Room } from "./room.ts";

/** Messages of one room, oldest first, without gaps. */
interface Page {
  readonly messages: readonly PastMessage[];
  /** Whether there are more in the requested direction. */
  readonly more: boolean;
}

/** The last message of a room that a client has: its number, and the epoch of that number. */
export interface Position {
  readonly epoch: string;
  readonly offset: number;
}

/**
 * The most missed messages that a returning client gets, as many as a room keeps by default. A client that missed more has
 * a gap, and asks for it page by page.
 */
const MAX_MISSED = 1_000;

/** The number of newest messages that a client gets if it cannot get all: two or three screens. */
const NEWEST = 50;

/** A history, and how it is shown. */
export interface HistoryReader {
  readonly history: History;
  /** Whether addresses are hidden. The history may have stored them when they were not. */
  readonly hidesAddresses: boolean;
  /** The most bytes of messages in one answer. */
  readonly maxBytes: number;
}

/** A room as far as its history goes. */
type PastRoom = Pick<Room, "key" | "name">;

/** A room, and the number of its last message before the reader joined. */
type Joined = Pick<Listener, "room" | "start">;

const NOTHING: Page = { messages: [], more: false };

/** One page, and whether it begins right behind `query.after`. */
export function readPage(
  reader: HistoryReader,
  room: PastRoom,
  query: PageQuery,
): Page & { readonly complete: boolean } {
  const { messages, complete, more } = reader.history.page(room.key, query);
  const past = toPast(reader, room, messages);
  const fit = query.after === undefined ? lastThatFit : firstThatFit;
  const fitting = fit(past, sizeOfMessage, reader.maxBytes);
  return { messages: fitting, complete, more: more || fitting.length < past.length };
}

/** Returns the newest messages of a room that contain all of `words`, oldest first. */
export function* search(
  reader: HistoryReader,
  room: PastRoom,
  words: string,
  limit: number,
): Steps<{ readonly messages: readonly PastMessage[]; readonly complete: boolean }> {
  const { messages, complete } = yield* reader.history.search(room.key, words, limit);
  return {
    messages: lastThatFit(toPast(reader, room, messages), sizeOfMessage, reader.maxBytes),
    complete,
  };
}

/**
 * Returns the messages of a room after `since` and before the member joined: it gets all later ones as they are published.
 */
export function missedBy({ room, start }: Joined, since: Position, reader: HistoryReader): Missed {
  if (reader.history.trusts(room.key, since.epoch, since.offset)) {
    if (since.offset >= start) return { recovered: true, ...NOTHING };
    const page = readPage(reader, room, {
      after: since.offset,
      before: start + 1,
      limit: MAX_MISSED,
    });
    if (page.complete && !page.more) {
      return { recovered: true, messages: page.messages, more: false };
    }
  }
  const { messages, more } = readPage(reader, room, { before: start + 1, limit: NEWEST });
  return { recovered: false, messages, more };
}

/** The same without a history: a client has missed nothing only if nothing was published. */
export function missedWithout({ start }: Joined, since: Position, epoch: string): Missed {
  return { recovered: since.epoch === epoch && since.offset === start, ...NOTHING };
}

function toPast(
  { hidesAddresses }: HistoryReader,
  { name: room }: PastRoom,
  messages: readonly StoredMessage[],
): PastMessage[] {
  return messages.map(({ offset: id, time, sender, name, address, account, text, action }) => {
    const shown = hidesAddresses ? asGuest(address) : address;
    return { room, id, time, from: { id: sender, name, address: shown, account }, text, action };
  });
}
