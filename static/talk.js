// @ts-check
/// <reference path="./globals.d.ts" />
/**
 * The talk of one room by its numbers: how far it has been heard, what is missing before that, and what has to wait until
 * it is clear what was missed.
 *
 * Must never know the page nor the wire.
 * @module
 */
"use strict";

/**
 * @import { Entry, NumberedEntry, TimelineStore } from "./timeline.js"
 */

/** @typedef {{ epoch: string, offset: number }} Position */
/** @typedef {ReturnType<typeof Talk.createTalk>} TalkState */
/** @typedef {typeof Talk} TalkModule */

const Talk = (() => {
  const { gaps: gapping } = backchannel;

  /** What is said of messages that this client was too slow for. */
  const TOO_MUCH = "Too much at once: ";

  /**
   * @param {TimelineStore} timeline
   * @param {() => number} now
   */
  function createTalk(timeline, now) {
    const gaps = gapping.createGaps(timeline, now);
    /** @type {string | undefined} */
    let epoch;
    /** The largest number up to which everything is here, or known to be missing. */
    let high = 0;
    /** What came while it was not clear what was missed before. @type {Array<() => void> | undefined} */
    let held;

    /** All up to this number is here, or comes in another way. @param {number} id */
    function reach(id) {
      high = Math.max(high, id);
    }

    return {
      gaps,
      /** How far it has been heard. @returns {Position | undefined} */
      get position() {
        return epoch === undefined ? undefined : { epoch, offset: high };
      },
      /**
       * The server counts under this name now, and what was said so far has this number. Whatever was counted under
       * another name stays where it is.
       *
       * @param {string} name
       * @param {number} offset
       */
      begin(name, offset) {
        gaps.settle();
        timeline.renumber();
        epoch = name;
        high = offset;
      },
      /** The server counts on, under another name. @param {string} name */
      rename(name) {
        epoch = name;
      },
      reach,
      /**
       * A number was given on this connection, where all come in order: those left out are missing.
       *
       * @param {number} id
       */
      note(id) {
        if (epoch !== undefined && id > high + 1) gaps.open(high + 1, id - 1);
        gaps.cover(id, id);
        reach(id);
      },
      /**
       * These were too much at once: they are missing.
       *
       * @param {number} from
       * @param {number} to
       */
      miss(from, to) {
        gaps.open(from, to, { lead: TOO_MUCH });
        for (const id of timeline.idsWithin(from, to)) gaps.cover(id, id); // said by oneself
        reach(to);
      },
      /**
       * Puts messages in their places that came together, without a hole. Returns those that are new.
       *
       * @param {readonly NumberedEntry[]} messages
       * @returns {Entry[]}
       */
      merge(messages) {
        const added = messages.flatMap((message) => timeline.put(message) ?? []);
        const first = messages[0], last = messages.at(-1);
        if (first && last) gaps.cover(first.id, last.id);
        return added;
      },
      /** From now on what comes has to wait. */
      hold() {
        held ??= [];
      },
      /** Does something now, or when it is clear what was missed before. @param {() => void} run */
      inOrder(run) {
        if (held === undefined) run();
        else held.push(run);
      },
      /** It is clear what was missed. */
      release() {
        const waiting = held ?? [];
        held = undefined;
        for (const run of waiting) run();
      },
      /** The connection is gone: what waits will be among what was missed. */
      abandon() {
        held = undefined;
        for (const gap of gaps.all) if (gap.state === "loading") gaps.set(gap, "waiting");
      },
    };
  }

  return { createTalk };
})();
backchannel.talk = Talk;
