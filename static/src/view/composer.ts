/**
 * The place to type: grows with the text, remembers lines and the draft, completes commands and names, and says when a
 * text is too long.
 * @module
 */
import type { Suggestion, Suggestions, Vocabulary } from "../model/completion.ts";
import * as dom from "./dom.ts";
import * as completion from "../model/completion.ts";
import { createInputHistory } from "../model/input.ts";

export interface ComposerOptions {
  submit: (text: string) => boolean;
  vocabulary: () => Vocabulary;
  /** How long a text is, and may be, in bytes. */
  measure: (text: string) => { used: number; limit: number };
  /** What is being typed there. */
  draft: { load: () => string; save: (text: string) => void };
  announce: (text: string) => void;
}

export type ComposerView = ReturnType<typeof createComposer>;

/** From this share of the limit on, one is told how much is left. */
const NEAR_LIMIT = 0.8;

/** Lines that are shown before the field scrolls, in px. */
const TALLEST = 192;

export function createComposer({ submit, vocabulary, measure, draft, announce }: ComposerOptions) {
  const form = dom.byId("composer", HTMLFormElement);
  const field = dom.byId("text", HTMLTextAreaElement);
  const counter = dom.byId("counter", HTMLElement);
  const palette = dom.byId("palette", HTMLElement);
  const options = dom.byId("palette-options", HTMLElement);
  const hint = dom.byId("palette-hint", HTMLElement);
  const history = createInputHistory();
  let suggestions: Suggestions | undefined;
  let active = -1;
  let tooLong = false;

  /** Puts a text into the field, as if it had been typed, and the caret at a place in it. */
  function set(text: string, caret: number = text.length) {
    field.value = text;
    field.setSelectionRange(caret, caret);
    react();
  }

  function react() {
    field.style.setProperty("height", "auto");
    field.style.setProperty("height", `${Math.min(field.scrollHeight, TALLEST)}px`);
    count();
    draft.save(field.value);
  }

  function count() {
    const { used, limit } = measure(field.value);
    tooLong = used > limit;
    const left = Math.abs(limit - used).toLocaleString();
    counter.hidden = used < limit * NEAR_LIMIT;
    counter.classList.toggle("over", tooLong);
    counter.textContent = tooLong ? `${left} bytes too long` : `${left} bytes left`;
    field.setAttribute("aria-invalid", String(tooLong));
  }

  function send() {
    const text = field.value;
    if (text.trim() === "") return;
    if (tooLong) return announce(counter.textContent ?? "");
    if (!submit(text)) return;
    history.add(text);
    close();
    set("");
  }

  /** @param asked Whether the reader asked for suggestions, or merely typed. */
  function suggest(asked: boolean) {
    const found = field.selectionStart === field.selectionEnd
      ? completion.suggest(field.value, field.selectionStart, vocabulary())
      : undefined;
    if (found === undefined || !(asked || found.eager)) return close();
    suggestions = found;
    active = found.items.length > 0 ? 0 : -1;
    options.replaceChildren(...found.items.map(optionOf));
    options.hidden = found.items.length === 0;
    hint.textContent = found.hint;
    hint.hidden = found.hint === "";
    palette.hidden = found.items.length === 0 && found.hint === "";
    highlight();
    const [only] = found.items;
    if (asked && only) announce(`${found.items.length} suggestions, ${only.label}`);
    else if (found.hint !== "" && found.items.length === 0) announce(found.hint);
  }

  function optionOf({ label, detail }: Suggestion, index: number) {
    const option = dom.make("li", "", dom.make("bdi", "", label));
    if (detail !== "") option.append(dom.make("span", "", detail));
    option.id = `option-${index}`;
    option.setAttribute("role", "option");
    option.addEventListener("mousedown", () => accept(index));
    return option;
  }

  function highlight() {
    [...options.children].forEach((option, index) => {
      option.setAttribute("aria-selected", String(index === active));
      if (index === active) option.scrollIntoView({ block: "nearest" });
    });
    if (active < 0) field.removeAttribute("aria-activedescendant");
    else field.setAttribute("aria-activedescendant", `option-${active}`);
  }

  function accept(index: number) {
    const item = suggestions?.items[index];
    if (suggestions === undefined || item === undefined) return;
    const { from, to } = suggestions;
    const { value } = field;
    const behind = value.slice(to).replace(/^ /, item.insert.endsWith(" ") ? "" : " ");
    close();
    set(value.slice(0, from) + item.insert + behind, from + item.insert.length);
    suggest(false);
  }

  function close() {
    suggestions = undefined;
    active = -1;
    palette.hidden = true;
    field.removeAttribute("aria-activedescendant");
  }

  /** Whether what stands there is already what would be put there. */
  function complete() {
    const item = suggestions?.items[active];
    if (suggestions === undefined || item === undefined) return true;
    const typed = field.value.slice(suggestions.from, suggestions.to);
    return item.insert.replace(/:? ?$/, "").toLowerCase() === typed.toLowerCase();
  }

  /** What a key does; `false` if it does what it always does. */
  const keys: Record<string, (event: KeyboardEvent) => boolean> = {
    Enter(event) {
      if (event.shiftKey || event.altKey) return false;
      if (complete()) send();
      else accept(active);
      return true;
    },
    Tab(event) {
      if (hasModifier(event)) return false;
      const open = suggestions;
      if (open === undefined || open.items.length === 0) suggest(true);
      if (suggestions === undefined || suggestions.items.length === 0) return false;
      if (open?.items.length || suggestions.items.length === 1) accept(active);
      return true;
    },
    Escape() {
      if (palette.hidden) return false;
      close();
      return true;
    },
    ArrowUp: (event) => !hasModifier(event) && move(-1),
    ArrowDown: (event) => !hasModifier(event) && move(1),
  };

  /** Through the suggestions if there are some, else through the history. */
  function move(step: 1 | -1) {
    const items = suggestions?.items.length ?? 0;
    if (items > 0) {
      active = (active + step + items) % items;
      highlight();
      return true;
    }
    const { value, selectionStart, selectionEnd } = field;
    if (selectionStart !== selectionEnd) return false;
    const beyond = step < 0 ? value.slice(0, selectionStart) : value.slice(selectionStart);
    if (beyond.includes("\n")) return false;
    const line = step < 0 ? history.older(value) : history.newer();
    if (line === undefined) return false;
    close();
    set(line);
    return true;
  }

  field.addEventListener("keydown", (event) => {
    if (dom.isComposing(event) || !Object.hasOwn(keys, event.key)) return;
    if (keys[event.key]?.(event)) event.preventDefault();
  });
  field.addEventListener("input", () => {
    react();
    suggest(false);
  });
  field.addEventListener("blur", close);
  palette.addEventListener("mousedown", (event) => {
    event.preventDefault(); // the caret stays in the field, also of who drags the scroll bar
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
    field.focus();
  });
  globalThis.addEventListener("resize", react);
  set(draft.load());

  return {
    focus: () => field.focus(),
    set(text: string) {
      set(text);
      field.focus();
    },
    /** Another room is written to: brings back what was being typed there. */
    turn() {
      close();
      set(draft.load());
    },
    /** Begins a whisper, or makes one of what is typed. */
    whisper(name: string) {
      const begun = field.value.replace(/^\/whisper\s+\S+\s*/i, "");
      set(`/whisper ${name} ${begun.startsWith("/") ? "" : begun}`);
      field.focus();
      suggest(false);
    },
    /** The limits, or who is here, may have changed. */
    refresh: count,
  };
}

/** With one of these, a key moves the caret or selects text, or belongs to the browser. */
function hasModifier({ shiftKey, ctrlKey, altKey, metaKey }: KeyboardEvent) {
  return shiftKey || ctrlKey || altKey || metaKey;
}
