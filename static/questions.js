// @ts-check
/// <reference path="./globals.d.ts" />
/**
 * What was asked of the server, until it is answered: answers carry the id of their question.
 *
 * Must never know the page, nor what an answer means.
 * @module
 */
"use strict";

/**
 * @import { Request } from "./protocol.js"
 * @import { ChatRoom } from "./room.js"
 */

/**
 * @typedef {object} Question
 * @property {string} line What was asked, as one would type it.
 * @property {boolean} typed Whether a person has asked.
 * @property {ChatRoom} room Where.
 * @property {{ from: number, to: number, whole: boolean }} [gap] What a page is to fill, and whether all of it.
 */
/** @typedef {ReturnType<typeof Questions.createQuestions>} OpenQuestions */
/** @typedef {typeof Questions} QuestionsModule */

const Questions = (() => {
  const { protocol } = backchannel;

  /** @param {(request: Request, ref: string) => boolean} send Says whether it could be sent. */
  function createQuestions(send) {
    /** @type {Map<string, Question>} */
    const open = new Map();

    /**
     * Asks something. Says whether that could be done.
     *
     * @param {Request} request
     * @param {Question} question
     */
    function ask(request, question) {
      const ref = protocol.createRef();
      if (!send(request, ref)) return false;
      open.set(ref, question);
      return true;
    }

    /**
     * @param {string} line
     * @param {ChatRoom} room
     * @param {boolean} typed
     */
    function askLine(line, room, typed) {
      return ask({ type: "command", text: line, room: room.name }, { line, typed, room });
    }

    return {
      ask,
      askLine,
      /**
       * Asks something for the page itself, unless that is asked already: in a big room a list is long.
       *
       * @param {string} line
       * @param {ChatRoom} room
       */
      askOnce(line, room) {
        const same = [...open.values()].some((one) => one.line === line && one.room === room);
        if (!same) askLine(line, room, false);
      },
      /**
       * The question with this id, which is answered now.
       *
       * @param {string | null} ref
       */
      take(ref) {
        const question = open.get(ref ?? "");
        open.delete(ref ?? "");
        return question;
      },
      /** The connection is gone, and with it all answers. */
      clear() {
        open.clear();
      },
    };
  }

  return { createQuestions };
})();
backchannel.questions = Questions;
