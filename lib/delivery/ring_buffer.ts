/**
 * The queue of one recipient: a bounded ring of slices of shared segments.
 *
 * The contract:
 * 1. `push` and `answer` never wait and never fail.
 * 2. Messages leave in the order in which they came, and answers leave between the same messages between which they came.
 * 3. The ring holds at most `capacity` messages and `capacityBytes` bytes, answers not limited. A message that does not fit
 *    is dropped, or an older one instead, and the loss is counted. A single message always fits into an empty ring.
 * 4. Answers are never dropped. The client must not be given more of them while the ring is `full`, which it is as soon as
 *    half of `capacityBytes` are answers, so that there is room for one more. Bytes that were taken last count until more
 *    are taken.
 * 5. The memory that a ring keeps alive is bounded too: slices of many segments are copied together before they pin too
 *    much.
 * @module
 */
import { Fifo } from "./fifo.ts";
import { type MessageRef, Segment, SEGMENT_BYTES } from "./segment.ts";

/** What happens when a message does not fit. */
export type Overflow = "drop-oldest" | "drop-newest" | "disconnect";

export interface RingLimits {
  /** The most messages in the queue. */
  readonly capacity: number;
  /** The most bytes in the queue. */
  readonly capacityBytes: number;
  readonly overflow: Overflow;
}

/**
 * The most that goes into one write, in bytes. Larger writes save hardly any system calls, and a stalled connection keeps
 * its last write alive.
 */
export const MAX_WRITE = 65_536;

/** Slices from this size on, in bytes, are written without a copy. Smaller ones are gathered into one write. */
const DIRECT_WRITE = 8_192;

/**
 * The most that is gathered, in bytes. A gathered write belongs to one connection, and a stalled connection keeps it alive:
 * with 1,000 of them, 64 kB each took 74 MB where 16 kB take 16 MB, and wrote no faster.
 */
const MAX_GATHER = 16_384;

/** The initial number of slots, a power of two. A ring that is emptied in time never holds more than one slice. */
const FIRST_SLOTS = 1;

/** A ring with more slots than this frees them when it is empty. */
const SPARE_SLOTS = 64;

type Bytes = Uint8Array<ArrayBuffer>;

interface Slot {
  segment: Segment;
  from: number;
  to: number;
}

interface Answer {
  readonly segment: Segment;
  /** The number of bytes that were taken. */
  taken: number;
  /** The answer leaves when so many messages have left. */
  readonly after: number;
}

/** A place where messages are missing. */
interface Hole {
  /** The place is reached when so many messages have left. */
  readonly after: number;
  lost: number;
  /** The lost messages by room, unless they were no messages of a room. */
  ranges: Range[];
}

/** Lost messages of one room: from the first number to the last one, both included. */
interface Range {
  readonly room: string;
  readonly from: number;
  to: number;
}

/** The messages that a recipient lost at one place. */
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
  /** The number of messages that have left the ring, taken or dropped. */
  #gone = 0;
  #messages = 0;
  /** Of messages and answers. */
  #bytes = 0;
  /** Of answers alone. */
  #answerBytes = 0;
  /** The number of bytes that were taken last: they are being written until more are taken. */
  #writing = 0;
  /** The size of all segments that the slots point into, in bytes. */
  #pinned = 0;
  /** In order. With drop-oldest they are always in front. */
  #holes = NO_HOLES;

  constructor(limits: RingLimits) {
    this.#limits = limits;
  }

  /** The number of messages in the ring. */
  get messages(): number {
    return this.#messages;
  }

  /** The number of bytes in the ring, answers included. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The size of the segments that the messages in the ring keep alive, in bytes. */
  get pinned(): number {
    return this.#pinned;
  }

  get empty(): boolean {
    return this.#size === 0 && this.#answers.length === 0;
  }

  /** Whether the client must not be given more answers. */
  get full(): boolean {
    const { capacity, capacityBytes } = this.#limits;
    return this.#messages + this.#answers.length >= capacity ||
      this.#bytes + this.#writing >= capacityBytes ||
      2 * (this.#answerBytes + this.#writing) >= capacityBytes;
  }

  /** Adds the records of `segment` from `from` up to but not including `to`. Returns how many messages were lost. */
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

  /** Adds an answer, one whole segment, behind everything else. */
  answer(segment: Segment): void {
    this.#ownAnswers().push({ segment, taken: 0, after: this.#gone + this.#messages });
    this.#countAnswer(segment.length);
  }

  /** Adds an answer in front of everything else. */
  answerFirst(segment: Segment): void {
    this.#ownAnswers().unshift({ segment, taken: 0, after: this.#gone });
    this.#countAnswer(segment.length);
  }

  #countAnswer(bytes: number): void {
    this.#bytes += bytes;
    this.#answerBytes += bytes;
  }

  /** Returns the loss, if any, at the place from which is taken next, and forgets it. */
  takeLoss(): Loss | undefined {
    if (this.#isCut) return undefined; // a notice must not stand between two parts of an answer
    let count = 0;
    let ranges = NO_RANGES;
    for (let hole = this.#holes.first; hole && hole.after <= this.#gone; hole = this.#holes.first) {
      count += hole.lost;
      ranges = ranges.concat(hole.ranges);
      this.#holes.shift();
    }
    return count === 0 ? undefined : { count, ranges };
  }

  /** Whether a part of the next answer has been taken. */
  get #isCut(): boolean {
    return (this.#answers.first?.taken ?? 0) > 0;
  }

  /**
   * Takes the bytes to write next, about {@linkcode MAX_WRITE} at the most, or returns `undefined` if the ring is empty. The
   * bytes are shared: they may be written, never changed. The bytes of the call before must have been written.
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

  /** Takes the next slice of at most `room` bytes. With `atLeastOne` it may be one longer message. */
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
    } else if (hole !== undefined && !atLeastOne) return undefined; // the notice of the loss comes first
    const least = atLeastOne ? from + 1 : from;
    while (to > least && segment.size(from, to) > room) to--;
    if (to === from) return undefined;
    const view = segment.view(from, to);
    this.#remove(to - from, view.length);
    return view;
  }

  /** Takes an answer, or as much of it as goes into one write. */
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
    if (this.#answers.length === 0) this.#answers = NO_ANSWERS; // 0.1 kB that a silent client does not need
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
      this.#addLoss(this.#gone + this.#messages, segment.refs[record]);
    }
    this.#boundPinned();
    return lost;
  }

  /** Records a loss. Losses without a message between them are one hole, so there are no more holes than messages. */
  #addLoss(after: number, ref: MessageRef | undefined): void {
    if (this.#holes === NO_HOLES) this.#holes = new Fifo();
    let hole = this.#holes.last;
    if (hole === undefined || hole.after < after) {
      hole = { after, lost: 0, ranges: NO_RANGES };
      this.#holes.push(hole);
    }
    hole.lost++;
    if (ref === undefined) return;
    const range = hole.ranges.find(({ room }) => room === ref.room);
    if (range !== undefined) range.to = ref.id;
    else hole.ranges = hole.ranges.concat({ room: ref.room, from: ref.id, to: ref.id });
  }

  #append(segment: Segment, from: number, to: number): void {
    this.#messages += to - from;
    this.#bytes += segment.size(from, to);
    const slots = this.#slots;
    if (this.#size > 0) {
      const last = slots[(this.#head + this.#size - 1) & (slots.length - 1)]!;
      if (last.segment === segment) {
        if (last.to === from) {
          last.to = to; // right behind the last slice, which grows
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

  /** Removes `count` messages of `bytes` in all from the first slot. */
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
    const ref = segment.refs[from];
    this.#remove(1, segment.size(from, from + 1));
    this.#addLoss(0, ref);
  }

  /** Copies all messages into one segment, if the segments that they keep alive are too large. */
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
        whole.setRef(whole.bounds.length - 2, segment.refs[record - 1]);
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

/** Fills slots that are not in use, so that they keep nothing alive. */
const EMPTY = new Segment(new Uint8Array(0));
