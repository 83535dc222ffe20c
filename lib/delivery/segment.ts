/**
 * Segments hold encoded messages. They are append-only, written once and shared by all recipients that have yet to write
 * them.
 *
 * No byte is ever overwritten, so a write that is on its way to the kernel may point into a segment.
 * @module
 */

/**
 * The size of a segment, in bytes. It is large enough that a busy room fills many writes from one, and small enough that a
 * stalled connection that keeps one alive costs little.
 */
export const SEGMENT_BYTES = 32_768;

/** Writes `text` into `target` at `at` as one record, and returns the end of the record. */
export type Encode = (text: string, target: Uint8Array<ArrayBuffer>, at: number) => number;

const NO_REFS: Array<MessageRef | undefined> = [];

/** Names a message, so that a recipient that loses it can be told which one it was. */
export interface MessageRef {
  readonly room: string;
  readonly id: number;
}

/** A buffer that holds records, one behind the other. */
export class Segment {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The messages by record. Records that are no message of a room have none. */
  refs: Array<MessageRef | undefined> = NO_REFS;
  /** The start of each record, and as the last entry the start of the next one. */
  readonly bounds: number[] = [0];
  #view: Uint8Array<ArrayBuffer> | undefined;
  #viewFrom = 0;
  #viewTo = 0;

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.bytes = bytes;
  }

  /** Returns a segment of one record, without room for more. */
  static of(bytes: Uint8Array<ArrayBuffer>): Segment {
    const segment = new Segment(bytes);
    segment.bounds.push(bytes.length);
    return segment;
  }

  setRef(record: number, ref: MessageRef | undefined): void {
    if (ref === undefined) return;
    if (this.refs === NO_REFS) this.refs = [];
    this.refs[record] = ref;
  }

  /** The number of bytes in use. */
  get length(): number {
    return this.bounds[this.bounds.length - 1]!;
  }

  /** The size of the records from `from` up to but not including `to`, in bytes. */
  size(from: number, to: number): number {
    return this.bounds[to]! - this.bounds[from]!;
  }

  /**
   * Returns the bytes of these records, not copied. Recipients that write the same records one after the other get the same
   * view, since creating one costs a tenth of the write.
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

/** Appends records to a segment, and starts a new segment when it is full. */
export class SegmentWriter {
  readonly #encode: Encode;
  readonly #overhead: number;
  /** The segment of the last record. */
  segment = new Segment(new Uint8Array(0));
  /** The index of the last record in {@linkcode segment}. */
  record = -1;

  /** @param overhead The most that `encode` adds to the text's UTF-8, in bytes. */
  constructor(encode: Encode, overhead: number) {
    this.#encode = encode;
    this.#overhead = overhead;
  }

  /** Encodes `text` as a new record; {@linkcode segment} and {@linkcode record} then say where it is. */
  append(text: string, ref?: MessageRef): void {
    let at = this.segment.length;
    // UTF-8 takes at most three bytes for a UTF-16 unit. The exact size is only computed in the rare close case.
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
    segment.setRef(this.record, ref);
  }
}

/** Encodes a text for one client alone, in a buffer of its own. */
export function encodeAlone(
  encode: Encode,
  overhead: number,
  text: string,
): Uint8Array<ArrayBuffer> {
  const buffer = new Uint8Array(byteLength(text) + overhead);
  return buffer.subarray(0, encode(text, buffer, 0));
}

/** Returns an upper bound of the text's size in UTF-8, in bytes. It is exact unless the text has surrogate pairs. */
function byteLength(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) bytes += unit < 0x800 ? 1 : 2;
  }
  return bytes;
}
