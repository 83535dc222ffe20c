/**
 * Parses a search as people type it into words for FTS5 and phrases.
 *
 * FTS5 is queried for one word at a time. For a query of several words it walks the whole index, all rooms included, up to
 * the first message that contains them, and for a phrase it compares positions in each message; neither can be interrupted.
 * `word_search.ts` intersects the words itself, in small steps.
 * @module
 */
import { charactersOf, hasRuns, pairsOf, partsOf, withoutAccents } from "./search_text.ts";

/** The length up to which a search is read, in UTF-16 units: longer than anybody types. */
const MAX_QUERY_LENGTH = 256;

/** The most distinct words that are searched for. Each is a walk through the index. */
const MAX_WORDS = 16;

/**
 * The characters that form words for FTS5's `unicode61`. The letters excluded here are separators to it. Marks, which can be
 * either, count as separators, so that FTS5 never sees more words than are counted.
 */
const WORD = /[[\p{L}\p{N}\p{Co}]--[\u19b0-\u19c9\u1cf2\u1cf3]]+/gv;

export interface MatchQuery {
  /**
   * An FTS5 query for each word: the word in quotation marks, inside of which FTS5 has no syntax. No word contains a quotation
   * mark, or a NUL, which would end the query.
   */
  readonly terms: readonly string[];
  /** Words that must be adjacent, such as those of `tea-time`, in the form of {@linkcode foldedWords}. */
  readonly phrases: ReadonlyArray<readonly string[]>;
}

/** The query for messages that contain all words of a text; `undefined` if it has no words. */
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

/** The words of a piece of text as they are indexed: `Deno的运行时` becomes `deno`, `的运`, `运行` and `行时`. */
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
 * The words of a text in their order, in lower case and without marks, so that they can be compared. In scripts without
 * spaces each character is a word.
 */
export function foldedWords(text: string): string[] {
  // A fast path: most texts are ASCII, which has no marks.
  if (/^[\0-\x7f]*$/.test(text)) return text.toLowerCase().match(WORD) ?? [];
  if (!hasRuns(text)) return fold(text);
  return [...partsOf(text)].flatMap(({ text, isRun }) => isRun ? charactersOf(text) : fold(text));
}

function fold(text: string): string[] {
  const folded = withoutAccents(text).replace(/\p{Mn}+/gu, "").toLowerCase();
  return folded.match(WORD) ?? [];
}

/** Whether `phrase` occurs in `words` as adjacent words. */
export function hasPhrase(words: readonly string[], phrase: readonly string[]): boolean {
  const [first = ""] = phrase;
  const last = words.length - phrase.length;
  for (let at = words.indexOf(first); at >= 0 && at <= last; at = words.indexOf(first, at + 1)) {
    if (phrase.every((word, i) => words[at + i] === word)) return true;
  }
  return false;
}
