/**
 * A search as people type it, taken apart into words for FTS5 and into phrases.
 *
 * FTS5 is asked for one word at a time. A query of several words makes it walk the whole index, all rooms included, until
 * they first meet in one message, and a phrase makes it compare positions in each; neither can be interrupted. See
 * `word_search.ts`, which joins the words itself, bit by bit.
 * @module
 */
import { charactersOf, hasRuns, pairsOf, partsOf, withoutAccents } from "./search_text.ts";

/** The longest search that is read, in UTF-16 units: longer than anybody types. */
const MAX_QUERY_LENGTH = 256;

/** The most words that are looked for, each a walk through the index; repeated ones count once. */
const MAX_WORDS = 16;

/**
 * What FTS5's `unicode61` makes words of. It takes the letters left out here for spaces; marks, which it takes for either,
 * count as spaces, so that there are never more words than are counted.
 */
const WORD = /[[\p{L}\p{N}\p{Co}]--[\u19b0-\u19c9\u1cf2\u1cf3]]+/gv;

export interface MatchQuery {
  /**
   * One FTS5 query for each word. A word stands in quotation marks, where FTS5 knows no syntax; it has no quotation mark
   * and no NUL, which would end the query early.
   */
  readonly terms: readonly string[];
  /** Words that must stand side by side, as those of `tea-time`, in the form of {@linkcode foldedWords}. */
  readonly phrases: ReadonlyArray<readonly string[]>;
}

/** The query for messages with all of these words in them; `undefined` if there are none. */
export function matchQuery(typed: string): MatchQuery | undefined {
  const words = new Set<string>();
  const phrases: string[][] = [];
  for (const piece of typed.slice(0, MAX_QUERY_LENGTH).split(/[\s\0]+/)) {
    for (const word of indexedWords(piece)) if (words.size < MAX_WORDS) words.add(word);
    const phrase = foldedWords(piece);
    if (phrase.length > 1) phrases.push(phrase);
  }
  if (words.size === 0) return undefined;
  return { terms: Array.from(words, (word) => `"${word}"`), phrases };
}

/** The words of a piece as they stand in the index: `Deno的运行时` is `deno`, `的运`, `运行` and `行时`. */
function indexedWords(piece: string): string[] {
  if (!hasRuns(piece)) return wordsOf(piece);
  return [...partsOf(piece)].flatMap(({ text, isRun }) => {
    if (!isRun) return wordsOf(text);
    const characters = charactersOf(text);
    return characters.length === 1 ? characters : pairsOf(characters);
  });
}

function wordsOf(text: string): string[] {
  return withoutAccents(text).toLowerCase().match(WORD) ?? [];
}

/**
 * The words of a text in their order, without case and marks, so that they can be compared. Of a script without spaces
 * each character is a word.
 */
export function foldedWords(text: string): string[] {
  // Most texts are ASCII, which has nothing to take off.
  if (/^[\0-\x7f]*$/.test(text)) return text.toLowerCase().match(WORD) ?? [];
  if (!hasRuns(text)) return fold(text);
  return [...partsOf(text)].flatMap(({ text, isRun }) => isRun ? charactersOf(text) : fold(text));
}

function fold(text: string): string[] {
  const folded = withoutAccents(text).replace(/\p{Mn}+/gu, "").toLowerCase();
  return folded.match(WORD) ?? [];
}

/** Whether `words` have `phrase` in them, one word right behind the other. */
export function hasPhrase(words: readonly string[], phrase: readonly string[]): boolean {
  const [first = ""] = phrase;
  const last = words.length - phrase.length;
  for (let at = words.indexOf(first); at >= 0 && at <= last; at = words.indexOf(first, at + 1)) {
    if (phrase.every((word, i) => words[at + i] === word)) return true;
  }
  return false;
}
