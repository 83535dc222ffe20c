/**
 * Which tab of the browser this is. A reload is the same tab; a duplicate is another, although the browser copies into it
 * everything that it has stored for the first.
 * @module
 */
import type { Memory } from "./environment";
import { createRef } from "./requests";

/** How long another tab of this browser may take to answer, in ms. A page that was not closed properly waits so long. */
export const ANSWER_WITHIN = 250;

/** What the tabs of one site hear of each other. */
export type TabChannel = Pick<BroadcastChannel, "postMessage" | "addEventListener">;

type Message = Readonly<Record<string, unknown>>;

export class BrowserTab {
  readonly #memory: Memory;
  readonly #channel: TabChannel | undefined;
  #id = "";

  /**
   * @param memory Of this tab, and of its copies.
   * @param channel `undefined` if the browser has none; then no copy is recognized.
   */
  constructor(memory: Memory, channel: TabChannel | undefined) {
    this.#memory = memory;
    this.#channel = channel;
  }

  /**
   * Finds out whether this tab is a copy of one that is still open. That takes time only if the last page in this tab was
   * not closed, because it crashed or because it is that other one.
   */
  async claim(): Promise<boolean> {
    const { id, isOpen } = parse(this.#memory.get("tab"));
    const isCopy = id !== "" && isOpen && await this.#isHeld(id);
    this.#id = isCopy || id === "" ? createRef() : id;
    this.#keep(true);
    this.#channel?.addEventListener("message", ({ data }) => {
      if ((data as Message)["isAnybody"] === this.#id) this.#post({ isHere: this.#id });
    });
    return isCopy;
  }

  /** The page goes, perhaps to be loaded again. */
  leave(): void {
    this.#keep(false);
  }

  /** The page is back as it was. */
  comeBack(): void {
    this.#keep(true);
  }

  /** Whether another tab has this id. */
  #isHeld(id: string): Promise<boolean> {
    return new Promise((resolve) => {
      this.#channel?.addEventListener("message", ({ data }) => {
        if ((data as Message)["isHere"] === id) resolve(true);
      });
      this.#post({ isAnybody: id });
      setTimeout(() => resolve(false), this.#channel === undefined ? 0 : ANSWER_WITHIN);
    });
  }

  #post(message: Message): void {
    this.#channel?.postMessage(message);
  }

  #keep(isOpen: boolean): void {
    this.#memory.set("tab", JSON.stringify({ id: this.#id, isOpen }));
  }
}

function parse(text: string | null): { readonly id: string; readonly isOpen: boolean } {
  try {
    const { id, isOpen } = JSON.parse(text ?? "") as Message;
    if (typeof id === "string") return { id, isOpen: isOpen === true };
  } catch {
    // There is none, or it is broken.
  }
  return { id: "", isOpen: false };
}

/** Claims the tab of this page. Says whether it is a copy. */
export function claimTab(window: Window & typeof globalThis, memory: Memory): Promise<boolean> {
  const channel = "BroadcastChannel" in window
    ? new window.BroadcastChannel("backchannel.angular.tab")
    : undefined;
  const tab = new BrowserTab(memory, channel);
  window.addEventListener("pagehide", () => tab.leave());
  window.addEventListener("pageshow", ({ persisted }) => persisted && tab.comeBack());
  return tab.claim();
}
