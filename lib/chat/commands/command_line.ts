/**
 * Commands in lines as people type them: a command is recognized in what a reader would see, not in the raw characters.
 *
 * An arrow key, a pasted BOM or a blank in front of `/oper <token>` must not tell the token to the room. A line that a
 * reader would take for a command is run if there is only one that it can be, and refused otherwise.
 * @module
 */
import {
  cleanText,
  ESCAPE_SEQUENCE,
  hasLineBreak,
  isPlain,
  withoutTowers,
} from "../../text/sanitize.ts";
import { MAX_LINES } from "./message_rules.ts";

/** A line as it is meant: a command, which begins with `/`, a text for the room, or the reason for refusing it. */
export type TypedLine =
  | { readonly command: string }
  | { readonly text: string }
  | { readonly problem: string };

/** The marks that strike a letter through, which over a blank look like `/`. */
const STRIKES = "\\u0337\\u0338\\u20EB";

/** Signs that look like `/` (the confusables of UTS 39). */
const SOLIDI =
  `\\uFF0F\\u2044\\u2215\\u29F8\\u2571\\u27CB\\u1735\\u2041\\u2CC6\\u{1D23A}${STRIKES}`;

/** Letters and strokes of East Asian scripts that look like `/`, and begin words and faces of their own. */
const STROKES = "\\u30CE\\uFF89\\u4E3F\\u2F03\\u3033\\u31D3";

const SLASH = `[\\/${SOLIDI}${STROKES}]`;

/** Invisible: escape sequences, also an SS3 in 8 bits and its letter, and characters that draw nothing. */
const HIDDEN =
  `(?:${ESCAPE_SEQUENCE}|\\x8F[A-Za-z]|[[\\p{C}\\p{Default_Ignorable_Code_Point}]--[\\t-\\r]])`;

/** White space, and characters that look like it. */
const BLANK = "[[\\s\\u2800\\uFFFC]--\\uFEFF]";

/** Accents without a letter before them. In the blank before a message they are easily overlooked. */
const STRAY_MARK = `[\\p{M}--[${STRIKES}]]`;

/** Shorter than any operator's token, and than any token to log in with: an argument as long as that may be one. */
const MIN_TOKEN = 16;

/** A sign of a command: its slash, or a key that may have erased the text before it. */
const ANY_SIGN = new RegExp(`[${SLASH}\\x08\\x7F\\x15\\x17]`, "v");
const LEADING = new RegExp(`(?:${HIDDEN}|${BLANK}|${STRAY_MARK})*`, "vy");
const ALL_HIDDEN = new RegExp(HIDDEN, "gv");
const ANY_BLANK = new RegExp(BLANK, "v");
const ALL_SEQUENCES = new RegExp(ESCAPE_SEQUENCE, "gv");

/** The sequences that a terminal puts around a pasted text, and invisible characters that may follow a command. */
// deno-lint-ignore no-control-regex -- what is looked for
const PASTE_MARK = /(?:\x1B\[|\x9B)20[01]~/g;
const RUN_OF_CONTROLS = new RegExp(`(?:${ESCAPE_SEQUENCE}|[\\p{Cc}\\s])+`, "gv");

/** The keys that erase in a terminal's own line editor: Backspace, Delete, Ctrl-U and Ctrl-W. */
// deno-lint-ignore no-control-regex -- what is looked for
const ERASERS = /[\b\x7F\x15\x17]/;

const SOLIDUS = new RegExp(`^[${SOLIDI}]`, "v");
const STROKE = new RegExp(`^[${STROKES}]`, "v");
const LETTER = /^[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}]/u;
const WORD = /^[a-z]+(?:\s|$)/i;

/** The commands with a secret as their argument. */
const SECRET_COMMANDS = ["oper", "login"];
const SECRET_COMMAND = `(?:${SECRET_COMMANDS.join("|")})`;

/**
 * A command and a secret, also after several slashes. Each repetition is of one character class: a combining solidus is both
 * a slash and a mark, and overlapping alternatives would be tried in every combination.
 */
const SECRET = new RegExp(
  `^[${BLANK}\\p{M}]*${SLASH}[${SLASH}${BLANK}\\p{M}]*(${SECRET_COMMAND})${BLANK}+\\S`,
  "iv",
);
/**
 * The same with an argument that is long enough for a token, anywhere in the line. At the beginning of the line the slash
 * may be missing, or another key may have been hit instead. An address of a page to log in at is no token.
 */
const SECRET_AND_TOKEN = new RegExp(
  `(?:^[${BLANK}\\p{M}]*[!-@\\[-\`\\{-~]{0,2}|${SLASH}[${BLANK}\\p{M}]{0,4})(${SECRET_COMMAND})${BLANK}+` +
    `(?!https?://)[!-~]{${MIN_TOKEN}}`,
  "iv",
);

/** The beginning of such a command without its slash. */
const SLASHLESS_SECRET = /[!-@[-`{-~]{0,2}(?:o|lo)/iy;
const SMALL_A = 0x61, SMALL_L = 0x6c, SMALL_O = 0x6f, SMALL_Z = 0x7a;

/** The most characters of a command that a problem with it can depend on. */
const MAX_LOOK = 64;

/** Whether `line` may be a command, so that {@linkcode readLine} must decide. Fast for the usual text. */
export function mayHaveCommand(line: string, plain = isPlain(line)): boolean {
  return beginsLikeSecret(line, plain) || (plain ? line.includes("/") : ANY_SIGN.test(line));
}

/** Whether this may be a command with a secret whose slash is missing, after invisible characters. */
function beginsLikeSecret(line: string, plain: boolean): boolean {
  const first = line.charCodeAt(0) | 0x20;
  if (first >= SMALL_A && first <= SMALL_Z) {
    return first === SMALL_O || (first === SMALL_L && (line.charCodeAt(1) | 0x20) === SMALL_O);
  }
  let at = 0;
  if (!plain) {
    LEADING.lastIndex = 0;
    at = LEADING.exec(line)![0].length;
  }
  SLASHLESS_SECRET.lastIndex = at;
  return SLASHLESS_SECRET.test(line);
}

/** Removes invisible characters from `text`. Blanks stay. */
export function visible(text: string): string {
  return isPlain(text) ? text : text.replace(ALL_HIDDEN, "");
}

/**
 * Decides whether a line is a command or a text. `//` at its beginning is the documented way to say a text that begins with
 * `/`.
 *
 * Backspaces are applied before the decision, because the author has seen the line without the erased characters.
 */
export function readLine(line: string): TypedLine {
  const edited = ERASERS.test(line) ? edit(line) : line;
  const telling = SECRET_AND_TOKEN.exec(readable(line)) ??
    (edited === line ? null : SECRET_AND_TOKEN.exec(readable(edited)));
  const read = recognize(edited);
  if ("problem" in read) return read;
  if ("command" in read) {
    const raw = edited === line ? read : recognize(line);
    // The same command both ways: its parameters are cleaned as those of any other.
    if (
      "command" in raw && nameOf(raw.command) === nameOf(read.command) && !isSecret(raw.command)
    ) {
      return telling === null ? raw : tellsSecret(telling);
    }
    return isSecret(read.command) || telling === null ? read : tellsSecret(telling);
  }
  if (telling !== null) return tellsSecret(telling);
  // A text is said as it came: without its controls, but with the characters that they erased.
  if (edited !== line && !("text" in recognize(line))) {
    return refused("Error: Not said, because it begins with a command that was erased");
  }
  return edited === line ? read : { text: line };
}

/** The name of the command that `word` is, in lower case and without the slash. */
export function commandName(word: string): string {
  return (isPlain(word) ? word : look(word)).slice(1).toLowerCase();
}

function nameOf(command: string): string {
  const [word = ""] = command.split(/\s/, 1);
  return commandName(word);
}

function isSecret(command: string): boolean {
  return SECRET_COMMANDS.includes(nameOf(command));
}

function tellsSecret([, name]: RegExpExecArray): TypedLine {
  return refused(
    name?.toLowerCase() === "login"
      ? "Error: Not said, because it looks like /login and a password or token"
      : "Error: Not said, because it looks like /oper and a token",
  );
}

function refused(problem: string): TypedLine {
  return { problem };
}

/**
 * `text` as a reader sees it: without invisible characters, and with wide letters as usual ones. Normalizing takes the
 * square of the number of marks in a row, so they are bounded first.
 */
function readable(text: string): string {
  return isPlain(text) ? text : withoutTowers(visible(text)).normalize("NFKC");
}

function recognize(line: string): TypedLine {
  LEADING.lastIndex = 0;
  const { length } = LEADING.exec(line)![0];
  const rest = line.slice(length);
  const before = visible(line.slice(0, length));
  const isIndented = ANY_BLANK.test(before);
  if (rest.startsWith("/") && !rest.startsWith("//")) {
    // A path or a comment behind blanks is a text, as it is not at the beginning of a line.
    if (!isIndented || LETTER.test(look(rest.slice(1)))) return { command: trimmed(rest) };
  } else if (rest.startsWith("\uFF0F") && /^[a-z]/i.test(look(rest.slice(1)))) {
    return { command: trimmed(`/${rest.slice(1)}`) };
  } else if (isLikeCommand(rest)) {
    return refused(
      "Error: Not said, because it looks like a command: these begin with '/' (U+002F)",
    );
  }
  const secret = SECRET.exec(look(rest));
  if (secret !== null) return tellsSecret(secret);
  const text = rest.startsWith("//") && !isIndented ? rest.slice(1) : line;
  if (hasLineBreak(text) && hasCommandBelow(text)) {
    return refused("Error: Not said, because a line of it begins with a command");
  }
  return { text };
}

/** The beginning of `text` as a reader sees it. */
function look(text: string): string {
  return visible(text).slice(0, MAX_LOOK).normalize("NFKC").slice(0, MAX_LOOK);
}

/** Whether `text` begins with a character that looks like a slash, and continues as a command does. */
function isLikeCommand(text: string): boolean {
  const shown = visible(text).slice(0, MAX_LOOK);
  if (!SOLIDUS.test(shown) && !STROKE.test(shown)) return false;
  const [first = ""] = shown;
  const name = shown.slice(first.length).replace(/^\p{M}+/u, "").normalize("NFKC");
  return SOLIDUS.test(shown) ? LETTER.test(name) : WORD.test(name);
}

/** Whether a line of `text` after the first, as others would get it, is like a command. A longer text is refused anyway. */
function hasCommandBelow(text: string): boolean {
  const [, ...below] = cleanText(text).split("\n", MAX_LINES);
  return below.some((line) => {
    LEADING.lastIndex = 0;
    const rest = line.slice(LEADING.exec(line)![0].length);
    const shown = look(rest);
    return (shown.startsWith("/") && LETTER.test(shown.slice(1))) || isLikeCommand(rest);
  });
}

/** Removes the sequences of a paste, and invisible characters at the end. */
function trimmed(command: string): string {
  if (isPlain(command)) return command;
  return command.replace(PASTE_MARK, "").replace(
    RUN_OF_CONTROLS,
    (run, at: number, whole: string) => at + run.length === whole.length ? "" : run,
  );
}

/** `line` as a terminal's line editor would leave it. */
function edit(line: string): string {
  const left: string[] = [];
  for (const character of line.replace(ALL_SEQUENCES, "")) {
    if (character === "\b" || character === "\x7F") left.pop();
    else if (character === "\x15") left.length = 0;
    else if (character === "\x17") eraseWord(left);
    else left.push(character);
  }
  return left.join("");
}

function eraseWord(characters: string[]): void {
  while (characters.length > 0 && /\s/.test(characters.at(-1)!)) characters.pop();
  while (characters.length > 0 && !/\s/.test(characters.at(-1)!)) characters.pop();
}
