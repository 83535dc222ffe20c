// @ts-check
/// <reference path="./globals.d.ts" />
/**
 * What a person does: says things, types commands, goes to rooms and away. What the page can do itself it does; the rest
 * is asked of the server.
 *
 * Must never know the page, nor what the server answers.
 * @module
 */
"use strict";

/**
 * @import { ServerConnection } from "./connection.js"
 * @import { OpenQuestions } from "./questions.js"
 * @import { ChatRoom } from "./room.js"
 * @import { RoomList } from "./rooms.js"
 * @import { SpeechState } from "./speech.js"
 * @import { NewEntry } from "./timeline.js"
 */

/**
 * @typedef {object} DeedsOptions
 * @property {RoomList} rooms
 * @property {SpeechState} words
 * @property {OpenQuestions} asked
 * @property {ServerConnection} connection
 * @property {(room: ChatRoom, entry: NewEntry) => void} tell Puts something into the log of a room.
 * @property {(name: string) => void} changeName
 * @property {(room: ChatRoom) => void} onJoined One is in a room because one wanted to.
 * @property {(problem: string) => void} onRefused One cannot go to a room.
 * @property {() => boolean} isSettled Whether it is clear under which name to speak.
 */

/** @typedef {typeof Deeds} DeedsModule */

const Deeds = (() => {
  const { protocol, speech } = backchannel;

  /** @param {DeedsOptions} options */
  function createDeeds(options) {
    const { rooms, words, asked, connection, tell } = options;
    /** Whether one has left the chat, and is not to be brought back. */
    let left = false;

    /** @param {string} line */
    function ask(line) {
      if (asked.askLine(line, rooms.shown, true)) return;
      const [word] = line.split(/\s/, 1);
      tell(rooms.shown, { kind: "error", text: `Cannot do ${word}: there is no connection` });
    }

    /**
     * Says what was typed, or queues it.
     *
     * @param {string} text
     */
    function say(text) {
      const taken = words.say(text, rooms.shown);
      if (options.isSettled()) words.flush();
      if (connection.state === "closed" && !left) connection.retry();
      return taken;
    }

    /** Goes to a room, and looks at it. @param {string} wanted */
    function join(wanted) {
      const room = rooms.find(wanted);
      if (room !== undefined) {
        rooms.show(room);
        return options.onJoined(room);
      }
      const question = { line: `/join ${wanted}`, typed: true, room: rooms.shown };
      if (asked.ask({ type: "join", room: wanted }, question)) return;
      options.onRefused("Cannot go to a room: there is no connection");
    }

    /** Leaves the room in view. */
    function leave() {
      const room = rooms.shown;
      if (room === rooms.lobby) {
        return tell(room, { kind: "error", text: "The lobby cannot be left, try /join or /quit" });
      }
      const question = { line: "/leave", typed: true, room };
      if (room.joined && asked.ask({ type: "leave", room: room.name }, question)) return;
      words.forget(room); // the server does not think that one is in
      rooms.close(room);
    }

    function disconnect() {
      left = true;
      connection.send(protocol.encode({ type: "command", text: "/quit" }, protocol.createRef()));
      connection.close();
      tell(rooms.shown, {
        kind: "notice",
        text: "You have left. What you type waits until you are back.",
      });
    }

    /**
     * Does a command that is the page's. Says whether it is one.
     *
     * @param {string} command
     * @param {string} rest
     */
    function doCommand(command, rest) {
      if (command === "quit") disconnect();
      else if (command === "leave" && rest === "") leave();
      else if (command === "name" && rest !== "") options.changeName(rest);
      else if (command === "join" && rest !== "") join(rest);
      else return false;
      return true;
    }

    return {
      disconnect,
      join,
      leave,
      /** Whether one has left the chat, and is not to be brought back. */
      get left() {
        return left;
      },
      /** Tries at once what it would try later, or comes back after leaving. */
      comeBack() {
        left = false;
        connection.retry();
      },
      /**
       * Does what a typed line says. Says whether it was taken.
       *
       * @param {string} typed
       */
      submit(typed) {
        const text = speech.uncover(typed);
        if (!speech.isCommand(text) || speech.WHISPER.test(text) || speech.ACTION.test(text)) {
          return say(text);
        }
        const [word = ""] = text.split(/\s/, 1);
        const rest = text.slice(word.length).trim();
        if (!doCommand(word.slice(1).toLowerCase(), rest)) ask(text);
        return true;
      },
    };
  }

  return { createDeeds };
})();
backchannel.deeds = Deeds;
