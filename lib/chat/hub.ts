/**
 * The hub: the one object that all sessions share. It keeps the members, their names and their rooms, and passes on what
 * they send.
 *
 * An accepted connection subscribes: from then on it gets the lobby's messages, and nobody sees it. It connects when it
 * turns out to be a client of the chat, which makes it a member, and otherwise it unsubscribes.
 * @module
 */
import { Recipient, type Sink } from "../delivery/recipient.ts";
import type { Act, Identity } from "../identity/identity.ts";
import { disconnectEvent } from "../wire/events.ts";
import type { Statistics } from "../wire/shapes.ts";
import type { ChatEvent, RequestId as Ref } from "../wire/chat_event.ts";
import type { Missed, Person } from "../wire/shapes.ts";
import { firstThatFit, MAX_ANSWER_BYTES, sizeOfPerson } from "./answer_size.ts";
import type { Author, Place } from "./author.ts";
import type { CustomCommand } from "./custom_commands.ts";
import type { Hooks } from "./hooks.ts";
import type { History } from "./history.ts";
import { type HistoryReader, missedBy, missedWithout, type Position } from "./history_reader.ts";
import { Logins } from "./logins.ts";
import {
  type Listener,
  Member,
  Membership,
  type Participant,
  type Session,
  User,
} from "./member.ts";
import { Messages, type PostOptions, type SayOptions, type WhisperOptions } from "./messages.ts";
import type { Moderation, SharedModeration } from "./moderation.ts";
import { People } from "./people.ts";
import { Presence } from "./presence.ts";
import { Publisher, type PublisherOptions } from "./publisher.ts";
import { MAX_ROOMS, Room, roomKey } from "./room.ts";
import { Rooms } from "./rooms.ts";
import { Roster } from "./roster.ts";
import { SharedHub } from "./shared_hub.ts";
import { type SharedHistory, type SharedLog, SLOTS } from "./shared_log.ts";
import { SharedReplica } from "./shared_replica.ts";
import type { UsersOptions } from "./users.ts";
import type { ChatRecipient, WireFormat } from "./wire_format.ts";

/** How many ids a node of a chat has: as many clients as connect in months. Ids stay below 2^53. */
const IDS_PER_NODE = 2 ** 24;

/** The queue of clients at other nodes gets nothing. */
const NO_FORMAT: WireFormat = {
  encode: () => 0,
  overhead: 0,
  render: () => undefined,
  renderLoss: () => undefined,
};
const NO_SINK: Sink = { flush() {}, overflow() {}, slow() {}, recovered() {} };
/** The address and the contributor of what the server says itself. */
const SERVER = "server";

/** Decides whether somebody may do something in a room. */
export type Authorize = (
  who: Member | Author,
  room: string,
  act: Act,
) => boolean | Promise<boolean>;

/** What the nodes of a chat share. */
export interface SharedOptions {
  readonly log: SharedLog;
  readonly history: SharedHistory;
  /** By default there are no operators. */
  readonly moderation: () => SharedModeration | undefined;
  /** The wall clock, in ms of Unix time. */
  readonly wall: () => number;
}

export interface HubOptions extends PublisherOptions {
  /**
   * A member that reconnects within so many milliseconds is not announced as having left and joined. By default everything
   * is announced at once.
   */
  readonly presenceDelay?: number;
  /** Whether members are shown to each other as `guest-4821` instead of by their addresses. */
  readonly hideAddresses?: boolean;
  /** Maximum message length in bytes of UTF-8. By default there is no limit. */
  readonly maxMessage?: number;
  /** Stores the messages of rooms. By default they are not stored. */
  readonly history?: History | undefined;
  /** Returns the contributor behind an origin, see `History.append`. By default all origins are one contributor. */
  readonly sourceOf?: (origin: string) => string;
  /** The actions of operators. By default there are no operators. */
  readonly moderation?: Moderation | undefined;
  /** Whether the commands of operators are there. By default, if there is `moderation`. */
  readonly hasOperators?: boolean;
  /** How users who log in are remembered. By default nobody can log in. */
  readonly users?: Omit<UsersOptions, "names"> | undefined;
  /** Decides what members may do in rooms. Settles before a deadline, and never rejects. By default they may do all. */
  readonly authorize?: Authorize | undefined;
  /** What the program that embeds the server decides. By default it decides nothing. */
  readonly hooks?: Hooks | undefined;
  /** The commands of the program that embeds the server, by name. */
  readonly customCommands?: ReadonlyMap<string, CustomCommand> | undefined;
  /** The log that several nodes of one chat share, with their history. By default this server is the only node. */
  readonly shared?: SharedOptions | undefined;
}

export class Hub {
  readonly history: History | undefined;
  /** Reads the history in the form that clients may see; `undefined` if there is none. */
  readonly historyReader: HistoryReader | undefined;
  /** Bans and mutes, and the actions of operators; `undefined` until somebody is banned or muted, if there are no operators. */
  moderation: Moderation | undefined;
  /** Whether the commands of operators are there. */
  readonly hasOperators: boolean;
  readonly authorize: Authorize | undefined;
  readonly hooks: Hooks | undefined;
  readonly customCommands: ReadonlyMap<string, CustomCommand>;
  readonly logins: Logins;
  /** Applies the shared log, if there is one. */
  readonly replica: SharedReplica | undefined;
  /** The most bytes of a list that go into one answer: two such lists must fit into a recipient's queue. */
  readonly maxAnswer: number;
  readonly #epoch = crypto.randomUUID();
  readonly #options: HubOptions;
  readonly #started: number;
  /** Accepted connections that are not members, yet or ever. */
  readonly #listeners = new Set<Listener>();
  readonly #members = new Set<Member>();
  readonly #people: People;
  readonly #rooms: Rooms;
  readonly #messages: Messages;
  readonly #presence: Presence;
  readonly #publisher: Publisher;
  /** Proposes what members do, if the chat has several nodes. */
  readonly #shared: SharedHub | undefined;
  readonly #roster: Roster | undefined;
  #closed = false;
  #lastId = 0;
  #totalConnections = 0;

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
    this.hasOperators = options.hasOperators ?? options.moderation !== undefined;
    this.authorize = options.authorize;
    this.hooks = options.hooks;
    this.customCommands = options.customCommands ?? new Map();
    this.#rooms = new Rooms(options.shared?.history ?? this.history);
    this.#started = options.now();
    this.#publisher = new Publisher(options);
    this.#messages = new Messages({
      publisher: this.#publisher,
      rooms: this.#rooms,
      history,
      sourceOf: (author) => author instanceof Member ? this.#sourceOf(author) : author.source,
    });
    this.#people = new People({
      hidesAddresses: hideAddresses,
      users: options.users,
      guestClass: options.shared && (() => ({ slot: options.shared!.log.slot, slots: SLOTS })),
    });
    this.#presence = new Presence({
      publish: (room, author, event, isHere) =>
        this.#publisher.publish(room, author, event, undefined, isHere),
      delay: options.presenceDelay ?? 0,
      hooks: options.hooks,
    });
    this.logins = new Logins({
      people: this.#people,
      presence: this.#presence,
      moderation: () => this.moderation,
      now: options.now,
      newId: () => this.#newId(),
      answer: (member, event) => this.answer(member, event),
      show: (member) => this.#show(member),
      named: (member, previous) => this.#named(member, previous),
      leave: (membership) => this.#leave(membership, true),
      disconnect: (member) => void this.disconnect(member),
      stripped: (guest) => {
        if (guest.node === undefined) this.#shared?.stripped(guest);
      },
    });
    if (options.shared === undefined) return;
    [this.#shared, this.replica, this.#roster] = this.#share(options.shared);
  }

  /** Makes this hub one of several that share their log. */
  #share({ log, history, moderation, wall }: SharedOptions) {
    const { presenceDelay = 0, now } = this.#options;
    const roster = new Roster();
    const parts = {
      log,
      history,
      roster,
      people: this.#people,
      presence: this.#presence,
      publisher: this.#publisher,
      messages: this.#messages,
      rooms: this.#rooms,
    };
    const hub = new SharedHub({
      ...parts,
      keepsNames: presenceDelay > 0,
      newId: () => this.#newId(),
      wall,
    });
    const replica = new SharedReplica({
      ...parts,
      hub,
      wall,
      logins: this.logins,
      moderation,
      presenceDelay,
      now,
      nowhere: new Recipient(NO_FORMAT, this.#options, NO_SINK),
      recipients: () => this.#recipients(),
      members: this.#members,
      join: (member, room) => void this.#join(member, room),
      leave: (membership, connected) => this.#leave(membership, connected),
      counted: () => this.counted(),
    });
    return [hub, replica, roster] as const;
  }

  /** Ids of members and users are unique among all nodes of a chat, and never used again. */
  #newId(): number {
    const incarnation = this.#options.shared?.log.incarnation;
    return ++this.#lastId + (incarnation === undefined ? 0 : Number(incarnation) * IDS_PER_NODE);
  }

  /** Names this run of the numbering: ids of members and messages mean nothing without it. */
  get epoch(): string {
    return this.#options.shared?.log.epoch ?? this.history?.epoch ?? this.#epoch;
  }

  /**
   * Subscribes an accepted connection to the lobby: it gets what is published there from now on. It is not a member: it has
   * no id and no guest name, and it is neither counted nor listed.
   */
  subscribe(format: WireFormat, sink: Sink): Listener {
    return this.#listen(this.#rooms.lobby, format, sink);
  }

  /**
   * The same for a client that will not become a member, and a room, which is opened. `name` must be in the form of
   * `normalizeRoomName`.
   */
  listen(name: string, format: WireFormat, sink: Sink): Listener {
    return this.#listen(this.#rooms.open(name, this.#messages.total), format, sink);
  }

  /** Makes the queue of a connection that has to log in first. It gets answers, and nothing that is published. */
  prepare(format: WireFormat, sink: Sink): Listener {
    const recipient: ChatRecipient = new Recipient(format, this.#options, sink);
    return { recipient, room: this.#rooms.lobby, subscription: undefined, start: 0 };
  }

  /** Ends the subscription of a connection that never became a member. */
  unsubscribe(listener: Listener): void {
    const { room, subscription } = listener;
    if (!this.#listeners.delete(listener) || subscription === undefined) return;
    room.unsubscribe(subscription);
    this.#rooms.closeIfEmpty(room);
  }

  /**
   * Makes a listener a member: it keeps its queue and its place in the lobby. `origin` is the name that others see until the
   * member takes one, unless addresses are hidden. One that had to log in first is in no room yet, see
   * {@linkcode enterLobby}.
   *
   * @param identity Who has logged in, see {@linkcode Logins.logIn}. By default the member is a guest.
   */
  connect(listener: Listener, origin: string, session: Session, identity?: Identity): Member {
    const { recipient, subscription, start } = listener;
    if (!this.#listeners.delete(listener) && subscription !== undefined) {
      throw new Error("Cannot connect: the listener is not subscribed");
    }
    const { lobby } = this.#rooms;
    const address = this.#people.addressOf(origin);
    const member = new Member(this.#newId(), address, recipient, session, origin);
    this.#members.add(member);
    this.#roster?.add(member);
    this.#totalConnections++;
    if (subscription !== undefined) {
      member.memberships = [new Membership(member, lobby, subscription, start)];
    }
    // With other nodes, this takes a while: see `logIn`.
    if (identity !== undefined && this.#shared === undefined) this.logins.logIn(member, identity);
    return member;
  }

  /**
   * Logs a member in, see {@linkcode Logins.logIn}. With other nodes, one that has {@linkcode connect}ed with an identity has
   * to be logged in as well.
   */
  logIn(member: Member, identity: Identity): boolean | Promise<boolean> {
    return this.#shared?.logIn(member, identity) ?? this.logins.logIn(member, identity);
  }

  /** Whether there may be other servers that are a part of this chat. */
  get isShared(): boolean {
    return this.#shared !== undefined;
  }

  /** Puts a member into the lobby that had to log in before it got there. It must be allowed to be there. */
  enterLobby(member: Member): void | Promise<void> {
    if (!this.#members.has(member) || member.memberships.length > 0) return;
    const { lobby } = this.#rooms;
    if (!this.#roster?.isAnnounced(member)) return void this.#join(member, lobby);
    return this.#shared?.join(member, lobby.name, true).then(() => {});
  }

  /** The name that is kept for the guest with this token. */
  nameOfToken(token: string): string | undefined {
    return this.#people.findByToken(token)?.name;
  }

  /** Gives a guest its name back, see {@linkcode Logins.resume}. */
  resume(member: Member, token: string): boolean | Promise<boolean> {
    if (this.#shared === undefined) return this.logins.resume(member, token);
    const lost = this.#people.findByToken(token);
    if (lost === undefined || lost === member || member.user !== undefined) return false;
    if (lost.isConnected) lost.session.end("replaced");
    return this.#shared.resume(member, lost);
  }

  /** The secret with which a guest takes its name back; `undefined` if it has no name, or its client cannot use one. */
  resumeToken(member: Member): string | undefined {
    return this.#people.resumeToken(member);
  }

  /** Whether a member is in the chat: it has not been disconnected. */
  has(member: Member): boolean {
    return this.#members.has(member);
  }

  /** Changes the origin of a member that is not visible yet: a proxy has named its client late. */
  relocate(member: Member, origin: string): void {
    member.origin = origin;
    member.source = undefined;
    if (!this.#people.hidesAddresses) member.address = origin;
  }

  /**
   * Disconnects a member; what its queue holds can still be taken. Returns false if the member was disconnected already.
   *
   * @param mayReturn Whether the name of a guest is kept for the presence delay.
   */
  disconnect(member: Member, mayReturn = true): boolean {
    if (!this.#members.delete(member)) return false;
    if (this.#shared !== undefined && this.#roster!.isAnnounced(member)) {
      return this.#depart(this.#shared, member, mayReturn);
    }
    this.#roster?.delete(member);
    for (const membership of member.memberships) this.#leave(membership, false);
    const { presenceDelay = 0, now } = this.#options;
    const isKept = mayReturn && presenceDelay > 0 && !this.#closed;
    this.#people.disconnect(member, isKept ? now() + presenceDelay : undefined);
    return true;
  }

  /** Nothing more is delivered to a member that others see. It leaves when the shared log says so. */
  #depart(shared: SharedHub, member: Member, mayReturn: boolean): true {
    for (const { room, subscription } of member.memberships) room.unsubscribe(subscription);
    // When this server ends, the other nodes remove all of its members at once.
    if (!this.#closed) shared.gone(member, mayReturn);
    return true;
  }

  /**
   * Adds a member to the room called `name`, which must be in the form of `normalizeRoomName`. The member leaves the room
   * where it was, unless its format tells rooms apart. Returns `undefined` if it is in the maximum number of rooms.
   */
  joinRoom(
    member: Member,
    name: string,
  ): Membership | undefined | Promise<Membership | undefined> {
    const { memberships } = member;
    const key = roomKey(name);
    const joined = memberships.find(({ room }) => room.key === key);
    if (joined !== undefined) {
      member.memberships = [...memberships.filter((other) => other !== joined), joined];
      return this.whenLoaded(joined.room, () => joined);
    }
    const stays = member.recipient.format.tellsRoom === true;
    if (stays && memberships.length >= MAX_ROOMS) return undefined;
    if (this.#shared !== undefined) return this.#shared.join(member, name, stays);
    const room = this.#rooms.open(name, this.#messages.total);
    for (const membership of stays ? [] : memberships) this.#leave(membership, true);
    this.#show(member);
    return this.#join(member, room);
  }

  /**
   * Removes a member from a room. A member that is in no other room goes to the lobby, if it may. Returns false if that is
   * the room to leave.
   */
  leaveRoom(membership: Membership, mayEnterLobby = true): boolean | Promise<boolean> {
    const { member, room } = membership;
    const { lobby } = this.#rooms;
    const isLast = member.memberships.length === 1;
    if (isLast && room === lobby) return false;
    if (this.#shared !== undefined) {
      return this.#shared.leave(membership, isLast && mayEnterLobby).then(() => true);
    }
    this.#leave(membership, true);
    if (isLast && mayEnterLobby) this.#join(member, lobby);
    return true;
  }

  /** Publishes a message in a room, once for each `ref`, and answers its author with the number of the message. */
  say(author: Member, text: string, ref?: Ref, options?: SayOptions): void {
    if (this.#shared !== undefined) return this.#shared.say(author, text, ref, options);
    this.#show(author);
    this.#messages.say(author, text, ref, options);
  }

  /** Answers a message to a room that was sent before under the same `ref`. Returns false if there was none. */
  hasSaid(author: Member, text: string, ref: string, options: SayOptions): boolean {
    return this.#messages.hasSaid(author, text, ref, options);
  }

  /** The author that an identity stands for, at a client from `origin`; or what keeps them from using the chat. */
  authorOf(identity: Identity, origin: string): Author | { readonly problem: string } {
    const problem = this.logins.problemOfAuthor(identity, origin);
    if (problem !== undefined) return { problem };
    const { id, name, address, account } = this.logins.userOf(identity);
    const { operator: isOperator = false } = identity;
    // A user who was never connected has no address.
    const who = { id, name, address: address === "" ? "api" : address, account, isOperator };
    const source = this.#options.sourceOf?.(origin) ?? "";
    return { identity, name, who, origin, source, isOperator };
  }

  /**
   * Publishes a message of an author who is not connected, once for each `requestId`, in a room, which is opened. `name`
   * must be in the form of `normalizeRoomName`. Returns its number, or "reused" if the id stands for another message.
   */
  post(
    author: Author,
    name: string,
    text: string,
    requestId?: Ref,
    options?: PostOptions,
  ): Place | "reused" | Promise<Place | "reused"> {
    if (this.#shared !== undefined) {
      return this.#shared.post(author, name, text, requestId, options);
    }
    const room = this.#rooms.open(name, this.#messages.total);
    const place = this.#messages.post(author, room, text, requestId, options);
    this.#rooms.closeIfEmpty(room);
    return place;
  }

  /** Finds a message that an author posted before under the same id, since the start. */
  findPosted(
    author: Author,
    name: string,
    text: string,
    requestId: string,
    action: boolean,
  ): Place | "reused" | undefined {
    const room = this.room(name);
    return room && this.#messages.findPosted(author, room, text, requestId, action);
  }

  /** Says something in a room with a voice of the server. `name` must be in the form of `normalizeRoomName`. */
  speak(voice: User, name: string, text: string, action: boolean): Place {
    if (this.#shared !== undefined) {
      throw new Error(
        "Cannot say: with other servers the number is known later; connect() a client instead",
      );
    }
    const { id, key, name: shown } = voice;
    const who = { id, name: shown, address: SERVER, isOperator: false };
    const author = { identity: { id: key }, name: shown, who, origin: SERVER, source: SERVER };
    // Without a request id it is always published.
    return this.post({ ...author, isOperator: false }, name, text, undefined, { action }) as Place;
  }

  /** Sends a private message of a voice of the server to all clients of a participant. */
  tell(voice: User, to: Participant, text: string): void {
    this.#messages.tell(voice, to, text);
    this.#shared?.speakTo(voice, to, text);
  }

  /** Sends a private message and answers its author. */
  whisper(
    author: Member,
    to: Participant,
    text: string,
    ref?: Ref,
    options: WhisperOptions = {},
  ): void | Promise<boolean> {
    const isElsewhere = ({ node }: Member) => node !== undefined;
    if (
      this.#shared !== undefined &&
      (to.members.some(isElsewhere) || author.who.members.some(isElsewhere))
    ) {
      return this.#shared.whisper(author, to, text, ref, options);
    }
    this.#show(author);
    this.#messages.whisper(author, to, text, ref, options);
  }

  /** Answers a private message that was sent before under the same `ref`. Returns false if there was none. */
  hasWhispered(author: Member, who: string, text: string, ref: string): boolean {
    return this.#messages.hasWhispered(author, who, text, ref);
  }

  /** Sends a notice to everybody but its author, wherever they are. */
  notify(author: Member, text: string): void {
    if (this.#shared !== undefined) return this.#shared.notify(author, text);
    const others = this.#recipients().filter((recipient) => recipient !== author.recipient);
    this.#publisher.broadcast(others, { type: "notice", from: author.who, text });
  }

  /**
   * Waits until this server has applied everything that happened before on the other servers of the chat. Returns
   * `undefined` if there are none.
   */
  caughtUp(): Promise<void> | undefined {
    return this.#shared?.caughtUp();
  }

  /** How many messages a client may have on their way through the shared log. */
  get window(): number {
    return this.#options.shared?.log.window ?? Infinity;
  }

  /** Does something with the history of a room once this server has it: at once, if this server is the only one. */
  whenLoaded<Result>(
    { key }: Pick<Room, "key">,
    act: () => Result | Promise<Result>,
  ): Result | Promise<Result> {
    const history = this.#options.shared?.history;
    return history === undefined || history.isLoaded(key) ? act() : history.load(key).then(act);
  }

  /** Returns the messages of a room that a client missed: those after `since` and before it joined. */
  missed(listener: Pick<Listener, "room" | "start">, since: Position): Missed {
    const { historyReader } = this;
    if (historyReader === undefined) return missedWithout(listener, since, this.epoch);
    return missedBy(listener, since, historyReader);
  }

  /**
   * Answers a member or a listener, behind all that was published so far. Answers are never dropped, so a session must not
   * read requests while {@linkcode Recipient.full}.
   */
  answer({ recipient }: Pick<Member, "recipient">, event: ChatEvent): void {
    this.#publisher.answer(recipient, event);
  }

  /** The same with bytes as they are, for members and listeners. */
  answerBytes(recipient: ChatRecipient, bytes: Uint8Array<ArrayBuffer>): void {
    this.#publisher.answerBytes(recipient, bytes);
  }

  /**
   * Gives a member a name in the form of `normalizeName`. Returns false if somebody else owns the name or one that looks
   * like it.
   */
  rename(member: Member, name: string): boolean | Promise<boolean> {
    const previous = member.name;
    if (!this.#members.has(member)) return false;
    if (this.#shared !== undefined) return this.#shared.rename(member, name);
    if (!this.#people.rename(member, name)) return false;
    this.#named(member, previous);
    return true;
  }

  /** Announces the name that a member has got. */
  #named(member: Member, previous: string | undefined): void {
    const { who } = member;
    if (!who.visible) this.#show(member);
    else if (who.name !== previous) this.#presence.renamed(who, previous, member);
  }

  /** Marks a member as away for a reason or, without one, as back. */
  setAway(member: Member, away: string | undefined): void | Promise<void> {
    const { who } = member;
    if (who.away === away) return;
    if (this.#shared !== undefined && who.visible) return this.#shared.setAway(member, away);
    who.away = away;
    this.#presence.awayChanged(who, member);
  }

  /** Sets or clears the topic of a room, and announces it to the others there. */
  setTopic(membership: Membership, topic: string | undefined): void | Promise<void> {
    if (this.#shared !== undefined) return this.#shared.setTopic(membership, topic);
    const { room, member } = membership;
    room.topic = topic;
    this.history?.setTopic(room.key, topic ?? "", this.#sourceOf(member));
    this.#publisher.publish(room, membership, {
      type: "topic",
      room: room.name,
      from: member.who,
      topic,
    });
  }

  /** The same for a voice of the server, in a room, which is opened. `name` must be in the form of `normalizeRoomName`. */
  changeTopic(from: User, name: string, topic: string | undefined): void {
    if (this.#shared !== undefined) return this.#shared.changeTopic(from, roomKey(name), topic);
    const room = this.#rooms.open(name, this.#messages.total);
    room.topic = topic;
    this.history?.setTopic(room.key, topic ?? "", SERVER);
    this.#publisher.publish(room, undefined, { type: "topic", room: room.name, from, topic });
    this.#rooms.closeIfEmpty(room);
  }

  /** Whether a member may take a name: nobody else owns it or one that looks like it. */
  mayTake(member: Member, name: string): boolean {
    // With other nodes, only the shared log can tell.
    return this.#shared !== undefined || this.#people.mayTake(member, name);
  }

  /** Returns somebody else, who may be offline, whose name can be mistaken for this one. */
  lookalike(member: Member, name: string): Participant | undefined {
    return this.#people.lookalike(member.who, name);
  }

  /** Returns the owner of a name, who may be offline. */
  owner(name: string): Participant | undefined {
    return this.#people.owner(name);
  }

  /** Maximum message length in bytes of UTF-8. */
  get maxMessage(): number {
    return this.#options.maxMessage ?? Infinity;
  }

  /** Finds somebody in the chat by name or, if they have none, by address. */
  find(nameOrAddress: string): Participant | undefined {
    return this.#people.find(nameOrAddress);
  }

  /** Finds somebody in the chat by their id. */
  findById(id: number): Participant | undefined {
    for (const { who } of this.#members) if (who.id === id) return who;
    return undefined;
  }

  /** Finds a user in the chat by the id of their identity. */
  findByUserId(id: string): Participant | undefined {
    const user = this.#people.users?.find(id);
    return user === undefined || user.members.length === 0 ? undefined : user;
  }

  /** The visible participants of a room, or of all rooms. */
  visible(room?: string): Set<Participant> {
    const people = room === undefined
      ? Array.from(this.#members, ({ who }) => who).filter(({ visible }) => visible)
      : [...this.#rooms.find(room)?.visible ?? []];
    return new Set(people.filter((one) => one instanceof Member || one instanceof User));
  }

  /** All rooms with members, a topic or a history. */
  rooms(): Iterable<Room> {
    return this.#rooms.all();
  }

  get lobby(): Room {
    return this.#rooms.lobby;
  }

  /** Finds a room that has members or a history. */
  room(name: string): Room | undefined {
    return this.#rooms.findKnown(name);
  }

  /** Returns the name of another room, with members or a history, that can be mistaken for one called `name`. */
  lookalikeRoom(name: string): string | undefined {
    return this.#rooms.lookalike(name);
  }

  /** The number of rooms with members, the lobby always included. */
  get roomCount(): number {
    return this.#rooms.size;
  }

  /** Returns at most `limit` rooms, those with the most visible members first, and the number of all that are listed. */
  largestRooms(
    limit: number,
    isListed?: (room: Room) => boolean,
  ): { readonly rooms: readonly Room[]; readonly total: number } {
    return this.#rooms.largest(limit, isListed);
  }

  /** Returns the visible members of a room: at most `limit`, and no more than fit into one answer. */
  users(room: Room = this.#rooms.lobby, limit = Infinity): readonly Person[] {
    const first = limit < room.users ? room.visible.values().take(limit) : room.visible;
    return firstThatFit([...first], sizeOfPerson, this.maxAnswer);
  }

  /** Ends the chat: everybody leaves now, so departures are not announced any more. */
  close(): void {
    this.#closed = true;
  }

  /** Announces to everybody that the server will shut down, while the chat goes on. */
  announceEnd(): void {
    for (const recipient of this.#recipients()) {
      this.#publisher.answer(recipient, disconnectEvent("shutdown"));
    }
  }

  /** Announces the departures that are due. Returns whether there are more of them, for another turn of the loop. */
  tick(): boolean {
    const now = this.#options.now();
    const { replica } = this;
    this.#people.tick(now, replica && ((guest) => replica.mayRelease(guest)));
    return this.#presence.tick(now);
  }

  /** The statistics of the chat, at all of its nodes. */
  statistics(): Statistics {
    return this.replica?.statistics() ?? this.counted();
  }

  /** What this server has counted. */
  counted(): Statistics {
    return {
      totalConnections: this.#totalConnections,
      activeConnections: this.#members.size,
      totalMessages: this.#messages.total,
      totalWhispers: this.#messages.whispers,
      droppedMessages: this.#publisher.dropped,
      uptime: Math.floor((this.#options.now() - this.#started) / 1000),
    };
  }

  /** Whether input should wait for the next turn of the loop, see `FanOut.congested`. */
  get congested(): boolean {
    return this.#publisher.congested;
  }

  #listen(room: Room, format: WireFormat, sink: Sink): Listener {
    const recipient: ChatRecipient = new Recipient(format, this.#options, sink);
    const subscription = this.#publisher.subscribe(recipient, room);
    const listener = { recipient, room, subscription, start: room.offset };
    this.#listeners.add(listener);
    return listener;
  }

  #sourceOf(member: Member): string {
    return member.source ??= this.#options.sourceOf?.(member.origin) ?? "";
  }

  /** Everybody who gets messages: members and listeners. */
  #recipients(): ChatRecipient[] {
    return [
      ...Array.from(this.#members, ({ recipient }) => recipient),
      ...Array.from(this.#listeners, ({ recipient }) => recipient),
    ];
  }

  #join(member: Member, room: Room): Membership {
    const subscription = this.#publisher.subscribe(member.recipient, room);
    const membership = new Membership(member, room, subscription, room.offset);
    member.memberships = member.memberships.concat(membership); // a spread would reserve memory for sixteen more
    if (member.who.visible) this.#presence.joined(membership);
    return membership;
  }

  /** @param connected Whether the member stays in the chat. */
  #leave(membership: Membership, connected: boolean): void {
    const { member, room, subscription } = membership;
    room.unsubscribe(subscription);
    member.memberships = member.memberships.filter((other) => other !== membership);
    const { who } = member;
    if (who.visible && !this.#closed) {
      const mayReturn = connected || who !== member || who.name !== undefined;
      this.#presence.left(membership, mayReturn, this.#options.now());
    }
    this.#rooms.closeIfEmpty(room);
  }

  /** Makes a member, or the user who it belongs to, visible to others. */
  #show(member: Member): void {
    if (this.#shared !== undefined) return this.#shared.show(member);
    const { who } = member;
    if (who.visible || !this.#members.has(member)) return;
    this.#people.show(who);
    for (const membership of who.memberships) this.#presence.joined(membership);
  }
}
