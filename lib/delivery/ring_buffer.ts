/**
 * What one client has yet to be sent: a bounded ring of slices of shared segments.
 *
 * The contract:
 * 1. Putting something in never waits and never fails.
 * 2. Messages leave in the order in which they came, and answers between the same messages as they came.
 * 3. More than `capacity` messages or `capacityBytes` bytes never wait, but for answers: a message that is too much is
 *    dropped, or drops an older one, and is counted. A single message always fits into an empty ring.
 * 4. Answers are never dropped. Whoever asks for them has to stop asking while the ring is `full`, which it is when
 *    half of `capacityBytes` are answers: so there is room for one more, and what was taken last counts until more is.
 * 5. What a ring keeps alive is bounded too: slices of many segments are copied together before they pin too much.
 *
 * Knows bytes and how to count them; no socket, no client, no text.
 * @module
 */
import { Fifo } from "./fifo.ts";
import { type MessageRef, Segment, SEGMENT_BYTES } from "./segment.ts";

/** What happens to a message that does not fit. */
export type Overflow = "drop-oldest" | "drop-newest" | "disconnect";

export interface RingLimits {
  /** Messages that may wait. */
  readonly capacity: number;
  /** Bytes that may wait. */
  readonly capacityBytes: number;
  readonly overflow: Overflow;
}

/**
 * The most that goes into one write, in bytes. A larger one saves no more system calls worth counting, and a stalled
 * connection keeps its last one alive.
 */
export const MAX_WRITE = 65_536;

/** A slice from this size on, in bytes, is written from where it is; smaller ones are gathered into one write. */
const DIRECT_WRITE = 8_192;

/**
 * The most that is gathered, in bytes. It is memory of one connection alone, which a stalled one holds on to: with
 * 1,000 of them, 64 kB each made 74 MB where 16 kB make 16, and wrote no faster.
 */
const MAX_GATHER = 16_384;

/** The first number of slots; a power of two. A ring that is emptied in time never holds more than one slice. */
const FIRST_SLOTS = 1;

/** A ring that held a burst gives the slots back when it is empty and has more than this. */
const SPARE_SLOTS = 64;

type Bytes = Uint8Array<ArrayBuffer>;

interface Slot {
  segment: Segment;
  from: number;
  to: number;
}

interface Answer {
  readonly segment: Segment;
  /** So many bytes of it were taken. */
  taken: number;
  /** It leaves when so many messages have left. */
  readonly after: number;
}

interface Hole {
  /** It is behind so many messages that have gone. */
  readonly after: number;
  lost: number;
  /** By room, as far as the messages were marked. */
  ranges: Range[];
}

/** Lost messages of one room: from the first number to the last one, both included. */
interface Range {
  readonly room: string;
  readonly from: number;
  to: number;
}

/** What is missing at one place. */
export interface Loss {
  readonly count: number;
  readonly ranges: ReadonlyArray<Readonly<Range>>;
}

const NO_HOLES = new Fifo<Hole>();
const NO_RANGES: Range[] = [];
const NO_SLOTS: Slot[] = [];
const NO_ANSWERS = new Fifo<Answer>();

export class RingBuffer {
  readonly #limits: RingLimits;
  #slots: Slot[] = NO_SLOTS;
  #head = 0;
  #size = 0;
  #answers = NO_ANSWERS;
  /** How many messages have left the ring, sent or dropped. */
  #gone = 0;
  #messages = 0;
  /** Of messages and answers. */
  #bytes = 0;
  /** Of answers alone. */
  #answerBytes = 0;
  /** Bytes that were taken last: they are being written as long as no more are taken. */
  #writing = 0;
  /** The size of all segments that the slots point into. */
  #pinned = 0;
  /** Where messages are missing, in order; with drop-oldest only ever in front. */
  #holes = NO_HOLES;

  constructor(limits: RingLimits) {
    this.#limits = limits;
  }

  /** Messages that wait. */
  get messages(): number {
    return this.#messages;
  }

  /** Bytes that wait, answers included. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes of the segments that are kept alive for the messages that wait. */
  get pinned(): number {
    return this.#pinned;
  }

  get empty(): boolean {
    return this.#size === 0 && this.#answers.length === 0;
  }

  /** Whether no more answers should be asked for. */
  get full(): boolean {
    const { capacity, capacityBytes } = this.#limits;
    return this.#messages + this.#answers.length >= capacity ||
      this.#bytes + this.#writing >= capacityBytes ||
      2 * (this.#answerBytes + this.#writing) >= capacityBytes;
  }

  /** Puts in the records of `segment` from `from` up to but not including `to`; returns how many messages were lost. */
  push(segment: Segment, from: number, to: number): number {
    if (this.#limits.overflow !== "drop-oldest") return this.#pushWhatFits(segment, from, to);
    this.#append(segment, from, to);
    let lost = 0;
    while (this.#isOver() && this.#messages > 1) {
      this.#dropOldest();
      lost++;
    }
    this.#boundPinned();
    return lost;
  }

  /** Puts in an answer: one whole segment, behind all that is there. */
  answer(segment: Segment): void {
    this.#ownAnswers().push({ segment, taken: 0, after: this.#gone + this.#messages });
    this.#countAnswer(segment.length);
  }

  /** Puts in an answer in front of all that is there. */
  answerFirst(segment: Segment): void {
    this.#ownAnswers().unshift({ segment, taken: 0, after: this.#gone });
    this.#countAnswer(segment.length);
  }

  #countAnswer(bytes: number): void {
    this.#bytes += bytes;
    this.#answerBytes += bytes;
  }

  /** What is missing at exactly the place from which is taken next, if anything is; asking resets it. */
  takeLoss(): Loss | undefined {
    if (this.#isCut) return undefined; // nothing can stand between two parts of an answer
    let count = 0;
    let ranges = NO_RANGES;
    for (let hole = this.#holes.first; hole && hole.after <= this.#gone; hole = this.#holes.first) {
      count += hole.lost;
      ranges = ranges.concat(hole.ranges);
      this.#holes.shift();
    }
    return count === 0 ? undefined : { count, ranges };
  }

  /** Whether a part of the next answer was taken. */
  get #isCut(): boolean {
    return (this.#answers.first?.taken ?? 0) > 0;
  }

  /**
   * Takes out what should be written next, about {@linkcode MAX_WRITE} bytes at the most; `undefined` if nothing is
   * there. The bytes are shared: they may be written, never changed. What was taken before has been written then.
   */
  take(): Uint8Array<ArrayBuffer> | undefined {
    const bytes = this.#take();
    this.#writing = bytes === undefined ? 0 : bytes.length;
    return bytes;
  }

  #take(): Uint8Array<ArrayBuffer> | undefined {
    const first = this.#takeSlice(MAX_WRITE);
    if (first === undefined) return undefined;
    if (this.empty || first.length >= DIRECT_WRITE) return first;
    const gathered = new Uint8Array(Math.min(MAX_GATHER, first.length + this.#bytes));
    gathered.set(first);
    let length = first.length;
    while (length < gathered.length) {
      const slice = this.#takeSlice(gathered.length - length, false);
      if (slice === undefined) break;
      gathered.set(slice, length);
      length += slice.length;
    }
    return gathered.subarray(0, length);
  }

  /** The next slice of at most `room` bytes; unless `atLeastOne` is false, a longer message is a slice too. */
  #takeSlice(room: number, atLeastOne = true): Uint8Array<ArrayBuffer> | undefined {
    const answer = this.#answers.first;
    if (answer !== undefined && answer.after <= this.#gone) {
      return this.#takeAnswer(answer, room, atLeastOne);
    }
    if (this.#size === 0) return undefined;
    const slot = this.#slots[this.#head]!;
    const { segment, from } = slot;
    let to = slot.to;
    if (answer !== undefined) to = Math.min(to, from + answer.after - this.#gone);
    const hole = this.#holes.first;
    if (hole !== undefined && hole.after > this.#gone) {
      to = Math.min(to, from + hole.after - this.#gone);
    } else if (hole !== undefined && !atLeastOne) return undefined; // the hole is here: it must be told first
    const least = atLeastOne ? from + 1 : from;
    while (to > least && segment.size(from, to) > room) to--;
    if (to === from) return undefined;
    const view = segment.view(from, to);
    this.#remove(to - from, view.length);
    return view;
  }

  /** An answer, or as much of it as goes into one write. */
  #takeAnswer(answer: Answer, room: number, atLeastOne: boolean): Bytes | undefined {
    const { segment, taken } = answer;
    const left = segment.length - taken;
    if (left > room && !atLeastOne) return undefined;
    const length = Math.min(left, MAX_WRITE);
    this.#countAnswer(-length);
    if (length < left) {
      answer.taken += length;
      return segment.bytes.subarray(taken, taken + length);
    }
    this.#answers.shift();
    if (this.#answers.length === 0) this.#answers = NO_ANSWERS; // 0.1 kB, of which a silent client has no use
    return taken === 0 ? segment.view(0, 1) : segment.bytes.subarray(taken, taken + length);
  }

  #ownAnswers(): Fifo<Answer> {
    if (this.#answers === NO_ANSWERS) this.#answers = new Fifo();
    return this.#answers;
  }

  #isOver(): boolean {
    return this.#messages + this.#answers.length > this.#limits.capacity ||
      this.#bytes > this.#limits.capacityBytes;
  }

  #pushWhatFits(segment: Segment, from: number, to: number): number {
    let fits = from;
    while (fits < to) {
      const count = fits - from + 1;
      const waiting = this.#messages + this.#answers.length;
      const isFirst = this.#messages === 0 && count === 1;
      const isOver = waiting + count > this.#limits.capacity ||
        this.#bytes + segment.size(from, fits + 1) > this.#limits.capacityBytes;
      if (isOver && !isFirst) break;
      fits++;
    }
    if (fits > from) this.#append(segment, from, fits);
    const lost = to - fits;
    for (let record = fits; record < to; record++) {
      this.#miss(this.#gone + this.#messages, segment.refs[record]);
    }
    this.#boundPinned();
    return lost;
  }

  /** Notes a loss. Those without a message between them are one hole, so there are no more holes than messages. */
  #miss(after: number, mark: MessageRef | undefined): void {
    if (this.#holes === NO_HOLES) this.#holes = new Fifo();
    let hole = this.#holes.last;
    if (hole === undefined || hole.after < after) {
      hole = { after, lost: 0, ranges: NO_RANGES };
      this.#holes.push(hole);
    }
    hole.lost++;
    if (mark === undefined) return;
    const range = hole.ranges.find(({ room }) => room === mark.room);
    if (range !== undefined) range.to = mark.id;
    else hole.ranges = hole.ranges.concat({ room: mark.room, from: mark.id, to: mark.id });
  }

  #append(segment: Segment, from: number, to: number): void {
    this.#messages += to - from;
    this.#bytes += segment.size(from, to);
    const slots = this.#slots;
    if (this.#size > 0) {
      const last = slots[(this.#head + this.#size - 1) & (slots.length - 1)]!;
      if (last.segment === segment) {
        if (last.to === from) {
          last.to = to; // lies right behind the last slice: that one grows
          return;
        }
      } else this.#pinned += segment.bytes.length;
    } else this.#pinned = segment.bytes.length;
    if (this.#size === slots.length) this.#grow();
    const slot = this.#slots[(this.#head + this.#size++) & (this.#slots.length - 1)]!;
    slot.segment = segment;
    slot.from = from;
    slot.to = to;
  }

  #grow(): void {
    const old = this.#slots;
    const slots: Slot[] = [];
    for (let i = 0; i < old.length; i++) slots.push(old[(this.#head + i) & (old.length - 1)]!);
    const length = Math.max(FIRST_SLOTS, 2 * old.length);
    while (slots.length < length) slots.push({ segment: EMPTY, from: 0, to: 0 });
    this.#slots = slots;
    this.#head = 0;
  }

  /** Takes `count` messages of `bytes` out of the first slot. */
  #remove(count: number, bytes: number): void {
    const slot = this.#slots[this.#head]!;
    slot.from += count;
    this.#gone += count;
    this.#messages -= count;
    this.#bytes -= bytes;
    if (slot.from < slot.to) return;
    const { segment } = slot;
    slot.segment = EMPTY;
    this.#head = (this.#head + 1) & (this.#slots.length - 1);
    this.#size--;
    if (this.#size === 0) {
      this.#pinned = 0;
      if (this.#slots.length > SPARE_SLOTS) {
        this.#slots = NO_SLOTS;
        this.#head = 0;
      }
    } else if (this.#slots[this.#head]!.segment !== segment) this.#pinned -= segment.bytes.length;
  }

  #dropOldest(): void {
    const { segment, from } = this.#slots[this.#head]!;
    const mark = segment.refs[from];
    this.#remove(1, segment.size(from, from + 1));
    this.#miss(0, mark);
  }

  /** Copies all that waits into a segment of its own, if it keeps too much alive where it is. */
  #boundPinned(): void {
    const most = Math.max(this.#limits.capacityBytes, this.#bytes);
    if (this.#pinned <= 2 * most + 2 * SEGMENT_BYTES) return;
    let bytes = 0;
    for (let i = 0; i < this.#size; i++) {
      const { segment, from, to } = this.#slots[(this.#head + i) & (this.#slots.length - 1)]!;
      bytes += segment.size(from, to);
    }
    const whole = new Segment(new Uint8Array(bytes));
    for (let i = 0; i < this.#size; i++) {
      const { segment, from, to } = this.#slots[(this.#head + i) & (this.#slots.length - 1)]!;
      const shift = whole.length - segment.bounds[from]!;
      whole.bytes.set(
        segment.bytes.subarray(segment.bounds[from], segment.bounds[to]),
        whole.length,
      );
      for (let record = from + 1; record <= to; record++) {
        whole.bounds.push(segment.bounds[record]! + shift);
        whole.mark(whole.bounds.length - 2, segment.refs[record - 1]);
      }
    }
    this.#slots = NO_SLOTS;
    this.#head = this.#size = 0;
    this.#grow();
    this.#slots[0] = { segment: whole, from: 0, to: whole.bounds.length - 1 };
    this.#size = 1;
    this.#pinned = bytes;
  }
}

/** Stands in a slot that is not in use, so that it keeps nothing alive. */
const EMPTY = new Segment(new Uint8Array(0));
