// @ts-check
/// <reference path="./globals.d.ts" />
/**
 * What was missed while there was no connection. The server numbers what is said to all without holes, so the first
 * number after an absence tells.
 *
 * Must never know the page nor the wire.
 * @module
 */
"use strict";

/** @typedef {ReturnType<typeof Gap.createGap>} MessageGap */
/** @typedef {typeof Gap} GapModule */

const Gap = (() => {
  function createGap() {
    let lastId = 0;
    /** The last number before the absence that is not accounted for yet. @type {number | undefined} */
    let before;
    /** @type {number[]} */
    let mine = [];

    return {
      /**
       * There was an absence.
       *
       * @param {boolean} sameServer Whether its numbers go on.
       */
      open(sameServer) {
        before = sameServer && lastId > 0 ? lastId : undefined;
        mine = [];
        if (!sameServer) lastId = 0;
      },
      /**
       * A message has this number. Returns how many were missed if that is clear now, and was not before.
       *
       * @param {number} id
       * @param {boolean} again Whether it is one's own, sent again: it may have been said before the absence.
       */
      note(id, again) {
        lastId = Math.max(lastId, id);
        if (before === undefined) return undefined;
        if (again) {
          mine.push(id);
          return undefined;
        }
        const start = before;
        before = undefined;
        return id - start - 1 - mine.filter((own) => own > start && own < id).length;
      },
    };
  }

  return { createGap };
})();
backchannel.gap = Gap;
