/**
 * Messages that the server has not acknowledged yet, in order. They survive lost connections and reloads of the page.
 * @module
 */

export interface Unsent {
  /** The `id` of the request, the same every time it is sent. */
  ref: string;
  /** The line as the user typed it. */
  text: string;
  /** The name of the room. */
  room: string;
  /** The time when the user sent it. */
  time: number;
  /** Whether it was sent on the current connection. */
  inFlight?: boolean;
  /** Whether it was sent on an earlier connection, so that the server may have it already. */
  sentBefore?: boolean;
}

export type Outbox = ReturnType<typeof createOutbox>;

/** The maximum number of messages: more than anybody types while offline. */
export const CAPACITY = 200;

export function createOutbox(
  { load, save }: { load: () => string | null; save: (text: string) => void },
) {
  const unsent: Map<string, Unsent> = new Map(parse(load()).map((item) => [item.ref, item]));

  function store() {
    const items = [...unsent.values()];
    save(JSON.stringify(items.map(({ ref, text, room, time }) => ({ ref, text, room, time }))));
  }

  return {
    get full() {
      return unsent.size >= CAPACITY;
    },
    get size() {
      return unsent.size;
    },
    get(ref: string | null) {
      return ref === null ? undefined : unsent.get(ref);
    },
    add(item: Unsent) {
      unsent.set(item.ref, item);
      store();
    },
    /** Removes a message that the server acknowledged or refused. Returns whether it was there. */
    remove(ref: string | null) {
      if (ref === null || !unsent.delete(ref)) return false;
      store();
      return true;
    },
    /** Marks all messages to be sent again on the next connection. */
    connectionLost() {
      for (const item of unsent.values()) {
        item.sentBefore ||= item.inFlight === true;
        item.inFlight = false;
      }
    },
    all() {
      return [...unsent.values()];
    },
  };
}

function parse(text: string | null): Unsent[] {
  try {
    const items = JSON.parse(text ?? "[]");
    if (!Array.isArray(items)) return [];
    // The stored list does not tell which of them were sent, so all may have been.
    return items.filter(isUnsent).map((item) => ({ ...item, sentBefore: true }));
  } catch {
    return [];
  }
}

function isUnsent(value: unknown): value is Unsent {
  const { ref, text, room, time } = Object(value);
  return [ref, text, room].every((member) => typeof member === "string") &&
    typeof time === "number";
}
