/**
 * What the bar says of the connection, and the button there that brings it back.
 * @module
 */
import type { ConnectionState } from "../net/connection.ts";
import * as dom from "./dom.ts";

/** How often the countdown to the next attempt is drawn, in ms. */
const COUNTDOWN_INTERVAL = 500;

const STATES: Record<ConnectionState, { text: string; button: string }> = {
  idle: { text: "Not connected", button: "" },
  connecting: { text: "Connecting\u2026", button: "" },
  open: { text: "Connected", button: "" },
  waiting: { text: "Reconnecting", button: "Now" },
  closed: { text: "Disconnected", button: "Connect" },
  incompatible: { text: "Cannot talk to this server", button: "Try again" },
};

/** @param retry Brings the connection back. */
export function createStatusBar(retry: () => void) {
  const status = dom.byId("state", HTMLElement);
  const label = dom.byId("state-text", HTMLElement);
  const wait = dom.byId("state-wait", HTMLElement);
  const again = dom.byId("state-button", HTMLButtonElement);
  /** When it is tried again, if it will be. */
  let retryAt: number | undefined;

  function countDown() {
    const seconds = Math.ceil(((retryAt ?? 0) - Date.now()) / 1000);
    wait.textContent = seconds > 0 ? `in ${seconds} s` : "";
  }

  again.addEventListener("click", retry);
  setInterval(() => {
    if (retryAt !== undefined) countDown();
  }, COUNTDOWN_INTERVAL);

  /**
   * @param at When it is tried again.
   * @param isNaming Whether the server is yet to give one's name back.
   */
  return (state: ConnectionState, at: number | undefined, isNaming: boolean) => {
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
