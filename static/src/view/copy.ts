/**
 * Copies texts to the clipboard.
 * @module
 */
import * as dom from "./dom.ts";

/** How long a button says that the text was copied, in ms. */
const SHOWN = 1_500;

/** Copies a text. Returns whether the browser allowed it. */
export async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text); // pages over plain http have no clipboard
  }
}

function copyBySelection(text: string): boolean {
  const field = dom.make("textarea", "unseen");
  const focused = document.activeElement;
  field.value = text;
  document.body.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return copied;
}

/** A button that copies a text. */
export function copyButton(text: () => string, announce: (text: string) => void) {
  const button = dom.make("button", "tool copy", "Copy");
  button.type = "button";
  button.addEventListener("click", async () => {
    const result = await copy(text()) ? "Copied" : "Cannot copy";
    button.textContent = result;
    announce(result);
    setTimeout(() => button.textContent = "Copy", SHOWN);
  });
  return button;
}
