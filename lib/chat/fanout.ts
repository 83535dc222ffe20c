/**
 * The fan-out: the way of everything that is said, to the rings of those who get it and to their sinks.
 *
 * An event is rendered and encoded once for each wire format that is heard. What is said in one turn of the event loop is
 * handed out together at the end of the turn.
 *
 * Knows who hears what is said in a room, and never who may say what, nor who has which name.
 * @module
 */
import { Broadcaster, type Deliveries } from "../delivery/broadcaster.ts";
import type { ChatEvent } from "./events.ts";
import { FlushQueue, type Pace } from "../delivery/flush_queue.ts";
import type { Member, WireFormat } from "./member.ts";
import type { RingLimits } from "../delivery/ring_buffer.ts";
import type { Room } from "./room.ts";
import type { Membership } from "./membership.ts";
import { Segment } from "../delivery/segment.ts";

export interface FanoutOptions extends RingLimits {
  /** The time in milliseconds, from whatever beginning. */
  readonly now: () => number;
  /** How many sinks are flushed before the loop turns. By default all are. */
  readonly pace?: Pace;
  /** Told how many milliseconds it took to hand out what was said in a turn of the loop, to the last who gets it. */
  readonly flushed?: (took: number) => void;
}

export class Fanout implements Deliveries {
  readonly #options: FanoutOptions;
  /** One for each wire format in use. */
  readonly #channels: Broadcaster[] = [];
  readonly #queue: FlushQueue;
  readonly #overflown = new Set<Member>();
  #flushScheduled = false;
  #flushStart = 0;
  /** Messages said since the last flush. */
  #unflushed = 0;
  /** When they were said, in ms of Unix time; 0 if nothing was. One look at the clock for all: it is 50 ns, a line 500. */
  #time = 0;
  #dropped = 0;

  constructor(options: FanoutOptions) {
    this.#options = options;
    const { now, pace, flushed } = options;
    this.#queue = new FlushQueue(pace, () => flushed?.(now() - this.#flushStart));
  }

  /** Messages that members lost because they read too slowly. */
  get dropped(): number {
    return this.#dropped;
  }

  /** The time of what is said now, in ms of Unix time; what is said before the next flush has the same. */
  get time(): number {
    if (this.#time === 0) {
      this.#time = Date.now();
      this.#scheduleFlush();
    }
    return this.#time;
  }

  /**
   * Whether whoever reads input should let the loop turn first: what was said is still being handed out, and what is said
   * meanwhile is better said together; or it is so much that a burst could cost somebody something who keeps up, from
   * half a ring on.
   */
  get congested(): boolean {
    return this.#queue.underWay || this.#unflushed * 2 >= this.#options.capacity;
  }

  /** Where those hear who share this format. */
  broadcaster(format: WireFormat): Broadcaster {
    let channel = this.#channels.find((channel) => channel.format === format);
    if (channel === undefined) {
      channel = new Broadcaster(format, this);
      this.#channels.push(channel);
    }
    return channel;
  }

  /** Tells an event to all in a room but its author. */
  publish(room: Room, author: Membership | undefined, event: ChatEvent): void {
    for (const audience of room.subscribers) {
      if (!audience.hears(author)) continue;
      const { broadcaster } = audience;
      const text = broadcaster.format.render(event, this.time);
      if (text === undefined) continue;
      const isMarked = broadcaster.format.tellsRoom && event.type === "message";
      broadcaster.say(
        audience,
        author,
        text,
        isMarked ? { room: event.room, id: event.id } : undefined,
      );
      this.#unflushed++;
    }
    this.#scheduleFlush();
  }

  /** Tells an event to each of these, wherever they are: encoded once for each format, and dropped for who is slow. */
  send(members: Iterable<Member>, event: ChatEvent): void {
    const segments = new Map<WireFormat, Segment | undefined>();
    this.#unflushed++;
    this.#settle();
    for (const member of members) {
      const { format } = member;
      if (!segments.has(format)) segments.set(format, member.encode(event, this.time));
      const segment = segments.get(format);
      if (segment !== undefined) this.delivered(member, member.push(segment, 0, 1));
    }
  }

  /** Answers a member, behind all that was said so far. It is not dropped. */
  answer(member: Member, event: ChatEvent): void {
    const segment = member.encode(event, this.time);
    if (segment !== undefined) this.#answerWith(member, segment);
  }

  /** The same with bytes as they are. */
  answerBytes(member: Member, bytes: Uint8Array<ArrayBuffer>): void {
    this.#answerWith(member, Segment.of(bytes));
  }

  delivered(member: Member, lost: number): void {
    this.#queue.add(member);
    this.#scheduleFlush();
    if (lost === 0) return;
    this.#dropped += lost;
    if (this.#options.overflow === "disconnect") this.#overflown.add(member);
  }

  #answerWith(member: Member, segment: Segment): void {
    this.#unflushed++;
    this.#settle();
    member.answer(segment);
    this.delivered(member, 0);
  }

  /** Hands out all that was said, to rings. */
  #settle(): void {
    for (const channel of this.#channels) channel.deliver();
  }

  /** Not on a timer: a microtask comes when all that one turn of the loop has read is handled. */
  #scheduleFlush(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    queueMicrotask(this.#flush);
  }

  #flush = (): void => {
    if (!this.#queue.underWay) this.#flushStart = this.#options.now();
    this.#flushScheduled = false;
    this.#unflushed = 0;
    this.#time = 0;
    this.#settle();
    this.#queue.flush();
    for (const member of this.#overflown) member.sink.overflow();
    this.#overflown.clear();
  };
}
