/**
 * What people type into a search, as a query of FTS5 that means those words and nothing else.
 * @module
 */

/** More of a search, in UTF-16 units, is not read: longer than anybody types. */
const MAX_QUERY_LENGTH = 256;

/** More words are not looked for: each is a walk through the index. */
const MAX_WORDS = 16;

/** What FTS5's `unicode61` makes words of. */
const HAS_WORD = /[\p{L}\p{N}\p{Co}]/u;

/**
 * The query for messages with all of these words in them, `undefined` if there are none.
 *
 * Each word stands in quotation marks, where FTS5 knows no syntax but the mark itself, doubled. (A NUL would end the
 * query early.) A word with a hyphen in it is looked for as what it is to FTS5: two words, one right behind the other.
 */
export function matchQuery(words: string): string | undefined {
  const pieces = words.slice(0, MAX_QUERY_LENGTH).split(/[\s\0]+/)
    .filter((piece) => HAS_WORD.test(piece))
    .slice(0, MAX_WORDS);
  if (pieces.length === 0) return undefined;
  return pieces.map((piece) => `"${piece.replaceAll('"', '""')}"`).join(" ");
}
