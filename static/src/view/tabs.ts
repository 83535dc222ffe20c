/**
 * The tabs of the rooms, with the number of unread messages.
 * @module
 */
import type { ChatRoom } from "../model/room.ts";
import type { RoomList } from "../model/rooms.ts";
import * as dom from "./dom.ts";

const { make } = dom;

/** The maximum number on a tab. More unread messages are shown as `999+`. */
const MAX_UNREAD = 999;

export function createTabs(rooms: RoomList, choose: (room: ChatRoom) => void) {
  const list = dom.byId("tabs", HTMLElement);
  const panel = dom.byId("room", HTMLElement);
  /** The drawn state, so that the tabs are drawn only when it changes. */
  let drawn = "";

  const targets: Record<string, (index: number, length: number) => number> = {
    ArrowLeft: (index, length) => (index + length - 1) % length,
    ArrowRight: (index, length) => (index + 1) % length,
    Home: () => 0,
    End: (_, length) => length - 1,
  };

  function tabOf(room: ChatRoom, index: number) {
    const { name, unread, personal } = room;
    const isShown = room === rooms.shown;
    const tab = make("button", "tab", make("bdi", "", name));
    tab.type = "button";
    tab.id = `tab-${index}`;
    tab.tabIndex = isShown ? 0 : -1;
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-selected", String(isShown));
    tab.setAttribute("aria-controls", panel.id);
    if (unread > 0) {
      const count = unread > MAX_UNREAD ? `${MAX_UNREAD}+` : String(unread);
      tab.append(
        make("span", personal ? "badge personal" : "badge", count),
        make("span", "unseen", personal ? " unread, some mention you" : " unread"),
      );
    }
    tab.addEventListener("click", () => choose(room));
    return tab;
  }

  function draw() {
    const { all, shown } = rooms;
    const states = all.map((room) => [room.name, room === shown, room.unread, room.personal]);
    const text = JSON.stringify(states);
    if (text === drawn) return;
    drawn = text;
    const hadFocus = list.contains(document.activeElement);
    list.replaceChildren(...all.map(tabOf));
    const tab = list.children[all.indexOf(shown)];
    if (!(tab instanceof HTMLElement)) return;
    panel.setAttribute("aria-labelledby", tab.id);
    tab.scrollIntoView({ block: "nearest", inline: "nearest" });
    if (hadFocus) tab.focus();
  }

  /** Shows the next or the previous room. */
  function step(by: 1 | -1) {
    const { all, shown } = rooms;
    const next = all[(all.indexOf(shown) + by + all.length) % all.length];
    if (next !== undefined) choose(next);
  }

  list.addEventListener("keydown", (event) => {
    const target = Object.hasOwn(targets, event.key) ? targets[event.key] : undefined;
    const { all, shown } = rooms;
    const next = target && all[target(all.indexOf(shown), all.length)];
    if (next === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    choose(next);
    draw();
    const tab = list.children[all.indexOf(next)];
    if (tab instanceof HTMLElement) tab.focus();
  });

  return { draw: dom.onceAFrame(draw), step };
}
