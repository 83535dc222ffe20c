// @ts-check
/// <reference path="./globals.d.ts" />
/**
 * What was said and is not acknowledged yet, in order. It outlives connections, and a reload of the page.
 *
 * Must never know the page nor a socket.
 * @module
 */
"use strict";

/**
 * @typedef {object} Unsent
 * @property {string} ref The id under which it is sent, each time the same.
 * @property {string} text As it was typed.
 * @property {string} room Where.
 * @property {number} time When it was typed.
 * @property {boolean} [flying] Whether it was sent on the connection that is open now.
 * @property {boolean} [again] Whether it was sent on one before: the server may have it already.
 */

/** @typedef {ReturnType<typeof Outbox.createOutbox>} OutboxStore */
/** @typedef {typeof Outbox} OutboxModule */

const Outbox = (() => {
  /** More than anybody types while a train is in a tunnel. */
  const CAPACITY = 200;

  /**
   * @param {{ load: () => string | null, save: (text: string) => void }} memory
   */
  function createOutbox({ load, save }) {
    /** @type {Map<string, Unsent>} */
    const waiting = new Map(parse(load()).map((item) => [item.ref, item]));

    function keep() {
      const items = [...waiting.values()];
      save(JSON.stringify(items.map(({ ref, text, room, time }) => ({ ref, text, room, time }))));
    }

    return {
      get full() {
        return waiting.size >= CAPACITY;
      },
      get size() {
        return waiting.size;
      },
      /** @param {string | null} ref */
      get(ref) {
        return ref === null ? undefined : waiting.get(ref);
      },
      /** @param {Unsent} item */
      add(item) {
        waiting.set(item.ref, item);
        keep();
      },
      /**
       * It was answered, one way or the other. Says whether it was waiting for that.
       *
       * @param {string | null} ref
       */
      settle(ref) {
        if (ref === null || !waiting.delete(ref)) return false;
        keep();
        return true;
      },
      /** The connection is gone: everything has to be sent again. */
      ground() {
        for (const item of waiting.values()) {
          item.again ||= item.flying === true;
          item.flying = false;
        }
      },
      all() {
        return [...waiting.values()];
      },
    };
  }

  /**
   * @param {string | null} text
   * @returns {Unsent[]}
   */
  function parse(text) {
    try {
      const items = JSON.parse(text ?? "[]");
      if (!Array.isArray(items)) return [];
      // Whether any of it was sent before is not known.
      return items.filter(isUnsent).map((item) => ({ ...item, again: true }));
    } catch {
      return [];
    }
  }

  /** @param {any} item */
  function isUnsent(item) {
    return typeof item?.ref === "string" && typeof item.text === "string" &&
      typeof item.room === "string" && typeof item.time === "number";
  }

  return { CAPACITY, createOutbox };
})();
backchannel.outbox = Outbox;
