/**
 * Pages of a room, put together from the tables and from what is pending.
 *
 * Knows where messages lie. It must never know which rooms there are, or what happens if a table cannot be read.
 * @module
 */
import type { Page, StoredMessage } from "../chat/history.ts";
import type { Pending } from "./pending.ts";
import type { Room } from "./room_index.ts";
import type { Tables } from "./tables.ts";

/** More messages are not in one page, whatever is asked for: reading them takes a millisecond. */
const MAX_PAGE_MESSAGES = 1_000;

/**
 * A page ends with the message that makes it longer than this, in UTF-16 units: no answer has more bytes (see
 * `MAX_ANSWER_BYTES` of the chat), so more would be read for nothing.
 */
export const MAX_PAGE_CHARACTERS = 262_144;

/** Rows that are read in one go, so that long ones do not pile up: some are thrown away. */
const ROWS_AT_ONCE = 64;

/** What a page is made from; without `tables`, because they cannot be read, of what is pending alone. */
export interface Source {
  readonly tables: Tables | undefined;
  readonly pending: Pending;
  readonly room: Room;
}

/** The offsets that a page is to be taken from, both included; none if `to` is before `from`. */
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

/** Takes messages as long as they are not too many, not too long, and without a hole between them. */
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

/** The first of some messages: not more than `limit`, and not more than a page has. */
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
