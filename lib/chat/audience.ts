/**
 * The fan-out: those in one room who share one wire format, and what is said to them.
 *
 * What is said during one turn of the event loop is encoded at once, but handed out as a run: each member gets one slice
 * for all of it, however many messages it is. At 64 messages a turn that makes a delivery a fraction of a ring operation.
 * @module
 */
import type { Member } from "./member.ts";
import type { Log, Segment } from "./segment.ts";

/** What the hub does with members that were given something. */
export interface Deliveries {
  /** `member` has something to send, and lost `lost` messages to it. */
  delivered(member: Member, lost: number): void;
}

export class Audience {
  readonly #log: Log;
  readonly #deliveries: Deliveries;
  readonly #members: Member[] = [];
  /** The run: records said and not handed out yet, and who said each. */
  #segment: Segment | undefined;
  #from = 0;
  #to = 0;
  #authors: Member[] = [];

  constructor(log: Log, deliveries: Deliveries) {
    this.#log = log;
    this.#deliveries = deliveries;
  }

  get size(): number {
    return this.#members.length;
  }

  /** From now on; what was said before is handed out first. */
  add(member: Member): void {
    this.settle();
    member.audience = this;
    member.place = this.#members.length;
    this.#members.push(member);
  }

  remove(member: Member): void {
    this.settle();
    const last = this.#members.pop()!;
    if (last !== member) {
      this.#members[member.place] = last;
      last.place = member.place;
    }
    member.audience = undefined;
  }

  /** Whether there is somebody here to hear `author`. */
  hears(author: Member): boolean {
    return this.#members.length > (author.audience === this ? 1 : 0);
  }

  /** Says `text`, which is rendered already, to all but `author`. */
  say(author: Member, text: string): void {
    this.#log.append(text);
    const { segment, record } = this.#log;
    if (segment !== this.#segment || record !== this.#to) {
      this.settle();
      this.#segment = segment;
      this.#from = record;
    }
    this.#to = record + 1;
    this.#authors.push(author);
    if (author.audience === this) author.spoke = true;
  }

  /** Hands the run out. */
  settle(): void {
    const segment = this.#segment;
    const from = this.#from;
    const to = this.#to;
    if (segment === undefined || from === to) return;
    this.#from = to;
    const authors = this.#authors;
    this.#authors = [];
    for (const member of this.#members) {
      if (!member.spoke) this.#deliveries.delivered(member, member.push(segment, from, to));
    }
    for (const author of authors) {
      if (author.spoke && author.audience === this) {
        this.#settleAuthor(author, authors, segment, from);
      }
    }
  }

  /** Gives an author the run without what it said itself. */
  #settleAuthor(author: Member, authors: Member[], segment: Segment, from: number): void {
    author.spoke = false;
    let start = 0;
    for (let i = 0; i <= authors.length; i++) {
      if (i < authors.length && authors[i] !== author) continue;
      if (i > start) {
        this.#deliveries.delivered(author, author.push(segment, from + start, from + i));
      }
      start = i + 1;
    }
  }
}
