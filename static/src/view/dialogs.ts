/**
 * The questions that the page asks: under which name, to which room, and, when it was opened from disk, which server.
 * @module
 */
import type { RoomFacts } from "../net/protocol.ts";
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
    if (name === "") return showProblem("A name has at least one character");
    join.disabled = true;
    choose(name);
  });
  // Escape, and the other button.
  dialog.addEventListener("cancel", decline);
  later.addEventListener("click", () => {
    dialog.close();
    decline();
  });

  return {
    /**
     * @param question.name What is in the field.
     * @param question.problem What was wrong with the last answer.
     * @param question.named Whether there is a name already.
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
        : "What is your name?";
      later.textContent = named ? "Keep the old one" : "Stay nameless";
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
    /** The name was taken, or nobody is there to take it. */
    close() {
      dialog.close();
    },
  };
}

/** @param options.ask Asks which rooms there are. */
export function createRoomDialog({ join, ask }: { join: (name: string) => void; ask: () => void }) {
  const dialog = dom.byId("room-dialog", HTMLDialogElement);
  const field = dom.byId("room-field", HTMLInputElement);
  const list = dom.byId("room-list", HTMLElement);
  const showProblem = createProblem(field, "room-problem");

  dialog.addEventListener("submit", (event) => {
    event.preventDefault();
    const name = field.value.trim();
    if (name === "") showProblem("A room has a name of at least one character");
    else join(name);
  });
  dom.byId("room-cancel", HTMLButtonElement).addEventListener("click", () => dialog.close());

  function itemOf({ name, topic, users }: RoomFacts) {
    const people = users === 0
      ? "nobody now"
      : users === 1
      ? "1 person"
      : `${users.toLocaleString()} people`;
    const label = dom.make("span", "whom", dom.make("bdi", "name", name));
    if (topic) label.append(dom.make("bdi", "about", topic));
    const button = dom.make("button", "person", label, dom.make("span", "count", people));
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
      ask();
    },
    /** What is wrong with the room that was asked for. */
    refuse(problem: string) {
      showProblem(problem);
      field.focus();
    },
    /** Which rooms there are. */
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
    if (url === undefined) return showProblem("That is no address, try ws://host:port");
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

/** The line under a field that says what is wrong with what is in it. */
function createProblem(field: HTMLInputElement, id: string) {
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
