/**
 * The dialogs for the name, the room and, on a page that was opened from disk, the server.
 * @module
 */
import type { RoomFacts } from "../net/protocol.ts";
import { people } from "../model/reply_handlers.ts";
import * as dom from "./dom.ts";
import * as protocol from "../net/protocol.ts";

export function createNameDialog(
  { choose, decline }: { choose: (name: string) => void; decline: () => void },
) {
  const dialog = dom.byId("name-dialog", HTMLDialogElement);
  const field = dom.byId("name-field", HTMLInputElement);
  const rules = dom.byId("name-rules", HTMLElement);
  const join = dom.byId("name-join", HTMLButtonElement);
  const later = dom.byId("name-later", HTMLButtonElement);
  const showProblem = createProblem(field, "name-problem");

  dialog.addEventListener("submit", (event) => {
    event.preventDefault();
    const name = field.value.trim();
    if (name === "") return showProblem("Enter a name");
    join.disabled = true;
    choose(name);
  });
  // The Escape key.
  dialog.addEventListener("cancel", decline);
  later.addEventListener("click", () => {
    dialog.close();
    decline();
  });

  return {
    /**
     * @param question.name The text in the field.
     * @param question.problem The reason why the last name was refused.
     * @param question.named Whether the user has a name.
     */
    open(
      { name, problem, rules: text, named }: {
        name: string;
        problem: string;
        rules: string;
        named: boolean;
      },
    ) {
      rules.textContent = text;
      dom.byId("name-title", HTMLElement).textContent = named
        ? "Change your name"
        : "Choose a name";
      later.textContent = named ? "Keep the current name" : "Continue without a name";
      join.textContent = named ? "Change" : "Join";
      join.disabled = false;
      if (!dialog.open) {
        field.value = name;
        dialog.showModal();
        field.select();
      } else if (field.value === "") field.value = name;
      showProblem(problem);
      if (problem !== "") field.focus();
    },
    /** Closes the dialog after the server gave the name, or when the connection is lost. */
    close() {
      dialog.close();
    },
  };
}

/** @param options.requestRooms Requests the list of rooms. */
export function createRoomDialog(
  { join, requestRooms }: { join: (name: string) => void; requestRooms: () => void },
) {
  const dialog = dom.byId("room-dialog", HTMLDialogElement);
  const field = dom.byId("room-field", HTMLInputElement);
  const list = dom.byId("room-list", HTMLElement);
  const showProblem = createProblem(field, "room-problem");

  dialog.addEventListener("submit", (event) => {
    event.preventDefault();
    const name = field.value.trim();
    if (name === "") showProblem("Enter the name of a room");
    else join(name);
  });
  dom.byId("room-cancel", HTMLButtonElement).addEventListener("click", () => dialog.close());

  function itemOf({ name, topic, users }: RoomFacts) {
    const label = dom.make("span", "user-label", dom.make("bdi", "name", name));
    if (topic) label.append(dom.make("bdi", "about", topic));
    const button = dom.make("button", "person", label, dom.make("span", "count", people(users)));
    button.type = "button";
    button.addEventListener("click", () => join(name));
    return dom.make("li", "", button);
  }

  return {
    get open() {
      return dialog.open;
    },
    show() {
      field.value = "";
      showProblem("");
      dialog.showModal();
      requestRooms();
    },
    /** Shows why the room could not be entered. */
    refuse(problem: string) {
      showProblem(problem);
      field.focus();
    },
    /** Shows the list of rooms. */
    fill(rooms: readonly RoomFacts[]) {
      list.replaceChildren(...rooms.map(itemOf));
    },
    close() {
      dialog.close();
    },
  };
}

export function createServerDialog(connect: (url: string) => void) {
  const dialog = dom.byId("server-dialog", HTMLDialogElement);
  const field = dom.byId("server-field", HTMLInputElement);
  const memory = dom.store("local", "server");
  const showProblem = createProblem(field, "server-problem");

  dialog.addEventListener("submit", (event) => {
    event.preventDefault();
    const url = protocol.parseServer(field.value);
    if (url === undefined) return showProblem("This is not an address. Example: ws://host:port");
    memory.save(field.value.trim());
    dialog.close();
    connect(url);
  });

  return {
    open(problem = "") {
      field.value ||= memory.load() ?? protocol.DEFAULT_SERVER;
      if (!dialog.open) dialog.showModal();
      field.select();
      showProblem(problem);
    },
  };
}

/** The line below a field that shows what is wrong with its value. */
export function createProblem(field: HTMLInputElement, id: string) {
  const line = dom.byId(id, HTMLElement);
  field.addEventListener("input", () => show(""));

  function show(problem: string) {
    const text = problem.replace(/^Error: /, "");
    line.textContent = text;
    line.hidden = text === "";
    field.setAttribute("aria-invalid", String(text !== ""));
  }
  return show;
}
