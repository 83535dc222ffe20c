/**
 * The broadcaster of one wire format: publishes texts to the subscribers of all rooms.
 *
 * A text is encoded when it is published. All texts of one turn of the event loop are delivered together, as a run: each
 * recipient gets one slice, however many messages it holds. At 64 messages a turn that makes a delivery a fraction of
 * a ring operation.
 *
 * All rooms share one segment, so a run ends when something is published to another room. There is never more than one
 * run under way, and a recipient in several rooms gets all messages in the order in which they were published.
 * @module
 */
import type { Recipient, RecordFormat } from "./recipient.ts";
import { type MessageRef, type Segment, SegmentWriter } from "./segment.ts";
import type { RunWriter, Subscribers, Subscription } from "./subscribers.ts";

/** Called for each recipient that got something. */
export interface DeliveryObserver<Format extends RecordFormat> {
  /** `recipient` has something to write, and lost `lost` messages. Must not publish anything. */
  delivered(recipient: Recipient<Format>, lost: number): void;
}

/** Stands for an author that is not among the subscribers. */
const NO_INDEX = -1;

export class Broadcaster<Format extends RecordFormat = RecordFormat> implements RunWriter<Format> {
  readonly format: Format;
  readonly #observer: DeliveryObserver<Format>;
  readonly #writer: SegmentWriter;
  /** The run that is under way: its subscribers, and the records that are not delivered yet. */
  #subscribers: Subscribers<Format> | undefined;
  #segment: Segment | undefined;
  #from = 0;
  #to = 0;
  /** The index of each record's author. Kept for the next run, as the following are: a run creates no garbage. */
  readonly #authors: number[] = [];
  /** The indexes of the subscribers that are authors, in ascending order. */
  readonly #skipped: number[] = [];
  #skippedCount = 0;

  constructor(format: Format, observer: DeliveryObserver<Format>) {
    this.format = format;
    this.#writer = new SegmentWriter(format.encode, format.overhead);
    this.#observer = observer;
  }

  publish(
    subscribers: Subscribers<Format>,
    author: Subscription<Format> | undefined,
    text: string,
    ref?: MessageRef,
  ): void {
    this.#writer.append(text, ref);
    const { segment, record } = this.#writer;
    if (subscribers !== this.#subscribers || segment !== this.#segment) {
      this.deliver();
      this.#subscribers = subscribers;
      this.#segment = segment;
      this.#from = record;
    }
    this.#to = record + 1;
    const index = author !== undefined && subscribers.has(author) ? author.index : NO_INDEX;
    this.#authors[record - this.#from] = index;
    if (index !== NO_INDEX) this.#skip(index);
  }

  /** Adds the index of an author, unless it is there. */
  #skip(index: number): void {
    const skipped = this.#skipped;
    let at = 0;
    for (let end = this.#skippedCount; at < end;) {
      const middle = (at + end) >>> 1;
      if (skipped[middle]! < index) at = middle + 1;
      else end = middle;
    }
    if (at < this.#skippedCount && skipped[at] === index) return;
    for (let i = this.#skippedCount++; i > at; i--) skipped[i] = skipped[i - 1]!;
    skipped[at] = index;
  }

  /** Delivers the run that is under way, if there is one and it is for `subscribers`. */
  deliver(subscribers: Subscribers<Format> | undefined = this.#subscribers): void {
    const segment = this.#segment;
    if (
      subscribers === undefined || subscribers !== this.#subscribers || segment === undefined
    ) return;
    this.#subscribers = undefined;
    const { subscriptions } = subscribers;
    const from = this.#from;
    const to = this.#to;
    const observer = this.#observer;
    const skipped = this.#skipped;
    const count = this.#skippedCount;
    // A loop over the gaps between authors costs nothing per delivery, unlike a check of each subscription.
    for (let gap = 0, next = 0; gap <= count; gap++) {
      const end = gap < count ? skipped[gap]! : subscriptions.length;
      for (let i = next; i < end; i++) {
        const { recipient } = subscriptions[i]!;
        observer.delivered(recipient, recipient.push(segment, from, to));
      }
      next = end + 1;
    }
    for (let i = 0; i < count; i++) {
      const author = skipped[i]!;
      this.#deliverToAuthor(author, subscriptions[author]!.recipient, segment);
    }
    this.#skippedCount = 0;
  }

  /** Delivers the run to one of its authors, without the author's own records. */
  #deliverToAuthor(author: number, recipient: Recipient<Format>, segment: Segment): void {
    const authors = this.#authors;
    const from = this.#from;
    const count = this.#to - from;
    let start = 0;
    for (let i = 0; i <= count; i++) {
      if (i < count && authors[i] !== author) continue;
      if (i > start) {
        this.#observer.delivered(recipient, recipient.push(segment, from + start, from + i));
      }
      start = i + 1;
    }
  }
}
