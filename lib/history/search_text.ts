/**
 * Prepares texts for FTS5. Its tokenizer splits at spaces and at most punctuation, and removes the accents of Latin letters
 * only. So other text is folded first: `Ἀχιλλεύς` is indexed as `Αχιλλευς`, `שָׁלוֹם` as `שלום` and `Ｆｕｌｌ` as `Full`. Text of
 * scripts that are written without spaces is indexed as pairs.
 *
 * A run of such characters, `今天天气`, is indexed as its overlapping pairs, `今天 天天 天气 气`. A search for two characters
 * looks up one token, and a longer one looks up adjacent pairs. Each distinct character of the message is also indexed by
 * itself, at the end after a boundary, for searches of one character: finding those by prefix would merge the lists of
 * thousands of pairs. With 250,000 Chinese messages of 17 characters (13 MB) the index takes 31 MB, and a search of one
 * to five characters 0.1 ms. Pairs alone take 19 MB, but 9 ms for one character; single characters alone take 13 MB, but
 * 3 ms for three, and there two frequent characters that never meet cost a walk through all messages. FTS5's `trigram`
 * takes 28 MB, finds nothing shorter than three characters, and makes the index of Latin text five times as large.
 *
 * An entry must be removed from the index with exactly the text that it was inserted with. Therefore the result depends only
 * on fixed ranges, NFKC and NFKD, which do not change with the version of the runtime. A change of this file that changes the
 * result for any text breaks the index of all existing files; see the upgrade of the index in `word_index.ts`.
 * @module
 */

/**
 * The number of UTF-16 units of a message that are indexed. Indexing costs about 0.1 us a byte, and no single message may
 * stall the server.
 */
export const SEARCHABLE_CHARACTERS = 16_384;

/** The same for a message with such a script, where a character costs four times as much. */
const SEARCHABLE_UNSPACED = 4_096;

/** Han, Bopomofo, kana, Hangul and Yi: letters to FTS5. */
const EAST_ASIAN = "\\u1100-\\u11ff\\u2e80-\\u2fd5\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035" +
  "\\u3038-\\u303c\\u3041-\\u3096\\u3099\\u309a\\u309d-\\u309f\\u30a1-\\u30fa\\u30fc-\\u30ff" +
  "\\u3105-\\u312f\\u3131-\\u318e\\u31a0-\\u31bf\\u31f0-\\u31ff\\u3400-\\u4dbf\\u4e00-\\u9fff" +
  "\\ua000-\\ua48c\\ua960-\\ua97c\\uac00-\\ud7a3\\ud7b0-\\ud7fb\\uf900-\\ufad9\\uff66-\\uff9f" +
  "\\uffa1-\\uffdc\\u{20000}-\\u{323af}";

/** Thai, Lao, Tibetan, Myanmar, Tai and Khmer. Their vowels and tones are marks, which are separators to FTS5. */
const SOUTH_EAST_ASIAN =
  "\\u0e01-\\u0e3a\\u0e40-\\u0e4e\\u0e81-\\u0ebd\\u0ec0-\\u0ece\\u0edc-\\u0edf" +
  "\\u0f40-\\u0f84\\u0f86-\\u0fbc\\u1000-\\u103f\\u1050-\\u108f\\u1780-\\u17d3\\u17d7\\u17dc\\u17dd" +
  "\\u1950-\\u1974\\u1980-\\u19c9\\u1a20-\\u1a7c\\ua9e0-\\ua9fe\\uaa60-\\uaa7f";

const RUN = new RegExp(`[${EAST_ASIAN}${SOUTH_EAST_ASIAN}]+`, "gu");
const ANY = new RegExp(`[${EAST_ASIAN}${SOUTH_EAST_ASIAN}]`, "u");
const WITH_MARKS = new RegExp(`[${SOUTH_EAST_ASIAN}]`, "u");

/**
 * Marks that people leave out, or that another form of the same text lacks: combining accents and those of Cyrillic, the
 * points of Hebrew and Arabic, and two characters without a meaning of their own, the soft hyphen and the tatweel.
 */
const ACCENT = new RegExp(
  "[\\u00ad\\u0300-\\u036f\\u0483-\\u0487\\u0591-\\u05bd\\u05bf\\u05c1\\u05c2\\u05c4\\u05c5\\u05c7" +
    "\\u0610-\\u061a\\u0640\\u064b-\\u065f\\u0670\\u06d6-\\u06dc\\u06df-\\u06e4\\u06e7\\u06e8\\u06ea-\\u06ed" +
    "\\u1ab0-\\u1aff\\u1dc0-\\u1dff\\ufe20-\\ufe2f]+",
  "g",
);

/** How many times as long a text may become when it is folded: one character can stand for up to 18 others. */
const MAX_EXPANSION = 2;

const ASCII = /^[\0-\x7f]*$/;

/** Private-use characters are letters to FTS5. Characters of scripts with marks are indexed as such. */
const PRIVATE_USE = 0xf0000;

/** Separates the pairs of a message from its single characters, so that no phrase spans both. */
const BOUNDARY = "\u{f0000}";

/** A part of a text: a run of a script without spaces, or what is between two such runs. */
export interface Part {
  readonly text: string;
  readonly isRun: boolean;
}

/** Whether a text has characters of scripts that are written without spaces. */
export function hasRuns(text: string): boolean {
  return ANY.test(text);
}

/** Removes the accents of a text in scripts with spaces, and compatibility forms (NFKD). Case is kept. */
export function withoutAccents(text: string): string {
  if (ASCII.test(text)) return text;
  return beginOf(text.normalize("NFKD").replace(ACCENT, ""), MAX_EXPANSION * text.length);
}

/** Splits a text where such scripts begin and end. */
export function* partsOf(text: string): Generator<Part> {
  let end = 0;
  for (const { 0: run, index } of text.matchAll(RUN)) {
    if (index > end) yield { text: text.slice(end, index), isRun: false };
    yield { text: run, isRun: true };
    end = index + run.length;
  }
  if (end < text.length) yield { text: text.slice(end), isRun: false };
}

/** The characters of a run, each as it is indexed. */
export function charactersOf(run: string): string[] {
  return Array.from(run.normalize("NFKC"), (character) => {
    if (!WITH_MARKS.test(character)) return character;
    return String.fromCodePoint(PRIVATE_USE + character.codePointAt(0)!);
  });
}

/** The overlapping pairs of a run; none if the run has one character. */
export function pairsOf(characters: readonly string[]): string[] {
  return Array.from(
    { length: Math.max(0, characters.length - 1) },
    (_, i) => characters[i]! + characters[i + 1]!,
  );
}

/** The text that FTS5 indexes for a message. ASCII is returned as it is. */
export function toIndexText(text: string): string {
  const all = text.includes("\0") ? text.replaceAll("\0", " ") : text;
  const begin = beginOf(all, SEARCHABLE_CHARACTERS);
  if (!ANY.test(begin)) return withoutAccents(begin);
  const singles = new Set<string>();
  const words: string[] = [];
  for (const part of partsOf(beginOf(begin, SEARCHABLE_UNSPACED))) {
    if (!part.isRun) {
      words.push(withoutAccents(part.text));
      continue;
    }
    const characters = charactersOf(part.text);
    for (const character of characters) singles.add(character);
    // The last character by itself, for phrases that continue after the run.
    words.push(...pairsOf(characters), characters.at(-1)!);
  }
  return [...words, BOUNDARY, ...singles].join(" ");
}

/** The first `length` units of a text, or one less if that would split a character. */
function beginOf(text: string, length: number): string {
  if (text.length <= length) return text;
  const isCut = /[\ud800-\udbff]/.test(text[length - 1]!);
  return text.slice(0, isCut ? length - 1 : length);
}
