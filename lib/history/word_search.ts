/**
 * Finds the messages of a room that contain all words of a search, newest first, in small steps.
 *
 * A SQLite query cannot be interrupted, so no query may take long: each looks for one word and returns at most
 * {@linkcode ROWS_AT_ONCE} rows. The intersection is computed here, by leaping from a row of one word to the next row of
 * the other words.
 * @module
 */

/**
 * The rows that one query returns. A query costs 10 us and 0.3 us a row: more rows would save little, and many of them
 * would be skipped.
 */
const ROWS_AT_ONCE = 64;

/** Returns the newest offsets up to `to` of messages that contain a word, newest first, at most `limit`. */
export type ReadWord = (term: string, to: number, limit: number) => readonly number[];

/** Reads the offsets of one word backwards. */
class WordCursor {
  readonly #term: string;
  #offsets: readonly number[] = [];
  #at = 0;

  constructor(term: string) {
    this.#term = term;
  }

  /** The newest offset up to `to` with this word. `to` must not increase between calls. Yields at most once. */
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
 * Yields the offsets up to `to` of messages that contain all of `terms`, newest first. It also yields `undefined`, after
 * each query, so that the caller can pause.
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
