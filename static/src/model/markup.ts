/**
 * What is in a text: links that are safe to follow, and the reader's name.
 * @module
 */

export type Piece = { type: "text"; text: string } | { type: "mention"; text: string } | {
  type: "link";
  text: string;
  href: string;
};

/**
 * A scheme, and everything that can be in an address behind it. Invisible characters, quotation marks, and the
 * punctuation of scripts without spaces end an address: in such scripts the text goes on right behind it.
 */
const LINK =
  /\bhttps?:\/\/[^\s<>"'`\p{Cc}\p{Cf}\u00ab\u00bb\u2018\u201a-\u201f\u2039\u203a\u3001\u3002\u3008-\u3011\u3014-\u301f\uff01\uff02\uff07-\uff09\uff0c\uff1a\uff1b\uff1f\uff3b\uff3d\uff5b\uff5d\uff5f-\uff64]+/giu;

/** Characters that stand behind an address in a sentence and do not belong to it. In some addresses U+2019 is an apostrophe. */
const TRAILING = ".,;:!?*_~\u2026\u2019";

/** The opening bracket of each closing one. */
const BRACKETS = new Map([[")", "("], ["]", "["], ["}", "{"]]);

/**
 * Scripts that are written without spaces, or, in Korean, with particles right behind a word: between these letters and
 * those of other scripts, a name begins and ends.
 */
const UNSPACED = [
  "Han",
  "Hiragana",
  "Katakana",
  "Bopomofo",
  "Hangul",
  "Thai",
  "Lao",
  "Khmer",
  "Myanmar",
].map((script) => `\\p{scx=${script}}`);

/** Longer ones are shown as text: nobody wants to follow them. */
const MAX_LINK = 2_048;

/**
 * Cuts a text into pieces, which together are the text.
 *
 * @param name The reader's.
 */
export function parse(text: string, name: string | null = null): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(LINK)) {
    const address = trimLink(match[0]);
    const href = safeHref(address);
    if (href === undefined) continue;
    addText(pieces, text.slice(end, match.index), name);
    pieces.push({ type: "link", text: address, href });
    end = match.index + address.length;
  }
  addText(pieces, text.slice(end), name);
  return pieces;
}

/**
 * Takes from the end of an address whatever belongs to the sentence around it: punctuation, and brackets that were not
 * opened in the address. Others choose how long an address is, so this reads it a fixed number of times.
 */
function trimLink(address: string) {
  const unopened = new Map(
    Array.from(
      BRACKETS,
      ([close, open]) => [close, count(address, close) - count(address, open)],
    ),
  );
  let end = address.length;
  for (; end > 0; end--) {
    const last = address.charAt(end - 1);
    const left = unopened.get(last) ?? 0;
    if (left > 0) unopened.set(last, left - 1);
    else if (!TRAILING.includes(last)) break;
  }
  return address.slice(0, end);
}

function count(text: string, character: string) {
  let found = 0;
  for (let at = text.indexOf(character); at >= 0; at = text.indexOf(character, at + 1)) found++;
  return found;
}

/**
 * The address to go to, or `undefined` if nobody should be sent there: one with a user name in it pretends to lead
 * elsewhere.
 */
function safeHref(address: string) {
  if (address.length > MAX_LINK || !URL.canParse(address)) return undefined;
  const url = new URL(address);
  const web = url.protocol === "http:" || url.protocol === "https:";
  return web && url.username === "" && url.password === "" ? url.href : undefined;
}

function addText(pieces: Piece[], text: string, name: string | null) {
  let end = 0;
  for (const [from, to] of findMentions(text, name)) {
    if (from > end) pieces.push({ type: "text", text: text.slice(end, from) });
    pieces.push({ type: "mention", text: text.slice(from, to) });
    end = to;
  }
  if (end < text.length) pieces.push({ type: "text", text: text.slice(end) });
}

/** Where a name stands as a word of its own, in any case, with or without an `@`. */
function findMentions(text: string, name: string | null): Array<[number, number]> {
  if (name === null || name === "") return [];
  return Array.from(
    text.matchAll(patternOf(name)),
    ({ 0: word, index }) => [index, index + word.length],
  );
}

/** The name that was looked for last, and its pattern: a page asks for the same one again and again. */
let known = { name: "", pattern: /(?!)/g };

function patternOf(name: string) {
  if (known.name === name) return known.pattern;
  const escaped = name.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  const unspaced = `[${UNSPACED.join("")}]`;
  const first = UNSPACED.filter((script) => new RegExp(`^${script}`, "u").test(name));
  const last = UNSPACED.filter((script) => new RegExp(`${script}$`, "u").test(name));
  /** Letters that would make one word of a name and themselves. */
  const joining = (scripts: readonly string[]) =>
    scripts.length > 0 ? `(?=[${scripts.join("")}])` : `(?!${unspaced})`;
  // A full stop ends a sentence unless a letter follows it, then it belongs to a longer name.
  const after = "\\p{M}|[\\p{N}_\\-]|\\.[\\p{L}\\p{N}_\\-]";
  const word = `(?<!${joining(first)}[\\p{L}\\p{M}]|[\\p{N}_.\\-])${escaped}` +
    `(?!${after}|${joining(last)}\\p{L})`;
  // An `@` says where a name begins, so in a script without spaces any letter may follow.
  const called = `(?<!(?!${unspaced})[\\p{L}\\p{M}]|[\\p{N}_.\\-])@${escaped}` +
    `(?!${after}${last.length > 0 ? "" : `|${joining(last)}\\p{L}`})`;
  known = { name, pattern: new RegExp(`${called}|${word}`, "giu") };
  return known.pattern;
}

/** Whether a text names the reader, outside of links. */
export function mentions(text: string, name: string | null) {
  return findMentions(text, name).length > 0 &&
    parse(text, name).some(({ type }) => type === "mention");
}
