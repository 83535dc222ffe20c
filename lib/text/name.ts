/**
 * The form of names of users and rooms, and the keys by which they are compared.
 *
 * Names that differ only in case or Unicode form are the same name, since people cannot see the difference.
 * @module
 */
import { endOfGraphemes, hasMoreGraphemes } from "./text_length.ts";

/** The longest name, in graphemes. Long enough for real names, short enough for a column. */
export const MAX_NAME_LENGTH = 32;

/** The longest name, in code points: a letter of an Indian script may take several, and a name is on every line. */
const MAX_CODE_POINTS = 2 * MAX_NAME_LENGTH;

/** Longer than any name in any form, in UTF-16 units. Normalization takes time that grows with the square of the length. */
const MAX_TYPED = 8 * MAX_NAME_LENGTH;

/** The form of a name, for error texts. */
export const NAME_RULES = `1 to ${MAX_NAME_LENGTH} letters, digits, '-', '_' or '.'`;

/** Letters and digits of any script. Combining marks belong to letters, so they cannot come first. */
const NAME = new RegExp(
  `^(?!.*\\p{Default_Ignorable_Code_Point})[\\p{L}\\p{Nd}\\-_.][\\p{L}\\p{M}\\p{Nd}\\-_.]{0,${
    MAX_CODE_POINTS - 1
  }}$`,
  "u",
);

/** Returns the form in which a name is shown (NFC), or `undefined` if the text is not a valid name. */
export function normalizeName(text: string): string | undefined {
  if (text.length > MAX_TYPED) return undefined;
  const name = text.normalize("NFC");
  if (!NAME.test(name) || hasMoreGraphemes(name, MAX_NAME_LENGTH)) return undefined;
  return ownCopy(name);
}

/** Copies a text. A substring keeps the whole line alive that it was a part of, which may be 64 kB. */
export function ownCopy(text: string): string {
  return Array.from(text).join("");
}

/** Returns the key that all spellings of a name share. A text that is too long for a name has the key of none. */
export function nameKey(text: string): string {
  const name = text.slice(0, MAX_TYPED);
  // By way of the capitals, so that "ß", "SS" and "ss" meet; twice normalised, since folding can undo a composition.
  return name.normalize("NFKC").toLowerCase().toUpperCase().toLowerCase().normalize("NFKC");
}

/** Everything that a name cannot contain, with the invisible characters that are letters. */
const UNNAMABLE = /(?:[^\p{L}\p{M}\p{Nd}\-_.]|\p{Default_Ignorable_Code_Point})+/gu;

/**
 * Makes a name of a text that was not meant as one, such as `Zoë O'Hara` (`Zoë-O-Hara`): other characters become hyphens,
 * and what is too long is cut off. Returns `undefined` if nothing is left.
 */
export function toName(text: string): string | undefined {
  const letters = text.slice(0, MAX_TYPED).normalize("NFC").replace(UNNAMABLE, "-")
    .replace(/^[-\p{M}]+/u, "");
  const short = Array.from(letters.slice(0, endOfGraphemes(letters, MAX_NAME_LENGTH)))
    .slice(0, MAX_CODE_POINTS).join("");
  return normalizeName(short.replace(/-+$/, ""));
}

/** Returns the key that all spellings of a room's name share; a `#` in front is ignored. */
export function roomKey(text: string): string {
  return nameKey(text.replace(/^#/, ""));
}
