// @ts-check
/// <reference path="./globals.d.ts" />
/**
 * What is being typed, in each room. It outlives a reload of the page.
 *
 * Must never know the page.
 * @module
 */
"use strict";

/** @typedef {typeof Drafts} DraftsModule */

const Drafts = (() => {
  /**
   * @param {{ load: () => string | null, save: (text: string) => void }} memory
   * @param {() => string} room The name of the room that is written to.
   */
  function createDrafts(memory, room) {
    /** @type {Map<string, string>} */
    const drafts = new Map(parse(memory.load()));

    return {
      load: () => drafts.get(room()) ?? "",
      /** @param {string} text */
      save(text) {
        if (text === (drafts.get(room()) ?? "")) return;
        if (text === "") drafts.delete(room());
        else drafts.set(room(), text);
        memory.save(JSON.stringify([...drafts]));
      },
    };
  }

  /**
   * @param {string | null} text
   * @returns {Array<[string, string]>}
   */
  function parse(text) {
    try {
      const drafts = JSON.parse(text ?? "[]");
      if (!Array.isArray(drafts)) return [];
      return drafts.filter((draft) =>
        typeof draft?.[0] === "string" && typeof draft[1] === "string"
      );
    } catch {
      return [];
    }
  }

  return { createDrafts };
})();
backchannel.drafts = Drafts;
