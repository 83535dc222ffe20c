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

/** @import { TimelineStore } from "./timeline.js" */

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
        before = sameServer && lastId > 0 ? before ?? lastId : undefined;
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

  /**
   * Tells in the timeline of each absence, first that there was one, and what was missed as soon as that is clear.
   *
   * @param {{ timeline: TimelineStore, now: () => number }} options
   */
  function createAbsence({ timeline, now }) {
    const ids = createGap();
    let since = 0;
    let key = -1;
    let length = "";

    return {
      begin() {
        since = now();
      },
      /** @param {boolean} sameServer Whether it has not started anew. */
      end(sameServer) {
        length = `Back after ${Math.max(1, Math.round((now() - since) / 1000))} s.`;
        const text = sameServer
          ? `${length} What was said meanwhile is not shown.`
          : `${length} The server has started anew: what was said meanwhile is missing.`;
        key = timeline.add({ kind: "missed", text }).key;
        ids.open(sameServer);
      },
      /**
       * @param {number} id
       * @param {boolean} again See {@linkcode createGap}.
       */
      note(id, again) {
        const missed = ids.note(id, again);
        if (missed === undefined) return;
        timeline.update(key, {
          kind: missed > 0 ? "missed" : "notice",
          text: `${length} ${missed > 0 ? `${count(missed)} missed.` : "Nothing was missed."}`,
        });
      },
    };
  }

  /** @param {number} messages */
  function count(messages) {
    return messages === 1 ? "1 message was" : `${messages.toLocaleString()} messages were`;
  }

  return { createGap, createAbsence, count };
})();
backchannel.gap = Gap;
