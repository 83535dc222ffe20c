/**
 * Messages that the server has not acknowledged yet, in order. They survive lost connections and, if they are stored,
 * the client itself.
 * @module
 */
import type { Memory } from "./environment.ts";
import type { Request } from "./requests.ts";

/** A request that reaches its recipients once, however often it is sent: the server recognizes its id. */
export type UnsentRequest = Extract<Request, { readonly text: string }>;

/** A message that is not acknowledged. */
export interface Unsent {
  /** The `id` of the request, the same every time it is sent. */
  readonly id: string;
  /** What is sent. */
  readonly request: UnsentRequest;
  /** When it was handed in, in ms, as of the clock of the client. */
  readonly time: number;
  /** A note of the program, which is stored with the message. */
  readonly tag: string | undefined;
  /** Whether it was sent on the current connection. */
  readonly inFlight: boolean;
  /** Whether it was sent on an earlier connection, so that the server may have it already. */
  readonly sentBefore: boolean;
}

type Item = { -readonly [Key in keyof Unsent]: Unsent[Key] };

/** The maximum number of messages, by default: more than anybody types while offline. */
export const MAX_UNSENT = 200;

export class Outbox {
  readonly #items = new Map<string, Item>();
  readonly #memory: Memory | undefined;
  readonly #capacity: number;

  /** Starts with the messages in the memory. */
  constructor(memory: Memory | undefined, capacity: number = MAX_UNSENT) {
    this.#memory = memory;
    this.#capacity = capacity;
    for (const item of parse(memory?.load() ?? null).slice(0, capacity)) {
      this.#items.set(item.id, item);
    }
  }

  get isFull(): boolean {
    return this.#items.size >= this.#capacity;
  }

  get all(): readonly Unsent[] {
    return [...this.#items.values()];
  }

  get(id: string | null): Unsent | undefined {
    return id === null ? undefined : this.#items.get(id);
  }

  add(item: Pick<Unsent, "id" | "request" | "time" | "tag">): Unsent {
    const added = { ...item, inFlight: false, sentBefore: false };
    this.#items.set(item.id, added);
    this.#store();
    return added;
  }

  /** Removes a message that the server acknowledged or refused. Returns it, if it was there. */
  remove(id: string | null): Unsent | undefined {
    const item = this.get(id);
    if (item === undefined) return undefined;
    this.#items.delete(item.id);
    this.#store();
    return item;
  }

  /**
   * Sends the messages that are not in flight, in order, until one cannot be sent.
   *
   * @param send Returns whether the message was sent.
   * @returns The messages that were sent.
   */
  flush(mayGo: (item: Unsent) => boolean, send: (item: Unsent) => boolean): readonly Unsent[] {
    const sent: Unsent[] = [];
    for (const item of this.#items.values()) {
      if (item.inFlight || !mayGo(item)) continue;
      if (!send(item)) break;
      item.inFlight = true;
      sent.push(item);
    }
    return sent;
  }

  /** Marks all messages to be sent again on the next connection. Returns those that were in flight. */
  connectionLost(): readonly Unsent[] {
    const lost = [...this.#items.values()].filter(({ inFlight }) => inFlight);
    for (const item of lost) {
      item.sentBefore = true;
      item.inFlight = false;
    }
    return lost;
  }

  #store(): void {
    const items = this.all.map(({ id, request, time, tag }) => ({ id, request, time, tag }));
    this.#memory?.save(JSON.stringify(items));
  }
}

function parse(text: string | null): Item[] {
  try {
    const items: unknown = JSON.parse(text ?? "[]");
    if (!Array.isArray(items)) return [];
    // The stored list does not tell which of them were sent, so all may have been.
    return items.filter(isStored).map(({ id, request, time, tag }) => ({
      id,
      request,
      time,
      tag,
      inFlight: false,
      sentBefore: true,
    }));
  } catch {
    return [];
  }
}

function isStored(value: unknown): value is Item {
  const { id, request, time, tag } = Object(value);
  const { type, text, room } = Object(request);
  return typeof id === "string" && typeof time === "number" && typeof text === "string" &&
    (type === "message" || type === "command") &&
    [room, tag].every((member) => member === undefined || typeof member === "string");
}
