/**
 * The queue of events for a webhook. It is bounded in events and bytes; when it is full, the oldest event is dropped, and the
 * batch that is taken next begins with a `dropped` event.
 * @module
 */
import { Fifo } from "../delivery/fifo.ts";
import { RingBuffer } from "../delivery/ring_buffer.ts";
import { type MessageRef, SegmentWriter } from "../delivery/segment.ts";
import { renderJson } from "../wire/json.ts";
import { Losses } from "./losses.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The size of a queue. */
export interface QueueLimits {
  /** The most events. */
  readonly events: number;
  /** The most bytes of JSON. Their buffers may take twice as much memory, see {@linkcode RingBuffer}. */
  readonly bytes: number;
}

/** Events that are sent together. */
export interface Batch {
  /** The events as JSON, with commas between them. */
  readonly json: string;
  /** The number of events, a `dropped` not counted. */
  readonly events: number;
  /** When the oldest of them was queued. */
  readonly since: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const COMMA = 0x2c;

/** What {@linkcode encode} adds to the text, in bytes. */
const OVERHEAD = 1;

function encode(text: string, target: Bytes, at: number): number {
  const end = at + encoder.encodeInto(text, target.subarray(at)).written;
  target[end] = COMMA;
  return end + 1;
}

export class EventQueue {
  readonly #ring: RingBuffer;
  readonly #writer = new SegmentWriter(encode, OVERHEAD);
  /** When each event was queued. */
  readonly #times = new Fifo<number>();
  readonly #losses = new Losses();

  constructor({ events: capacity, bytes: capacityBytes }: QueueLimits) {
    this.#ring = new RingBuffer({ capacity, capacityBytes, overflow: "drop-oldest" });
  }

  /** The number of events. */
  get length(): number {
    return this.#ring.messages;
  }

  get bytes(): number {
    return this.#ring.bytes;
  }

  /** When the oldest event was queued; `undefined` if there is none. */
  get since(): number | undefined {
    return this.#times.first;
  }

  /** Adds an event as JSON. `ref` names it if it is a message. Returns how many events were dropped for it. */
  push(json: string, ref: MessageRef | undefined, now: number): number {
    this.#writer.append(json, ref);
    const { segment, record } = this.#writer;
    const dropped = this.#ring.push(segment, record, record + 1);
    this.#times.push(now);
    if (dropped > 0) {
      this.#losses.add(this.#ring.takeLoss()!); // at once, since the ring would list rooms without bound
      this.#forget(dropped);
    }
    return dropped;
  }

  /**
   * Takes the next batch, or returns `undefined` if the queue is empty: a loss is told with the event after it. A batch is at
   * most 64 KiB (`MAX_WRITE`) long, or one longer event, and a `dropped` event in front.
   *
   * @param time The `time` of the `dropped` event, in ms of Unix time.
   */
  take(time: number): Batch | undefined {
    const { since, length } = this;
    const bytes = this.#ring.take();
    if (since === undefined || bytes === undefined) return undefined;
    const events = length - this.length;
    this.#forget(events);
    const loss = this.#losses.take();
    const json = decoder.decode(bytes.subarray(0, -1));
    const notice = loss && renderJson({ type: "dropped", ...loss }, time);
    return { json: notice === undefined ? json : `${notice},${json}`, events, since };
  }

  /** Has the next batch begin with the news that this one, which was taken last, is lost. */
  lose({ json, events }: Batch): void {
    this.#losses.addBatch(json, events);
  }

  #forget(events: number): void {
    for (let i = 0; i < events; i++) this.#times.shift();
  }
}
