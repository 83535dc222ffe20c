/**
 * What stands beside the talk: who is here, and how the server does.
 * @module
 */
import type { User } from "../net/protocol.ts";
import type { ChatRoom } from "../model/room.ts";
import * as dom from "./dom.ts";
import * as protocol from "../net/protocol.ts";
import * as roster from "../model/roster.ts";

const { make, icon } = dom;

/** People who are shown by name: more than anybody scrolls through. */
const SHOWN = 500;

/** How often the list is drawn at the most, in ms: a thousand may come at once. */
const REDRAW = 100;

/**
 * A part of the page that a button shows and hides.
 *
 * @param id Of the panel; the button's is the same with `-toggle` behind it.
 */
export type Panel = ReturnType<typeof createPanel>;

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

/** @param room Whose people are shown. */
export function createPeople(
  room: () => ChatRoom,
  me: () => User | undefined,
  whisper: (name: string) => void,
) {
  const list = dom.byId("people-list", HTMLElement);
  const counts = document.querySelectorAll(".people-count");
  const more = dom.byId("people-more", HTMLElement);

  function itemOf(user: User) {
    const name = protocol.displayName(user);
    const label = make("bdi", `name c${roster.colourOf(name)}`, name);
    const who = make("span", "whom", label);
    if (user.away !== undefined) {
      who.append(make("span", "away", "away: ", make("bdi", "", user.away)));
    }
    if (user.id === me()?.id) {
      label.className = "name you";
      return make("li", "", make("span", "person myself", who, make("span", "role", "you")));
    }
    const button = make("button", "person", who, make("span", "role", icon("lock"), "whisper"));
    button.type = "button";
    button.title = user.address;
    button.addEventListener("click", () => whisper(name));
    return make("li", "", button);
  }

  function draw() {
    const self = me();
    const { people, size, crowded } = room();
    const others = people.sorted();
    const all = self && !people.get(self.id) ? [self, ...others] : others;
    const total = crowded ? size : all.length;
    const focused = [...list.children].findIndex((item) => item.contains(document.activeElement));
    list.replaceChildren(...all.slice(0, SHOWN).map(itemOf));
    if (focused >= 0) list.children[focused]?.querySelector("button")?.focus();
    for (const count of counts) count.textContent = total.toLocaleString();
    const rest = total - Math.min(all.length, SHOWN);
    more.hidden = rest <= 0;
    more.textContent = `and ${rest.toLocaleString()} more`;
  }

  return { draw, drawSoon: dom.onceIn(REDRAW, draw) };
}
