// @ts-check
/// <reference path="./globals.d.ts" />
/**
 * Light or dark. Loaded without `defer`, so that a page in the wrong colours is never seen.
 *
 * Must never know the chat.
 * @module
 */
"use strict";

/** @typedef {"system" | "light" | "dark"} ThemeName */
/** @typedef {typeof Theme} ThemeModule */

const Theme = (() => {
  const KEY = "backchannel.theme";

  /** @type {readonly ThemeName[]} */
  const NAMES = ["system", "light", "dark"];

  /** @returns {ThemeName} */
  function current() {
    try {
      const stored = localStorage.getItem(KEY);
      return NAMES.find((name) => name === stored) ?? "system";
    } catch {
      return "system"; // storage can be forbidden
    }
  }

  /** @param {ThemeName} name */
  function apply(name) {
    const root = document.documentElement;
    if (name === "system") delete root.dataset["theme"];
    else root.dataset["theme"] = name;
  }

  /** @param {string} value */
  function choose(value) {
    const name = NAMES.find((known) => known === value) ?? "system";
    apply(name);
    try {
      localStorage.setItem(KEY, name);
    } catch {
      // It is chosen for as long as the page is open.
    }
  }

  apply(current());
  return { current, choose };
})();
backchannel.theme = Theme;
