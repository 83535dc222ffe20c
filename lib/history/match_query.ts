/**
 * What people type into a search, as a query of FTS5 that means those words and nothing else.
 * @module
 */

/** More of a search, in UTF-16 units, is not read: longer than anybody types. */
const MAX_QUERY_LENGTH = 256;

/** More words are not looked for: each is a walk through the index. */
const MAX_WORDS = 16;

/**
 * More words are not looked for side by side, as those of `tea-time` are: where they stand is compared in every message
 * that has them all, which costs 30 us each for a thousand messages. The rest of them may stand anywhere.
 */
const MAX_NEIGHBORS = 8;

/**
 * What FTS5's `unicode61` makes words of. It takes the letters left out here for spaces; marks, which it takes for either,
 * count as spaces, so that there are never more words than are counted.
 */
const WORD = /[[\p{L}\p{N}\p{Co}]--[\u19b0-\u19c9\u1cf2\u1cf3]]+/gv;

/**
 * The query for messages with all of these words in them, `undefined` if there are none.
 *
 * Each word stands in quotation marks, where FTS5 knows no syntax but the mark itself, doubled. (A NUL would end the
 * query early.) A word with a hyphen in it is looked for as what it is to FTS5: two words, one right behind the other.
 */
export function matchQuery(words: string): string | undefined {
  let neighbors = MAX_NEIGHBORS;
  const terms = words.slice(0, MAX_QUERY_LENGTH).split(/[\s\0]+/).flatMap((piece) => {
    const parts = piece.match(WORD) ?? [];
    if (parts.length < 2) return parts.length === 0 ? [] : [piece];
    if (parts.length > neighbors) return parts;
    neighbors -= parts.length;
    return [piece];
  });
  if (terms.length === 0) return undefined;
  return terms.slice(0, MAX_WORDS).map((term) => `"${term.replaceAll('"', '""')}"`).join(" ");
}
