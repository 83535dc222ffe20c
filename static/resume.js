// @ts-check
/// <reference path="./globals.d.ts" />
/**
 * Coming into rooms, and coming back: where the talk was left it is taken up again, without a hole if the server can, else
 * with a note of what may be missing.
 *
 * Must never know the page nor a socket.
 * @module
 */
"use strict";

/**
 * @import { Hello, JoinData, Message, Missed } from "./protocol.js"
 * @import { PageFetcher } from "./pages.js"
 * @import { OpenQuestions } from "./questions.js"
 * @import { ChatRoom } from "./room.js"
 * @import { RoomList } from "./rooms.js"
 * @import { NewEntry, NumberedEntry } from "./timeline.js"
 */

/**
 * @typedef {object} ResumeOptions
 * @property {RoomList} rooms
 * @property {OpenQuestions} asked
 * @property {PageFetcher} pages
 * @property {(event: Message) => NumberedEntry} entryOf
 * @property {(room: ChatRoom, entry: NewEntry) => void} tell Puts something into the log of a room.
 * @property {() => number} now
 */

/** @typedef {ReturnType<typeof Resume.createResume>} ResumeState */
/** @typedef {typeof Resume} ResumeModule */

const Resume = (() => {
  /** Messages before the unread ones, so that one finds one's place again. */
  const CONTEXT = 10;

  /** @param {ResumeOptions} options */
  function createResume({ rooms, asked, pages, entryOf, tell, now }) {
    let epoch = "";
    /** Whether the server keeps what was said. */
    let kept = false;
    let lostAt = 0;

    function lead() {
      return `Back after ${Math.max(1, Math.round((now() - lostAt) / 1000))} s. `;
    }

    /**
     * Comes into a room for the first time on this page.
     *
     * @param {ChatRoom} room
     * @param {number} offset
     */
    function start(room, offset) {
      room.begin(epoch, offset, kept);
      pages.older(room, room.unread + CONTEXT);
    }

    /**
     * The talk goes on where it was left, as far as the server knows.
     *
     * @param {ChatRoom} room
     * @param {number} offset
     * @param {Missed} [missed]
     */
    function goOn(room, offset, missed) {
      const { talk } = room;
      const messages = missed?.messages.map(entryOf) ?? [];
      const { epoch: before, offset: high } = talk.position ?? { epoch, offset };
      if (missed?.recovered) room.rename(epoch);
      else if (before !== epoch) return renew(room, offset, messages, missed?.more === true);
      const first = messages[0]?.id ?? offset + 1;
      const isWhole = missed?.recovered === true || first <= high + 1;
      if (!isWhole) {
        const state = kept ? "waiting" : "lost";
        talk.gaps.open(high + 1, first - 1, { lead: lead(), state });
      }
      room.missed(talk.merge(messages));
      talk.reach(offset);
      if (isWhole) tell(room, { kind: "notice", text: `${lead()}Nothing was missed.` });
    }

    /**
     * The server has started anew, and cannot tell what followed on what is here. Some of what it has may be here.
     *
     * @param {ChatRoom} room
     * @param {number} offset
     * @param {readonly NumberedEntry[]} messages The newest that it has.
     * @param {boolean} more Whether there are older ones.
     */
    function renew(room, offset, messages, more) {
      const { talk, timeline } = room;
      talk.begin(epoch, offset);
      const added = new Set(talk.merge(messages).map(({ id }) => id));
      const known = messages.findLast(({ id }) => !added.has(id));
      const { key } = timeline.putBehind({
        kind: "missed",
        text: `${lead()}The server has started anew: what was said meanwhile may be missing.`,
        behind: known?.id ?? (messages[0]?.id ?? offset + 1) - 1,
      });
      room.older = !kept ? "unkept" : more ? "some" : "none";
      room.missed(timeline.behind(key).filter(({ id }) => id !== undefined));
    }

    return {
      /** The connection is gone. */
      lost() {
        lostAt = now();
        for (const room of rooms.all) room.lose();
      },
      /** The server has greeted, and everybody is in the lobby. @param {Hello} event */
      greeted(event) {
        const { lobby } = rooms;
        const { position } = lobby.talk;
        epoch = event.epoch;
        kept = (event.limits.history ?? 0) > 0;
        lobby.joined = true;
        lobby.topic = event.room.topic;
        lobby.fill(event.users, event.online);
        if (position === undefined) return start(lobby, event.room.offset);
        if (!kept) return goOn(lobby, event.room.offset);
        lobby.talk.hold();
        asked.ask({ type: "join", room: lobby.name, since: position }, question(lobby));
      },
      /** Goes to the other rooms, too, when it is clear under which name. */
      rejoin() {
        for (const room of rooms.all) {
          if (room === rooms.lobby || room.joined) continue;
          const since = room.talk.position;
          asked.ask(
            { type: "join", room: room.name, ...(since && kept ? { since } : {}) },
            question(room),
          );
        }
      },
      /**
       * The server has let this client into a room.
       *
       * @param {ChatRoom} room
       * @param {JoinData} data
       */
      joined(room, data) {
        const { room: { offset, topic, users }, missed } = data;
        const isBack = room.joined && missed === undefined && room.talk.position !== undefined;
        epoch = data.epoch;
        room.joined = true;
        room.topic = topic;
        room.fill(data.users, users);
        if (room.talk.position === undefined) start(room, offset);
        else if (!isBack) goOn(room, offset, missed);
        room.talk.release();
        pages.fill(room);
      },
    };
  }

  /** @param {ChatRoom} room */
  function question(room) {
    return { line: `/join ${room.name}`, typed: false, room };
  }

  return { createResume };
})();
backchannel.resume = Resume;
