// Keeps a fixed number of messages on the way: a new one leaves when one has reached its last receiver.

import type { Client } from "./client.ts";
import type { OnBytes } from "./room.ts";

/** How long the last messages may take before they count as lost. */
const DRAIN_SECONDS = 5;

/** Deliveries that did not come, and that should not have come: doubles, or a sender's own. */
export type Balance = Record<"lost" | "extra", number>;

/** Somebody who says messages. */
export interface Speaker {
  readonly client: Client;
  /** Messages handed over so far, waiting ones included. */
  readonly messages: number;
  say(messages: number): void;
}

/** What reads for all clients. */
export interface Polled {
  pollUntil(isDone: () => boolean, seconds: number, onBytes: OnBytes): boolean;
}

/** The room must be counting messages of one size (`Room.expect`). */
export class ClosedLoop {
  /** Frames that arrived, at senders too. */
  frames = 0;
  /** Reads that it took. */
  reads = 0;
  /** Messages that every receiver has. */
  #delivered = 0;
  #sent = 0;
  readonly #room: Polled;
  readonly #senders: readonly Speaker[];
  /** The number of messages that each sender had sent before this loop began. */
  readonly #before: readonly number[];
  readonly #readers: readonly Client[];
  readonly #window: number;
  readonly #mask: number;
  /**
   * How many receivers have got just that many messages (modulo the ring's size). A read moves one
   * receiver from one place to another; the message is delivered when the hindmost place is empty.
   */
  readonly #standings: Int32Array;

  /** `readers` are all who read, senders among them. They share a window of `window` messages. */
  constructor(
    room: Polled,
    senders: readonly Speaker[],
    readers: readonly Client[],
    window: number,
  ) {
    this.#room = room;
    this.#senders = senders;
    this.#before = senders.map((sender) => sender.messages);
    this.#readers = readers;
    this.#window = window;
    const places = 2 ** Math.ceil(Math.log2(window + 1));
    this.#mask = places - 1;
    this.#standings = new Int32Array(places);
    this.#standings[0] = readers.filter(isReceiver).length;
  }

  get delivered(): number {
    return this.#delivered;
  }

  /** Goes on until `isDone` or the time is over. */
  run(seconds: number, isDone: () => boolean = () => false): void {
    this.#refill();
    this.#room.pollUntil(isDone, seconds, this.#onBytes);
  }

  /** Waits for what is still on the way, at senders too, then counts exactly. */
  finish(): Balance {
    const isComplete = () => this.#delivered === this.#sent && this.#balance().lost === 0;
    this.#room.pollUntil(isComplete, DRAIN_SECONDS, this.#count);
    return this.#balance();
  }

  #balance(): Balance {
    const own = new Map(
      this.#senders.map(({ client, messages }, i) => [client, messages - this.#before[i]!]),
    );
    const surpluses = this.#readers.map((client) =>
      client.frames - (this.#sent - (own.get(client) ?? 0))
    );
    return {
      lost: surpluses.reduce((sum, surplus) => sum + Math.max(0, -surplus), 0),
      extra: surpluses.reduce((sum, surplus) => sum + Math.max(0, surplus), 0),
    };
  }

  /** Spreads what the window has room for evenly over the senders. */
  #refill(): void {
    const free = this.#window - (this.#sent - this.#delivered);
    const count = this.#senders.length;
    const first = this.#sent % count;
    for (let i = 0; i < Math.min(free, count); i++) {
      this.#senders[(first + i) % count]!.say(Math.ceil((free - i) / count));
    }
    this.#sent += free;
  }

  readonly #onBytes = (client: Client, bytes: number): void => {
    const delivered = this.#delivered;
    this.#count(client, bytes);
    if (this.#delivered !== delivered) this.#refill();
  };

  readonly #count = (client: Client, bytes: number): void => {
    const completed = client.take(bytes);
    this.reads++;
    this.frames += completed;
    if (completed === 0 || !isReceiver(client)) return;
    const standings = this.#standings;
    const mask = this.#mask;
    standings[(client.frames - completed) & mask]!--;
    standings[client.frames & mask]!++;
    while (this.#delivered < this.#sent && standings[this.#delivered & mask] === 0) {
      this.#delivered++;
    }
  };
}

function isReceiver(client: Client): boolean {
  return client.sender === undefined;
}
