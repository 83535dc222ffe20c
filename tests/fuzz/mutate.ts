/**
 * Inputs that are nearly valid.
 * @module
 */
import { concat } from "../protocol/reading.ts";
import type { Random } from "../random.ts";
import type { Bytes } from "./target.ts";

/** Bytes that change the state of parsers. */
const PIVOTS = [0x00, 0x09, 0x0a, 0x0d, 0x20, 0x22, 0x2f, 0x3a, 0x5c, 0x7e, 0x7f, 0x80, 0xc0, 0xff];

const CHANGES: readonly ((bytes: Bytes, at: number, random: Random) => Bytes)[] = [
  // flip a bit, replace a byte, insert a special byte
  (bytes, at, random) => changed(bytes, at, bytes[at]! ^ 1 << random.below(8)),
  (bytes, at, random) => changed(bytes, at, random.below(256)),
  (bytes, at, random) => changed(bytes, at, random.pick(PIVOTS)),
  // insert, duplicate, remove
  (bytes, at, random) =>
    concat(bytes.subarray(0, at), random.bytes(random.between(1, 8)), bytes.subarray(at)),
  (bytes, at, random) =>
    concat(bytes.subarray(0, at), Uint8Array.of(random.pick(PIVOTS)), bytes.subarray(at)),
  (bytes, at, random) => {
    const again = bytes.subarray(at, at + random.between(1, 40));
    return concat(bytes.subarray(0, at), again, again, bytes.subarray(at));
  },
  (bytes, at, random) => concat(bytes.subarray(0, at), bytes.subarray(at + random.between(1, 20))),
  (bytes, at) => bytes.slice(0, at),
];

/** Changes `bytes` in at most `most` places. */
export function mutate(bytes: Uint8Array, random: Random, most = 4): Bytes {
  let mutant: Bytes = Uint8Array.from(bytes);
  for (let i = random.below(most + 1); i > 0 && mutant.length > 0; i--) {
    mutant = random.pick(CHANGES)(mutant, random.below(mutant.length), random);
  }
  return mutant;
}

function changed(bytes: Bytes, at: number, byte: number): Bytes {
  const copy = bytes.slice();
  copy[at] = byte;
  return copy;
}

/** Characters of every length in UTF-8, invisible ones, and special ones of some grammar. */
const CHARACTERS = [
  ..."abcXYZ019 \t\r\n/#:-_.'\"\\{}[],%<>&",
  ...["\0", "\x1b", "\x7f", "\u00e9", "\u00df", "\u0301", "\u200b", "\u202e", "\u20ac"],
  ...["\u2028", "\ufeff", "\ufffd", "\ufffe", "\u{1f600}", "\u{10ffff}"],
];

export function randomText(random: Random, most: number): string {
  return Array.from({ length: random.below(most + 1) }, () => random.pick(CHARACTERS)).join("");
}
