/**
 * Somebody who takes part in the chat, as the chat sees them: a name, a ring of what they have yet to be sent, and
 * a sink that can be told so. What is behind the sink, a socket or a test, is not known here.
 * @module
 */
import type { ChatEvent, DisconnectReason, Person } from "./events.ts";
import type { Steps } from "./history.ts";
import { RingBuffer, type RingLimits } from "../delivery/ring_buffer.ts";
import type { Membership } from "./membership.ts";
import { type Encode, encodeAlone, Segment } from "../delivery/segment.ts";

/** One way to put events on a wire. Events are rendered and encoded once for each format that is in use. */
export interface WireFormat {
  /** The event as text, or `undefined` if this format has no word for it. `time` is milliseconds since 1970. */
  render(event: ChatEvent, time: number): string | undefined;
  /** Writes a rendered event as one record. */
  readonly encode: Encode;
  /** The most that `encode` adds to the text's UTF-8, in bytes. */
  readonly overhead: number;
  /** Whether every event says in which room it was: only then a client can be in several. */
  readonly tellsRoom?: boolean;
}

/** Where a member's messages go. */
export interface Sink {
  /** There is something to {@linkcode Member.take}. Must not call back into the hub. */
  flush(): void;
  /** The member asked for something that costs as much as so many messages more. */
  charge(messages: number): void;
  /**
   * The member asked for something that takes long: it is done step by step, and nothing else that the member sends is
   * handled before it is done.
   */
  workOn(steps: Steps<void>): void;
  /** The member is to be seen off, with these words if any: what is queued goes out, then the connection ends. */
  end(reason: DisconnectReason, words?: string): void;
  /** The member read too slowly and is not to be waited for. */
  overflow(): void;
}

/** What the hub tells the outside about slow members. */
export interface SlowObserver {
  /** Another step in a row of losses; `dropped` so far. */
  slow(member: Member, dropped: number): void;
  /** The member has read everything; `dropped` since it became slow. */
  recovered(member: Member, dropped: number): void;
}

/**
 * Losses are reported at every tenth, and from the thousandth on only at every number with one digit other than zero,
 * lest a flood of messages become a flood of log lines.
 */
const REPORT_EVERY = 10;
const REPORT_ALL_BELOW = 1_000;

const NO_SEATS: readonly Membership[] = [];

export class Member implements Person {
  name: string | undefined;
  away: string | undefined;
  /** Whether this member has shown the token of operators. */
  isOperator = false;
  /** What this member is to a history as a contributor, once that was asked for; see `History.append`. */
  source: string | undefined;
  /** How many others it has shown. */
  wrongTokens = 0;
  /** Whether this member is counted: it took part, by a word or by getting one. */
  active = false;
  /** Whether this member is in the lists of its rooms: it has said, named or joined something. */
  visible = false;
  /** What this member is in its rooms, the one joined last at the end; none once it has left. */
  memberships: readonly Membership[] = NO_SEATS;
  /** The flush queue's note: is in it. */
  ready = false;
  #ring: RingBuffer;
  readonly #limits: RingLimits;
  #droppedInARow = 0;

  constructor(
    readonly id: number,
    /** What others see: whence the member comes, or what stands for it. Does not change any more once it is listed. */
    public address: string,
    readonly format: WireFormat,
    limits: RingLimits,
    readonly sink: Sink,
    readonly observer: SlowObserver,
    /** Where the member comes from, `host:port`: for the log and for operators. */
    public origin: string = address,
  ) {
    this.#limits = limits;
    this.#ring = new RingBuffer(limits);
  }

  /** Where this member's words go, unless it says otherwise: the room joined last. */
  get current(): Membership | undefined {
    return this.memberships[this.memberships.length - 1];
  }

  /** Whether so much waits that no more answers should be caused. */
  get full(): boolean {
    return this.#ring.full;
  }

  /** Messages that wait, answers not counted. */
  get waiting(): number {
    return this.#ring.messages;
  }

  /** Queues records; returns how many messages, these or older ones, were lost to it. */
  push(segment: Segment, from: number, to: number): number {
    const lost = this.#ring.push(segment, from, to);
    if (lost > 0) this.#countLost(lost);
    return lost;
  }

  /** Queues what is not dropped. */
  answer(segment: Segment): void {
    this.#ring.answer(segment);
  }

  /** The bytes to be written next, or `undefined` if nothing waits. They may be written, never changed. */
  take(): Uint8Array<ArrayBuffer> | undefined {
    if (this.#droppedInARow > 0) {
      const missed = this.#ring.takeMissed();
      const notice = missed &&
        this.encode({ type: "dropped", count: missed.count, missed: missed.ranges });
      if (notice !== undefined) this.#ring.answerFirst(notice);
      else if (this.#ring.empty) {
        this.observer.recovered(this, this.#droppedInARow);
        this.#droppedInARow = 0;
      }
    }
    return this.#ring.take();
  }

  /** Forgets all that waits: nobody will take it. Those who are told later that somebody has left still know the member. */
  discard(): void {
    this.#ring = new RingBuffer(this.#limits);
  }

  /** An event for this member alone, in its format; `undefined` if that has no word for it. `time` is of Unix, in ms. */
  encode(event: ChatEvent, time = Date.now()): Segment | undefined {
    const { encode, overhead } = this.format;
    const text = this.format.render(event, time);
    return text === undefined ? undefined : Segment.of(encodeAlone(encode, overhead, text));
  }

  #countLost(lost: number): void {
    const before = this.#droppedInARow;
    this.#droppedInARow += lost;
    for (let at = nextReport(before); at <= this.#droppedInARow; at = nextReport(at)) {
      this.observer.slow(this, at);
    }
  }
}

/** The number of losses to report next after `count`: 10, 20 ... 990, 1000, 2000 ... 9000, 10000, 20000 ... */
function nextReport(count: number): number {
  let step = REPORT_EVERY;
  if (count >= REPORT_ALL_BELOW) step = 10 ** Math.floor(Math.log10(count));
  return (Math.floor(count / step) + 1) * step;
}
