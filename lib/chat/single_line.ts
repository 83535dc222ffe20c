/**
 * Short texts of users that are shown within a line of the server: topics, reasons and excerpts, each in a single line.
 * @module
 */
import { cleanLine, isBlank, withoutTowers } from "../text/sanitize.ts";
import { endOfGraphemes, fitsBytes, hasMoreGraphemes } from "../text/text_length.ts";
import { ownCopy } from "./names.ts";

/** The longest topic, in graphemes: it fits over a window. */
export const MAX_TOPIC_LENGTH = 200;

/** The longest reason to be away, in graphemes: a list of ten people stays readable. */
export const MAX_AWAY_LENGTH = 100;

/**
 * The most bytes of UTF-8 that a phrase may have for each of its characters. One grapheme can be of any length, and phrases
 * are kept for each room and each member. The emoji of a family of four takes as many.
 */
const BYTES_PER_CHARACTER = 25;

/** The longest text that is cleaned to become a topic or a reason, in UTF-16 units. A longer text is refused at once. */
const MAX_TYPED_PHRASE = 4_096;

/** The longest excerpt of the user's input in an error, in UTF-16 units: enough to recognize it. */
const MAX_EXCERPT = 80;

/** Returns the user's input as an error repeats it: clean, in one line, and cut off if it is long. */
export function excerpt(typed: string): string {
  return typed.length <= MAX_EXCERPT
    ? cleanLine(typed)
    : `${cleanLine(typed.slice(0, MAX_EXCERPT))}...`;
}

/** Returns a text in one line, clean and trimmed. A text without visible characters becomes empty. */
export function toSingleLine(text: string): string {
  const line = withoutTowers(cleanLine(text).trim());
  return isBlank(line) ? "" : ownCopy(line);
}

/** Reads a phrase of at most so many characters. If it is too long, `excess` says how: `longer than 200 characters`. */
export function readPhrase(
  typed: string,
  characters: number,
): { readonly text: string; readonly excess: string | undefined } {
  if (typed.length > MAX_TYPED_PHRASE) {
    return { text: "", excess: `longer than ${characters} characters` };
  }
  const text = toSingleLine(typed);
  return { text, excess: findExcess(text, characters) };
}

/** Says how a phrase is too long for so many characters, or returns `undefined` if it is not. */
export function findExcess(phrase: string, characters: number): string | undefined {
  const bytes = characters * BYTES_PER_CHARACTER;
  if (!fitsBytes(phrase, bytes)) return `longer than ${bytes} bytes`;
  return hasMoreGraphemes(phrase, characters) ? `longer than ${characters} characters` : undefined;
}

/** Returns a text as a phrase of at most so many characters; the rest is cut off. */
export function toShortPhrase(text: string, characters: number): string {
  const most = text.slice(0, characters * BYTES_PER_CHARACTER / 2).replace(/[\ud800-\udbff]$/, "");
  return toSingleLine(most.slice(0, endOfGraphemes(most, characters)));
}
