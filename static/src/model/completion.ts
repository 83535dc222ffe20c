/**
 * Completions of commands and names at the caret.
 * @module
 */
import type { Command } from "../net/protocol.ts";

export interface Suggestion {
  /** What replaces the text from `from` to `to`. */
  insert: string;
  label: string;
  detail: string;
}

export interface Suggestions {
  from: number;
  to: number;
  items: Suggestion[];
  /** How the command is called, when there is nothing to choose. */
  hint: string;
  /** Whether to show them without being asked. */
  eager: boolean;
}

export type Vocabulary = {
  readonly commands: readonly Command[];
  readonly names: readonly string[];
};

/** Names that are suggested, of what may be thousands. Commands are few, and who types `/` looks for what there is. */
const NAMES_SHOWN = 8;

/** A longer text is nobody's name, in UTF-16 units: a server's own limit is far below. */
const LONGEST_NAME = 256;

/** The commands whose first parameter is the name of somebody who is here. */
const TAKES_NAME = ["whisper"];

/** What could stand at the caret instead of the word that is begun there. */
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
  const called = word.startsWith("@");
  const prefix = called ? word.slice(1) : word;
  if (prefix === "" && !called) return undefined;
  const from = before.length - word.length;
  const end = from === 0 ? ": " : " ";
  const items = matching(names, prefix).map((name) => ({
    insert: `${called ? "@" : ""}${name}${end}`,
    label: name,
    detail: "",
  }));
  if (items.length === 0) return undefined;
  return { from, to: before.length, items, hint: "", eager: called };
}

/**
 * The word at the end of a text, found from there: a search from the beginning for something that reaches the end would
 * begin at every character of a long word.
 */
function lastWord(text: string) {
  let from = text.length;
  while (from > 0 && !/[\s,;:!?()"']/.test(text.charAt(from - 1))) from--;
  return text.slice(from);
}

function matching(names: readonly string[], prefix: string) {
  if (prefix.length > LONGEST_NAME) return [];
  const start = fold(prefix);
  return names.filter((name) => fold(name).startsWith(start)).slice(0, NAMES_SHOWN);
}

function fold(text: string) {
  return text.normalize("NFKC").toLowerCase();
}
