/**
 * The search field above the list of rooms: while somebody types, it finds rooms by their names and messages by their words.
 * A result jumps to its place in the conversation.
 * @module
 */
import type { Message } from "../net/protocol.ts";
import type { ChatRoom } from "../model/room.ts";
import type { Found } from "../model/search.ts";
import { excerptOf } from "../model/excerpt.ts";
import * as times from "../model/times.ts";
import * as protocol from "../net/protocol.ts";
import * as dom from "../view/dom.ts";
import { addFeature } from "../view/features.ts";

const { make } = dom;

/** A search begins when nothing was typed for this time, in ms, or with Enter. */
const PAUSE = 400;

/** The number of characters from which on a search begins without Enter. */
const MIN_LENGTH = 3;

addFeature((page) => {
  const { chat, announce } = page;
  const form = dom.byId("search", HTMLFormElement);
  const field = dom.byId("search-field", HTMLInputElement);
  const rooms = dom.byId("rooms", HTMLElement);
  const list = dom.byId("found", HTMLElement);
  let cancel = () => {};
  /** Counts searches, so that the answers to earlier ones are ignored. */
  let current = 0;

  function words() {
    return field.value.trim();
  }

  function show() {
    const isSearching = words() !== "";
    rooms.hidden = isSearching;
    list.hidden = !isSearching;
    current++;
    cancel();
    if (!isSearching) return list.replaceChildren();
    list.replaceChildren(...roomSection());
    if (words().length >= MIN_LENGTH) cancel = dom.after(PAUSE, search);
  }

  function search() {
    cancel();
    if (words() === "") return;
    list.replaceChildren(...roomSection());
    searchIn([chat.rooms.shown]);
  }

  function roomSection() {
    const typed = words().replace(/^#/, "").toLowerCase();
    const found = chat.rooms.all.filter(({ name }) => name.toLowerCase().includes(typed));
    const items = found.map((room) => {
      const item = make("button", "item", hash(), make("bdi", "", room.name));
      item.type = "button";
      item.addEventListener("click", () => {
        reset();
        page.closeSide();
        page.showRoom(room);
        dom.byId("text", HTMLTextAreaElement).focus();
      });
      return make("li", "", item);
    });
    return items.length === 0 ? [] : section("Rooms", items);
  }

  function searchIn(wanted: readonly ChatRoom[]) {
    const search = ++current;
    const isCurrent = () => search === current;
    let count = 0, waiting = wanted.length;
    for (const room of wanted) {
      const place = make("div");
      list.append(place);
      place.append(...section(`Messages in #${room.name}`, [], "Searching\u2026"));
      const isSent = room.joined && chat.search(room, words(), (found) => {
        if (!isCurrent()) return;
        count += "messages" in found ? found.messages.length : 0;
        place.replaceChildren(...resultsOf(room, found));
        if (--waiting === 0) announce(count === 1 ? "1 result" : `${count} results`);
      });
      if (!isSent) {
        waiting--;
        place.replaceChildren(...resultsOf(room, { problem: "Cannot search: not connected" }));
      }
    }
    const others = chat.rooms.all.filter((room) => !wanted.includes(room));
    if (wanted.length > 1 || others.length === 0) return;
    const more = make("button", "quiet", "Search the other rooms, too");
    more.type = "button";
    more.addEventListener("click", () => {
      more.remove();
      searchIn(others);
    });
    list.append(more);
  }

  function resultsOf(room: ChatRoom, found: Found) {
    const title = `Messages in #${room.name}`;
    if ("problem" in found) return section(title, [], found.problem);
    const { messages, complete } = found;
    const note = complete ? "" : "Older messages were not searched: that would take too long.";
    if (messages.length === 0) return section(title, [], note || "Nothing found");
    return section(title, messages.toReversed().map((message) => itemOf(room, message)), note);
  }

  function itemOf(room: ChatRoom, message: Message) {
    const { from, time, text, id } = message;
    const head = make(
      "span",
      "result-head",
      make("bdi", "name", protocol.displayName(from)),
      make("span", "result-time", times.dateAndTime(time)),
    );
    const excerpt = make("span", "result-text");
    excerpt.append(
      ...excerptOf(text, words()).map((part) =>
        part.isFound ? make("mark", "", part.text) : part.text
      ),
    );
    excerpt.dir = "auto";
    const item = make("button", "result", head, excerpt);
    item.type = "button";
    item.addEventListener("click", () => jump(room, id));
    return make("li", "", item);
  }

  function jump(room: ChatRoom, id: number) {
    page.closeSide();
    page.showRoom(room);
    chat.locate(room, id, (key) => {
      if (key === undefined) return announce("This message is no longer stored");
      if (chat.rooms.shown === room) page.showEntry(key);
    });
  }

  function reset() {
    field.value = "";
    show();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    search();
  });
  field.addEventListener("input", show);
  form.addEventListener("keydown", onKey(field, list, reset));
  list.addEventListener("keydown", onKey(field, list, reset));
});

/** Arrow keys move through the results, and Escape ends the search. */
function onKey(field: HTMLInputElement, list: HTMLElement, reset: () => void) {
  return (event: KeyboardEvent) => {
    if (dom.isComposing(event)) return;
    if (event.key === "Escape" && field.value !== "") {
      event.preventDefault();
      reset();
      field.focus();
    }
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step === 0 || event.altKey) return;
    event.preventDefault();
    const stops = [field, ...list.querySelectorAll("button")];
    const index = stops.findIndex((stop) => stop === document.activeElement);
    stops[(index + step + stops.length) % stops.length]?.focus();
  };
}

function hash() {
  const sign = make("span", "hash", "#");
  sign.setAttribute("aria-hidden", "true");
  return sign;
}

function section(title: string, items: readonly HTMLElement[], note = "") {
  const head = make("div", "rooms-head", make("h2", "", title));
  const list = make("ul", "items", ...items);
  const text = make("p", "quiet-text", note);
  return [head, ...(items.length > 0 ? [list] : []), ...(note === "" ? [] : [text])];
}
