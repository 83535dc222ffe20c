/**
 * Which tab of the browser this is. A reload is the same tab; a duplicate is another, although the browser copies into it
 * everything that it has stored for the first.
 * @module
 */

/** What the tabs of one site hear of each other. */
export interface TabChannel {
  post: (message: unknown) => void;
  listen: (hear: (message: unknown) => void) => void;
}

export interface BrowserTabOptions {
  /** Of this tab, and of its copies. */
  memory: { load: () => string | null; save: (text: string) => void };
  /** `undefined` if the browser has none; then no copy is recognized. */
  channel: TabChannel | undefined;
  /** Runs something later; returns what cancels that. */
  after: (ms: number, run: () => void) => () => void;
  createId: () => string;
}

/** How long another tab of this browser may take to answer, in ms. A page that was not closed properly waits so long. */
export const ANSWER_WITHIN = 250;

export function createBrowserTab({ memory, channel, after, createId }: BrowserTabOptions) {
  let id = "";

  /** @param isOpen Whether a page in this tab has the id now. */
  function keep(isOpen: boolean) {
    memory.save(JSON.stringify({ id, isOpen }));
  }

  function take(mine: string) {
    id = mine;
    keep(true);
    channel?.listen((message) => {
      if (isAsking(message, id)) channel.post({ isHere: id });
    });
  }

  return {
    /**
     * Finds out whether this tab is a copy of one that is still open, and calls `done`: at once, unless the last page in
     * this tab was not closed, because it crashed or because it is that other one.
     */
    claim(done: (isCopy: boolean) => void) {
      const { id: before, isOpen } = parse(memory.load());
      if (before === "" || !isOpen || channel === undefined) {
        take(before || createId());
        return done(false);
      }
      let isDecided = false;
      const decide = (isCopy: boolean) => {
        if (isDecided) return;
        isDecided = true;
        cancel();
        take(isCopy ? createId() : before);
        done(isCopy);
      };
      const cancel = after(ANSWER_WITHIN, () => decide(false));
      channel.listen((message) => {
        if (isHere(message, before)) decide(true);
      });
      channel.post({ isAnybody: before });
    },
    /** The page goes, perhaps to be loaded again. */
    leave: () => keep(false),
    /** The page is back as it was. */
    comeBack: () => keep(true),
  };
}

function isAsking(message: unknown, id: string) {
  return Object(message).isAnybody === id;
}

function isHere(message: unknown, id: string) {
  return Object(message).isHere === id;
}

function parse(text: string | null): { id: string; isOpen: boolean } {
  try {
    const { id, isOpen } = JSON.parse(text ?? "");
    if (typeof id === "string") return { id, isOpen: isOpen === true };
  } catch {
    // There is none, or it is broken.
  }
  return { id: "", isOpen: false };
}
