/**
 * Messages that the server has not acknowledged yet, in order. They survive lost connections and reloads of the page.
 * @module
 */

/** The maximum number of messages: more than anybody types while offline. */
export const OUTBOX_CAPACITY = 200;

export interface OutboxItem {
  /** The `id` of the request, the same every time it is sent, so that the server delivers it once. */
  readonly ref: string;
  /** The line as the user typed it. */
  readonly text: string;
  readonly room: string;
}

interface Unsent extends OutboxItem {
  /** The key of its entry in the log. */
  readonly key: number;
  /** Whether it was sent on the current connection. */
  inFlight: boolean;
}

export class Outbox {
  readonly #items = new Map<string, Unsent>();
  readonly #save: (text: string) => void;

  /** @param save Stores a text that {@linkcode parseOutbox} reads. */
  constructor(save: (text: string) => void) {
    this.#save = save;
  }

  get full(): boolean {
    return this.#items.size >= OUTBOX_CAPACITY;
  }

  get items(): readonly Readonly<Unsent>[] {
    return [...this.#items.values()];
  }

  add(item: OutboxItem, key: number): void {
    this.#items.set(item.ref, { ...item, key, inFlight: false });
    this.#store();
  }

  /** Removes and returns a message that the server acknowledged or refused. */
  remove(ref: string): Readonly<Unsent> | undefined {
    const item = this.#items.get(ref);
    if (item !== undefined && this.#items.delete(ref)) this.#store();
    return item;
  }

  /** Sends messages that are not in flight, until sending fails. Returns the keys of those that were sent. */
  flush(send: (item: OutboxItem) => boolean): readonly number[] {
    const sent: number[] = [];
    for (const item of this.#items.values()) {
      if (item.inFlight) continue;
      if (!send(item)) break;
      item.inFlight = true;
      sent.push(item.key);
    }
    return sent;
  }

  /** Marks all messages to be sent again. Returns their keys. */
  connectionLost(): readonly number[] {
    for (const item of this.#items.values()) item.inFlight = false;
    return this.items.map(({ key }) => key);
  }

  #store(): void {
    this.#save(JSON.stringify(this.items.map(({ ref, text, room }) => ({ ref, text, room }))));
  }
}

/** Reads a stored outbox. It is empty if the text is broken. */
export function parseOutbox(text: string | null): readonly OutboxItem[] {
  try {
    const items: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(items) ? items.filter(isItem) : [];
  } catch {
    return [];
  }
}

function isItem(value: unknown): value is OutboxItem {
  if (typeof value !== "object" || value === null) return false;
  const { ref, text, room } = value as Readonly<Record<string, unknown>>;
  return [ref, text, room].every((member) => typeof member === "string");
}
