// @ts-check
/// <reference path="./globals.d.ts" />
/**
 * What is in a text: links that are safe to follow, and the reader's name.
 *
 * Must never know the page: it names the pieces of a text, and whoever shows them makes text nodes of them.
 * @module
 */
"use strict";

/**
 * @typedef {{ type: "text", text: string } | { type: "mention", text: string }
 *   | { type: "link", text: string, href: string }} Piece
 */
/** @typedef {typeof Markup} MarkupModule */

const Markup = (() => {
  /** A scheme, and all that can be in an address behind it; nothing invisible. */
  const LINK = /\bhttps?:\/\/[^\s<>"'`\p{Cc}\p{Cf}]+/giu;

  /** What stands behind an address in a sentence and does not belong to it. */
  const TRAILING = /[.,;:!?*_~\u2026\u3001\u3002\uff0c\uff01\uff1f]+$/u;

  const BRACKETS = [["(", ")"], ["[", "]"], ["{", "}"]];

  /** Longer ones are shown as text: nobody wants to follow them. */
  const MAX_LINK = 2_048;

  /**
   * Cuts a text into pieces, which together are the text.
   *
   * @param {string} text
   * @param {string | null} [name] The reader's.
   * @returns {Piece[]}
   */
  function parse(text, name = null) {
    /** @type {Piece[]} */
    const pieces = [];
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

  /** @param {string} address */
  function trimLink(address) {
    for (let before = ""; before !== address;) {
      before = address;
      address = address.replace(TRAILING, "");
      const bracket = BRACKETS.find(([, close]) => address.endsWith(close ?? ""));
      if (bracket === undefined) continue;
      const [open = "", close = ""] = bracket;
      if (address.split(open).length < address.split(close).length) address = address.slice(0, -1);
    }
    return address;
  }

  /**
   * The address to go to, or `undefined` if nobody should be sent there: one with a user name in it pretends to lead
   * elsewhere.
   *
   * @param {string} address
   */
  function safeHref(address) {
    if (address.length > MAX_LINK || !URL.canParse(address)) return undefined;
    const url = new URL(address);
    const web = url.protocol === "http:" || url.protocol === "https:";
    return web && url.username === "" && url.password === "" ? url.href : undefined;
  }

  /**
   * @param {Piece[]} pieces
   * @param {string} text
   * @param {string | null} name
   */
  function addText(pieces, text, name) {
    let end = 0;
    for (const [from, to] of findMentions(text, name)) {
      if (from > end) pieces.push({ type: "text", text: text.slice(end, from) });
      pieces.push({ type: "mention", text: text.slice(from, to) });
      end = to;
    }
    if (end < text.length) pieces.push({ type: "text", text: text.slice(end) });
  }

  /**
   * Where a name stands as a word of its own, in any case, with or without an `@`.
   *
   * @param {string} text
   * @param {string | null} name
   * @returns {Array<[number, number]>}
   */
  function findMentions(text, name) {
    if (name === null || name === "") return [];
    const escaped = name.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
    // A full stop ends a sentence unless a letter follows it, then it belongs to a longer name.
    const pattern = new RegExp(
      `(?<![\\p{L}\\p{M}\\p{N}_.\\-])@?${escaped}(?![\\p{L}\\p{M}\\p{N}_\\-]|\\.[\\p{L}\\p{N}_\\-])`,
      "giu",
    );
    return Array.from(text.matchAll(pattern), ({ 0: word, index }) => [index, index + word.length]);
  }

  /**
   * Whether a text names the reader, outside of links.
   *
   * @param {string} text
   * @param {string | null} name
   */
  function mentions(text, name) {
    return findMentions(text, name).length > 0 &&
      parse(text, name).some(({ type }) => type === "mention");
  }

  return { parse, mentions };
})();
backchannel.markup = Markup;
