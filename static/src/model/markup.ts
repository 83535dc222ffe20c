/**
 * Finds links that are safe to follow, and mentions of the user, in a message.
 * @module
 */

export type Piece = { type: "text"; text: string } | { type: "mention"; text: string } | {
  type: "link";
  text: string;
  href: string;
};

/**
 * A scheme and the characters of an address. Invisible characters, quotation marks, and the punctuation of scripts without
 * spaces end an address: in these scripts the text continues without a space.
 */
const LINK =
  /\bhttps?:\/\/[^\s<>"'`\p{Cc}\p{Cf}\u00ab\u00bb\u2018\u201a-\u201f\u2039\u203a\u3001\u3002\u3008-\u3011\u3014-\u301f\uff01\uff02\uff07-\uff09\uff0c\uff1a\uff1b\uff1f\uff3b\uff3d\uff5b\uff5d\uff5f-\uff64]+/giu;

/** Characters that are not part of an address at its end. U+2019 may be an apostrophe inside of one. */
const TRAILING = ".,;:!?*_~\u2026\u2019";

/** The opening bracket for each closing bracket. */
const BRACKETS = new Map([[")", "("], ["]", "["], ["}", "{"]]);

/**
 * Scripts that are written without spaces, or, like Korean, with particles directly after a word. A name starts or ends
 * where such a letter meets a letter of another script.
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

/** The maximum length of a link, in UTF-16 units. Longer addresses are shown as text. */
const MAX_LINK = 2_048;

/**
 * Splits a text into pieces. Joined, they are the text.
 *
 * @param name The name of the user who reads it.
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
 * Removes from the end of an address the punctuation of the sentence around it, and closing brackets without an opening
 * one. The sender chooses the length of the address, so this takes linear time.
 */
function trimLink(address: string) {
  const unmatched = new Map(
    Array.from(
      BRACKETS,
      ([close, open]) => [close, count(address, close) - count(address, open)],
    ),
  );
  let end = address.length;
  for (; end > 0; end--) {
    const last = address.charAt(end - 1);
    const left = unmatched.get(last) ?? 0;
    if (left > 0) unmatched.set(last, left - 1);
    else if (!TRAILING.includes(last)) break;
  }
  return address.slice(0, end);
}

function count(text: string, character: string) {
  let found = 0;
  for (let at = text.indexOf(character); at >= 0; at = text.indexOf(character, at + 1)) found++;
  return found;
}

/** The target of a link; `undefined` for an address with a user name, which pretends to lead elsewhere. */
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

/** The ranges where a name is a separate word, in any case, with or without an `@`. */
function findMentions(text: string, name: string | null): Array<[number, number]> {
  if (name === null || name === "") return [];
  return Array.from(
    text.matchAll(patternOf(name)),
    ({ 0: word, index }) => [index, index + word.length],
  );
}

/** The pattern of the last name, cached because a page looks for the same name in every message. */
let known = { name: "", pattern: /(?!)/g };

function patternOf(name: string) {
  if (known.name === name) return known.pattern;
  const escaped = name.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  const unspaced = `[${UNSPACED.join("")}]`;
  const first = UNSPACED.filter((script) => new RegExp(`^${script}`, "u").test(name));
  const last = UNSPACED.filter((script) => new RegExp(`${script}$`, "u").test(name));
  /** Letters that form one word with the name. */
  const joining = (scripts: readonly string[]) =>
    scripts.length > 0 ? `(?=[${scripts.join("")}])` : `(?!${unspaced})`;
  // A full stop ends the sentence, unless a letter follows: then it is part of a longer name.
  const after = "\\p{M}|[\\p{N}_\\-]|\\.[\\p{L}\\p{N}_\\-]";
  const word = `(?<!${joining(first)}[\\p{L}\\p{M}]|[\\p{N}_.\\-])${escaped}` +
    `(?!${after}|${joining(last)}\\p{L})`;
  // An `@` marks the start of a name, so in a script without spaces any letter may follow.
  const withAt = `(?<!(?!${unspaced})[\\p{L}\\p{M}]|[\\p{N}_.\\-])@${escaped}` +
    `(?!${after}${last.length > 0 ? "" : `|${joining(last)}\\p{L}`})`;
  known = { name, pattern: new RegExp(`${withAt}|${word}`, "giu") };
  return known.pattern;
}

/** Whether a text mentions a user, outside of links. */
export function mentions(text: string, name: string | null) {
  return findMentions(text, name).length > 0 &&
    parse(text, name).some(({ type }) => type === "mention");
}
