/**
 * Pages of a room, read from the tables and from the pending messages.
 * @module
 */
import type { Page, StoredMessage } from "../chat/history.ts";
import type { PendingMessages } from "./pending.ts";
import type { Room } from "./room_index.ts";
import type { Tables } from "./tables.ts";

/** The most messages in a page, whatever the query's limit: reading them takes a millisecond. */
const MAX_PAGE_MESSAGES = 1_000;

/**
 * A page ends with the message that makes it longer than this, in UTF-16 units. An answer has no more bytes (see
 * `MAX_ANSWER_BYTES` in lib/chat), so more would be read in vain.
 */
export const MAX_PAGE_CHARACTERS = 262_144;

/** Rows read together. Of long ones, some are read in vain. */
const ROWS_AT_ONCE = 64;

/** What a page is read from. Without `tables`, which then cannot be read, it has pending messages only. */
export interface Source {
  readonly tables: Tables | undefined;
  readonly pending: PendingMessages;
  readonly room: Room;
}

/** A range of offsets, both ends included. It is empty if `to` is less than `from`. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** The oldest messages of a range. */
export function oldestPage(source: Source, range: Range, limit: number): Page {
  const messages = take(ascending(source, range), limit, range.from, 1);
  const next = range.from + messages.length;
  const complete = messages.length > 0 || next > range.to;
  return { messages, complete, more: complete && next <= range.to };
}

/** The newest messages of a range. */
export function newestPage(source: Source, range: Range, limit: number): Page {
  const messages = take(descending(source, range), limit, range.to, -1).reverse();
  const next = range.to - messages.length;
  const complete = messages.length > 0 || next < range.from;
  return { messages, complete, more: complete && next >= range.from };
}

/** The first messages of a sequence, up to the limits of a page and up to the first gap between offsets. */
function take(
  messages: Iterable<StoredMessage>,
  limit: number,
  first: number,
  step: 1 | -1,
): StoredMessage[] {
  const taken: StoredMessage[] = [];
  let expected = first;
  for (const message of bounded(messages, limit)) {
    if (message.offset !== expected) break;
    expected += step;
    taken.push(message);
  }
  return taken;
}

/** The first messages of a sequence, up to `limit` and the limits of a page. */
function* bounded(
  messages: Iterable<StoredMessage>,
  limit: number,
): Generator<StoredMessage> {
  let left = Math.min(limit, MAX_PAGE_MESSAGES);
  let characters = 0;
  if (left <= 0) return;
  for (const message of messages) {
    yield message;
    characters += message.text.length;
    if (--left <= 0 || characters > MAX_PAGE_CHARACTERS) return;
  }
}

function* ascending({ tables, pending, room }: Source, range: Range): Generator<StoredMessage> {
  let { from } = range;
  const to = Math.min(range.to, room.written);
  while (tables !== undefined && from <= to) {
    const rows = tables.oldest(room.id, from, to, ROWS_AT_ONCE);
    yield* rows;
    if (rows.length < ROWS_AT_ONCE) break;
    from = rows.at(-1)!.offset + 1;
  }
  yield* pending.messages(room, Math.max(range.from, to + 1), range.to);
}

function* descending({ tables, pending, room }: Source, range: Range): Generator<StoredMessage> {
  yield* pending.messages(room, Math.max(range.from, room.written + 1), range.to).reverse();
  let to = Math.min(range.to, room.written);
  while (tables !== undefined && to >= range.from) {
    const rows = tables.newest(room.id, range.from, to, ROWS_AT_ONCE);
    yield* rows;
    if (rows.length < ROWS_AT_ONCE) break;
    to = rows.at(-1)!.offset - 1;
  }
}
