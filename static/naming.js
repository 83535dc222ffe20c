// @ts-check
/// <reference path="./globals.d.ts" />
/**
 * Getting a name, and getting it again: the server gives it to one connection at a time, and may not have noticed yet
 * that the last one is dead.
 *
 * Must never know the page, nor how a name is asked for on the wire.
 * @module
 */
"use strict";

/** @import { Clock } from "./connection.js" */

/**
 * @typedef {object} NamingOptions
 * @property {(name: string) => string | undefined} send Asks the server for a name; returns the id of the question.
 * @property {(problem: string) => void} ask A person must say a name.
 * @property {{ load: () => string | null, save: (name: string) => void }} memory
 * @property {Clock} clock
 */

/** @typedef {typeof Naming} NamingModule */

const Naming = (() => {
  /** How often a name that is taken is asked for again, in ms, in case it is one's own old connection that has it. */
  const RETAKE_EVERY = 1_000;

  /** For how long, in ms: the server needs 15 s to see that a connection is dead; at a first visit it is somebody else. */
  const RETAKE_AFTER_LOSS = 20_000, RETAKE_AT_START = 2_500;

  /** @param {NamingOptions} options */
  function createNaming({ send, ask, memory, clock }) {
    let wanted = memory.load();
    /** @type {{ ref: string, name: string, by: "person" | "page" } | undefined} */
    let claim;
    /** @type {(() => void) | undefined} */
    let cancelRetake;
    let retakeUntil = 0;

    /**
     * @param {string} name
     * @param {"person" | "page"} by
     */
    function take(name, by) {
      cancelRetake?.();
      const ref = send(name);
      if (ref === undefined) return false;
      claim = { ref, name, by };
      return true;
    }

    return {
      /** The name that one has or would like to have. */
      get wanted() {
        return wanted;
      },
      /**
       * There is a connection, and it has no name. Says whether one was asked for.
       *
       * @param {boolean} again Whether there was one before.
       */
      begin(again) {
        retakeUntil = clock.now() + (again ? RETAKE_AFTER_LOSS : RETAKE_AT_START);
        return wanted !== null && take(wanted, "page");
      },
      /**
       * Takes a name that somebody has chosen; without a connection, when there is one again. Says whether there is.
       *
       * @param {string} name
       */
      choose(name) {
        if (take(name, "person")) return true;
        wanted = name;
        return false;
      },
      /** Nobody wants a name any more. */
      forgo() {
        wanted = null;
        cancelRetake?.();
      },
      /** The connection is gone. */
      stop() {
        claim = undefined;
        cancelRetake?.();
      },
      /**
       * The server has given a name. Says whether a person had asked for it.
       *
       * @param {string | null} name
       * @param {string | null} ref
       */
      got(name, ref) {
        const asked = claim?.ref === ref && claim?.by === "person";
        if (claim?.ref === ref) claim = undefined;
        wanted = name;
        if (name !== null) memory.save(name);
        return asked;
      },
      /**
       * The server has refused something. Says whether it was a name.
       *
       * @param {string | null} ref
       * @param {string} code
       * @param {string} text
       */
      refused(ref, code, text) {
        if (claim === undefined || claim.ref !== ref) return false;
        const { name, by } = claim;
        claim = undefined;
        if (by === "page" && code === "name_taken" && clock.now() < retakeUntil) {
          cancelRetake = clock.after(RETAKE_EVERY, () => take(name, "page"));
        } else ask(text);
        return true;
      },
    };
  }

  return { createNaming };
})();
backchannel.naming = Naming;
