/**
 * Completions of commands and names at the caret.
 * @module
 */
import type { Command } from "../net/protocol.ts";

export interface Suggestion {
  /** The text that replaces the one from `from` to `to`. */
  insert: string;
  label: string;
  detail: string;
}

export interface Suggestions {
  from: number;
  to: number;
  items: Suggestion[];
  /** The usage of the command, if there is nothing to choose. */
  hint: string;
  /** Whether to show them before the user presses Tab. */
  eager: boolean;
}

export type Vocabulary = {
  readonly commands: readonly Command[];
  readonly names: readonly string[];
};

/** The maximum number of suggested names: a room may have thousands. All commands are suggested, so that `/` lists them. */
const MAX_NAMES = 8;

/** The maximum length of a text that can be a name, in UTF-16 units. The limits of servers are far below. */
const MAX_NAME = 256;

/** The commands whose first argument is the name of a user. */
const TAKES_NAME = ["whisper"];

/** Returns completions of the word at the caret. */
export function suggest(
  text: string,
  caret: number,
  { commands, names }: Vocabulary,
): Suggestions | undefined {
  const before = text.slice(0, caret);
  if (!text.startsWith("/") || text.startsWith("//")) return suggestNames(before, names);
  const [word = ""] = before.split(/\s/, 1);
  if (word === before) return suggestCommands(word, commands);
  const command = commands.find(({ name }) => `/${name}` === word.toLowerCase());
  if (command === undefined) return suggestNames(before, names);
  const rest = before.slice(word.length).trimStart();
  if (TAKES_NAME.includes(command.name) && !/\s/.test(rest)) {
    const items = matching(names, rest).map((name) => ({
      insert: `${name} `,
      label: name,
      detail: "",
    }));
    return { from: caret - rest.length, to: caret, items, hint: command.usage, eager: true };
  }
  return suggestNames(before, names) ??
    { from: caret, to: caret, items: [], hint: command.usage, eager: true };
}

function suggestCommands(word: string, commands: readonly Command[]): Suggestions | undefined {
  const prefix = word.slice(1).toLowerCase();
  const items = commands.filter(({ name }) => name.startsWith(prefix)).map(
    ({ name, usage, summary }) => ({
      insert: usage.includes(" ") ? `/${name} ` : `/${name}`,
      label: usage,
      detail: summary,
    }),
  );
  if (items.length === 0) return undefined;
  return { from: 0, to: word.length, items, hint: "", eager: true };
}

function suggestNames(before: string, names: readonly string[]): Suggestions | undefined {
  const word = lastWord(before);
  const isMention = word.startsWith("@");
  const prefix = isMention ? word.slice(1) : word;
  if (prefix === "" && !isMention) return undefined;
  const from = before.length - word.length;
  const end = from === 0 ? ": " : " ";
  const items = matching(names, prefix).map((name) => ({
    insert: `${isMention ? "@" : ""}${name}${end}`,
    label: name,
    detail: "",
  }));
  if (items.length === 0) return undefined;
  return { from, to: before.length, items, hint: "", eager: isMention };
}

/**
 * The last word of a text. The loop runs backwards because a regular expression that is anchored at the end would start at
 * every character of a long word, which takes quadratic time.
 */
function lastWord(text: string) {
  let from = text.length;
  while (from > 0 && !/[\s,;:!?()"']/.test(text.charAt(from - 1))) from--;
  return text.slice(from);
}

function matching(names: readonly string[], prefix: string) {
  if (prefix.length > MAX_NAME) return [];
  const start = fold(prefix);
  return names.filter((name) => fold(name).startsWith(start)).slice(0, MAX_NAMES);
}

function fold(text: string) {
  return text.normalize("NFKC").toLowerCase();
}
