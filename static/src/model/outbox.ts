/**
 * What was said and is not acknowledged yet, in order. It outlives connections, and a reload of the page.
 * @module
 */

export interface Unsent {
  /** The id under which it is sent, each time the same. */
  ref: string;
  /** As it was typed. */
  text: string;
  /** Where. */
  room: string;
  /** When it was typed. */
  time: number;
  /** Whether it was sent on the connection that is open now. */
  flying?: boolean;
  /** Whether it was sent on one before: the server may have it already. */
  again?: boolean;
}

export type OutboxStore = ReturnType<typeof createOutbox>;

/** More than anybody types while a train is in a tunnel. */
export const CAPACITY = 200;

export function createOutbox(
  { load, save }: { load: () => string | null; save: (text: string) => void },
) {
  const waiting: Map<string, Unsent> = new Map(parse(load()).map((item) => [item.ref, item]));

  function keep() {
    const items = [...waiting.values()];
    save(JSON.stringify(items.map(({ ref, text, room, time }) => ({ ref, text, room, time }))));
  }

  return {
    get full() {
      return waiting.size >= CAPACITY;
    },
    get size() {
      return waiting.size;
    },
    get(ref: string | null) {
      return ref === null ? undefined : waiting.get(ref);
    },
    add(item: Unsent) {
      waiting.set(item.ref, item);
      keep();
    },
    /** It was answered, one way or the other. Says whether it was waiting for that. */
    settle(ref: string | null) {
      if (ref === null || !waiting.delete(ref)) return false;
      keep();
      return true;
    },
    /** The connection is gone: everything has to be sent again. */
    ground() {
      for (const item of waiting.values()) {
        item.again ||= item.flying === true;
        item.flying = false;
      }
    },
    all() {
      return [...waiting.values()];
    },
  };
}

function parse(text: string | null): Unsent[] {
  try {
    const items = JSON.parse(text ?? "[]");
    if (!Array.isArray(items)) return [];
    // Whether any of it was sent before is not known.
    return items.filter(isUnsent).map((item) => ({ ...item, again: true }));
  } catch {
    return [];
  }
}

function isUnsent(value: unknown): value is Unsent {
  const { ref, text, room, time } = Object(value);
  return [ref, text, room].every((member) => typeof member === "string") &&
    typeof time === "number";
}
