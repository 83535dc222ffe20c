// @ts-check
/// <reference path="./globals.d.ts" />
/**
 * One room as this client knows it: its talk, who is in it, and how far one has read.
 *
 * Must never know the page nor the wire, nor which other rooms there are.
 * @module
 */
"use strict";

/**
 * @import { User } from "./protocol.js"
 * @import { Position } from "./talk.js"
 * @import { Entry } from "./timeline.js"
 */

/**
 * @typedef {object} RoomOptions
 * @property {string} name
 * @property {() => number} now
 * @property {(room: ChatRoom) => boolean} attended Whether somebody looks at the newest that is said there.
 * @property {() => void} onRead One has read on.
 * @property {() => void} onChange Who is here, or how much is unread, is another.
 * @property {Position | undefined} seen How far one had read when the page was loaded.
 */

/**
 * @typedef {"some" | "loading" | "none" | "unkept" | "full"} Older Whether there are older messages than those here:
 * `unkept` if the server keeps none, `full` if no more have room.
 */

/** @typedef {ReturnType<typeof Room.createRoom>} ChatRoom */
/** @typedef {typeof Room} RoomModule */

const Room = (() => {
  const { roster, talk, timeline } = backchannel;

  /** @param {RoomOptions} options */
  function createRoom({ name, now, attended, onRead, onChange, seen }) {
    const entries = timeline.createTimeline({ now });
    const words = talk.createTalk(entries, now);
    const people = roster.createRoster(onChange);
    /** @type {Position | undefined} */
    let read = seen;
    /** @type {string | null} */
    let topic = null;
    let unread = 0;
    let personal = false;
    /** @type {Older} */
    let older = "unkept";
    /** How many are in a crowd of which only that is told. @type {number | undefined} */
    let crowd;
    /** Whether the unread line is yet to be drawn where one had read to when the page was loaded. */
    let isLineDue = false;
    /** Whether the first page is yet to come: nobody can have read what is not there. */
    let isOpening = false;

    function readAll() {
      const { position } = words;
      if (position === undefined) return;
      const moved = read?.epoch !== position.epoch || read.offset !== position.offset;
      read = position;
      unread = 0;
      personal = false;
      if (moved) onRead();
    }

    const room = {
      name,
      timeline: entries,
      talk: words,
      people,
      /** What it is about. @returns {string | null} */
      get topic() {
        return topic;
      },
      set topic(/** @type {string | null} */ text) {
        topic = text;
        onChange();
      },
      /** Whether the server has let this connection in. */
      joined: false,
      /** How far one has read. @returns {Position | undefined} */
      get read() {
        return read;
      },
      /** How much others have said since. */
      get unread() {
        return unread;
      },
      /** Whether some of that is meant for the reader in person. */
      get personal() {
        return personal;
      },
      /** @returns {Older} */
      get older() {
        if (older === "none" && entries.forgotten) return "some";
        return older === "some" && entries.full ? "full" : older;
      },
      set older(/** @type {Older} */ value) {
        older = value;
        isOpening &&= value === "loading";
        entries.forgotten = false;
      },
      /** How many are here. */
      get size() {
        return crowd ?? people.size;
      },
      /** Whether only the number of people is told. */
      get crowded() {
        return crowd !== undefined;
      },
      /**
       * Who is here, or merely how many.
       *
       * @param {readonly User[]} users
       * @param {number} [size]
       */
      fill(users, size = users.length) {
        crowd = size > users.length ? size : undefined;
        people.reset(users);
      },
      /** Only the number of people is told. @param {number} size */
      count(size) {
        crowd = size;
        onChange();
      },
      /** Others have said these, oldest first: they are read at once if somebody looks. @param {readonly Entry[]} added */
      heard(added) {
        const others = added.filter(({ own }) => !own);
        const looking = attended(room) && !isOpening;
        if (others.length > 0 && unread === 0 && !looking) entries.mark = others[0]?.key;
        unread += others.length;
        personal ||= others.some(({ mention }) => mention);
        if (looking) readAll();
        else if (others.length > 0) onChange();
      },
      /** Messages came that were said in one's absence: the unread begin with them. @param {readonly Entry[]} added */
      missed(added) {
        const first = added.find(({ own }) => !own);
        if (first !== undefined && unread === 0) entries.mark = first.key;
        room.heard(added);
      },
      /**
       * The server counts under this name, and what was said so far has this number.
       *
       * @param {string} epoch
       * @param {number} offset
       * @param {boolean} kept Whether the server keeps what was said.
       */
      begin(epoch, offset, kept) {
        words.begin(epoch, offset);
        room.older = !kept ? "unkept" : offset === 0 ? "none" : "some";
        unread = kept && seen?.epoch === epoch ? Math.max(0, offset - seen.offset) : 0;
        isLineDue = unread > 0;
        isOpening = older === "some";
        if (unread === 0) readAll();
      },
      /** The server counts on, under another name. @param {string} epoch */
      rename(epoch) {
        words.rename(epoch);
        if (read !== undefined) read = { ...read, epoch };
      },
      /**
       * Draws the unread line where one had read to when the page was loaded, as soon as that place is known. Says whether
       * it did.
       */
      recall() {
        const oldest = entries.firstId;
        if (!isLineDue || seen === undefined || oldest === undefined) return false;
        if (oldest > seen.offset + 1 && older === "some") return false;
        isLineDue = false;
        const first = entries.firstBehind(seen.offset);
        if (first !== undefined) entries.mark = first.key;
        return first !== undefined;
      },
      /** Somebody looks at the newest that is said here. */
      readAll,
      /** Nobody looks any more: what is read needs no line. */
      turnAway() {
        if (unread === 0) entries.mark = undefined;
      },
      /** The connection is gone. */
      lose() {
        room.joined = false;
        words.abandon();
        if (older === "loading") older = "some";
      },
    };
    return room;
  }

  return { createRoom };
})();
backchannel.room = Room;
