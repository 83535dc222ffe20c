/**
 * The list of the people in the shown room.
 * @module
 */
import type { User } from "../net/protocol.ts";
import type { ChatRoom } from "../model/room.ts";
import { avatar } from "./avatar.ts";
import * as dom from "./dom.ts";
import * as protocol from "../net/protocol.ts";

const { make, icon } = dom;

/** The maximum number of users in the list: more than anybody scrolls through. */
const MAX_SHOWN = 500;

/** The minimum interval between two updates of the list, in ms: a thousand users may join at once. */
const REDRAW = 100;

/** @param room Returns the shown room. */
export function createUserList(
  room: () => ChatRoom,
  me: () => User | undefined,
  whisper: (name: string) => void,
) {
  const list = dom.byId("people-list", HTMLElement);
  const counts = document.querySelectorAll(".people-count");
  const toggle = dom.byId("people-toggle", HTMLElement);
  const more = dom.byId("people-more", HTMLElement);

  function itemOf(user: User) {
    const name = protocol.displayName(user);
    const label = make("span", "user-label", make("bdi", "name", name));
    const isAway = user.away !== undefined;
    if (isAway) {
      label.append(make("span", "away", "away: ", make("bdi", "", user.away ?? "")));
    }
    const picture = avatar(name, room().colours.of(name));
    const state = isAway ? "person is-away" : "person";
    if (user.id === me()?.id) {
      return make("li", "", make("span", state, picture, label, make("span", "role", "you")));
    }
    const hint = make("span", "role", icon("whisper"), make("span", "unseen", ", whisper"));
    const button = make("button", state, picture, label, hint);
    button.type = "button";
    button.title = `Whisper to ${name}`;
    button.addEventListener("click", () => whisper(name));
    return make("li", "", button);
  }

  function draw() {
    const self = me();
    const { users, size, countOnly } = room();
    const all = users.sorted();
    const focused = [...list.children].findIndex((item) => item.contains(document.activeElement));
    list.replaceChildren(...all.slice(0, MAX_SHOWN).map(itemOf));
    if (focused >= 0) list.children[focused]?.querySelector("button")?.focus();
    for (const count of counts) count.textContent = size.toLocaleString();
    toggle.title = size === 1 ? "1 person is here" : `${size.toLocaleString()} people are here`;
    const rest = (countOnly ? size : all.length) - Math.min(all.length, MAX_SHOWN);
    const isVisible = countOnly || self === undefined || users.get(self.id) !== undefined;
    more.hidden = rest <= 0 && isVisible;
    more.textContent = rest > 0
      ? `and ${rest.toLocaleString()} more`
      : "Others see you here once you have a name or have written something.";
  }

  return { draw, drawSoon: dom.onceIn(REDRAW, draw) };
}
