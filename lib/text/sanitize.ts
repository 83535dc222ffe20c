/**
 * Sanitizes text before it reaches other people's terminals and pages.
 *
 * Removed are whole escape sequences (ECMA-48: CSI, OSC and the other strings, and all others that begin with ESC), all
 * other control characters, directional overrides and isolates (U+202A to 202E and U+2066 to 206F, which includes the
 * deprecated format characters), interlinear annotations, and tag characters, which hide whole sentences from people but
 * not from programs, unless they spell the flag of a region. Line breaks of every kind become LF, tabs become spaces, and
 * lone surrogates become U+FFFD.
 *
 * Other invisible characters stay: joiners form emoji and Indic letters, U+200B breaks Thai and Khmer lines, variation
 * selectors choose between glyphs, U+200E, 200F and 061C only place punctuation, and U+FEFF does nothing.
 * @module
 */

/** Flags of regions: a black flag, tags, a cancel tag (UTS 51, ED-14a), 32 characters at most. */
const REGION_FLAG = "\\u{1F3F4}[\\u{E0020}-\\u{E007E}]{1,30}\\u{E007F}";

const LINE_BREAK = "\\r\\n?|[\\n\\v\\f\\x85\\u2028\\u2029]";

/**
 * An escape sequence (ECMA-48 5.4, 5.6 and ECMA-35 13.1), introduced by ESC or by the C1 control of the same meaning. A
 * string must be terminated: removing everything after a stray U+009D, which a wrongly decoded quotation mark leaves, would
 * remove what people wrote. Strings contain no controls, so the search for the terminator takes linear time.
 *
 * Keys send SS3 and a letter (F1 and, in some modes, the arrows), or on a Linux console `ESC [ [` and a letter. A sequence
 * must not contain a slash, though the standard allows it: after ESC, a slash begins a command that somebody typed.
 */
export const ESCAPE_SEQUENCE = [
  "(?:\\x1B[\\]PX^_]|[\\x90\\x98\\x9D-\\x9F])\\P{Cc}*(?:\\x07|\\x1B\\\\|\\x9C)",
  "\\x1BO[0-9;]*[A-Za-z]|\\x1B\\[\\[[A-E]",
  "(?:\\x1B\\[|\\x9B)[0-?]*[ -.]*[@-~]",
  "\\x1B[ -.]*[0-~]",
].join("|");

/** Everything that is removed, or in a single line replaced by a space. */
const CONTROLS =
  `${ESCAPE_SEQUENCE}|[\\p{Cc}\\u202A-\\u202E\\u2066-\\u206F\\uFFF9-\\uFFFB\\u{E0000}-\\u{E007F}]`;

/**
 * A quick test whether there may be anything to remove. It matches every surrogate, since telling lone ones apart is slower;
 * a message with an emoji takes the slow path.
 */
// deno-lint-ignore no-control-regex -- they are what this looks for
const UNCLEAN = /[\0-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u206f\ufff9-\ufffb\ud800-\udfff]/;

/** Visible ASCII, as most lines are. One test instead of three saves a tenth of the cost of a line. */
const PLAIN = /^[!-~][ -~]*$/;

const REPLACED_IN_TEXT = new RegExp(
  `(${REGION_FLAG})|(${LINE_BREAK})|(\\t)|(\\p{Cs})|${CONTROLS}`,
  "gu",
);
const REPLACED_IN_LINE = new RegExp(
  `(${REGION_FLAG})|(\\p{Cs})|(?:${LINE_BREAK}|${CONTROLS})+`,
  "gu",
);

/**
 * A visible character. Not visible are white space; marks and format characters, except those of Arabic, Syriac and Kaithi
 * that are drawn around numbers; and characters without a glyph: the empty Braille pattern, the null notehead, the blanks
 * of Egyptian hieroglyphs, the object replacement character, and noncharacters.
 */
const VISIBLE =
  /[[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}][^\s\p{Default_Ignorable_Code_Point}\p{Mn}\p{Me}\p{Cf}\p{Noncharacter_Code_Point}\u2800\u{1d159}\u{13441}\u{13442}\ufffc]]/v;

/**
 * The most combining marks in a row that are kept: twice as many as any script stacks. More of them make towers that cover
 * the lines above and below.
 */
const MAX_MARKS = 8;

const TOWER = new RegExp(`(\\p{M}{${MAX_MARKS}})\\p{M}+`, "gu");

const ANY_LINE_BREAK = new RegExp(LINE_BREAK);

const REPLACEMENT = "\ufffd";

/** Whether `text` is certainly clean, not blank, and one line: visible ASCII. */
export function isPlain(text: string): boolean {
  return PLAIN.test(text);
}

/** Removes control sequences and characters. Line breaks become LF. Returns `text` itself if there is nothing to remove. */
export function cleanText(text: string): string {
  if (!UNCLEAN.test(text)) return text;
  return text.replace(REPLACED_IN_TEXT, (_, flag, lineBreak, tab, half) => {
    if (flag !== undefined) return flag;
    if (lineBreak !== undefined) return "\n";
    if (tab !== undefined) return " ";
    return half === undefined ? "" : REPLACEMENT;
  });
}

/** Like {@linkcode cleanText}, for a single line: everything removed, line breaks included, leaves a space. */
export function cleanLine(text: string): string {
  return text.replace(
    REPLACED_IN_LINE,
    (_, flag, half) => flag ?? (half === undefined ? " " : REPLACEMENT),
  );
}

/** Whether `text` contains a line break of any kind. */
export function hasLineBreak(text: string): boolean {
  return ANY_LINE_BREAK.test(text);
}

/** Whether `text`, which must be clean, has no visible character. */
export function isBlank(text: string): boolean {
  const first = text.charCodeAt(0);
  const isUsual = first > 0x20 && first < 0x7f;
  return !isUsual && !VISIBLE.test(text);
}

/** Removes combining marks beyond {@linkcode MAX_MARKS} in a row. */
export function withoutTowers(text: string): string {
  return text.replace(TOWER, "$1");
}
