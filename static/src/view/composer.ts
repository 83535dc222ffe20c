/**
 * The message field: it grows with its text, keeps drafts and earlier lines, completes commands and names, and shows when
 * a text is too long.
 * @module
 */
import type { Suggestion, Suggestions, Vocabulary } from "../model/completion.ts";
import * as dom from "./dom.ts";
import * as completion from "../model/completion.ts";
import { createInputHistory } from "../model/input.ts";

export interface ComposerOptions {
  submit: (text: string) => boolean;
  vocabulary: () => Vocabulary;
  /** Returns the length and the limit of a text, in bytes. */
  measure: (text: string) => { used: number; limit: number };
  /** Stores the draft of the shown room. */
  draft: { load: () => string; save: (text: string) => void };
  announce: (text: string) => void;
}

/** The counter is shown from this share of the limit on. */
const NEAR_LIMIT = 0.8;

/** The maximum height of the field in px. Beyond it, the field scrolls. */
const MAX_HEIGHT = 192;

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

  /** Sets the text and the caret, as if the user had typed the text. */
  function set(text: string, caret: number = text.length) {
    field.value = text;
    field.setSelectionRange(caret, caret);
    onTextChange();
  }

  function onTextChange() {
    field.style.setProperty("height", "auto");
    field.style.setProperty("height", `${Math.min(field.scrollHeight, MAX_HEIGHT)}px`);
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

  /** @param requested Whether the user pressed Tab. */
  function suggest(requested: boolean) {
    const found = field.selectionStart === field.selectionEnd
      ? completion.suggest(field.value, field.selectionStart, vocabulary())
      : undefined;
    if (found === undefined || !(requested || found.eager)) return close();
    suggestions = found;
    active = found.items.length > 0 ? 0 : -1;
    options.replaceChildren(...found.items.map(optionOf));
    options.hidden = found.items.length === 0;
    hint.textContent = found.hint;
    hint.hidden = found.hint === "";
    palette.hidden = found.items.length === 0 && found.hint === "";
    highlight();
    const [only] = found.items;
    if (requested && only) announce(`${found.items.length} suggestions, ${only.label}`);
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
    const rest = value.slice(to).replace(/^ /, item.insert.endsWith(" ") ? "" : " ");
    close();
    set(value.slice(0, from) + item.insert + rest, from + item.insert.length);
    suggest(false);
  }

  function close() {
    suggestions = undefined;
    active = -1;
    palette.hidden = true;
    field.removeAttribute("aria-activedescendant");
  }

  /** Whether the text already is the selected suggestion. */
  function isComplete() {
    const item = suggestions?.items[active];
    if (suggestions === undefined || item === undefined) return true;
    const typed = field.value.slice(suggestions.from, suggestions.to);
    return item.insert.replace(/:? ?$/, "").toLowerCase() === typed.toLowerCase();
  }

  /** Handlers of keys. They return `false` to leave a key to the browser. */
  const keys: Record<string, (event: KeyboardEvent) => boolean> = {
    Enter(event) {
      if (event.shiftKey || event.altKey) return false;
      if (isComplete()) send();
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

  /** Moves through the suggestions, or through the earlier lines if there are no suggestions. */
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
    onTextChange();
    suggest(false);
  });
  field.addEventListener("blur", close);
  palette.addEventListener("mousedown", (event) => {
    event.preventDefault(); // keeps the focus in the field, even if the user drags the scroll bar
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
    field.focus();
  });
  globalThis.addEventListener("resize", onTextChange);
  set(draft.load());

  return {
    focus: () => field.focus(),
    set(text: string) {
      set(text);
      field.focus();
    },
    /** Loads the draft of the room that is shown now. */
    onRoomShown() {
      close();
      set(draft.load());
    },
    /** Starts a whisper, or turns the text into one. */
    whisper(name: string) {
      const text = field.value.replace(/^\/whisper\s+\S+\s*/i, "");
      set(`/whisper ${name} ${text.startsWith("/") ? "" : text}`);
      field.focus();
      suggest(false);
    },
    /** Updates the counter after the limits have changed. */
    refresh: count,
  };
}

/** Keys with a modifier belong to the browser: they move the caret or select text. */
function hasModifier({ shiftKey, ctrlKey, altKey, metaKey }: KeyboardEvent) {
  return shiftKey || ctrlKey || altKey || metaKey;
}
