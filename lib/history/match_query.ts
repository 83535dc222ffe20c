/**
 * What people type into a search, as a query of FTS5 that means those words and nothing else.
 * @module
 */
import { charactersOf, hasRuns, pairsOf, partsOf } from "./search_text.ts";

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
const WORD = /[[\p{L}\p{N}\p{Co}]--[\u1cf2\u1cf3]]+/gv;

/**
 * The query for messages with all of these words in them, `undefined` if there are none.
 *
 * Each word stands in quotation marks, where FTS5 knows no syntax but the mark itself, doubled. (A NUL would end the
 * query early.) A word with a hyphen in it is looked for as what it is to FTS5: two words, one right behind the other.
 * So is one in a script without spaces, as its pairs of characters; see `search_text.ts`.
 */
export function matchQuery(words: string): string | undefined {
  let neighbors = MAX_NEIGHBORS;
  const terms = words.slice(0, MAX_QUERY_LENGTH).split(/[\s\0]+/).flatMap((piece) => {
    const { phrase, apart } = hasRuns(piece) ? unspaced(piece) : spaced(piece);
    const parts = phrase.length;
    if (parts === 0) return apart;
    if (parts > Math.max(1, neighbors)) return [...phrase, ...apart];
    if (parts > 1) neighbors -= parts;
    return [hasRuns(piece) ? phrase.join(" ") : piece, ...apart];
  });
  if (terms.length === 0) return undefined;
  return terms.slice(0, MAX_WORDS).map((term) => `"${term.replaceAll('"', '""')}"`).join(" ");
}

/** What is looked for side by side, and what anywhere in a message. */
interface Terms {
  readonly phrase: readonly string[];
  readonly apart: readonly string[];
}

function spaced(piece: string): Terms {
  return { phrase: piece.match(WORD) ?? [], apart: [] };
}

/** `Deno的运行时` is `deno`, `的运`, `运行` and `行时`, side by side. */
function unspaced(piece: string): Terms {
  const phrase: string[] = [];
  const parts = [...partsOf(piece)].filter(({ text, isRun }) => isRun || text.match(WORD) !== null);
  for (const [i, { text, isRun }] of parts.entries()) {
    if (!isRun) {
      phrase.push(...text.match(WORD)!);
      continue;
    }
    const characters = charactersOf(text);
    phrase.push(...pairsOf(characters));
    if (i < parts.length - 1) phrase.push(characters.at(-1)!);
    // A message may go on behind it, where it is the first of a pair. By itself it stands at the end of the message.
    else if (characters.length === 1) return { phrase, apart: characters };
  }
  return { phrase, apart: [] };
}
