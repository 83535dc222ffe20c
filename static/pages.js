// @ts-check
/// <reference path="./globals.d.ts" />
/**
 * Fetching what was said before: older messages, page by page, and what is missing between.
 *
 * Must never know the page, nor when somebody wants older messages.
 * @module
 */
"use strict";

/**
 * @import { HistoryData, Message, Request } from "./protocol.js"
 * @import { OpenQuestions, Question } from "./questions.js"
 * @import { ChatRoom } from "./room.js"
 * @import { NumberedEntry } from "./timeline.js"
 */

/**
 * @typedef {object} PagesOptions
 * @property {OpenQuestions} asked
 * @property {(event: Message) => NumberedEntry} entryOf
 * @property {(room: ChatRoom) => void} onPage Older messages came, or it is known that there are none.
 * @property {(room: ChatRoom) => void} onLine The unread line is drawn where one had read to when the page was loaded.
 */

/** @typedef {ReturnType<typeof Pages.createPages>} PageFetcher */
/** @typedef {typeof Pages} PagesModule */

const Pages = (() => {
  /** Messages of a page: two screens or so. */
  const PAGE = 50;

  /** The most that the server gives at once. */
  const LARGEST_PAGE = 200;

  /** A hole of so many is filled without asking: more than that would be a burden for one who is slow. */
  const FILLED_UNASKED = 1_000;

  /** @param {PagesOptions} options */
  function createPages({ asked, entryOf, onPage, onLine }) {
    /**
     * @param {ChatRoom} room
     * @param {{ before?: number, after?: number, limit: number }} range
     * @param {Question["gap"]} [gap]
     */
    function ask(room, range, gap) {
      /** @type {Request} */
      const request = { type: "history", room: room.name, ...range };
      const question = { line: "/history", typed: false, room };
      return asked.ask(request, gap === undefined ? question : { ...question, gap });
    }

    /**
     * Fetches the page before the oldest message, if there is one.
     *
     * @param {ChatRoom} room
     * @param {number} [limit]
     */
    function older(room, limit = PAGE) {
      if (room.older !== "some" || !room.joined) return;
      const before = room.timeline.firstId;
      const range = before === undefined ? {} : { before };
      const count = Math.min(LARGEST_PAGE, Math.max(PAGE, limit));
      if (ask(room, { ...range, limit: count })) room.older = "loading";
      onPage(room);
    }

    /**
     * Fetches what is missing of one gap: the whole of it, or one page if it is large and somebody has asked for it.
     *
     * @param {ChatRoom} room
     * @param {number} [key] Of the gap's entry, if somebody has asked.
     */
    function fill(room, key) {
      const { gaps } = room.talk;
      if (room.older === "unkept") { for (const gap of gaps.all) gaps.set(gap, "lost"); }
      if (!room.joined || room.older === "unkept" || gaps.all.some(isLoading)) return;
      const gap = key === undefined
        ? gaps.all.find((one) => one.state === "waiting" && one.to - one.from < FILLED_UNASKED)
        : gaps.byKey(key);
      if (gap?.state !== "waiting") return;
      const { from, to } = gap;
      const range = { after: from - 1, before: to + 1, limit: LARGEST_PAGE };
      if (ask(room, range, { from, to, whole: key === undefined })) gaps.set(gap, "loading");
    }

    /**
     * @param {ChatRoom} room
     * @param {NonNullable<Question["gap"]>} gap
     * @param {HistoryData} data
     */
    function filled(room, { from, to, whole }, { messages, complete }) {
      const { talk } = room;
      const first = messages[0], last = messages.at(-1);
      talk.merge(messages.map(entryOf));
      // The numbers of a room may leap when it was closed in between.
      if (complete) talk.gaps.cover(from, last?.id ?? to);
      for (const gap of talk.gaps.all.filter((one) => one.from <= to && one.to >= from)) {
        const isGone = !complete && gap.from < (first?.id ?? Infinity);
        talk.gaps.set(gap, isGone ? "lost" : "waiting");
      }
      if (whole) fill(room);
    }

    return {
      older,
      fill,
      /**
       * A page is there.
       *
       * @param {Question} question
       * @param {HistoryData} data
       */
      arrived({ room, gap }, data) {
        if (data.epoch !== room.talk.position?.epoch) return;
        if (gap !== undefined) return filled(room, gap, data);
        room.talk.merge(data.messages.map(entryOf));
        room.older = data.more ? "some" : "none";
        if (room.recall()) onLine(room);
        onPage(room);
      },
      /**
       * The server cannot give a page.
       *
       * @param {Question} question
       * @param {string} code
       */
      refused({ room, gap }, code) {
        if (gap === undefined) room.older = code === "no_history" ? "unkept" : "none";
        else {for (const one of room.talk.gaps.all) {
            if (isLoading(one)) room.talk.gaps.set(one, "lost");
          }}
        onPage(room);
      },
    };
  }

  /** @param {{ state: string }} gap */
  function isLoading({ state }) {
    return state === "loading";
  }

  return { PAGE, createPages };
})();
backchannel.pages = Pages;
