// @ts-check
/// <reference path="./globals.d.ts" />
/**
 * What the server's answers do. Those to what somebody has typed are shown where it was typed.
 *
 * Must never know the page nor a socket.
 * @module
 */
"use strict";

/**
 * @import { Message, Reply, RoomFacts, Stats, User } from "./protocol.js"
 * @import { PageFetcher } from "./pages.js"
 * @import { OpenQuestions, Question } from "./questions.js"
 * @import { ResumeState } from "./resume.js"
 * @import { ChatRoom } from "./room.js"
 * @import { RoomList } from "./rooms.js"
 * @import { SelfState } from "./self.js"
 * @import { SpeechState } from "./speech.js"
 * @import { NewEntry } from "./timeline.js"
 */

/**
 * @typedef {object} AnswersOptions
 * @property {RoomList} rooms
 * @property {SelfState} self
 * @property {SpeechState} words
 * @property {OpenQuestions} asked
 * @property {PageFetcher} pages
 * @property {ResumeState} resume
 * @property {(room: ChatRoom, entry: NewEntry) => void} tell Puts something into the log of a room.
 * @property {(user: User, ref: string | null) => void} onNamed
 * @property {(user: User) => void} onAway
 * @property {(stats: Stats) => void} onStats
 * @property {(room: ChatRoom, typed: boolean) => void} onJoined
 * @property {(rooms: readonly RoomFacts[]) => void} onRooms
 */

/** @typedef {typeof Answers} AnswersModule */

const Answers = (() => {
  const { protocol } = backchannel;

  /** How much of an answer is shown in the log, in characters. All of a list is in the list of people. */
  const LONGEST = 5_000;

  const calendar = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });

  /** @param {AnswersOptions} options */
  function createAnswers(options) {
    const { rooms, words, asked, pages, resume, tell } = options;

    /**
     * @param {Question | undefined} question
     * @param {string} text
     */
    function show(question, text) {
      if (!question?.typed) return;
      const { room } = question;
      const place = rooms.all.includes(room) ? room : rooms.shown;
      tell(place, { kind: "notice", text: shorten(text) });
    }

    /** @param {string} name */
    function left(name) {
      const room = rooms.find(name);
      if (room === undefined || room === rooms.lobby) return;
      words.forget(room);
      rooms.close(room);
    }

    return (/** @type {Reply} */ event) => {
      if (event.command === "name") return options.onNamed(event.data.user, event.ref);
      const question = asked.take(event.ref);
      switch (event.command) {
        case "whisper":
          return words.arrived(event.ref, { to: protocol.displayName(event.data.to) });
        case "join": {
          const room = rooms.open(event.data.room.name);
          resume.joined(room, event.data);
          return options.onJoined(room, question?.typed === true);
        }
        case "leave":
          return left(event.data.left);
        case "rooms":
          options.onRooms(event.data.rooms);
          return show(question, event.text);
        case "list":
          rooms.find(event.data.room)?.fill(event.data.users);
          return show(question, event.text);
        case "topic": {
          const room = rooms.find(event.data.room);
          if (room) room.topic = event.data.topic;
          return show(question, event.text);
        }
        case "away":
          options.onAway(event.data.user);
          return show(question, event.text);
        case "stats":
          options.onStats(event.data);
          return show(question, event.text);
        case "help": {
          const lines = event.data.commands.map(({ usage, summary }) => `${usage}: ${summary}`);
          return show(question, lines.join("\n"));
        }
        case "history":
          if (question?.typed) {
            return show(question, linesOf(event.data.messages, "Nothing is kept"));
          }
          return question && pages.arrived(question, event.data);
        case "search": {
          const none = `Nothing found for \u201c${event.data.words}\u201d`;
          return show(question, linesOf(event.data.messages, none));
        }
        default: // of operators
          return show(question, event.text);
      }
    };
  }

  /**
   * Messages as lines to read.
   *
   * @param {readonly Message[]} messages
   * @param {string} none What is said if there are none.
   */
  function linesOf(messages, none) {
    const lines = messages.map(({ time, from, text, action }) => {
      const name = protocol.displayName(from);
      return `${calendar.format(time)}  ${action ? `* ${name}` : `${name}:`} ${text}`;
    });
    return lines.length === 0 ? none : lines.join("\n");
  }

  /**
   * A text that fits into the log.
   *
   * @param {string} text
   */
  function shorten(text) {
    return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}\u2026`;
  }

  return { createAnswers };
})();
backchannel.answers = Answers;
