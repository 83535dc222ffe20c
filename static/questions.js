// @ts-check
/// <reference path="./globals.d.ts" />
/**
 * What was asked of the server, until it is answered: answers carry the id of their question.
 *
 * Must never know the page, nor what an answer means.
 * @module
 */
"use strict";

/** @typedef {{ line: string, typed: boolean }} Question A line, and whether a person has typed it. */
/** @typedef {typeof Questions} QuestionsModule */

const Questions = (() => {
  const { protocol } = backchannel;

  /** @param {(line: string, ref: string) => boolean} send Says whether it could be sent. */
  function createQuestions(send) {
    /** @type {Map<string, Question>} */
    const open = new Map();

    /**
     * Asks something. Says whether that could be done.
     *
     * @param {string} line
     * @param {boolean} typed Whether the answer is shown in the log.
     */
    function ask(line, typed) {
      const ref = protocol.createRef();
      if (!send(line, ref)) return false;
      open.set(ref, { line, typed });
      return true;
    }

    return {
      ask,
      /**
       * Asks something for the page itself, unless that is asked already: in a big room a list is long.
       *
       * @param {string} line
       */
      askOnce(line) {
        if (![...open.values()].some((question) => question.line === line)) ask(line, false);
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
