/**
 * Which messages of a room have all the words of a search, newest first, found bit by bit.
 *
 * SQLite cannot be stopped in the middle of a query, so each query is one that cannot take long: it looks for one word
 * and gives at most {@linkcode ROWS_AT_ONCE} rows. Where the words meet is found here, by leaping from each word's row to
 * the next word's.
 *
 * Knows words and offsets, and neither rooms nor what becomes of them meanwhile.
 * @module
 */

/**
 * Rows that one query gives. A query costs 10 us and 0.3 us a row, so that more save little; and of more, many are
 * leapt over in vain.
 */
const ROWS_AT_ONCE = 64;

/** The newest offsets up to `to` of messages with a word in them, newest first, at most `limit`. */
export type ReadWord = (term: string, to: number, limit: number) => readonly number[];

/** Where one word is, read backwards. */
class WordCursor {
  readonly #term: string;
  #offsets: readonly number[] = [];
  #at = 0;

  constructor(term: string) {
    this.#term = term;
  }

  /** The newest offset up to `to` with this word; each `to` must be at most the one before. It may yield once. */
  *seek(read: ReadWord, to: number): Generator<void, number | undefined, void> {
    for (; this.#at < this.#offsets.length; this.#at++) {
      const offset = this.#offsets[this.#at]!;
      if (offset <= to) return offset;
    }
    this.#offsets = read(this.#term, to, ROWS_AT_ONCE);
    this.#at = 0;
    yield;
    return this.#offsets[0];
  }
}

/**
 * The offsets up to `to` at which all of `terms` are, newest first. `undefined` stands for a moment at which the search
 * may be left alone for a while; at most a query lies between two of them.
 */
export function* findWords(
  terms: readonly string[],
  to: number,
  read: ReadWord,
): Generator<number | undefined, void, void> {
  const cursors = terms.map((term) => new WordCursor(term));
  let candidate = to;
  let agreed = 0;
  for (let i = 0;; i = (i + 1) % cursors.length) {
    const seek = cursors[i]!.seek(read, candidate);
    let step = seek.next();
    for (; step.done === false; step = seek.next()) yield undefined;
    const offset = step.value;
    if (offset === undefined) return;
    agreed = offset === candidate ? agreed + 1 : 1;
    candidate = offset;
    if (agreed < cursors.length) continue;
    yield candidate;
    candidate--;
    agreed = 0;
  }
}
