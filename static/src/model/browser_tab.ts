/**
 * Identifies the browser tab. A reloaded tab keeps its identity. A duplicated tab gets a new one, although the browser
 * copies the session storage of the original into it.
 * @module
 */

/** A channel between the tabs of one site. */
export interface TabChannel {
  post: (message: unknown) => void;
  listen: (onMessage: (message: unknown) => void) => void;
}

export interface BrowserTabOptions {
  /** Session storage: a duplicated tab starts with a copy of it. */
  memory: { load: () => string | null; save: (text: string) => void };
  /** `undefined` if the browser has none; then duplicated tabs are not recognized. */
  channel: TabChannel | undefined;
  /** Calls `run` after a time. Returns a function that cancels it. */
  after: (ms: number, run: () => void) => () => void;
  createId: () => string;
}

/** The time that another tab has to answer, in ms. A page whose tab crashed before waits this long. */
export const ANSWER_TIMEOUT = 250;

export function createBrowserTab({ memory, channel, after, createId }: BrowserTabOptions) {
  let id = "";

  /** @param isOpen Whether a page with this id is open. */
  function save(isOpen: boolean) {
    memory.save(JSON.stringify({ id, isOpen }));
  }

  /** Uses an id, and answers other tabs that ask for it. */
  function use(ownId: string) {
    id = ownId;
    save(true);
    channel?.listen((message) => {
      if (isQuestion(message, id)) channel.post({ holds: id });
    });
  }

  return {
    /**
     * Finds out whether this tab is a copy of another one that is still open, and calls `done`. It waits for other tabs
     * only if the last page with this id was not closed: because it crashed, or because it is open in the other tab.
     */
    claim(done: (isCopy: boolean) => void) {
      const { id: before, isOpen } = parse(memory.load());
      if (before === "" || !isOpen || channel === undefined) {
        use(before || createId());
        return done(false);
      }
      let isDecided = false;
      const decide = (isCopy: boolean) => {
        if (isDecided) return;
        isDecided = true;
        cancel();
        use(isCopy ? createId() : before);
        done(isCopy);
      };
      const cancel = after(ANSWER_TIMEOUT, () => decide(false));
      channel.listen((message) => {
        if (isAnswer(message, before)) decide(true);
      });
      channel.post({ asks: before });
    },
    /** Called when the page is closed or reloaded. */
    onHide: () => save(false),
    /** Called when the browser restores the page from its cache. */
    onRestore: () => save(true),
  };
}

function isQuestion(message: unknown, id: string) {
  return Object(message).asks === id;
}

function isAnswer(message: unknown, id: string) {
  return Object(message).holds === id;
}

function parse(text: string | null): { id: string; isOpen: boolean } {
  try {
    const { id, isOpen } = JSON.parse(text ?? "");
    if (typeof id === "string") return { id, isOpen: isOpen === true };
  } catch {
    // Nothing is stored, or it is broken.
  }
  return { id: "", isOpen: false };
}
