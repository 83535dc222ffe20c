/**
 * Formats, sinks and rooms without a chat: for tests of the delivery.
 * @module
 */
import { Broadcaster } from "../../lib/delivery/broadcaster.ts";
import { Recipient, type RecordFormat, type Sink } from "../../lib/delivery/recipient.ts";
import type { Loss, RingLimits } from "../../lib/delivery/ring_buffer.ts";
import { Subscribers, type Subscription } from "../../lib/delivery/subscribers.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export const LIMITS: RingLimits = {
  capacity: 100,
  capacityBytes: 1_000,
  overflow: "drop-oldest",
};

/** Texts that end with `end`. */
export class LineFormat implements RecordFormat {
  readonly overhead: number;

  constructor(readonly end = "\n") {
    this.overhead = encoder.encode(end).length;
  }

  readonly encode = (text: string, target: Uint8Array<ArrayBuffer>, at: number): number =>
    at + encoder.encodeInto(text + this.end, target.subarray(at)).written;

  renderLoss({ count }: Loss): string {
    return `${count} lost`;
  }
}

/** A recipient, and the sink that takes what it gets when it is flushed, unless it is jammed. */
export class Reader implements Sink {
  readonly recipient: Recipient;
  jammed = false;
  flushes = 0;
  overflows = 0;
  /** Losses as they were reported: `slow 10`, `recovered 12`. */
  readonly reports: string[] = [];
  #text = "";

  constructor(limits: Partial<RingLimits> = {}, format: RecordFormat = new LineFormat()) {
    this.recipient = new Recipient(format, { ...LIMITS, ...limits }, this);
  }

  flush(): void {
    this.flushes++;
    if (!this.jammed) this.drain();
  }

  overflow(): void {
    this.overflows++;
  }

  slow(dropped: number): void {
    this.reports.push(`slow ${dropped}`);
  }

  recovered(dropped: number): void {
    this.reports.push(`recovered ${dropped}`);
  }

  drain(): void {
    const { recipient } = this;
    for (let bytes = recipient.take(); bytes; bytes = recipient.take()) {
      this.#text += decoder.decode(bytes);
    }
  }

  /** One write. */
  take(): string | undefined {
    const bytes = this.recipient.take();
    return bytes && decoder.decode(bytes);
  }

  /** All that came since this was asked last. */
  text(): string {
    this.drain();
    const text = this.#text;
    this.#text = "";
    return text;
  }
}

/** A reader that is subscribed to a room. */
export interface Participant {
  readonly reader: Reader;
  readonly subscribers: Subscribers;
  readonly subscription: Subscription;
}

/** Two rooms with subscribers of two formats, and what was delivered to them. */
export class Hall {
  /** The names of the readers, with their losses: `b lost 2`. */
  readonly deliveries: string[] = [];
  readonly lines = this.#broadcaster("\n");
  readonly frames = this.#broadcaster("|");
  readonly room = [this.lines, this.frames].map((broadcaster) => new Subscribers(broadcaster));
  readonly other = [this.lines, this.frames].map((broadcaster) => new Subscribers(broadcaster));
  readonly #names = new Map<Recipient, string>();

  join(
    name: string,
    { broadcaster = this.lines, room = this.room, ...limits }:
      & { broadcaster?: Broadcaster; room?: Subscribers[] }
      & Partial<RingLimits> = {},
  ): Participant {
    const reader = new Reader(limits, broadcaster.format);
    this.#names.set(reader.recipient, name);
    const subscribers = room.find(({ format }) => format === broadcaster.format)!;
    return { reader, subscribers, subscription: subscribers.add(reader.recipient) };
  }

  leave({ subscribers, subscription }: Participant): void {
    subscribers.remove(subscription);
  }

  publish({ subscribers, subscription }: Participant, text: string): void {
    const room = this.room.includes(subscribers) ? this.room : this.other;
    for (const readers of room) {
      if (readers.hasReader(subscription)) readers.publish(subscription, text);
    }
  }

  deliver(): void {
    for (const broadcaster of [this.lines, this.frames]) broadcaster.deliver();
  }

  #broadcaster(end: string): Broadcaster {
    return new Broadcaster(new LineFormat(end), {
      delivered: (recipient, lost) => {
        const name = this.#names.get(recipient)!;
        this.deliveries.push(lost === 0 ? name : `${name} lost ${lost}`);
      },
    });
  }
}

export function textOf({ reader }: Participant): string {
  return reader.text();
}
