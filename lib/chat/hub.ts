/**
 * The hub: the one place where all sessions meet. Who is here, who has which name, and the way of a message from one to
 * all the others.
 *
 * Knows no socket and no wire: it fills the rings of its members and tells their sinks when to empty them.
 * @module
 */
import { Audience, type Deliveries } from "./audience.ts";
import type { ChatEvent, Person, Ref } from "./events.ts";
import { Member, type Sink, type SlowObserver, type WireFormat } from "./member.ts";
import { NameRegistry } from "./names.ts";
import type { RingLimits } from "./ring_buffer.ts";
import { Log, Segment } from "./segment.ts";
import type { Statistics } from "./statistics.ts";

export interface HubOptions extends RingLimits {
  /** Told of slow members. */
  readonly observer: SlowObserver;
  /** The time in milliseconds, from whatever beginning. */
  readonly now: () => number;
}

export class Hub implements Deliveries {
  /** Another one for each hub: the numbers of members and messages are only good together with it. */
  readonly epoch: string = crypto.randomUUID();
  readonly #options: HubOptions;
  readonly #started: number;
  readonly #members = new Set<Member>();
  /** Who has said or named something, in the order in which they did. */
  readonly #listed = new Set<Member>();
  readonly #names = new NameRegistry<Member>();
  readonly #audiences = new Map<WireFormat, Audience>();
  #ready: Member[] = [];
  #overflown = new Set<Member>();
  #flushScheduled = false;
  /** Messages said since the last flush. */
  #unflushed = 0;
  #lastId = 0;
  #totalConnections = 0;
  #activeConnections = 0;
  #totalMessages = 0;
  #totalWhispers = 0;
  #droppedMessages = 0;

  constructor(options: HubOptions) {
    this.#options = options;
    this.#started = options.now();
  }

  /**
   * Lets somebody in: from now on they get what is said. They are not counted or listed before they take part.
   * `address` is how they are called as long as they have no name.
   */
  join(address: string, format: WireFormat, sink: Sink): Member {
    const member = new Member(
      ++this.#lastId,
      address,
      format,
      this.#options,
      sink,
      this.#options.observer,
    );
    this.#members.add(member);
    this.#audience(format).add(member);
    return member;
  }

  /** Counts a member as a connection, once. */
  count(member: Member): void {
    if (member.counted) return;
    member.counted = true;
    this.#totalConnections++;
    this.#activeConnections++;
  }

  /** Lets a member go, if it has not gone. Its name is free; what is queued for it can still be taken. */
  leave(member: Member): void {
    if (!this.#members.delete(member)) return;
    member.audience?.remove(member);
    if (member.name !== undefined) this.#names.release(member.name);
    if (member.counted) this.#activeConnections--;
    if (!this.#listed.delete(member)) return;
    this.#publish(member, {
      type: "presence",
      event: "leave",
      user: member,
      users: this.#listed.size,
    });
  }

  /** Says `text` to everybody else. The author is told the number that it got. */
  say(author: Member, text: string, ref?: Ref): void {
    this.#list(author);
    const id = ++this.#totalMessages;
    this.#publish(author, { type: "message", id, from: author, text });
    this.answer(author, { type: "ack", id, ref });
  }

  /** Says `text` to one member alone, and tells the author so. */
  whisper(author: Member, to: Member, text: string, ref?: Ref): void {
    this.#list(author);
    this.#totalWhispers++;
    this.#unflushed++;
    this.settle();
    this.delivered(to, to.tell({ type: "whisper", from: author, text }));
    this.answer(author, { type: "whispered", to, text, ref });
  }

  /** Answers a member. It is not dropped: who asks while {@linkcode Member.full} keeps it all. */
  answer(member: Member, event: ChatEvent): void {
    const segment = member.encode(event);
    if (segment !== undefined) this.#answerWith(member, segment);
  }

  /** Sends a member bytes as they are, not dropped, behind all that was said so far. */
  answerBytes(member: Member, bytes: Uint8Array<ArrayBuffer>): void {
    this.#answerWith(member, Segment.of(bytes));
  }

  /** Gives `member` a name, if it is nobody else's. `name` must be in the form of `normalizeName`. */
  rename(member: Member, name: string): boolean {
    const previous = member.name;
    if (!this.#members.has(member) || !this.#names.claim(name, member, previous)) return false;
    member.name = name;
    if (!this.#listed.has(member)) this.#list(member);
    else if (name !== previous) {
      this.#publish(member, {
        type: "presence",
        event: "rename",
        user: member,
        previous,
        users: this.#listed.size,
      });
    }
    return true;
  }

  /** Who has this name; for those without one, whose address it is. */
  find(nameOrAddress: string): Member | undefined {
    const owner = this.#names.owner(nameOrAddress);
    if (owner !== undefined || !nameOrAddress.includes(":")) return owner;
    for (const member of this.#listed) {
      if (member.name === undefined && member.address === nameOrAddress) return member;
    }
    return undefined;
  }

  /** Those who have said or named something, in the order in which they did. */
  users(): Person[] {
    return [...this.#listed];
  }

  statistics(): Statistics {
    return {
      totalConnections: this.#totalConnections,
      activeConnections: this.#activeConnections,
      totalMessages: this.#totalMessages,
      totalWhispers: this.#totalWhispers,
      droppedMessages: this.#droppedMessages,
      uptime: Math.floor((this.#options.now() - this.#started) / 1000),
    };
  }

  /**
   * Whether so much was said since the last flush that whoever reads input should let the loop turn first. Half a ring,
   * so that nobody who keeps up can lose anything to a burst.
   */
  get congested(): boolean {
    return this.#unflushed * 2 >= this.#options.capacity;
  }

  /** Hands out all that was said, to rings. */
  settle(): void {
    for (const audience of this.#audiences.values()) audience.settle();
  }

  delivered(member: Member, lost: number): void {
    if (!member.ready) {
      member.ready = true;
      this.#ready.push(member);
      this.#scheduleFlush();
    }
    if (lost === 0) return;
    this.#droppedMessages += lost;
    if (this.#options.overflow === "disconnect") this.#overflown.add(member);
  }

  /** Behind all that was said so far. */
  #answerWith(member: Member, segment: Segment): void {
    this.settle();
    member.answer(segment);
    this.delivered(member, 0);
  }

  #list(member: Member): void {
    if (this.#listed.has(member) || !this.#members.has(member)) return;
    this.#listed.add(member);
    this.#publish(member, {
      type: "presence",
      event: "join",
      user: member,
      users: this.#listed.size,
    });
  }

  /** The way of every event to all but its author: rendered and encoded once for each format that is heard. */
  #publish(author: Member, event: ChatEvent): void {
    let time = 0;
    for (const [format, audience] of this.#audiences) {
      if (!audience.hears(author)) continue;
      const text = format.render(event, time ||= Date.now());
      if (text === undefined) continue;
      audience.say(author, text);
      this.#unflushed++;
    }
    this.#scheduleFlush();
  }

  #audience(format: WireFormat): Audience {
    let audience = this.#audiences.get(format);
    if (audience === undefined) {
      audience = new Audience(new Log(format.encode, format.overhead), this);
      this.#audiences.set(format, audience);
    }
    return audience;
  }

  /** Not on a timer: a microtask comes when all that one turn of the loop has read is handled. */
  #scheduleFlush(): void {
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    queueMicrotask(this.#flush);
  }

  #flush = (): void => {
    this.#flushScheduled = false;
    this.#unflushed = 0;
    this.settle();
    const ready = this.#ready;
    this.#ready = [];
    for (const member of ready) {
      member.ready = false;
      member.sink.flush();
    }
    for (const member of this.#overflown) member.sink.overflow();
    this.#overflown.clear();
  };
}
