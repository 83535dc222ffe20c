/**
 * Events that wait for a loop to read them.
 * @module
 */
import { ChatError } from "./errors.ts";

/**
 * The maximum number of events that wait, by default: the 1,000 messages that a client may have missed in a room come at
 * once, and more may come while the loop handles the first of them.
 */
export const MAX_EVENTS = 4_096;

interface Reader<Event> {
  readonly resolve: (result: IteratorResult<Event, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Events in the order in which they were pushed. A queue that is full collects no more: the loop gets what is queued, and
 * then the error `events_full`, so that it never misses events without knowing.
 */
export class EventQueue<Event> implements AsyncIterableIterator<Event, undefined> {
  readonly #capacity: number;
  readonly #onEnd: () => void;
  readonly #events: Event[] = [];
  readonly #readers: Reader<Event>[] = [];
  #hasEnded = false;
  /** Thrown once, when all events are read. */
  #error: unknown;

  /** @param onEnd Called once, when the queue takes no more events. */
  constructor(capacity: number, onEnd: () => void) {
    this.#capacity = capacity;
    this.#onEnd = onEnd;
  }

  push(event: Event): void {
    if (this.#hasEnded) return;
    const reader = this.#readers.shift();
    if (reader !== undefined) return reader.resolve({ done: false, value: event });
    if (this.#events.length < this.#capacity) return void this.#events.push(event);
    const text = `Cannot queue more than ${this.#capacity} events: the loop reads too slowly`;
    this.end(new ChatError("events_full", text));
  }

  /** Ends the loop when it has read all events, with an error if one is given. */
  end(error?: unknown): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#error = error;
    this.#onEnd();
    for (const { resolve, reject } of this.#readers.splice(0)) {
      if (this.#error === undefined) resolve({ done: true, value: undefined });
      else reject(this.#takeError());
    }
  }

  next(): Promise<IteratorResult<Event, undefined>> {
    const event = this.#events.shift();
    if (event !== undefined) return Promise.resolve({ done: false, value: event });
    if (!this.#hasEnded) {
      return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }));
    }
    if (this.#error !== undefined) return Promise.reject(this.#takeError());
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Ends the queue at once, as `break` in a loop does. */
  return(): Promise<IteratorResult<Event, undefined>> {
    this.#events.length = 0;
    this.end();
    this.#error = undefined;
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #takeError(): unknown {
    const error = this.#error;
    this.#error = undefined;
    return error;
  }
}
