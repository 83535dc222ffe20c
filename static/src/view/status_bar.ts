/**
 * The state of the connection above the messages and below the user's name, and the button that reconnects.
 * @module
 */
import type { ConnectionState } from "../net/client.ts";
import * as dom from "./dom.ts";

/** The interval between two updates of the countdown, in ms. */
const COUNTDOWN_INTERVAL = 500;

const STATES: Record<ConnectionState, { text: string; button: string }> = {
  idle: { text: "Not connected", button: "" },
  connecting: { text: "Connecting\u2026", button: "" },
  open: { text: "Connected", button: "" },
  waiting: { text: "Reconnecting", button: "Retry now" },
  closed: { text: "Disconnected", button: "Connect" },
  incompatible: { text: "Incompatible server", button: "Try again" },
};

/** @param retry Reconnects at once. */
export function createStatusBar(retry: () => void) {
  const status = dom.byId("state", HTMLElement);
  const label = dom.byId("state-text", HTMLElement);
  const wait = dom.byId("state-wait", HTMLElement);
  const brief = dom.byId("self-state", HTMLElement);
  const again = dom.byId("state-button", HTMLButtonElement);
  /** The time of the next attempt, if there is one. */
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
   * @param at The time of the next attempt.
   * @param isNaming Whether the user's name is still requested from the server.
   */
  return (state: ConnectionState, at: number | undefined, isNaming: boolean) => {
    const { text, button } = STATES[state];
    const full = isNaming ? "Requesting your name\u2026" : text;
    if (label.textContent !== full) label.textContent = full;
    brief.textContent = full;
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
