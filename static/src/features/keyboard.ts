/**
 * Keys that work everywhere on the page: Ctrl K (or Command K) goes to the search field, Ctrl / shows all keys, and so does
 * `?` outside of fields.
 * @module
 */
import * as dom from "../view/dom.ts";
import { addFeature } from "../view/features.ts";

/** Apple keyboards have Command where others have Ctrl. */
const IS_APPLE = /^(Mac|iP)/.test(navigator.platform);

addFeature(({ openSide }) => {
  const help = dom.byId("keys-dialog", HTMLDialogElement);
  const search = dom.byId("search-field", HTMLInputElement);
  if (IS_APPLE) {
    for (const key of document.querySelectorAll("kbd")) {
      key.textContent = (key.textContent ?? "").replace("Ctrl", "\u2318").replace("Alt", "\u2325");
    }
  }

  document.addEventListener("keydown", (event) => {
    if (dom.isComposing(event) || document.querySelector("dialog[open]")) return;
    const isCommand = IS_APPLE ? event.metaKey : event.ctrlKey;
    if (isCommand && event.key.toLowerCase() === "k") {
      event.preventDefault();
      openSide();
      search.select();
    } else if (isCommand && event.key === "/" || event.key === "?" && !isField(event.target)) {
      event.preventDefault();
      help.showModal();
    }
  });
});

function isField(target: EventTarget | null) {
  return target instanceof HTMLTextAreaElement || target instanceof HTMLInputElement;
}
