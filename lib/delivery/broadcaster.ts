/**
 * One wire format, in all rooms, and what is said in it.
 *
 * What is said during one turn of the event loop is encoded at once, but handed out as a run: each member gets one slice
 * for all of it, however many messages it is. At 64 messages a turn that makes a delivery a fraction of a ring operation.
 *
 * All rooms share the log, so a run ends when something is said in another room: there is one run under way at the most,
 * whatever the number of rooms, and who is in several gets everything in the order in which it was said.
 * @module
 */
import type { Subscribers } from "./subscribers.ts";
import type { Member, WireFormat } from "../chat/member.ts";
import type { Membership } from "../chat/membership.ts";
import { type MessageRef, type Segment, SegmentWriter } from "./segment.ts";

/** What is done with members that were given something. */
export interface Deliveries {
  /** `member` has something to send, and lost `lost` messages to it. */
  delivered(member: Member, lost: number): void;
}

/** Who says something; nobody if it is said of somebody who is not there. */
type Author = Membership | undefined;

export class Broadcaster {
  readonly format: WireFormat;
  readonly #log: SegmentWriter;
  readonly #deliveries: Deliveries;
  /** The run: to whom it is said, the records that are not handed out yet, and who said each. */
  #audience: Subscribers | undefined;
  #segment: Segment | undefined;
  #from = 0;
  #to = 0;
  #authors: Author[] = [];

  constructor(format: WireFormat, deliveries: Deliveries) {
    this.format = format;
    this.#log = new SegmentWriter(format.encode, format.overhead);
    this.#deliveries = deliveries;
  }

  /** Says `text`, which is rendered already, to all in `audience` but `author`. `mark` is what it is, where that counts. */
  say(audience: Subscribers, author: Author, text: string, mark?: MessageRef): void {
    this.#log.append(text, mark);
    const { segment, record } = this.#log;
    if (audience !== this.#audience || segment !== this.#segment) {
      this.deliver();
      this.#audience = audience;
      this.#segment = segment;
      this.#from = record;
    }
    this.#to = record + 1;
    this.#authors.push(author);
    if (author?.subscribers === audience) author.spoke = true;
  }

  /** Hands the run out, if one is under way and said to `audience`. */
  deliver(audience: Subscribers | undefined = this.#audience): void {
    const segment = this.#segment;
    if (audience === undefined || audience !== this.#audience || segment === undefined) return;
    const from = this.#from;
    const to = this.#to;
    const authors = this.#authors;
    this.#audience = undefined;
    this.#authors = [];
    const deliveries = this.#deliveries;
    for (const seat of audience.memberships) {
      if (seat.spoke) continue;
      const { member } = seat;
      deliveries.delivered(member, member.push(segment, from, to));
    }
    for (const author of authors) {
      if (author?.spoke && author.subscribers === audience) {
        this.#settleAuthor(author, authors, segment, from);
      }
    }
  }

  /** Gives an author the run without what it said itself. */
  #settleAuthor(
    author: Membership,
    authors: readonly Author[],
    segment: Segment,
    from: number,
  ): void {
    const { member } = author;
    author.spoke = false;
    let start = 0;
    for (let i = 0; i <= authors.length; i++) {
      if (i < authors.length && authors[i] !== author) continue;
      if (i > start) {
        this.#deliveries.delivered(member, member.push(segment, from + start, from + i));
      }
      start = i + 1;
    }
  }
}
