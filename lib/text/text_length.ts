/**
 * How long a text is: in bytes, as the wire has it, and in characters as people count them, which are grapheme clusters
 * (UAX 29). A family of four is one, though it takes eleven UTF-16 units; so is a letter with its accents.
 * @module
 */

/**
 * The most combining marks on one character that reach others: twice as many as any script stacks. More of them make
 * towers that cover the lines above and below.
 */
const MAX_MARKS = 8;

const TOWER = new RegExp(`(\\p{M}{${MAX_MARKS}})\\p{M}+`, "gu");

const encoder = new TextEncoder();

/** Made when it is first needed. */
let segmenter: Intl.Segmenter | undefined;

/**
 * Where the first `limit` graphemes of `text` end; its length if it has no more. It takes up to 130 us for 4,000 UTF-16
 * units, so callers bound the length first.
 */
export function endOfGraphemes(text: string, limit: number): number {
  if (text.length <= limit) return text.length;
  segmenter ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  let count = 0;
  for (const { index } of segmenter.segment(text)) if (++count > limit) return index;
  return text.length;
}

/** Whether `text` has more graphemes than `limit`. */
export function hasMoreGraphemes(text: string, limit: number): boolean {
  return endOfGraphemes(text, limit) < text.length;
}

/** Whether `text` has at most `limit` bytes in UTF-8. A UTF-16 unit takes one to three, so the usual text is not counted. */
export function fitsBytes(text: string, limit: number): boolean {
  const { length } = text;
  return length * 3 <= limit || (length <= limit && encoder.encode(text).length <= limit);
}

/** `text` with no more than {@linkcode MAX_MARKS} combining marks in a row. */
export function withoutTowers(text: string): string {
  return text.replace(TOWER, "$1");
}
