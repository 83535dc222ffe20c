/**
 * The recipients in one room that share one format.
 * @module
 */
import type { Recipient, RecordFormat } from "./recipient.ts";
import type { MessageRef } from "./segment.ts";

/** The broadcaster of a format, as far as its subscribers use it. */
export interface RunWriter<Format extends RecordFormat> {
  readonly format: Format;
  /** Adds a text to the run of `subscribers`. */
  publish(
    subscribers: Subscribers<Format>,
    author: Subscription<Format> | undefined,
    text: string,
    ref: MessageRef | undefined,
  ): void;
  /** Delivers the run that is under way, if it is for `subscribers`. */
  deliver(subscribers: Subscribers<Format>): void;
}

/** A recipient's place among {@linkcode Subscribers}. */
export class Subscription<Format extends RecordFormat = RecordFormat> {
  readonly recipient: Recipient<Format>;
  /** The position in {@linkcode Subscribers.subscriptions}, which keeps it up to date. */
  index: number;

  constructor(recipient: Recipient<Format>, index: number) {
    this.recipient = recipient;
    this.index = index;
  }
}

const NONE: Subscription<never>[] = [];

export class Subscribers<Format extends RecordFormat = RecordFormat> {
  readonly #writer: RunWriter<Format>;
  #subscriptions: Subscription<Format>[] = NONE;

  constructor(writer: RunWriter<Format>) {
    this.#writer = writer;
  }

  get format(): Format {
    return this.#writer.format;
  }

  get size(): number {
    return this.#subscriptions.length;
  }

  /** In no particular order. Positions only change after the run that is under way has been delivered. */
  get subscriptions(): readonly Subscription<Format>[] {
    return this.#subscriptions;
  }

  /** Adds a recipient, which gets everything that is published from now on. */
  add(recipient: Recipient<Format>): Subscription<Format> {
    this.#writer.deliver(this);
    const subscription = new Subscription(recipient, this.#subscriptions.length);
    // A first push would reserve memory for seventeen, and most rooms are small.
    if (this.#subscriptions === NONE) this.#subscriptions = [subscription];
    else this.#subscriptions.push(subscription);
    return subscription;
  }

  /** Removes a subscription, after delivering what was published so far. Does nothing if it is not one of these. */
  remove(subscription: Subscription<Format>): void {
    if (!this.has(subscription)) return;
    this.#writer.deliver(this);
    const last = this.#subscriptions.pop()!;
    if (last === subscription) return;
    this.#subscriptions[subscription.index] = last;
    last.index = subscription.index;
  }

  has(subscription: Subscription<Format>): boolean {
    return this.#subscriptions[subscription.index] === subscription;
  }

  /** Whether a text by `author` has a reader here. */
  hasReader(author: Subscription<Format> | undefined): boolean {
    return this.#subscriptions.length > (author !== undefined && this.has(author) ? 1 : 0);
  }

  /** Publishes a rendered text to all subscribers but its author. `ref` names the message, if a loss must name it. */
  publish(
    author: Subscription<Format> | undefined,
    text: string,
    ref?: MessageRef,
  ): void {
    this.#writer.publish(this, author, text, ref);
  }
}
