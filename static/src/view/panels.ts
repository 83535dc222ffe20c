/**
 * Panels beside the messages, and the list of users in one of them.
 * @module
 */
import type { User } from "../net/protocol.ts";
import type { ChatRoom } from "../model/room.ts";
import * as dom from "./dom.ts";
import * as protocol from "../net/protocol.ts";
import * as roster from "../model/roster.ts";

const { make, icon } = dom;

/** The maximum number of users in the list: more than anybody scrolls through. */
const MAX_SHOWN = 500;

/** The minimum interval between two updates of the list, in ms: a thousand users may join at once. */
const REDRAW = 100;

/** A part of the page that a button shows and hides. */
export type Panel = ReturnType<typeof createPanel>;

/** @param id The id of the panel. Its button has the id `<id>-toggle`. */
export function createPanel(id: string, onToggle: (open: boolean) => void) {
  const panel = dom.byId(id, HTMLElement);
  const toggle = dom.byId(`${id}-toggle`, HTMLButtonElement);

  function show(open: boolean) {
    panel.hidden = !open;
    toggle.setAttribute("aria-expanded", String(open));
    onToggle(open);
  }

  function close() {
    const within = panel.contains(document.activeElement);
    show(false);
    if (within) toggle.focus();
  }

  toggle.addEventListener("click", () => {
    if (!panel.hidden) return close();
    show(true);
    panel.querySelector("h2")?.focus();
  });
  panel.querySelector(".close")?.addEventListener("click", close);
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });
  return {
    show,
    close,
    get open() {
      return !panel.hidden;
    },
  };
}

/** @param room Returns the shown room. */
export function createUserList(
  room: () => ChatRoom,
  me: () => User | undefined,
  whisper: (name: string) => void,
) {
  const list = dom.byId("people-list", HTMLElement);
  const counts = document.querySelectorAll(".people-count");
  const more = dom.byId("people-more", HTMLElement);

  function itemOf(user: User) {
    const name = protocol.displayName(user);
    const nameLabel = make("bdi", `name c${roster.colourOf(name)}`, name);
    const label = make("span", "user-label", nameLabel);
    if (user.away !== undefined) {
      label.append(make("span", "away", "away: ", make("bdi", "", user.away)));
    }
    if (user.id === me()?.id) {
      nameLabel.className = "name you";
      return make("li", "", make("span", "person myself", label, make("span", "role", "you")));
    }
    const button = make("button", "person", label, make("span", "role", icon("lock"), "whisper"));
    button.type = "button";
    button.title = user.address;
    button.addEventListener("click", () => whisper(name));
    return make("li", "", button);
  }

  function draw() {
    const self = me();
    const { users, size, countOnly } = room();
    const others = users.sorted();
    const all = self && !users.get(self.id) ? [self, ...others] : others;
    const total = countOnly ? size : all.length;
    const focused = [...list.children].findIndex((item) => item.contains(document.activeElement));
    list.replaceChildren(...all.slice(0, MAX_SHOWN).map(itemOf));
    if (focused >= 0) list.children[focused]?.querySelector("button")?.focus();
    for (const count of counts) count.textContent = total.toLocaleString();
    const rest = total - Math.min(all.length, MAX_SHOWN);
    more.hidden = rest <= 0;
    more.textContent = `and ${rest.toLocaleString()} more`;
  }

  return { draw, drawSoon: dom.onceIn(REDRAW, draw) };
}
