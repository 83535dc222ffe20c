/**
 * The fan-out: the way of every text from a room to the queues of its recipients and on to their sinks.
 *
 * All that is published in one turn of the event loop is delivered and flushed at the end of the turn. If the flush takes
 * several turns, all that is published meanwhile is delivered together behind it. Then it waits for the input that the last
 * recipients have caused: with 8 senders and 64 messages in flight to 1,000 clients, a write has 64 messages and not 55.
 * @module
 */
import { Broadcaster, type DeliveryObserver } from "./broadcaster.ts";
import { FlushQueue, type Pace } from "./flush_queue.ts";
import { encodeFor, type Recipient, type RecordFormat } from "./recipient.ts";
import type { RingLimits } from "./ring_buffer.ts";
import type { MessageRef, Segment } from "./segment.ts";
import type { Subscribers, Subscription } from "./subscribers.ts";

export interface FanOutOptions extends RingLimits {
  /** Returns the time in milliseconds, from any starting point. */
  readonly now: () => number;
  /** How many recipients are flushed before the loop turns. By default all are. */
  readonly pace?: Pace;
  /** Called when all recipients are flushed; `took` is the time in ms since the end of the turn that published. */
  readonly flushed?: (took: number) => void;
}

export class FanOut<Format extends RecordFormat = RecordFormat>
  implements DeliveryObserver<Format> {
  readonly #options: FanOutOptions;
  /** One for each format in use. */
  readonly #broadcasters: Broadcaster<Format>[] = [];
  readonly #queue: FlushQueue;
  /** Recipients whose limits say `disconnect` and that have lost messages since the last flush. */
  readonly #overflown = new Set<Recipient<Format>>();
  #flushScheduled = false;
  /** Whether a flush that took several turns is over, and the next one waits until all input is handled. */
  #awaitsQuiet = false;
  #flushStart = 0;
  /** Texts since the last flush. */
  #unflushed = 0;
  /** The time of this turn, in ms of Unix time; 0 if nobody has asked for it. A look at the clock costs 50 ns. */
  #time = 0;
  #dropped = 0;

  constructor(options: FanOutOptions) {
    this.#options = options;
    const { now, pace, flushed } = options;
    this.#queue = new FlushQueue(pace, (turns) => {
      flushed?.(now() - this.#flushStart);
      if (turns > 1) this.#flushWhenQuiet();
    });
  }

  /** The number of messages that recipients lost because they read too slowly. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The time of this turn in ms of Unix time, the same for all that is published before the next flush. */
  get time(): number {
    if (this.#time === 0) {
      this.#time = Date.now();
      this.#scheduleFlush();
    }
    return this.#time;
  }

  /**
   * Whether input should wait until the next flush: half a ring was published since the last one, and a longer burst could
   * cost recipients messages although they keep up.
   */
  get congested(): boolean {
    return this.#unflushed * 2 >= this.#options.capacity;
  }

  /** The broadcaster of a format. */
  broadcaster(format: Format): Broadcaster<Format> {
    let broadcaster = this.#broadcasters.find((broadcaster) => broadcaster.format === format);
    if (broadcaster === undefined) {
      broadcaster = new Broadcaster(format, this);
      this.#broadcasters.push(broadcaster);
    }
    return broadcaster;
  }

  /** Publishes a rendered text to all subscribers but its author. `ref` names the message, if a loss must name it. */
  publish(
    subscribers: Subscribers<Format>,
    author: Subscription<Format> | undefined,
    text: string,
    ref?: MessageRef,
  ): void {
    subscribers.publish(author, text, ref);
    this.#unflushed++;
    this.#scheduleFlush();
  }

  /**
   * Sends a text to each of these recipients, wherever they are, behind all that was published so far. It is rendered and
   * encoded once for each format, and dropped for recipients that are too slow.
   */
  send(
    recipients: Iterable<Recipient<Format>>,
    render: (format: Format) => string | undefined,
  ): void {
    const segments = new Map<Format, Segment | undefined>();
    this.#unflushed++;
    this.#deliver();
    for (const recipient of recipients) {
      const { format } = recipient;
      if (!segments.has(format)) {
        const text = render(format);
        segments.set(format, text === undefined ? undefined : encodeFor(format, text));
      }
      const segment = segments.get(format);
      if (segment !== undefined) this.delivered(recipient, recipient.push(segment, 0, 1));
    }
  }

  /** Answers a recipient, behind all that was published so far. An answer is never dropped. */
  answer(recipient: Recipient<Format>, segment: Segment): void {
    this.#unflushed++;
    this.#deliver();
    recipient.answer(segment);
    this.delivered(recipient, 0);
  }

  delivered(recipient: Recipient<Format>, lost: number): void {
    this.#queue.add(recipient);
    this.#scheduleFlush();
    if (lost === 0) return;
    this.#dropped += lost;
    if (this.#options.overflow === "disconnect") this.#overflown.add(recipient);
  }

  #deliver(): void {
    for (const broadcaster of this.#broadcasters) broadcaster.deliver();
  }

  /** A microtask and not a timer: it comes when all that one turn of the loop has read is handled. */
  #scheduleFlush(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    queueMicrotask(this.#endTurn);
  }

  #endTurn = (): void => {
    this.#flushScheduled = false;
    this.#time = 0;
    if (this.#queue.underWay || (this.#awaitsQuiet && !this.congested)) return;
    this.#flush();
  };

  #flushWhenQuiet(): void {
    if (this.congested) return this.#scheduleFlush();
    this.#awaitsQuiet = true;
    this.#options.pace?.whenQuiet(() => {
      if (!this.#awaitsQuiet) return;
      this.#awaitsQuiet = false;
      if (this.#unflushed > 0) this.#flush();
    });
  }

  #flush(): void {
    this.#awaitsQuiet = false;
    this.#flushStart = this.#options.now();
    this.#unflushed = 0;
    this.#deliver();
    this.#queue.flush();
    for (const recipient of this.#overflown) recipient.overflow();
    this.#overflown.clear();
  }
}
