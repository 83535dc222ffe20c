/**
 * What stands around the messages of the room in view: what it is about, and whether there are older ones.
 * @module
 */
import type { ChatRoom } from "../model/room.ts";
import * as dom from "./dom.ts";
import * as timeline from "../model/timeline.ts";

const BEGINNINGS: Record<ChatRoom["older"], string> = {
  some: "",
  loading: "Loading older messages\u2026",
  none: "Nothing older is kept",
  unkept: "",
  full: `This page holds no more than ${timeline.CAPACITY.toLocaleString()} entries of a room`,
};

/** @param options.around Does something that must not move the messages. */
export function createRoomHeader(
  { askOlder, around }: { askOlder: () => void; around: (change: () => void) => void },
) {
  const head = dom.byId("room-head", HTMLElement);
  const topic = dom.byId("topic", HTMLElement);
  const leave = dom.byId("leave", HTMLButtonElement);
  const older = dom.byId("older", HTMLElement);
  const button = dom.byId("older-button", HTMLButtonElement);
  const state = dom.byId("older-state", HTMLElement);
  const scroller = dom.byId("scroller", HTMLElement);
  let shown = "";

  button.addEventListener("click", askOlder);

  function showOlder(room: ChatRoom) {
    const text = room.older === "none" && (room.timeline.firstId ?? 1) <= 1
      ? "The talk begins here"
      : BEGINNINGS[room.older];
    const hadFocus = document.activeElement === button;
    older.hidden = room.older === "unkept";
    button.hidden = room.older !== "some";
    button.disabled = !room.joined;
    // They also come when the button comes into view, and it goes while they do.
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
    if (next !== shown) around(() => showOlder(room));
    shown = next;
  };
}
