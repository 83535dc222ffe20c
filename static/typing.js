// @ts-check
/// <reference path="./globals.d.ts" />
/**
 * What helps while one types: the lines that were typed before, and completions of commands and names.
 *
 * Must never know the page: it works on a text and a place in it.
 * @module
 */
"use strict";

/** @import { Command } from "./protocol.js" */

/**
 * @typedef {object} Suggestion
 * @property {string} insert What replaces the text from `from` to `to`.
 * @property {string} label
 * @property {string} detail
 */

/**
 * @typedef {object} Suggestions
 * @property {number} from
 * @property {number} to
 * @property {Suggestion[]} items
 * @property {string} hint How the command is called, when there is nothing to choose.
 * @property {boolean} eager Whether to show them without being asked.
 */

/** @typedef {{ readonly commands: readonly Command[], readonly names: readonly string[] }} Vocabulary */
/** @typedef {typeof Typing} TypingModule */

const Typing = (() => {
  /** Lines that are remembered. */
  const HISTORY = 100;

  /** Names that are suggested, of what may be thousands. Commands are few, and who types `/` looks for what there is. */
  const NAMES_SHOWN = 8;

  /** A longer text is nobody's name, in UTF-16 units: a server's own limit is far below. */
  const LONGEST_NAME = 256;

  /** The commands whose first parameter is the name of somebody who is here. */
  const TAKES_NAME = ["whisper"];

  function createHistory(limit = HISTORY) {
    /** @type {string[]} */
    let lines = [];
    /** Where one is: `lines.length` is the line that is being typed. */
    let place = 0;
    let draft = "";

    return {
      /** @param {string} line */
      add(line) {
        if (lines.at(-1) !== line) lines = [...lines, line].slice(-limit);
        place = lines.length;
        draft = "";
      },
      /**
       * The line before the one that is shown, or `undefined` if there is none.
       *
       * @param {string} shown
       */
      older(shown) {
        if (place === 0) return undefined;
        if (place === lines.length) draft = shown;
        return lines[--place];
      },
      /** The line behind the one that is shown; behind the last one is what was being typed. */
      newer() {
        if (place >= lines.length) return undefined;
        place++;
        return place === lines.length ? draft : lines[place];
      },
    };
  }

  /**
   * What could stand at the caret instead of the word that is begun there.
   *
   * @param {string} text
   * @param {number} caret
   * @param {Vocabulary} vocabulary
   * @returns {Suggestions | undefined}
   */
  function suggest(text, caret, { commands, names }) {
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

  /**
   * @param {string} word
   * @param {readonly Command[]} commands
   * @returns {Suggestions | undefined}
   */
  function suggestCommands(word, commands) {
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

  /**
   * @param {string} before
   * @param {readonly string[]} names
   * @returns {Suggestions | undefined}
   */
  function suggestNames(before, names) {
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
   *
   * @param {string} text
   */
  function lastWord(text) {
    let from = text.length;
    while (from > 0 && !/[\s,;:!?()"']/.test(text.charAt(from - 1))) from--;
    return text.slice(from);
  }

  /**
   * @param {readonly string[]} names
   * @param {string} prefix
   */
  function matching(names, prefix) {
    if (prefix.length > LONGEST_NAME) return [];
    const start = fold(prefix);
    return names.filter((name) => fold(name).startsWith(start)).slice(0, NAMES_SHOWN);
  }

  /** @param {string} text */
  function fold(text) {
    return text.normalize("NFKC").toLowerCase();
  }

  return { createHistory, suggest };
})();
backchannel.typing = Typing;
