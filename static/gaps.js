// @ts-check
/// <reference path="./globals.d.ts" />
/**
 * What is missing in the talk of a room: ranges of numbers, each with an entry where it is missing, which shrinks and
 * goes as the messages come.
 *
 * Must never know the page nor the wire, nor where messages are fetched from.
 * @module
 */
"use strict";

/** @import { TimelineStore } from "./timeline.js" */

/**
 * @typedef {object} Gap
 * @property {number} from The first number that is missing.
 * @property {number} to The last.
 * @property {number} time When it was found to be missing.
 * @property {number} key Of its entry.
 * @property {string} lead What its entry says first.
 * @property {"waiting" | "loading" | "lost"} state `lost` is what nobody has.
 */

/** @typedef {ReturnType<typeof Gaps.createGaps>} GapList */
/** @typedef {typeof Gaps} GapsModule */

const Gaps = (() => {
  /**
   * @param {TimelineStore} timeline
   * @param {() => number} now
   */
  function createGaps(timeline, now) {
    /** Oldest first, and none overlaps another. @type {Gap[]} */
    let gaps = [];

    /** @param {Gap} gap */
    function show(gap) {
      const { key, state, to } = gap;
      const { loading: _, ...words } = describe(gap);
      timeline.update(key, { ...words, behind: to, loading: state === "lost" ? undefined : state });
    }

    /**
     * @param {number} from
     * @param {number} to
     * @param {Pick<Gap, "lead" | "state" | "time">} rest
     * @returns {Gap}
     */
    function make(from, to, rest) {
      const gap = { ...rest, from, to };
      const { time } = gap;
      return { ...gap, key: timeline.putBehind({ behind: to, time, ...describe(gap) }).key };
    }

    /**
     * What remains of a gap when a range of it is there.
     *
     * @param {Gap} gap
     * @param {number} from
     * @param {number} to
     */
    function shrink(gap, from, to) {
      if (to < gap.from || from > gap.to) return [gap];
      const rest = [[gap.from, from - 1], [to + 1, gap.to]].filter(([a = 0, b = 0]) => a <= b);
      timeline.remove(gap.key);
      return rest.map(([a = 0, b = 0], index) =>
        make(a, b, { ...gap, lead: index === 0 ? gap.lead : "" })
      );
    }

    /**
     * @param {number} from
     * @param {number} to
     */
    function cover(from, to) {
      if (gaps.length > 0) gaps = gaps.flatMap((gap) => shrink(gap, from, to));
    }

    return {
      /**
       * These are missing.
       *
       * @param {number} from
       * @param {number} to
       * @param {Partial<Pick<Gap, "lead" | "state">>} [more]
       */
      open(from, to, { lead = "", state = "waiting" } = {}) {
        if (from > to) return;
        cover(from, to);
        const gap = make(from, to, { lead, state, time: now() });
        gaps = [...gaps, gap].sort((one, other) => one.from - other.from);
      },
      /** These are there, or never were. */
      cover,
      /**
       * @param {Gap} gap
       * @param {Gap["state"]} state
       */
      set(gap, state) {
        if (gap.state === state) return;
        gap.state = state;
        show(gap);
      },
      /** The gap whose entry this is. @param {number} key */
      byKey: (key) => gaps.find((gap) => gap.key === key),
      /** @returns {readonly Gap[]} */
      get all() {
        return gaps;
      },
      /** The numbers mean nothing any more: what is missing stays so. */
      settle() {
        for (const gap of gaps) {
          gap.state = "lost";
          show(gap);
        }
        gaps = [];
      },
    };
  }

  /** @param {Omit<Gap, "key" | "time">} gap */
  function describe({ from, to, lead, state }) {
    /** @type {"missed"} */
    const kind = "missed";
    const rest = state === "loading" ? " They are on their way." : "";
    return {
      kind,
      text: `${lead}${count(to - from + 1)} missed.${rest}`,
      ...(state === "lost" ? {} : { loading: state }),
    };
  }

  /** @param {number} messages */
  function count(messages) {
    return messages === 1 ? "1 message was" : `${messages.toLocaleString()} messages were`;
  }

  return { createGaps, count };
})();
backchannel.gaps = Gaps;
