// @ts-check
/// <reference path="./globals.d.ts" />
/**
 * Which tab of the browser this is. A reload is the same tab; a duplicate is another, although the browser copies into it
 * everything that it has stored for the first.
 *
 * Must never know the chat.
 * @module
 */
"use strict";

/**
 * @typedef {object} TabChannel What the tabs of one site hear of each other.
 * @property {(message: unknown) => void} post
 * @property {(hear: (message: unknown) => void) => void} listen
 */

/**
 * @typedef {object} BrowserTabOptions
 * @property {{ load: () => string | null, save: (text: string) => void }} memory Of this tab, and of its copies.
 * @property {TabChannel | undefined} channel `undefined` if the browser has none; then no copy is recognized.
 * @property {(ms: number, run: () => void) => (() => void)} after Runs something later; returns what cancels that.
 * @property {() => string} createId
 */

/** @typedef {typeof BrowserTab} BrowserTabModule */

const BrowserTab = (() => {
  /** How long another tab of this browser may take to answer, in ms. A page that was not closed properly waits so long. */
  const ANSWER_WITHIN = 250;

  /** @param {BrowserTabOptions} options */
  function createBrowserTab({ memory, channel, after, createId }) {
    let id = "";

    /** @param {boolean} isOpen Whether a page in this tab has the id now. */
    function keep(isOpen) {
      memory.save(JSON.stringify({ id, isOpen }));
    }

    /** @param {string} mine */
    function take(mine) {
      id = mine;
      keep(true);
      channel?.listen((message) => {
        if (isAsking(message, id)) channel.post({ isHere: id });
      });
    }

    return {
      /**
       * Finds out whether this tab is a copy of one that is still open, and calls `done`: at once, unless the last page in
       * this tab was not closed, because it crashed or because it is that other one.
       *
       * @param {(isCopy: boolean) => void} done
       */
      claim(done) {
        const { id: before, isOpen } = parse(memory.load());
        if (before === "" || !isOpen || channel === undefined) {
          take(before || createId());
          return done(false);
        }
        let isDecided = false;
        /** @param {boolean} isCopy */
        const decide = (isCopy) => {
          if (isDecided) return;
          isDecided = true;
          cancel();
          take(isCopy ? createId() : before);
          done(isCopy);
        };
        const cancel = after(ANSWER_WITHIN, () => decide(false));
        channel.listen((message) => {
          if (isHere(message, before)) decide(true);
        });
        channel.post({ isAnybody: before });
      },
      /** The page goes, perhaps to be loaded again. */
      leave: () => keep(false),
      /** The page is back as it was. */
      comeBack: () => keep(true),
    };
  }

  /**
   * Claims the tab of this page, and then does what the page does.
   *
   * @param {(isCopy: boolean) => void} done
   */
  function open(done) {
    const { dom, protocol } = backchannel;
    const channel = "BroadcastChannel" in globalThis
      ? new BroadcastChannel("backchannel.tab")
      : undefined;
    const tab = createBrowserTab({
      memory: dom.store("session", "tab"),
      channel: channel && {
        post: (message) => channel.postMessage(message),
        listen: (hear) => channel.addEventListener("message", ({ data }) => hear(data)),
      },
      after(ms, run) {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
      createId: protocol.createRef,
    });
    globalThis.addEventListener("pagehide", tab.leave);
    globalThis.addEventListener("pageshow", ({ persisted }) => persisted && tab.comeBack());
    tab.claim(done);
  }

  /**
   * @param {unknown} message
   * @param {string} id
   */
  function isAsking(message, id) {
    return Object(message).isAnybody === id;
  }

  /**
   * @param {unknown} message
   * @param {string} id
   */
  function isHere(message, id) {
    return Object(message).isHere === id;
  }

  /**
   * @param {string | null} text
   * @returns {{ id: string, isOpen: boolean }}
   */
  function parse(text) {
    try {
      const { id, isOpen } = JSON.parse(text ?? "");
      if (typeof id === "string") return { id, isOpen: isOpen === true };
    } catch {
      // There is none, or it is broken.
    }
    return { id: "", isOpen: false };
  }

  return { ANSWER_WITHIN, createBrowserTab, open };
})();
backchannel.browserTab = BrowserTab;
