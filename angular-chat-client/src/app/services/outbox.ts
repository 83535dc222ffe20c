/**
 * What was said and is not acknowledged yet, in order. It outlives connections, and a reload of the page.
 *
 * Must never know a socket.
 * @module
 */

/** More than anybody types while a train is in a tunnel. */
export const OUTBOX_CAPACITY = 200;

export interface OutboxItem {
  /** The id under which it is sent, each time the same: the server says it once. */
  readonly ref: string;
  /** As it was typed. */
  readonly text: string;
  readonly room: string;
}

interface Waiting extends OutboxItem {
  /** The entry of the log that shows it. */
  readonly key: number;
  /** Whether it was sent on the connection that is open now. */
  flying: boolean;
}

export class Outbox {
  readonly #waiting = new Map<string, Waiting>();
  readonly #save: (text: string) => void;

  /** @param save Keeps what {@linkcode parseOutbox} takes. */
  constructor(save: (text: string) => void) {
    this.#save = save;
  }

  get full(): boolean {
    return this.#waiting.size >= OUTBOX_CAPACITY;
  }

  get items(): readonly Readonly<Waiting>[] {
    return [...this.#waiting.values()];
  }

  add(item: OutboxItem, key: number): void {
    this.#waiting.set(item.ref, { ...item, key, flying: false });
    this.#keep();
  }

  /** It was answered, one way or the other. Returns it if it was waiting for that. */
  settle(ref: string): Readonly<Waiting> | undefined {
    const item = this.#waiting.get(ref);
    if (item !== undefined && this.#waiting.delete(ref)) this.#keep();
    return item;
  }

  /** Sends what does not fly yet, until something cannot be sent. Returns the keys of what was. */
  flush(send: (item: OutboxItem) => boolean): readonly number[] {
    const sent: number[] = [];
    for (const item of this.#waiting.values()) {
      if (item.flying) continue;
      if (!send(item)) break;
      item.flying = true;
      sent.push(item.key);
    }
    return sent;
  }

  /** The connection is gone: all has to be sent again. Returns the keys. */
  ground(): readonly number[] {
    for (const item of this.#waiting.values()) item.flying = false;
    return this.items.map(({ key }) => key);
  }

  #keep(): void {
    this.#save(JSON.stringify(this.items.map(({ ref, text, room }) => ({ ref, text, room }))));
  }
}

/** What an outbox has kept; nothing if it cannot be read. */
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
