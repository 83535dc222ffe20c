// @ts-check
/// <reference path="./globals.d.ts" />
/**
 * Who one is for the server, now and on earlier connections of this tab: a message of any of these is one's own.
 *
 * Must never know the page nor the wire.
 * @module
 */
"use strict";

/** @import { User } from "./protocol.js" */

/** @typedef {ReturnType<typeof Self.createSelf>} SelfState */
/** @typedef {typeof Self} SelfModule */

const Self = (() => {
  /** Connections that are remembered: more than one loses while anything of them can be seen. */
  const CAPACITY = 200;

  /** @param {{ load: () => string | null, save: (text: string) => void }} memory */
  function createSelf(memory) {
    let { epoch, ids } = parse(memory.load());
    /** @type {User | undefined} */
    let user;

    return {
      get user() {
        return user;
      },
      /**
       * The server has greeted this connection.
       *
       * @param {User} you
       * @param {string} name Under which the server counts.
       */
      begin(you, name) {
        ids = [...(name === epoch ? ids : []), you.id].slice(-CAPACITY);
        epoch = name;
        user = you;
        memory.save(JSON.stringify({ epoch, ids }));
      },
      /** One is called otherwise, or away. @param {User} you */
      change(you) {
        user = you;
      },
      /** Whether it is this client, or was. @param {User} other */
      is: (other) => other.id === user?.id || ids.includes(other.id),
    };
  }

  /**
   * @param {string | null} text
   * @returns {{ epoch: string, ids: number[] }}
   */
  function parse(text) {
    try {
      const { epoch, ids } = JSON.parse(text ?? "");
      if (typeof epoch === "string" && Array.isArray(ids)) return { epoch, ids };
    } catch {
      // There is none, or it is broken.
    }
    return { epoch: "", ids: [] };
  }

  return { createSelf };
})();
backchannel.self = Self;
