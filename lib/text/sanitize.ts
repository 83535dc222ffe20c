/**
 * What of a text may reach somebody else's terminal or page: what is written, and nothing that gives orders.
 *
 * Gone are whole escape sequences (ECMA-48: CSI, OSC and the other strings, and every other one that begins with ESC),
 * all other control characters, what turns the direction of text around (U+202A to 202E and U+2066 to 206F, which also
 * has the deprecated ones), interlinear annotations, and tag characters, which hide whole sentences from people and not
 * from programs, unless they spell the flag of a region. Line breaks of every kind become LF, a tab a space, and half of
 * a surrogate pair U+FFFD.
 *
 * What is merely invisible stays: joiners make emoji and Indic letters, U+200B breaks Thai and Khmer lines, variation
 * selectors choose between forms, the marks U+200E, 200F and 061C only place punctuation, and a U+FEFF does nothing.
 * @module
 */

/** Flags of regions: a black flag, tags, a cancel tag (UTS 51, ED-14a). The longest there may be has 32 characters. */
const REGION_FLAG = "\\u{1F3F4}[\\u{E0020}-\\u{E007E}]{1,30}\\u{E007F}";

const LINE_BREAK = "\\r\\n?|[\\n\\v\\f\\x85\\u2028\\u2029]";

/**
 * An escape sequence (ECMA-48 5.4, 5.6 and ECMA-35 13.1), begun by ESC or, where there is one, by the C1 control of the
 * same meaning. A string must have its end: to take everything behind a stray U+009D, as a wrongly decoded quotation mark
 * leaves it, would take what people wrote. No string has controls in it, so to look for its end takes no time twice.
 *
 * Keys send SS3 and a letter (F1 and, in some modes, the arrows), or on a Linux console `ESC [ [` and a letter. No sequence
 * has a slash in it, though the standard allows that: behind ESC, a slash begins a command that somebody typed.
 */
export const ESCAPE_SEQUENCE = [
  "(?:\\x1B[\\]PX^_]|[\\x90\\x98\\x9D-\\x9F])\\P{Cc}*(?:\\x07|\\x1B\\\\|\\x9C)",
  "\\x1BO[0-9;]*[A-Za-z]|\\x1B\\[\\[[A-E]",
  "(?:\\x1B\\[|\\x9B)[0-?]*[ -.]*[@-~]",
  "\\x1B[ -.]*[0-~]",
].join("|");

/** What goes without a trace but a space, or not even that. */
const ORDER =
  `${ESCAPE_SEQUENCE}|[\\p{Cc}\\u202A-\\u202E\\u2066-\\u206F\\uFFF9-\\uFFFB\\u{E0000}-\\u{E007F}]`;

/**
 * Whether there may be anything to do: one look at each unit of the usual text. Surrogates count, since a half cannot be
 * told from a whole at this speed; an emoji costs its message the longer way.
 */
// deno-lint-ignore no-control-regex -- what is looked for
const SUSPECT = /[\0-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u206f\ufff9-\ufffb\ud800-\udfff]/;

/** What most lines are: ASCII that can be seen. One look instead of three, a tenth of what a line costs. */
const PLAIN = /^[!-~][ -~]*$/;

const EVERYTHING = new RegExp(`(${REGION_FLAG})|(${LINE_BREAK})|(\\t)|(\\p{Cs})|${ORDER}`, "gu");
const NOT_IN_LINE = new RegExp(`(${REGION_FLAG})|(\\p{Cs})|(?:${LINE_BREAK}|${ORDER})+`, "gu");

/**
 * Something that somebody could see. White space is not, nor what only changes its neighbours: marks and format
 * characters, but for those of Arabic, Syriac and Kaithi that are drawn around numbers. Nor is what a font draws nothing
 * for: the empty Braille pattern, the null notehead, the blanks of Egyptian hieroglyphs, the place of an object, and
 * what is no character at all.
 */
const VISIBLE =
  /[[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}][^\s\p{Default_Ignorable_Code_Point}\p{Mn}\p{Me}\p{Cf}\p{Noncharacter_Code_Point}\u2800\u{1d159}\u{13441}\u{13442}\ufffc]]/v;

const ANY_LINE_BREAK = new RegExp(LINE_BREAK);

const REPLACEMENT = "\ufffd";

/** Whether there is nothing to do about `text`, for sure: it is clean, not blank, and one line. */
export function isPlain(text: string): boolean {
  return PLAIN.test(text);
}

/** `text` without what gives orders; `text` itself if there is nothing of that. Its lines end with LF. */
export function cleanText(text: string): string {
  if (!SUSPECT.test(text)) return text;
  return text.replace(EVERYTHING, (_, flag, lineBreak, tab, half) => {
    if (flag !== undefined) return flag;
    if (lineBreak !== undefined) return "\n";
    if (tab !== undefined) return " ";
    return half === undefined ? "" : REPLACEMENT;
  });
}

/** {@linkcode cleanText} for what has to stay in one line: whatever goes leaves a space. */
export function cleanLine(text: string): string {
  return text.replace(
    NOT_IN_LINE,
    (_, flag, half) => flag ?? (half === undefined ? " " : REPLACEMENT),
  );
}

/** Whether `text` has a line break of any kind. */
export function hasLineBreak(text: string): boolean {
  return ANY_LINE_BREAK.test(text);
}

/** Whether there is nothing to see in `text`, which is clean. */
export function isBlank(text: string): boolean {
  const first = text.charCodeAt(0);
  const isUsual = first > 0x20 && first < 0x7f;
  return !isUsual && !VISIBLE.test(text);
}
