/**
 * The part of a found message that shows the words of the search.
 * @module
 */

export interface ExcerptPart {
  readonly text: string;
  /** Whether it is a word of the search. */
  readonly isFound: boolean;
}

/** The length of an excerpt, in UTF-16 units: three lines of a result. */
const LENGTH = 140;

/** The length of the text before the first found word, in UTF-16 units. */
const LEAD = 40;

/** The length of the words that are marked, in UTF-16 units: as much as the server searches for. */
const MAX_WORDS = 256;

/** The part of a text around the first of the words. */
export function excerptOf(text: string, words: string): ExcerptPart[] {
  const pattern = patternOf(words);
  const line = text.replace(/\s+/g, " ");
  const first = pattern ? line.search(pattern) : -1;
  const from = first > LEAD ? boundary(line, first - LEAD) : 0;
  const to = boundary(line, Math.min(line.length, from + LENGTH));
  const parts: ExcerptPart[] = [];
  let end = from;
  const add = (until: number, isFound: boolean) => {
    if (until > end) parts.push({ text: line.slice(end, until), isFound });
    end = until;
  };
  for (const { index, 0: word } of pattern ? line.slice(from, to).matchAll(pattern) : []) {
    add(from + index, false);
    add(from + index + word.length, true);
  }
  add(to, false);
  if (from > 0) parts.unshift({ text: "\u2026", isFound: false });
  if (to < line.length) parts.push({ text: "\u2026", isFound: false });
  return parts;
}

function patternOf(words: string) {
  const escaped = words.slice(0, MAX_WORDS).toWellFormed().trim().split(/\s+/)
    .map((word) => word.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
  return escaped[0] === "" ? undefined : new RegExp(escaped.join("|"), "giu");
}

/** Moves an index so that it does not split a surrogate pair. */
function boundary(text: string, index: number) {
  return /[\udc00-\udfff]/.test(text.charAt(index)) ? index - 1 : index;
}
