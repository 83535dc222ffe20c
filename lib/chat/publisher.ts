/**
 * The publisher renders the events of the chat and passes them to the fan-out: to a room, to some clients or to one.
 * @module
 */
import { FanOut, type FanOutOptions } from "../delivery/fan_out.ts";
import { Segment } from "../delivery/segment.ts";
import type { ChatEvent } from "../wire/chat_event.ts";
import type { Membership } from "./member.ts";
import type { Room } from "./room.ts";
import type { ChatRecipient, ChatSubscription, WireFormat } from "./wire_format.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Sees what is told to everybody in any room, but nothing that is told to some clients alone. */
export interface EventObserver {
  /**
   * Called once for each event, whether or not the room has readers. Must return at once and never throw.
   *
   * @param time In ms of Unix time.
   */
  observe(event: ChatEvent, time: number): void;
}

export interface PublisherOptions extends FanOutOptions {
  /** By default there is none. */
  readonly observer?: EventObserver | undefined;
}

export class Publisher {
  readonly #fanOut: FanOut<WireFormat>;
  readonly #observer: EventObserver | undefined;

  constructor(options: PublisherOptions) {
    this.#fanOut = new FanOut(options);
    this.#observer = options.observer;
  }

  /** The number of messages that clients lost because they read too slowly. */
  get dropped(): number {
    return this.#fanOut.dropped;
  }

  /** The time of this turn in ms of Unix time, see {@linkcode FanOut.time}. */
  get time(): number {
    return this.#fanOut.time;
  }

  /** Whether input should wait for the next turn of the loop, see {@linkcode FanOut.congested}. */
  get congested(): boolean {
    return this.#fanOut.congested;
  }

  /** Subscribes a recipient to a room: it gets everything that is published there from now on. */
  subscribe(recipient: ChatRecipient, room: Room): ChatSubscription {
    return room.subscribersOf(this.#fanOut.broadcaster(recipient.format)).add(recipient);
  }

  /**
   * Publishes an event to everybody in a room but its author. `time` is when it happened, by default now. Only what happens
   * at this server is observed: by default, what no member of another node is the author of.
   */
  publish(
    room: Room,
    author: Membership | undefined,
    event: ChatEvent,
    time?: number,
    isHere?: boolean,
  ): void {
    if (this.#observer !== undefined && (isHere ?? author?.member.node === undefined)) {
      this.#observer.observe(event, time ?? this.#fanOut.time);
    }
    const subscription = author?.subscription;
    for (const subscribers of room.subscribers) {
      if (!subscribers.hasReader(subscription)) continue;
      const { format } = subscribers;
      const text = format.render(event, time ?? this.#fanOut.time);
      if (text === undefined) continue;
      const ref = format.tellsRoom && event.type === "message"
        ? { room: event.room, id: event.id }
        : undefined;
      this.#fanOut.publish(subscribers, subscription, text, ref);
    }
  }

  /** Sends an event to each of these recipients, which are all but its author, wherever they are. */
  broadcast(recipients: Iterable<ChatRecipient>, event: ChatEvent): void {
    this.#observer?.observe(event, this.#fanOut.time);
    this.send(recipients, event);
  }

  /** Sends an event to each of these recipients, wherever they are. Recipients that are too slow lose it. */
  send(recipients: Iterable<ChatRecipient>, event: ChatEvent): void {
    this.#fanOut.send(recipients, (format) => format.render(event, this.#fanOut.time));
  }

  /** Answers a client, behind all that was published so far. An answer is never dropped. */
  answer(recipient: ChatRecipient, event: ChatEvent): void {
    const text = recipient.format.render(event, this.#fanOut.time);
    if (text !== undefined) this.#fanOut.answer(recipient, recipient.encode(text));
  }

  /** Answers a client with bytes as they are. */
  answerBytes(recipient: ChatRecipient, bytes: Bytes): void {
    this.#fanOut.answer(recipient, Segment.of(bytes));
  }
}
