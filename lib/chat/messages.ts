/**
 * The messages of members: to a room or to one other member. Each is numbered, stored, published and answered, once for each
 * request id.
 * @module
 */
import type { RequestId as Ref } from "../wire/chat_event.ts";
import { displayName, type Person } from "../wire/shapes.ts";
import { Deduplicator, isUnique, type MessageContent, type Receipt } from "./deduplicator.ts";
import type { Author, Place } from "./author.ts";
import type { History } from "./history.ts";
import type { Member, Membership, Participant } from "./member.ts";
import { nameKey } from "./names.ts";
import type { Publisher } from "./publisher.ts";
import type { Room } from "./room.ts";
import type { Rooms } from "./rooms.ts";
import type { ChatRecipient } from "./wire_format.ts";

/** How a message is sent. */
export interface SayOptions {
  /** The room: by default the one that the author joined last. */
  readonly membership?: Membership | undefined;
  /** Whether the author named that room. */
  readonly isRoomNamed?: boolean | undefined;
  /** Whether the message is an action, as of `/me`. */
  readonly action?: boolean;
  /** The text as its author sent it, if a hook has changed it. */
  readonly original?: string;
}

/** How a message of an author who is not connected is sent. */
export type PostOptions = Pick<SayOptions, "action" | "original">;

/** How a private message is sent. */
export interface WhisperOptions {
  /** The name that the author used for the receiver. */
  readonly who?: string;
  /** The text as its author sent it, if a hook has changed it. */
  readonly original?: string;
}

export interface MessagesOptions {
  readonly publisher: Publisher;
  readonly rooms: Rooms;
  /** Stores the messages of rooms. By default they are not stored. */
  readonly history: History | undefined;
  /** Returns the contributor behind a member, see `History.append`. */
  readonly sourceOf: (author: Member | Author) => string;
}

export class Messages {
  readonly #options: MessagesOptions;
  readonly #receipts: Deduplicator;
  #total = 0;
  #whispers = 0;

  constructor(options: MessagesOptions) {
    this.#options = options;
    this.#receipts = new Deduplicator(options.rooms, options.history);
  }

  /** The number of messages to rooms since the start. */
  get total(): number {
    return this.#total;
  }

  /** The number of private messages since the start. */
  get whispers(): number {
    return this.#whispers;
  }

  say(
    author: Member,
    text: string,
    ref: Ref,
    { membership = author.current, isRoomNamed, action = false, original = text }: SayOptions = {},
  ): void {
    const room = membership?.room ?? this.#options.rooms.lobby;
    const kind = action ? "action" : "message";
    if (ref !== undefined) {
      const content = { kind, to: isRoomNamed ? room.key : undefined, text: original } as const;
      const receipt = this.#receipts.findInRoom(author.id, ref, content, room, text);
      if (this.#answerAgain(author, content, ref, receipt)) return;
    }
    this.#total++;
    const { name } = room;
    const id = this.#append(room, author, text, action, ref);
    if (ref !== undefined) {
      const content = { kind, to: undefined, text: original } as const;
      this.#receipts.add(author.id, ref, content, room.key, { room: name, id });
    }
    const { publisher } = this.#options;
    const event = { type: "message", room: name, id, from: author.who, text } as const; // a spread takes 10 ns more
    publisher.publish(room, membership, action ? { ...event, action } : event);
    if (text === original) publisher.answer(author.recipient, { type: "ack", room: name, id, ref });
    else publisher.answer(author.recipient, { type: "ack", room: name, id, text, ref });
  }

  /** Publishes a message of an author who is not connected, once for each `ref`. */
  post(
    author: Author,
    room: Room,
    text: string,
    ref: Ref,
    { action = false, original = text }: PostOptions = {},
  ): Place | "reused" {
    const { who } = author;
    const kind = action ? "action" : "message";
    if (ref !== undefined) {
      const content = { kind, to: room.key, text: original } as const;
      const before = this.#receipts.findInRoom(who.id, ref, content, room, text);
      if (before !== undefined) return toPlace(before);
    }
    this.#total++;
    const { name } = room;
    const id = this.#append(room, author, text, action, ref);
    this.#receipts.add(who.id, ref, { kind, to: undefined, text: original }, room.key, {
      room: name,
      id,
    });
    const event = { type: "message", room: name, id, from: who, text } as const;
    this.#options.publisher.publish(room, undefined, action ? { ...event, action } : event);
    return { room: name, id };
  }

  /** Finds a message that an author posted before under the same `ref`, since the start. */
  findPosted(
    { who }: Author,
    room: Room,
    text: string,
    ref: string,
    action: boolean,
  ): Place | "reused" | undefined {
    const content = { kind: action ? "action" : "message", to: room.key, text } as const;
    const before = this.#receipts.find(who.id, ref, content);
    return before && toPlace(before);
  }

  /** Answers a message to a room that was sent before under the same `ref`. Returns false if there was none. */
  hasSaid(
    author: Member,
    text: string,
    ref: string,
    { membership = author.current, isRoomNamed, action = false }: SayOptions,
  ): boolean {
    const room = membership?.room ?? this.#options.rooms.lobby;
    const kind = action ? "action" : "message";
    const content = { kind, to: isRoomNamed ? room.key : undefined, text } as const;
    return this.#answerAgain(author, content, ref, this.#receipts.find(author.id, ref, content));
  }

  /** Answers a message to a room that was sent before, here or before the last start. Returns false if there was none. */
  answerRepeated(
    author: Member,
    text: string,
    ref: Ref,
    { membership = author.current, isRoomNamed, action = false, original = text }: SayOptions,
  ): boolean {
    if (ref === undefined) return false;
    const room = membership?.room ?? this.#options.rooms.lobby;
    const kind = action ? "action" : "message";
    const content = { kind, to: isRoomNamed ? room.key : undefined, text: original } as const;
    const receipt = this.#receipts.findInRoom(author.id, ref, content, room, text);
    return this.#answerAgain(author, content, ref, receipt);
  }

  /** Answers a message that was numbered elsewhere. */
  said(
    author: Member,
    { text, original, kind, ref }: {
      readonly text: string;
      readonly original: string;
      readonly kind: "message" | "action";
      readonly ref: Ref;
    },
    { key, name }: Pick<Room, "key" | "name">,
    id: number,
  ): void {
    this.#total++;
    if (ref !== undefined) {
      const content = { kind, to: undefined, text: original } as const;
      this.#receipts.add(author.id, ref, content, key, { room: name, id });
    }
    const ack = { type: "ack", room: name, id, ref } as const;
    const { publisher } = this.#options;
    publisher.answer(author.recipient, text === original ? ack : { ...ack, text });
  }

  /**
   * Sends a private message to those clients of a participant that are at this node, and shows it to those of its author
   * but `author` itself.
   */
  deliverWhisper(
    from: Person,
    to: Participant | undefined,
    text: string,
    author?: Member,
    own: readonly Member[] = author?.who.members ?? [],
  ): void {
    const { publisher } = this.#options;
    const isHere = ({ node }: Member) => node === undefined;
    if (to !== undefined) {
      publisher.send(recipientsOf(to.members.filter(isHere)), { type: "whisper", from, text });
    }
    const others = own.filter((member) => isHere(member) && member !== author);
    if (others.length === 0 || to === undefined || others[0]!.who === to) return;
    publisher.send(recipientsOf(others), { type: "whisper", from, text, to });
  }

  /** Answers a private message that was delivered elsewhere. */
  whispered(
    author: Member,
    to: Person,
    text: string,
    ref: Ref,
    { who, original = text }: WhisperOptions = {},
  ): void {
    this.#whispers++;
    this.#answerWhisper(author, to, text, ref);
    if (ref === undefined || who === undefined) return;
    const key = nameKey(who);
    const content = { kind: "whisper", to: key, text: original } as const;
    this.#receipts.add(author.id, ref, content, key, { to });
  }

  /** Sends a private message to all clients of a participant, and shows it to the author's other clients. */
  whisper(
    author: Member,
    to: Participant,
    text: string,
    ref: Ref,
    { who = displayName(to), original = text }: WhisperOptions = {},
  ): void {
    this.#whispers++;
    const { publisher } = this.#options;
    const from = author.who;
    publisher.send(recipientsOf(to.members), { type: "whisper", from, text });
    this.#answerWhisper(author, to, text, ref);
    if (from !== author && from !== to && from.members.length > 1) {
      const others = from.members.filter((member) => member !== author);
      publisher.send(recipientsOf(others), { type: "whisper", from, text, to });
    }
    if (ref === undefined) return;
    const { id, name, address, account } = to;
    const key = nameKey(who);
    const content = { kind: "whisper", to: key, text: original } as const;
    this.#receipts.add(author.id, ref, content, key, { to: { id, name, address, account } });
  }

  /** Sends a private message of somebody who is not connected to all clients of a participant. */
  tell(from: Person, to: Participant, text: string): void {
    this.#whispers++;
    this.#options.publisher.send(recipientsOf(to.members), { type: "whisper", from, text });
  }

  /** Answers a private message that was sent before under the same `ref`. Returns false if there was none. */
  hasWhispered(author: Member, who: string, text: string, ref: string): boolean {
    const content = { kind: "whisper", to: nameKey(who), text } as const;
    return this.#answerAgain(author, content, ref, this.#receipts.find(author.id, ref, content));
  }

  /** Numbers a message, and stores it if there is a history. */
  #append(room: Room, author: Member | Author, text: string, action: boolean, ref: Ref): number {
    const { history, publisher, sourceOf } = this.#options;
    if (history === undefined) return ++room.offset;
    const { id, name, address, account } = author.who;
    return room.offset = history.append(room.key, {
      sender: id,
      name: name ?? null,
      address,
      account,
      time: publisher.time,
      text,
      action,
      clientId: ref !== undefined && isUnique(ref) ? ref : null,
    }, sourceOf(author));
  }

  /**
   * Answers a repeated request as it was answered before. An id that stands for another message is an error: its author
   * would believe that this one was sent.
   */
  #answerAgain(
    author: Member,
    { text }: MessageContent,
    ref: string,
    receipt: Receipt | "reused" | undefined,
  ): boolean {
    if (receipt === undefined) return false;
    const { publisher } = this.#options;
    if (receipt === "reused") this.refuseReused(author, ref);
    else if ("to" in receipt) this.#answerWhisper(author, receipt.to, text, ref);
    else publisher.answer(author.recipient, { type: "ack", ...receipt, ref });
    return true;
  }

  refuseReused({ recipient }: Member, ref: Ref): void {
    const text = "Error: Not sent: another message was sent with this id";
    this.#options.publisher.answer(recipient, { type: "error", code: "id_reused", text, ref });
  }

  #answerWhisper({ recipient }: Member, to: Person, text: string, ref: Ref): void {
    const { publisher } = this.#options;
    publisher.answer(recipient, { type: "reply", command: "whisper", data: { to, text }, ref });
  }
}

function recipientsOf(members: readonly Member[]): ChatRecipient[] {
  return members.map(({ recipient }) => recipient);
}

/** The receipt of a message to a room. */
function toPlace(receipt: Receipt | "reused"): Place | "reused" {
  return receipt === "reused" || "to" in receipt ? "reused" : receipt;
}
