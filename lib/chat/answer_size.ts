/**
 * The size of answers: how much of a list fits into one.
 *
 * An answer must not take many times the memory of a client's queue, so answers are bounded in bytes before they are
 * rendered, in any format.
 * @module
 */
import type { PastMessage, Person } from "../wire/shapes.ts";

/**
 * The longest answer, in bytes. A page of 200 usual messages takes 60 kB. A page of messages of the maximum length ends
 * after some 60 of them, and says that there are more.
 */
export const MAX_ANSWER_BYTES = 262_144;

/** The most bytes around a message and around each of its lines: names of JSON members, numbers, a time, a room's name. */
const MESSAGE_OVERHEAD = 300, LINE_OVERHEAD = 48;

/** The same for a person in a list, who is in a JSON answer twice: as an object and in its `text`. */
const PERSON_OVERHEAD = 96, PERSON_COPIES = 2;

/** The most bytes that a UTF-16 unit takes in UTF-8. */
const MAX_UNIT = 3;

const LF = 0x0a, QUOTE = 0x22, BACKSLASH = 0x5c;

/** Returns the first items that fit into `maxBytes`, at least one. */
export function firstThatFit<T>(
  items: readonly T[],
  sizeOf: (item: T) => number,
  maxBytes: number,
): readonly T[] {
  let left = maxBytes;
  const end = items.findIndex((item, i) => (left -= sizeOf(item)) < 0 && i > 0);
  return end < 0 ? items : items.slice(0, end);
}

/** Returns the last items that fit into `maxBytes`, at least one. */
export function lastThatFit<T>(
  items: readonly T[],
  sizeOf: (item: T) => number,
  maxBytes: number,
): readonly T[] {
  let left = maxBytes;
  const last = items.length - 1;
  const before = items.findLastIndex((item, i) => (left -= sizeOf(item)) < 0 && i < last);
  return before < 0 ? items : items.slice(before + 1);
}

/** Returns an upper bound of a message's size in bytes, as a JSON object or as lines with their author in front of each. */
export function sizeOfMessage({ from, text }: PastMessage): number {
  const who = MAX_UNIT * ((from.name ?? "").length + from.address.length);
  let bytes = 0;
  let escapes = 0;
  let lines = 1;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    bytes += unit < 0x80 ? 1 : unit < 0x800 ? 2 : MAX_UNIT;
    if (unit === LF) lines++;
    if (unit === LF || unit === QUOTE || unit === BACKSLASH) escapes++;
  }
  return bytes + Math.max(escapes + MESSAGE_OVERHEAD + who, lines * (LINE_OVERHEAD + who));
}

/** Returns an upper bound of a person's size in a list, in bytes. */
export function sizeOfPerson({ name, address, away }: Person): number {
  const text = (name ?? "").length + address.length + (away ?? "").length;
  return PERSON_OVERHEAD + PERSON_COPIES * MAX_UNIT * text;
}
