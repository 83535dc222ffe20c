/**
 * The list of rooms, with the numbers of unread messages and mentions.
 * @module
 */
import type { ChatRoom } from "../model/room.ts";
import type { RoomList } from "../model/rooms.ts";
import * as dom from "./dom.ts";

const { make } = dom;

/** The maximum number in the list. More unread messages are shown as `999+`. */
const MAX_UNREAD = 999;

export function createRoomList(rooms: RoomList, choose: (room: ChatRoom) => void) {
  const list = dom.byId("room-items", HTMLElement);
  const badge = dom.byId("side-badge", HTMLElement);
  /** The drawn state, so that the list is drawn only when it changes. */
  let drawn = "";

  const targets: Record<string, (index: number, length: number) => number> = {
    ArrowUp: (index, length) => (index + length - 1) % length,
    ArrowDown: (index, length) => (index + 1) % length,
    Home: () => 0,
    End: (_, length) => length - 1,
  };

  function itemOf(room: ChatRoom) {
    const { name, unread, mentions } = room;
    const hash = make("span", "hash", "#");
    hash.setAttribute("aria-hidden", "true");
    const item = make("button", "item", hash, make("bdi", "", name));
    item.type = "button";
    if (room === rooms.shown) item.setAttribute("aria-current", "true");
    if (unread > mentions) {
      item.append(make("span", "badge", shorten(unread)), make("span", "unseen", " unread"));
    }
    if (mentions > 0) {
      item.append(
        make("span", "badge personal", shorten(mentions)),
        make("span", "unseen", mentions === 1 ? " mentions you" : " mention you"),
      );
    }
    item.addEventListener("click", () => choose(room));
    return make("li", "", item);
  }

  function draw() {
    const { all, shown } = rooms;
    const states = all.map((room) => [room.name, room === shown, room.unread, room.mentions]);
    const text = JSON.stringify(states);
    if (text === drawn) return;
    drawn = text;
    const focused = [...list.children].findIndex((item) => item.contains(document.activeElement));
    list.replaceChildren(...all.map(itemOf));
    const current = all.indexOf(shown);
    list.children[current]?.scrollIntoView({ block: "nearest" });
    if (focused >= 0) focus(Math.min(focused, all.length - 1));
    const elsewhere = all.filter((room) => room !== shown && room.unread > 0);
    badge.hidden = elsewhere.length === 0;
    badge.classList.toggle("personal", elsewhere.some(({ mentions }) => mentions > 0));
  }

  function focus(index: number) {
    list.children[index]?.querySelector("button")?.focus();
  }

  /** Shows the next or the previous room. */
  function step(by: 1 | -1) {
    const { all, shown } = rooms;
    const next = all[(all.indexOf(shown) + by + all.length) % all.length];
    if (next !== undefined) choose(next);
  }

  list.addEventListener("keydown", (event) => {
    const target = Object.hasOwn(targets, event.key) ? targets[event.key] : undefined;
    if (target === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const items = [...list.children];
    const index = items.findIndex((item) => item.contains(document.activeElement));
    focus(target(index, items.length));
  });

  return { draw: dom.onceAFrame(draw), step };
}

function shorten(count: number) {
  return count > MAX_UNREAD ? `${MAX_UNREAD}+` : String(count);
}
