/**
 * A recipient: the receiving end of one connection. It has a format, a queue and a sink that writes what the queue holds.
 * @module
 */
import { type Loss, RingBuffer, type RingLimits } from "./ring_buffer.ts";
import { type Encode, encodeAlone, Segment } from "./segment.ts";

/** How records look on one kind of wire. Each record is encoded once for all recipients that share the format. */
export interface RecordFormat {
  /** Writes a text as one record. */
  readonly encode: Encode;
  /** The most that `encode` adds to the text's UTF-8, in bytes. */
  readonly overhead: number;
  /** Renders the notice that replaces lost messages, or returns `undefined` if the format has none. */
  renderLoss(loss: Loss): string | undefined;
}

/** The connection behind a recipient. */
export interface Sink {
  /** Called when there is something to {@linkcode Recipient.take}. Must not deliver anything itself. */
  flush(): void;
  /** Called after a flush in which the recipient lost messages, if its limits say `disconnect`. */
  overflow(): void;
  /** Called while the recipient loses messages, at every round number of them; `dropped` so far. */
  slow(dropped: number): void;
  /** Called when the recipient has taken everything; it lost `dropped` messages since it last had. */
  recovered(dropped: number): void;
}

/**
 * Losses are reported at every tenth, and from the thousandth on only at every number with one digit other than zero, so
 * that a flood of messages does not become a flood of reports.
 */
const REPORT_EVERY = 10;
const REPORT_ALL_BELOW = 1_000;

export class Recipient<Format extends RecordFormat = RecordFormat> {
  readonly format: Format;
  readonly #sink: Sink;
  readonly #limits: RingLimits;
  #ring: RingBuffer;
  #droppedInARow = 0;
  #isQueued = false;

  constructor(format: Format, limits: RingLimits, sink: Sink) {
    this.format = format;
    this.#limits = limits;
    this.#ring = new RingBuffer(limits);
    this.#sink = sink;
  }

  /** Whether the queue is so full that the client should not cause more answers. */
  get full(): boolean {
    return this.#ring.full;
  }

  /** The number of messages in the queue, answers not counted. */
  get waiting(): number {
    return this.#ring.messages;
  }

  /**
   * Queues the records of `segment` from `from` up to but not including `to`. Returns how many messages were lost: these or
   * older ones, depending on the limits.
   */
  push(segment: Segment, from: number, to: number): number {
    const lost = this.#ring.push(segment, from, to);
    if (lost > 0) this.#countLost(lost);
    return lost;
  }

  /** Queues an answer, which is never dropped. */
  answer(segment: Segment): void {
    this.#ring.answer(segment);
  }

  /** Returns the bytes to write next, or `undefined` if the queue is empty. They may be written, never changed. */
  take(): Uint8Array<ArrayBuffer> | undefined {
    if (this.#droppedInARow > 0) this.#reportLoss();
    return this.#ring.take();
  }

  /** Empties the queue: nothing will be taken from it any more. */
  discard(): void {
    this.#ring = new RingBuffer(this.#limits);
  }

  /** Encodes a text for this recipient alone. */
  encode(text: string): Segment {
    return encodeFor(this.format, text);
  }

  /** Marks the recipient as waiting for {@linkcode flush}. Returns false if it is marked already. */
  markForFlush(): boolean {
    if (this.#isQueued) return false;
    return this.#isQueued = true;
  }

  /** Has the sink write what the queue holds. */
  flush(): void {
    this.#isQueued = false;
    this.#sink.flush();
  }

  /** Reports to the sink that messages were lost although the limits say `disconnect`. */
  overflow(): void {
    this.#sink.overflow();
  }

  /** Puts the notice of lost messages where they are missing, or reports that the queue is empty again. */
  #reportLoss(): void {
    const loss = this.#ring.takeLoss();
    const notice = loss && this.format.renderLoss(loss);
    if (notice !== undefined) this.#ring.answerFirst(this.encode(notice));
    else if (this.#ring.empty) {
      this.#sink.recovered(this.#droppedInARow);
      this.#droppedInARow = 0;
    }
  }

  #countLost(lost: number): void {
    const before = this.#droppedInARow;
    this.#droppedInARow += lost;
    for (let at = nextReport(before); at <= this.#droppedInARow; at = nextReport(at)) {
      this.#sink.slow(at);
    }
  }
}

/** Encodes a text as a segment of one record. */
export function encodeFor({ encode, overhead }: RecordFormat, text: string): Segment {
  return Segment.of(encodeAlone(encode, overhead, text));
}

/** The number of losses to report next after `count`: 10, 20 ... 990, 1000, 2000 ... 9000, 10000, 20000 ... */
function nextReport(count: number): number {
  let step = REPORT_EVERY;
  if (count >= REPORT_ALL_BELOW) step = 10 ** Math.floor(Math.log10(count));
  return (Math.floor(count / step) + 1) * step;
}
