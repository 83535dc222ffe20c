/**
 * The header of the shown room: its name and topic, and whether there are older messages.
 * @module
 */
import type { ChatRoom } from "../model/room.ts";
import * as dom from "./dom.ts";
import * as markup from "../model/markup.ts";
import * as messageRow from "./message_row.ts";
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
  { loadOlder, changeSurroundings, showWelcome }: {
    loadOlder: () => void;
    changeSurroundings: (change: () => void) => void;
    /** Shows the invitation, if the room is empty. */
    showWelcome: (room: ChatRoom, isLobby: boolean) => void;
  },
) {
  const title = document.querySelector("#room-title bdi");
  const topicLine = dom.byId("topic-line", HTMLElement);
  const topic = dom.byId("topic", HTMLElement);
  const leave = dom.byId("leave", HTMLButtonElement);
  const field = dom.byId("text", HTMLTextAreaElement);
  const older = dom.byId("older", HTMLElement);
  const button = dom.byId("older-button", HTMLButtonElement);
  const state = dom.byId("older-state", HTMLElement);
  const scroller = dom.byId("scroller", HTMLElement);
  let shown = "";
  let shownTopic: string | null = null;

  button.addEventListener("click", loadOlder);

  function showOlder(room: ChatRoom, isLobby: boolean) {
    const text = room.older === "none" && (room.timeline.firstId ?? 1) <= 1
      ? "Start of the conversation"
      : OLDER_TEXTS[room.older];
    const hadFocus = document.activeElement === button;
    older.hidden = room.older === "unkept" || !room.timeline.hasMessages;
    button.hidden = room.older !== "some";
    button.disabled = !room.joined;
    // The messages also load when the button is scrolled into view, and it is hidden while they do.
    if (hadFocus && (button.hidden || button.disabled)) scroller.focus({ preventScroll: true });
    state.textContent = text;
    showWelcome(room, isLobby);
  }

  function showTopic(text: string | null) {
    topicLine.hidden = text === null;
    if (text === shownTopic) return;
    shownTopic = text;
    topic.replaceChildren(
      ...markup.parse(text ?? "").map((piece) =>
        piece.type === "link" ? messageRow.linkOf(piece.text, piece.href) : piece.text
      ),
    );
    topicLine.title = text ?? "";
  }

  return (room: ChatRoom, isLobby: boolean) => {
    if (title && title.textContent !== room.name) title.textContent = room.name;
    field.placeholder = `Message #${room.name}`;
    showTopic(room.topic);
    leave.hidden = isLobby;
    const { timeline, older, joined, name } = room;
    const next = JSON.stringify([name, older, joined, timeline.firstId, timeline.hasMessages]);
    if (next !== shown) changeSurroundings(() => showOlder(room, isLobby));
    shown = next;
  };
}
