// @ts-check
/// <reference path="./globals.d.ts" />
/**
 * What stands around the messages of the room in view: what it is about, and whether there are older ones.
 *
 * Must never know the wire, nor how messages are shown.
 * @module
 */
"use strict";

/** @import { ChatRoom } from "./room.js" */

/** @typedef {typeof Surroundings} SurroundingsModule */

const Surroundings = (() => {
  const { dom, timeline } = backchannel;

  /** @type {Record<ChatRoom["older"], string>} */
  const BEGINNINGS = {
    some: "",
    loading: "Loading older messages\u2026",
    none: "Nothing older is kept",
    unkept: "",
    full: `This page holds no more than ${timeline.CAPACITY.toLocaleString()} entries of a room`,
  };

  /**
   * @param {object} options
   * @param {() => void} options.askOlder
   * @param {(change: () => void) => void} options.around Does something that must not move the messages.
   */
  function createSurroundings({ askOlder, around }) {
    const head = dom.byId("room-head", HTMLElement);
    const topic = dom.byId("topic", HTMLElement);
    const leave = dom.byId("leave", HTMLButtonElement);
    const older = dom.byId("older", HTMLElement);
    const button = dom.byId("older-button", HTMLButtonElement);
    const state = dom.byId("older-state", HTMLElement);
    let shown = "";

    button.addEventListener("click", () => {
      askOlder();
      dom.byId("scroller", HTMLElement).focus({ preventScroll: true }); // the button goes while they come
    });

    /** @param {ChatRoom} room */
    function showOlder(room) {
      const text = room.older === "none" && (room.timeline.firstId ?? 1) <= 1
        ? "The talk begins here"
        : BEGINNINGS[room.older];
      older.hidden = room.older === "unkept";
      button.hidden = room.older !== "some";
      button.disabled = !room.joined;
      state.textContent = text;
    }

    return (/** @type {ChatRoom} */ room, /** @type {boolean} */ isLobby) => {
      head.hidden = isLobby && room.topic === null;
      topic.textContent = room.topic ?? "No topic yet";
      topic.title = room.topic ?? "";
      topic.classList.toggle("none", room.topic === null);
      leave.hidden = isLobby;
      const next = `${room.older} ${room.joined} ${room.timeline.firstId}`;
      if (next !== shown) around(() => showOlder(room));
      shown = next;
    };
  }

  return { createSurroundings };
})();
backchannel.surroundings = Surroundings;
