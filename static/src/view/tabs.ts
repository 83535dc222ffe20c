/**
 * The rooms that one is in, as tabs, each with how much is unread there.
 * @module
 */
import type { ChatRoom } from "../model/room.ts";
import type { RoomList } from "../model/rooms.ts";
import * as dom from "./dom.ts";

const { make } = dom;

/** More unread than that are not counted. */
const MOST = 999;

export function createTabs(rooms: RoomList, choose: (room: ChatRoom) => void) {
  const list = dom.byId("tabs", HTMLElement);
  const panel = dom.byId("room", HTMLElement);
  /** What the tabs say, so that they are drawn only if that is something else. */
  let drawn = "";

  const places: Record<string, (index: number, length: number) => number> = {
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
      const count = unread > MOST ? `${MOST}+` : String(unread);
      tab.append(
        make("span", personal ? "badge personal" : "badge", count),
        make("span", "unseen", personal ? " unread, some for you" : " unread"),
      );
    }
    tab.addEventListener("click", () => choose(room));
    return tab;
  }

  function draw() {
    const { all, shown } = rooms;
    const looks = all.map((room) => [room.name, room === shown, room.unread, room.personal]);
    const text = JSON.stringify(looks);
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

  /** The room so many steps from the one in view. */
  function step(by: 1 | -1) {
    const { all, shown } = rooms;
    const next = all[(all.indexOf(shown) + by + all.length) % all.length];
    if (next !== undefined) choose(next);
  }

  list.addEventListener("keydown", (event) => {
    const place = Object.hasOwn(places, event.key) ? places[event.key] : undefined;
    const { all, shown } = rooms;
    const next = place && all[place(all.indexOf(shown), all.length)];
    if (next === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    choose(next);
    draw();
    const tab = list.children[all.indexOf(next)];
    if (tab instanceof HTMLElement) tab.focus();
  });

  return { draw: dom.onceAFrame(draw), step };
}
