/**
 * Short texts of people that stand within a line of ours, in one line themselves.
 * @module
 */
import { cleanLine, isBlank, withoutTowers } from "../text/sanitize.ts";
import { endOfGraphemes, fitsBytes, hasMoreGraphemes } from "../text/text_length.ts";
import { ownCopy } from "./names.ts";

/** The longest topic, in characters as people count them (graphemes): what fits over a window. */
export const MAX_TOPIC_LENGTH = 200;

/** The longest reason to be away, in characters as people count them: a list of ten people stays readable. */
export const MAX_AWAY_LENGTH = 100;

/**
 * A phrase may have so many bytes of UTF-8 for each character that it may have, since one character can be of any length
 * and phrases are kept for each room and each member. A family of four takes as many.
 */
const BYTES_PER_CHARACTER = 25;

/**
 * The longest text that is looked at to become a topic or a reason to be away, in UTF-16 units: what is longer before it is
 * cleaned is refused without being cleaned.
 */
const MAX_TYPED_PHRASE = 4_096;

/** How much of what somebody typed an error repeats, in UTF-16 units: enough to recognize it. */
const MAX_EXCERPT = 80;

/** What somebody typed, as an error repeats it: clean, in one line, and not all of it if it is long. */
export function excerpt(typed: string): string {
  return typed.length <= MAX_EXCERPT
    ? cleanLine(typed)
    : `${cleanLine(typed.slice(0, MAX_EXCERPT))}...`;
}

/** `text` in one line, clean, white space around it cut off. Of what nobody can see nothing is left. */
export function toSingleLine(text: string): string {
  const line = withoutTowers(cleanLine(text).trim());
  return isBlank(line) ? "" : ownCopy(line);
}

/**
 * `typed` as a phrase of at most so many characters, and how it is longer than that, if it is: `longer than 200
 * characters`.
 */
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

/** How `phrase` is too long for one of so many characters; `undefined` if it is not. */
export function findExcess(phrase: string, characters: number): string | undefined {
  const bytes = characters * BYTES_PER_CHARACTER;
  if (!fitsBytes(phrase, bytes)) return `longer than ${bytes} bytes`;
  return hasMoreGraphemes(phrase, characters) ? `longer than ${characters} characters` : undefined;
}

/** `text` as a phrase of at most so many characters; what is more is cut off. */
export function toShortPhrase(text: string, characters: number): string {
  const most = text.slice(0, characters * BYTES_PER_CHARACTER / 2).replace(/[\ud800-\udbff]$/, "");
  return toSingleLine(most.slice(0, endOfGraphemes(most, characters)));
}
