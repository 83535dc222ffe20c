/**
 * The hub: the one place where all sessions meet. Who is here, in which room and under which name, and what they say.
 *
 * Knows no socket and no wire, nor how what is said reaches those who hear it: that is the fan-out's business.
 * @module
 */
import { firstThatFit, MAX_ANSWER_BYTES, sizeOfPerson } from "./answer_size.ts";
import type { ChatEvent, Missed, Person, Ref } from "./events.ts";
import { Fanout, type FanoutOptions } from "./fanout.ts";
import { Guests } from "./guests.ts";
import type { History } from "./history.ts";
import type { Moderation } from "./moderation.ts";
import { Member, type Sink, type SlowObserver, type WireFormat } from "./member.ts";
import { nameKey, NameRegistry } from "./names.ts";
import { Presence } from "./presence.ts";
import { type HistoryReader, missedBy, missedWithout, type Position } from "./history_reader.ts";
import { Deduplicator, isUnique, type Receipt, type Utterance } from "./deduplicator.ts";
import { MAX_ROOMS, Room, roomKey } from "./room.ts";
import { Rooms } from "./rooms.ts";
import type { Membership } from "./membership.ts";
import { disconnectEvent } from "../wire/events.ts";
import type { Statistics } from "./statistics.ts";

export interface HubOptions extends FanoutOptions {
  /** Told of slow members. */
  readonly observer: SlowObserver;
  /** Who is back within so many milliseconds neither left nor came. 0, the default: everything is told at once. */
  readonly presenceDelay?: number;
  /** Whether members are shown to each other as `guest-4821` instead of by their addresses. */
  readonly hideAddresses?: boolean;
  /** The most bytes of UTF-8 that may be said at once. By default there is no limit. */
  readonly maxMessage?: number;
  /** Where what is said is kept. By default it is not. */
  readonly history?: History | undefined;
  /** The contributor that stands behind an origin, see `History.append`. By default all are one. */
  readonly sourceOf?: (origin: string) => string;
  /** What operators can do. By default there are none. */
  readonly moderation?: Moderation | undefined;
}

/** How something is said. */
export interface SayOptions {
  /** Where: in the author's room joined last, unless given. */
  readonly seat?: Membership | undefined;
  /** Whether the author named that room. */
  readonly isRoomNamed?: boolean | undefined;
  /** Whether it is what the author does. */
  readonly action?: boolean;
}

export class Hub {
  readonly history: History | undefined;
  /** The history, as far as it may be shown; `undefined` if there is none. */
  readonly historyReader: HistoryReader | undefined;
  readonly moderation: Moderation | undefined;
  /** The most bytes of a list that go into one answer: two of them must fit into what may wait for a client. */
  readonly maxAnswer: number;
  readonly #epoch = crypto.randomUUID();
  readonly #options: HubOptions;
  readonly #started: number;
  readonly #members = new Set<Member>();
  readonly #names = new NameRegistry<Member>();
  readonly #guests: Guests | undefined;
  /** Who is listed, by address. */
  readonly #byAddress = new Map<string, Member>();
  readonly #rooms: Rooms;
  readonly #receipts = new Deduplicator();
  readonly #presence: Presence;
  readonly #fanout: Fanout;
  #closed = false;
  #lastId = 0;
  #totalConnections = 0;
  #activeConnections = 0;
  #totalMessages = 0;
  #totalWhispers = 0;

  constructor(options: HubOptions) {
    this.#options = options;
    const { history, hideAddresses = false } = options;
    this.history = history;
    this.maxAnswer = Math.min(MAX_ANSWER_BYTES, Math.floor(options.capacityBytes / 2));
    this.historyReader = history && {
      history,
      hidesAddresses: hideAddresses,
      maxBytes: this.maxAnswer,
    };
    this.moderation = options.moderation;
    this.#rooms = new Rooms(this.history);
    this.#rooms.lobby.recall(this.history);
    this.#started = options.now();
    this.#fanout = new Fanout(options);
    if (hideAddresses) this.#guests = new Guests();
    this.#presence = new Presence({
      publish: (room, author, event) => this.#fanout.publish(room, author, event),
      delay: options.presenceDelay ?? 0,
    });
  }

  /** The numbers of members and messages are only good together with it: another one for each start. */
  get epoch(): string {
    return this.history?.epoch ?? this.#epoch;
  }

  /**
   * Lets somebody in, to the lobby: from now on they get what is said there. They are not counted or listed before they
   * take part. `origin` is how they are called as long as they have no name, unless addresses are hidden.
   */
  connect(origin: string, format: WireFormat, sink: Sink): Member {
    const member = new Member(
      ++this.#lastId,
      this.#guests?.take() ?? origin,
      format,
      this.#options,
      sink,
      this.#options.observer,
      origin,
    );
    this.#members.add(member);
    this.#sit(member, this.#rooms.lobby);
    return member;
  }

  /** It turns out where a member comes from that has yet to take part. Who is called by something else still is. */
  relocate(member: Member, origin: string): void {
    member.origin = origin;
    member.source = undefined;
    if (this.#guests === undefined) member.address = origin;
  }

  /** Counts a member as a connection, once. */
  activate(member: Member): void {
    if (member.active) return;
    member.active = true;
    this.#totalConnections++;
    this.#activeConnections++;
  }

  /**
   * Lets a member go, and says whether it had not gone before. Its name is free; what is queued for it can still be
   * taken.
   */
  disconnect(member: Member): boolean {
    if (!this.#members.delete(member)) return false;
    this.#guests?.release(member.address);
    if (this.#byAddress.get(member.address) === member) this.#byAddress.delete(member.address);
    for (const seat of member.memberships) this.#unseat(seat, false);
    if (member.name !== undefined) this.#names.release(member.name);
    if (member.active) this.#activeConnections--;
    return true;
  }

  /**
   * Takes a member to the room called `name`, which must be in the form of `normalizeRoomName`: out of the one where it
   * was, unless its format tells rooms apart. `undefined` if it is in as many as it may be.
   */
  joinRoom(member: Member, name: string): Membership | undefined {
    const { memberships } = member;
    const key = roomKey(name);
    const taken = memberships.find(({ room }) => room.key === key);
    if (taken !== undefined) {
      member.memberships = [...memberships.filter((seat) => seat !== taken), taken];
      return taken;
    }
    const stays = member.format.tellsRoom === true;
    if (stays && memberships.length >= MAX_ROOMS) return undefined;
    const room = this.#rooms.open(name, this.#totalMessages);
    for (const seat of stays ? [] : memberships) this.#unseat(seat, true);
    this.#list(member);
    return this.#sit(member, room);
  }

  /** Takes a member out of a room; who is in no other goes to the lobby, which cannot be left for nowhere. */
  leaveRoom(seat: Membership): boolean {
    const { member, room } = seat;
    const { lobby } = this.#rooms;
    const isLast = member.memberships.length === 1;
    if (isLast && room === lobby) return false;
    this.#unseat(seat, true);
    if (isLast) this.#sit(member, lobby);
    return true;
  }

  /** Says `text` to everybody else in a room, once for each `ref`. The author is told the number that it got. */
  say(
    author: Member,
    text: string,
    ref?: Ref,
    { seat = author.current, isRoomNamed, action = false }: SayOptions = {},
  ): void {
    this.#list(author);
    const room = seat?.room ?? this.#rooms.lobby;
    if (ref !== undefined && this.#isRepeated(author, ref, room, text, action, isRoomNamed)) return;
    this.#totalMessages++;
    const id = this.history === undefined
      ? ++room.offset
      : room.offset = this.history.append(room.key, {
        sender: author.id,
        name: author.name ?? null,
        address: author.address,
        time: this.#fanout.time,
        text,
        action,
        clientId: ref !== undefined && isUnique(ref) ? ref : null,
      }, this.#sourceOf(author));
    const told = { room: room.name, id };
    if (ref !== undefined) {
      const kind = action ? "action" : "message";
      this.#receipts.note(author.id, ref, { kind, to: undefined, text }, room.key, told);
    }
    const event = { type: "message", ...told, from: author, text } as const;
    this.#fanout.publish(room, seat, action ? { ...event, action } : event);
    this.answer(author, { type: "ack", ...told, ref });
  }

  /** Says `text` to one member alone, whom the author called `who`, once for each `ref`, and tells the author so. */
  whisper(author: Member, to: Member, text: string, ref?: Ref, who = to.name ?? to.address): void {
    this.#list(author);
    this.#totalWhispers++;
    this.#fanout.send([to], { type: "whisper", from: author, text });
    this.#answerWhisper(author, to, text, ref);
    if (ref === undefined) return;
    const { id, name, address } = to;
    const key = nameKey(who);
    const utterance = { kind: "whisper", to: key, text } as const;
    this.#receipts.note(author.id, ref, utterance, key, { to: { id, name, address } });
  }

  #answerWhisper(author: Member, to: Person, text: string, ref: Ref): void {
    this.answer(author, { type: "reply", command: "whisper", data: { to, text }, ref });
  }

  /** Says `text` to everybody else, wherever they are. */
  notify(author: Member, text: string): void {
    const others = [...this.#members].filter((member) => member !== author);
    this.#fanout.send(others, { type: "notice", from: author, text });
  }

  /** Whether `author` has whispered `text` to `who` under this `ref` already, or something else: see `#answerAgain`. */
  hasWhispered(author: Member, who: string, text: string, ref: string): boolean {
    const utterance = { kind: "whisper", to: nameKey(who), text } as const;
    return this.#answerAgain(
      author,
      utterance,
      ref,
      this.#receipts.find(author.id, ref, utterance),
    );
  }

  /** The same of what is said in a room, perhaps before the last start. */
  #isRepeated(
    author: Member,
    ref: string,
    room: Room,
    text: string,
    action: boolean,
    isRoomNamed = false,
  ): boolean {
    const kind = action ? "action" : "message";
    const utterance = { kind, to: isRoomNamed ? room.key : undefined, text } as const;
    const receipt = this.#receipts.find(author.id, ref, utterance) ??
      this.#stored(room, ref, utterance);
    return this.#answerAgain(author, utterance, ref, receipt);
  }

  /**
   * Acknowledges again what was said before, and nothing else. An id that stands for something else is an error: its
   * author would believe that this was said.
   */
  #answerAgain(
    author: Member,
    { text }: Utterance,
    ref: string,
    receipt: Receipt | "reused" | undefined,
  ): boolean {
    if (receipt === undefined) return false;
    if (receipt === "reused") {
      const text = "Error: Not sent: another message was sent with this id";
      this.answer(author, { type: "error", code: "id_reused", text, ref });
    } else if ("to" in receipt) this.#answerWhisper(author, receipt.to, text, ref);
    else this.answer(author, { type: "ack", ...receipt, ref });
    return true;
  }

  /** What somebody missed in the room of `seat` who has all up to `since`. */
  missed(seat: Membership, since: Position): Missed {
    const { historyReader } = this;
    if (historyReader === undefined) return missedWithout(seat, since, this.epoch);
    return missedBy(seat, since, historyReader);
  }

  /** Answers a member. It is not dropped: who asks while {@linkcode Member.full} keeps it all. */
  answer(member: Member, event: ChatEvent): void {
    this.#fanout.answer(member, event);
  }

  /** Sends a member bytes as they are, not dropped, behind all that was said so far. */
  answerBytes(member: Member, bytes: Uint8Array<ArrayBuffer>): void {
    this.#fanout.answerBytes(member, bytes);
  }

  /**
   * Gives `member` a name, if it is nobody else's and looks like nobody else's. `name` must be in the form of
   * `normalizeName`.
   */
  rename(member: Member, name: string): boolean {
    const previous = member.name;
    if (!this.#members.has(member) || !this.#names.claim(name, member, previous)) return false;
    member.name = name;
    if (!member.visible) this.#list(member);
    else if (name !== previous) this.#presence.renamed(member, previous);
    return true;
  }

  /** Notes that a member is away and why, or, without a text, that it is here. */
  setAway(member: Member, away: string | undefined): void {
    if (member.away === away) return;
    member.away = away;
    this.#presence.marked(member);
  }

  /** Gives a room a topic, or takes it away, and tells the others in it. */
  setTopic(seat: Membership, topic: string | undefined): void {
    const { room, member } = seat;
    room.topic = topic;
    this.history?.setTopic(room.key, topic ?? "", this.#sourceOf(member));
    this.#fanout.publish(room, seat, { type: "topic", room: room.name, from: member, topic });
  }

  /** Who else than `member` has a name that can be taken for this one. */
  lookalike(member: Member, name: string): Member | undefined {
    return this.#names.lookalike(name, member);
  }

  /** The most bytes of UTF-8 that may be said at once. */
  get maxMessage(): number {
    return this.#options.maxMessage ?? Infinity;
  }

  /** Who has this name; for those without one, whose address it is. */
  find(nameOrAddress: string): Member | undefined {
    const owner = this.#names.owner(nameOrAddress);
    if (owner !== undefined) return owner;
    const member = this.#byAddress.get(nameOrAddress);
    return member?.name === undefined ? member : undefined;
  }

  get lobby(): Room {
    return this.#rooms.lobby;
  }

  /** The room with this name, if somebody is in it or it has a history. */
  room(name: string): Room | undefined {
    const found = this.#rooms.find(name);
    if (found !== undefined) return found;
    const room = this.#recall(roomKey(name));
    return room.hasPast(this.history) ? room : undefined;
  }

  /** The name of another room, with people or a history, that can be taken for one called `name`. */
  lookalikeRoom(name: string): string | undefined {
    return this.#rooms.lookalike(name);
  }

  /** How many rooms somebody is in, the lobby always counted. */
  get roomCount(): number {
    return this.#rooms.size;
  }

  /** At most `limit` rooms, those with the most people first, and how many there are. */
  largestRooms(limit: number): { readonly rooms: readonly Room[]; readonly total: number } {
    const rooms = this.#rooms.largest(limit);
    let total = this.#rooms.size;
    for (const { room: key } of this.history?.rooms() ?? []) {
      if (this.#rooms.has(key)) continue;
      total++;
      if (rooms.length < limit) rooms.push(this.#recall(key));
    }
    return { rooms, total };
  }

  /**
   * Those in a room who have said, named or joined something, in the order in which they did: at most `limit`, and no more
   * than fit into one answer.
   */
  users(room: Room = this.#rooms.lobby, limit = Infinity): readonly Person[] {
    const first = limit < room.users ? room.visible.values().take(limit) : room.visible;
    return firstThatFit([...first], sizeOfPerson, this.maxAnswer);
  }

  /** The chat is over: from now on nobody is told who leaves, since all do. */
  close(): void {
    this.#closed = true;
  }

  /** Tells everybody that the chat will be over, while it goes on. */
  announceEnd(): void {
    for (const member of this.#members) {
      this.answer(member, disconnectEvent("shutdown"));
    }
  }

  /** Time has passed: tells who is gone for good. Returns whether there is more of that, for another turn of the loop. */
  tick(): boolean {
    return this.#presence.tick(this.#options.now());
  }

  statistics(): Statistics {
    return {
      totalConnections: this.#totalConnections,
      activeConnections: this.#activeConnections,
      totalMessages: this.#totalMessages,
      totalWhispers: this.#totalWhispers,
      droppedMessages: this.#fanout.dropped,
      uptime: Math.floor((this.#options.now() - this.#started) / 1000),
    };
  }

  /** Whether whoever reads input should let the loop turn first, see {@linkcode Fanout.congested}. */
  get congested(): boolean {
    return this.#fanout.congested;
  }

  /** A room that nobody is in, as the history knows it. */
  #recall(key: string): Room {
    const room = new Room(key, 0);
    room.recall(this.history);
    return room;
  }

  /** What came of a message that is in the history, perhaps since before the last start. */
  #stored(room: Room, ref: string, { kind, text }: Utterance): Receipt | "reused" | undefined {
    if (this.history === undefined || !isUnique(ref)) return undefined;
    const id = this.history.find(room.key, ref);
    if (id === undefined) return undefined;
    const [stored] =
      this.history.page(room.key, { after: id - 1, before: id + 1, limit: 1 }).messages;
    if (stored === undefined) return undefined; // it cannot be read any more
    const isSame = stored.text === text && stored.action === (kind === "action");
    return isSame ? { room: room.name, id } : "reused";
  }

  #sourceOf(member: Member): string {
    return member.source ??= this.#options.sourceOf?.(member.origin) ?? "";
  }

  #sit(member: Member, room: Room): Membership {
    const seat = room.admit(member, this.#fanout.broadcaster(member.format));
    member.memberships = member.memberships.concat(seat); // which takes what it needs; a spread reserves for sixteen more
    if (member.visible) this.#presence.joined(seat);
    return seat;
  }

  /** @param connected Whether the member is still in the chat. */
  #unseat(seat: Membership, connected: boolean): void {
    const { member, room } = seat;
    room.release(seat);
    member.memberships = member.memberships.filter((other) => other !== seat);
    if (member.visible && !this.#closed) {
      this.#presence.left(member, room, connected, this.#options.now());
    }
    this.#rooms.closeIfEmpty(room);
  }

  #list(member: Member): void {
    if (member.visible || !this.#members.has(member)) return;
    member.visible = true;
    this.#byAddress.set(member.address, member);
    for (const seat of member.memberships) this.#presence.joined(seat);
  }
}
