/**
 * Where encoded messages live: append-only segments, written once and then shared by all who have yet to send them.
 *
 * Nothing here is ever overwritten, so a write that is on its way to the kernel may point into it. Knows records of
 * bytes, and not what they say.
 * @module
 */

/**
 * The size of a segment, in bytes. Large enough that a busy room fills many writes from one, small enough that
 * a stalled connection which keeps one alive costs little.
 */
export const SEGMENT_BYTES = 32_768;

/** Writes `text` into `target` at `at` as one record, and returns where it ends. */
export type Encode = (text: string, target: Uint8Array<ArrayBuffer>, at: number) => number;

const NO_MARKS: Array<MessageRef | undefined> = [];

/** What a record is, for those who have to be told that they did not get it. */
export interface MessageRef {
  readonly room: string;
  readonly id: number;
}

/** A run of bytes that holds records, each behind the other. */
export class Segment {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** By record, for those that have one. */
  refs: Array<MessageRef | undefined> = NO_MARKS;
  /** Where each record begins; one entry more than there are records, the last being where the next one will begin. */
  readonly bounds: number[] = [0];
  #view: Uint8Array<ArrayBuffer> | undefined;
  #viewFrom = 0;
  #viewTo = 0;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.bytes = bytes;
  }

  /** A segment of one record and no room for more. */
  static of(bytes: Uint8Array<ArrayBuffer>): Segment {
    const segment = new Segment(bytes);
    segment.bounds.push(bytes.length);
    return segment;
  }

  /** Notes what a record is. */
  mark(record: number, mark: MessageRef | undefined): void {
    if (mark === undefined) return;
    if (this.refs === NO_MARKS) this.refs = [];
    this.refs[record] = mark;
  }

  /** How many bytes are written. */
  get length(): number {
    return this.bounds[this.bounds.length - 1]!;
  }

  /** How many bytes the records from `from` up to but not including `to` take. */
  size(from: number, to: number): number {
    return this.bounds[to]! - this.bounds[from]!;
  }

  /**
   * The bytes of those records, not copied. All who send the same records one after the other get the same view, since
   * making one costs a tenth of the write that it is for.
   */
  view(from: number, to: number): Uint8Array<ArrayBuffer> {
    if (this.#view === undefined || this.#viewFrom !== from || this.#viewTo !== to) {
      this.#view = this.bytes.subarray(this.bounds[from]!, this.bounds[to]!);
      this.#viewFrom = from;
      this.#viewTo = to;
    }
    return this.#view;
  }
}

/** The growing end: appends records, and begins a new segment when one is full. */
export class SegmentWriter {
  readonly #encode: Encode;
  readonly #overhead: number;
  /** Where the last record went. */
  segment = new Segment(new Uint8Array(0));
  /** The index of the last record in {@linkcode segment}. */
  record = -1;

  /** @param overhead The most that `encode` adds to the text's UTF-8, in bytes. */
  constructor(encode: Encode, overhead: number) {
    this.#encode = encode;
    this.#overhead = overhead;
  }

  /** Encodes `text` as a new record; {@linkcode segment} and {@linkcode record} then say where it is. */
  append(text: string, mark?: MessageRef): void {
    let at = this.segment.length;
    // Three bytes a UTF-16 unit is the most that UTF-8 takes; counting it exactly is for the rare close call.
    if (at + 3 * text.length + this.#overhead > this.segment.bytes.length) {
      const needed = byteLength(text) + this.#overhead;
      if (at + needed > this.segment.bytes.length) {
        this.segment = new Segment(new Uint8Array(Math.max(SEGMENT_BYTES, needed)));
        at = 0;
      }
    }
    const { segment } = this;
    this.record = segment.bounds.length - 1;
    segment.bounds.push(this.#encode(text, segment.bytes, at));
    segment.mark(this.record, mark);
  }
}

/** `text` as a record of its own, in memory of its own: for what one client alone gets. */
export function encodeAlone(
  encode: Encode,
  overhead: number,
  text: string,
): Uint8Array<ArrayBuffer> {
  const buffer = new Uint8Array(byteLength(text) + overhead);
  return buffer.subarray(0, encode(text, buffer, 0));
}

/** An upper bound of the text's UTF-8, in bytes, that is exact but for pairs of surrogates. */
function byteLength(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) bytes += unit < 0x800 ? 1 : 2;
  }
  return bytes;
}
