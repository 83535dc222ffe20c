/**
 * The header of the shown room: its topic, and whether there are older messages.
 * @module
 */
import type { ChatRoom } from "../model/room.ts";
import * as dom from "./dom.ts";
import * as timeline from "../model/timeline.ts";

const OLDER_TEXTS: Record<ChatRoom["older"], string> = {
  some: "",
  loading: "Loading older messages\u2026",
  none: "No older messages are stored",
  unkept: "",
  full: `This page shows at most ${timeline.CAPACITY.toLocaleString()} entries of a room`,
};

/** @param options.changeSurroundings Changes elements without moving the messages. */
export function createRoomHeader(
  { loadOlder, changeSurroundings }: {
    loadOlder: () => void;
    changeSurroundings: (change: () => void) => void;
  },
) {
  const head = dom.byId("room-head", HTMLElement);
  const topic = dom.byId("topic", HTMLElement);
  const leave = dom.byId("leave", HTMLButtonElement);
  const older = dom.byId("older", HTMLElement);
  const button = dom.byId("older-button", HTMLButtonElement);
  const state = dom.byId("older-state", HTMLElement);
  const scroller = dom.byId("scroller", HTMLElement);
  let shown = "";

  button.addEventListener("click", loadOlder);

  function showOlder(room: ChatRoom) {
    const text = room.older === "none" && (room.timeline.firstId ?? 1) <= 1
      ? "Start of the conversation"
      : OLDER_TEXTS[room.older];
    const hadFocus = document.activeElement === button;
    older.hidden = room.older === "unkept";
    button.hidden = room.older !== "some";
    button.disabled = !room.joined;
    // The messages also load when the button is scrolled into view, and it is hidden while they do.
    if (hadFocus && (button.hidden || button.disabled)) scroller.focus({ preventScroll: true });
    state.textContent = text;
  }

  return (room: ChatRoom, isLobby: boolean) => {
    head.hidden = isLobby && room.topic === null;
    topic.textContent = room.topic ?? "No topic yet";
    topic.title = room.topic ?? "";
    topic.classList.toggle("none", room.topic === null);
    leave.hidden = isLobby;
    const next = `${room.older} ${room.joined} ${room.timeline.firstId}`;
    if (next !== shown) changeSurroundings(() => showOlder(room));
    shown = next;
  };
}
