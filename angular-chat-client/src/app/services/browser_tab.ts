/**
 * Identifies the browser tab. A reloaded tab keeps its identity. A duplicated tab gets a new one, although the browser
 * copies the session storage of the original into it.
 * @module
 */
import type { Memory } from "./environment";
import { createRef } from "./requests";

/** The time that another tab has to answer, in ms. A page whose tab crashed before waits this long. */
export const ANSWER_TIMEOUT = 250;

/** A channel between the tabs of one site. */
export type TabChannel = Pick<BroadcastChannel, "postMessage" | "addEventListener">;

type Message = Readonly<Record<string, unknown>>;

export class BrowserTab {
  readonly #memory: Memory;
  readonly #channel: TabChannel | undefined;
  #id = "";

  /**
   * @param memory Session storage: a duplicated tab starts with a copy of it.
   * @param channel `undefined` if the browser has none; then duplicated tabs are not recognized.
   */
  constructor(memory: Memory, channel: TabChannel | undefined) {
    this.#memory = memory;
    this.#channel = channel;
  }

  /**
   * Finds out whether this tab is a copy of another one that is still open. It waits for other tabs only if the last page
   * with this id was not closed: because it crashed, or because it is open in the other tab.
   */
  async claim(): Promise<boolean> {
    const { id, isOpen } = parse(this.#memory.get("tab"));
    const isCopy = id !== "" && isOpen && await this.#isHeld(id);
    this.#id = isCopy || id === "" ? createRef() : id;
    this.#save(true);
    this.#channel?.addEventListener("message", ({ data }) => {
      if ((data as Message)["asks"] === this.#id) this.#post({ holds: this.#id });
    });
    return isCopy;
  }

  /** Called when the page is closed or reloaded. */
  onHide(): void {
    this.#save(false);
  }

  /** Called when the browser restores the page from its cache. */
  onRestore(): void {
    this.#save(true);
  }

  /** Whether another tab has this id. */
  #isHeld(id: string): Promise<boolean> {
    return new Promise((resolve) => {
      this.#channel?.addEventListener("message", ({ data }) => {
        if ((data as Message)["holds"] === id) resolve(true);
      });
      this.#post({ asks: id });
      setTimeout(() => resolve(false), this.#channel === undefined ? 0 : ANSWER_TIMEOUT);
    });
  }

  #post(message: Message): void {
    this.#channel?.postMessage(message);
  }

  #save(isOpen: boolean): void {
    this.#memory.set("tab", JSON.stringify({ id: this.#id, isOpen }));
  }
}

function parse(text: string | null): { readonly id: string; readonly isOpen: boolean } {
  try {
    const { id, isOpen } = JSON.parse(text ?? "") as Message;
    if (typeof id === "string") return { id, isOpen: isOpen === true };
  } catch {
    // Nothing is stored, or it is broken.
  }
  return { id: "", isOpen: false };
}

/** Claims the tab of this page. Returns whether it is a copy. */
export function claimTab(window: Window & typeof globalThis, memory: Memory): Promise<boolean> {
  const channel = "BroadcastChannel" in window
    ? new window.BroadcastChannel("backchannel.angular.tab")
    : undefined;
  const tab = new BrowserTab(memory, channel);
  window.addEventListener("pagehide", () => tab.onHide());
  window.addEventListener("pageshow", ({ persisted }) => persisted && tab.onRestore());
  return tab.claim();
}
