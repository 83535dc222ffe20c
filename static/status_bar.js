// @ts-check
/// <reference path="./globals.d.ts" />
/**
 * What the bar says of the connection, and the button there that brings it back.
 *
 * Must never know what goes over the connection.
 * @module
 */
"use strict";

/** @import { ConnectionState } from "./connection.js" */

/** @typedef {typeof StatusBar} StatusBarModule */

const StatusBar = (() => {
  const { dom } = backchannel;

  /** How often the countdown to the next attempt is drawn, in ms. */
  const COUNTDOWN_INTERVAL = 500;

  /** @type {Record<ConnectionState, { text: string, button: string }>} */
  const STATES = {
    idle: { text: "Not connected", button: "" },
    connecting: { text: "Connecting\u2026", button: "" },
    open: { text: "Connected", button: "" },
    waiting: { text: "Reconnecting", button: "Now" },
    closed: { text: "Disconnected", button: "Connect" },
    incompatible: { text: "Cannot talk to this server", button: "Try again" },
  };

  /** @param {() => void} retry Brings the connection back. */
  function createStatusBar(retry) {
    const status = dom.byId("state", HTMLElement);
    const label = dom.byId("state-text", HTMLElement);
    const wait = dom.byId("state-wait", HTMLElement);
    const again = dom.byId("state-button", HTMLButtonElement);
    /** When it is tried again, if it will be. @type {number | undefined} */
    let retryAt;

    function countDown() {
      const seconds = Math.ceil(((retryAt ?? 0) - Date.now()) / 1000);
      wait.textContent = seconds > 0 ? `in ${seconds} s` : "";
    }

    again.addEventListener("click", retry);
    setInterval(() => {
      if (retryAt !== undefined) countDown();
    }, COUNTDOWN_INTERVAL);

    /**
     * @param {ConnectionState} state
     * @param {number | undefined} at When it is tried again.
     * @param {boolean} isNaming Whether the server is yet to give one's name back.
     */
    return (state, at, isNaming) => {
      const { text, button } = STATES[state];
      const full = isNaming ? "Taking your name\u2026" : text;
      if (label.textContent !== full) label.textContent = full;
      status.dataset["state"] = isNaming ? "naming" : state;
      again.hidden = button === "";
      again.textContent = button;
      for (const leave of document.querySelectorAll("button[data-do=disconnect]")) {
        if (leave instanceof HTMLButtonElement) {
          leave.disabled = state === "closed" || state === "idle";
        }
      }
      retryAt = state === "waiting" ? at : undefined;
      countDown();
    };
  }

  return { createStatusBar };
})();
backchannel.statusBar = StatusBar;
