// @ts-check
/// <reference path="./globals.d.ts" />
/**
 * What this client says: in the log at once, in the outbox until it is known to have arrived, sent again with the same
 * id on the next connection if that is not known.
 *
 * Must never know the page, nor how a message looks on the wire.
 * @module
 */
"use strict";

/**
 * @import { OutboxStore, Unsent } from "./outbox.js"
 * @import { Entry, TimelineStore } from "./timeline.js"
 */

/**
 * @typedef {object} SpeechOptions
 * @property {TimelineStore} timeline
 * @property {OutboxStore} outbox
 * @property {() => number} now
 * @property {(text: string, ref: string) => boolean} send Says whether it could be sent.
 */

/** @typedef {typeof Speech} SpeechModule */

const Speech = (() => {
  const { protocol } = backchannel;

  /** Whom a line is whispered to, and what. */
  const WHISPER = /^\/whisper\s+(\S+)\s+(\S.*)$/is;

  /** @param {SpeechOptions} options */
  function createSpeech({ timeline, outbox, now, send }) {
    for (const item of outbox.all()) show(item);

    /** @param {Unsent} item */
    function show({ ref, text, time }) {
      const [, to, whispered] = WHISPER.exec(text) ?? [];
      timeline.add({
        kind: to === undefined ? "message" : "whisper",
        text: whispered ?? (text.startsWith("//") ? text.slice(1) : text),
        ...(to === undefined ? {} : { to }),
        time,
        own: true,
        ref,
        delivery: "queued",
      });
    }

    /**
     * @param {string | null} ref
     * @param {Partial<Entry>} change
     */
    function update(ref, change) {
      const entry = timeline.byRef(ref);
      if (entry) timeline.update(entry.key, change);
    }

    return {
      /**
       * Puts a message or a whisper into the log and the outbox. Says whether there was room.
       *
       * @param {string} text
       */
      say(text) {
        if (outbox.full) {
          timeline.add({ kind: "error", text: "Cannot queue this: too much is waiting already" });
          return false;
        }
        const item = { ref: protocol.createRef(), text, time: now() };
        outbox.add(item);
        show(item);
        return true;
      },
      /**
       * What was typed for an entry.
       *
       * @param {number} key
       */
      typed(key) {
        const { text = "", to } = timeline.get(key) ?? {};
        if (to !== undefined) return `/whisper ${to} ${text}`;
        return text.startsWith("/") ? `/${text}` : text;
      },
      /** Sends what waits, in order. */
      flush() {
        for (const item of outbox.all()) {
          if (item.flying) continue;
          if (!send(item.text, item.ref)) return;
          item.flying = true;
          update(item.ref, { delivery: "sending" });
        }
      },
      /** The connection is gone: all that was not acknowledged waits for the next. */
      ground() {
        outbox.ground();
        for (const { ref } of outbox.all()) update(ref, { delivery: "queued" });
      },
      /**
       * Something arrived. Says whether it had been sent on an earlier connection already.
       *
       * @param {string | null} ref
       * @param {string} [to] Whom it was whispered to, as the server calls them.
       */
      arrived(ref, to) {
        const again = outbox.get(ref)?.again === true;
        outbox.settle(ref);
        update(ref, { delivery: "sent", ...(to === undefined ? {} : { to }) });
        return again;
      },
      /**
       * The server refused something. Says whether it was something said.
       *
       * @param {string | null} ref
       * @param {string} reason
       */
      refused(ref, reason) {
        if (!outbox.settle(ref)) return false;
        update(ref, { delivery: "failed", detail: reason });
        return true;
      },
    };
  }

  return { WHISPER, createSpeech };
})();
backchannel.speech = Speech;
