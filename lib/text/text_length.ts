/**
 * The length of a text in bytes of UTF-8, and in characters as people count them, which are grapheme clusters (UAX 29). An
 * emoji of a family of four is one, though it has eleven UTF-16 units; so is a letter with its accents.
 * @module
 */

const encoder = new TextEncoder();

/** Created at the first use. */
let segmenter: Intl.Segmenter | undefined;

/**
 * The index at which the first `limit` graphemes of `text` end, or its length if it has no more. This takes up to 130 us
 * for 4,000 UTF-16 units, so callers bound the length first.
 */
export function endOfGraphemes(text: string, limit: number): number {
  if (text.length <= limit) return text.length;
  segmenter ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  let count = 0;
  for (const { index } of segmenter.segment(text)) if (++count > limit) return index;
  return text.length;
}

/** Whether `text` has more than `limit` graphemes. */
export function hasMoreGraphemes(text: string, limit: number): boolean {
  return endOfGraphemes(text, limit) < text.length;
}

/** Whether `text` has at most `limit` bytes in UTF-8. A UTF-16 unit has one to three, so most texts need no counting. */
export function fitsBytes(text: string, limit: number): boolean {
  const { length } = text;
  return length * 3 <= limit || (length <= limit && encoder.encode(text).length <= limit);
}
