/**
 * What a hub does if it shares its chat with other nodes: it proposes what its members do, and everything happens when the
 * log says so, see `shared_replica.ts`.
 *
 * Members that nobody sees yet are known to their own node only.
 * @module
 */
import type { Identity } from "../identity/identity.ts";
import { skeletons } from "../text/skeleton.ts";
import type { RequestId as Ref } from "../wire/chat_event.ts";
import { displayName, type Person } from "../wire/shapes.ts";
import type { Author, Place } from "./author.ts";
import { fingerprintOf, isUnique, type MessageContent } from "./deduplicator.ts";
import { isOpenTo } from "./logins.ts";
import { type Member, type Membership, type Participant, User } from "./member.ts";
import type { Messages, PostOptions, SayOptions, WhisperOptions } from "./messages.ts";
import { nameKey } from "./names.ts";
import type { People } from "./people.ts";
import type { Publisher } from "./publisher.ts";
import { roomKey } from "./room.ts";
import type { Rooms } from "./rooms.ts";
import type { Roster } from "./roster.ts";
import {
  type NameWords,
  ownerOfGuest,
  ownerOfUser,
  type Result,
  type SharedHistory,
  type SharedLog,
  UnavailableError,
} from "./shared_log.ts";
import { encodeMessage, encodePerson, type PersonRecord } from "./shared_records.ts";

/** What members are told if the engine does not answer. */
const REFUSED = "Not done: the servers of this chat cannot reach each other, try again";
const UNDECIDED =
  "The servers of this chat cannot reach each other, so this may or may not be done";

export interface SharedHubOptions {
  readonly log: SharedLog;
  readonly history: SharedHistory;
  readonly roster: Roster;
  readonly people: People;
  readonly publisher: Publisher;
  readonly messages: Messages;
  readonly rooms: Rooms;
  /** Whether names of guests are kept for some time after they have left. */
  readonly keepsNames: boolean;
  /** Returns an id that was never given to anybody. */
  readonly newId: () => number;
  /** The wall clock, in ms of Unix time. */
  readonly wall: () => number;
}

export class SharedHub {
  readonly #options: SharedHubOptions;

  constructor(options: SharedHubOptions) {
    this.#options = options;
  }

  /** Makes a member visible, unless it is or soon will be. */
  show(member: Member): void {
    const { roster, log } = this.#options;
    if (member.who.visible || !roster.show(member)) return;
    log.propose(this.#put(roster.record(member)), undefined, true);
  }

  say(author: Member, text: string, ref: Ref, options: SayOptions = {}): void {
    const { log, messages, rooms, history } = this.#options;
    const { membership = author.current, isRoomNamed, action = false, original = text } = options;
    if (messages.answerRepeated(author, text, ref, options)) return;
    this.show(author);
    const room = membership?.room ?? rooms.lobby;
    const kind = action ? "action" : "message";
    const clientId = ref !== undefined && isUnique(ref) ? ref : null;
    author.unsettled++;
    log.propose({
      type: "say",
      room: room.key,
      to: isRoomNamed ? room.key : "",
      key: keyOf(author, ref),
      print: ref === undefined ? "0" : printOf(kind, original),
      payload: encodeMessage(author.id, author.who, text, action, clientId),
    }, (result) => {
      this.#settled(author, result);
      switch (result.type) {
        case "said":
          return messages.said(author, { text, original, kind, ref }, room, result.offset);
        case "repeated":
          return messages.said(
            author,
            { text, original, kind, ref },
            rooms.find(result.to) ?? { key: result.to, name: history.label(result.to) },
            Number(result.receipt),
          );
        case "reused":
          return messages.refuseReused(author, ref);
        case "unavailable":
          return this.#refuse(author, result.isUndecided, ref);
      }
    });
  }

  /** Publishes a message of an author who is not connected. */
  async post(
    { who, identity }: Author,
    name: string,
    text: string,
    ref: Ref,
    { action = false, original = text }: PostOptions = {},
  ): Promise<Place | "reused"> {
    const { rooms, history } = this.#options;
    const room = roomKey(name);
    const kind = action ? "action" : "message";
    const isFree = ref === undefined || isUnique(ref);
    const result = await this.#propose({
      type: "say",
      room,
      to: room,
      key: ref === undefined ? "" : isFree ? `* ${ref}` : `${ownerOfUser(identity.id)} ${ref}`,
      print: printOf(kind, original),
      payload: encodeMessage(0, who, text, action, isFree ? ref ?? null : null),
    });
    if (result.type === "reused") return "reused";
    const id = result.type === "said"
      ? result.offset
      : Number((result as { receipt: string }).receipt);
    return { room: rooms.find(room)?.name ?? history.label(room), id };
  }

  /** Counts down what a member has under way, once for each proposal. */
  #settled(author: Member, result: Result): void {
    // One whose outcome was unknown has been counted already when it is known at last.
    if (author.undecided > 0 && result.type !== "unavailable") author.undecided--;
    else author.unsettled--;
    if (result.type === "unavailable" && result.isUndecided) author.undecided++;
    author.session.settled();
  }

  #refuse({ recipient }: Member, isUndecided: boolean, ref: Ref): void {
    const text = `Error: ${isUndecided ? UNDECIDED : REFUSED}`;
    this.#options.publisher.answer(recipient, { type: "error", code: "unavailable", text, ref });
  }

  /** Gives a member a name. Resolves with false if somebody else owns it, or one that looks like it. */
  async rename(member: Member, name: string): Promise<boolean> {
    const { people, roster } = this.#options;
    // The name may have been given up at another node a moment ago.
    if (!people.mayTake(member, name)) await this.caughtUp();
    if (!people.mayTake(member, name)) return false;
    const token = member.resumeToken ?? people.newToken(member);
    const lost = people.lostOwner(member, name);
    return this.#claim(member, { ...roster.record(member), name, token }, lost);
  }

  /** Gives a guest its name back, which it had on another connection. */
  resume(member: Member, lost: Member): Promise<boolean> {
    const { people, roster } = this.#options;
    const { name, lineage } = lost;
    const token = people.newToken(member);
    return this.#claim(member, { ...roster.record(member), name, lineage, token }, lost);
  }

  async #claim(member: Member, record: PersonRecord, lost: Member | undefined): Promise<boolean> {
    const { name } = member;
    this.#options.roster.announce(member);
    const result = await this.#propose({
      ...this.#put(record),
      claim: wordsOf(record.name!),
      former: name === undefined ? [] : wordsOf(name),
      from: lost === undefined ? "" : ownerOfGuest(lost.id),
    });
    if (result.type !== "put") return false;
    if (member.user !== undefined) this.#remember(member.user.key, record.name);
    return true;
  }

  /** Logs a member in. Resolves with false if it has logged in as somebody else. */
  async logIn(member: Member, identity: Identity): Promise<boolean> {
    const { people, roster, newId } = this.#options;
    const { id: key, operator } = identity;
    if (member.user !== undefined && member.user.key !== key) return false;
    roster.announce(member);
    if (member.user === undefined) this.free(member);
    const hadRights = member.identity?.operator === true;
    const isOperator = operator || hadRights ? operator === true : member.isOperator;
    for (;;) {
      const user = people.users!.open(key);
      const name = people.nameOf(identity) ?? user.name;
      const isNew = name !== undefined && name !== user.name;
      const record = {
        ...roster.record(member),
        name,
        away: user.away,
        token: undefined,
        isOperator,
        user: { key, id: user.id === 0 ? newId() : user.id },
        isSeen: user.visible || name !== undefined,
      };
      const result = await this.#propose({
        ...this.#put(record),
        claim: isNew ? wordsOf(name) : [],
        former: isNew && user.name !== undefined ? wordsOf(user.name) : [],
        from: "*",
      });
      // Another user has logged in under this name a moment ago, whom this node knows by now.
      if (result.type !== "put") continue;
      this.#remember(key, name);
      break;
    }
    member.identity = identity;
    member.isOperator = isOperator;
    for (const membership of member.memberships) {
      if (!isOpenTo(member, membership.room.key)) await this.leave(membership, false);
    }
    return true;
  }

  /** Has the engine remember a user and their name. */
  #remember(key: string, name: string | undefined): void {
    const value = JSON.stringify({ name, seen: this.#options.wall() });
    this.#options.log.propose({ type: "user", key, value }, undefined, true);
  }

  /** Tells all nodes that a guest has lost its name to a user. */
  stripped(guest: Member): void {
    const { roster, log } = this.#options;
    log.propose(this.#put(roster.record(guest)), undefined, true);
  }

  /** Adds a member to a room, and removes it from the others unless it `stays`. */
  async join(member: Member, name: string, stays: boolean): Promise<Membership> {
    const { roster, rooms, history } = this.#options;
    const key = roomKey(name);
    const record = roster.record(member);
    const places = new Map(stays ? record.rooms : []).set(key, undefined);
    roster.announce(member);
    await Promise.all([
      // Text clients have nothing to ask for before they are there.
      stays ? history.load(key) : undefined,
      this.#propose({
        ...this.#put({ ...record, rooms: places }),
        label: [key, rooms.find(key)?.name ?? name],
      }),
    ]);
    const membership = member.memberships.find(({ room }) => room.key === key);
    if (membership === undefined) throw new UnavailableError(UNDECIDED);
    return membership;
  }

  /** Removes a member from a room, and puts it into the lobby with `toLobby`. */
  async leave({ member, room }: Membership, toLobby: boolean): Promise<void> {
    const { roster, rooms: { lobby } } = this.#options;
    const record = roster.record(member);
    const places = new Map(record.rooms);
    places.delete(room.key);
    if (toLobby) places.set(lobby.key, undefined);
    roster.announce(member);
    await this.#propose({ ...this.#put({ ...record, rooms: places }) });
  }

  /** Removes a member that has disconnected. `isKept` is whether the name of a guest is kept. */
  gone(member: Member, isKept: boolean): void {
    const { log, keepsNames } = this.#options;
    const { id, name } = member;
    const keeps = isKept && keepsNames && name !== undefined;
    if (!keeps && name !== undefined && member.user === undefined) this.free(member);
    log.propose({ type: "gone", id, isKept: keeps }, undefined, true);
  }

  /** Frees the name that was kept for a guest. */
  free({ id, name }: Member): void {
    if (name === undefined) return;
    const former = wordsOf(name);
    this.#options.log.propose(
      { type: "free", id, owner: ownerOfGuest(id), former },
      undefined,
      true,
    );
  }

  async setAway(member: Member, away: string | undefined): Promise<void> {
    const { roster } = this.#options;
    await this.#propose(this.#put({ ...roster.record(member), away }));
  }

  async setTopic({ room, member }: Membership, topic: string | undefined): Promise<void> {
    const { id: client, who } = member;
    const payload = JSON.stringify([client, topic ?? 0, personOf(who)]);
    await this.#propose({ type: "topic", room: room.key, topic: topic ?? "", payload });
  }

  /** Sends a private message to clients at other nodes. Resolves with false if nobody is there any more. */
  async whisper(
    author: Member,
    to: Participant,
    text: string,
    ref: Ref,
    { who = displayName(to), original = text }: WhisperOptions,
  ): Promise<boolean> {
    const { messages } = this.#options;
    this.show(author);
    const receiver = personOf(to);
    const payload = JSON.stringify([
      personOf(author.who),
      receiver,
      userOf(to),
      text,
      userOf(author.who),
    ]);
    const targets = new Set(
      [...to.members, ...author.who.members].flatMap(({ node }) => node ?? []),
    );
    const results = await Promise.all(Array.from(targets, (target, i) =>
      this.#propose({
        type: "whisper",
        target,
        to: nameKey(who),
        key: i === 0 ? keyOf(author, ref) : "",
        print: printOf("whisper", original),
        receipt: JSON.stringify(receiver),
        payload,
      })));
    const [first] = results;
    if (first?.type === "reused") {
      messages.refuseReused(author, ref);
      return true;
    }
    if (first?.type === "repeated") {
      messages.whispered(author, JSON.parse(first.receipt) as Person, text, ref);
      return true;
    }
    const isHere = to.members.some(({ node }) => node === undefined);
    if (!isHere && results.every(({ type }) => type === "unreachable")) return false;
    messages.deliverWhisper(author.who, to, text, author);
    messages.whispered(author, receiver, text, ref, { who, original });
    return true;
  }

  /** Sends a private message of a voice of the server to the clients of a participant at other nodes. */
  speakTo(voice: User, to: Participant, text: string): void {
    const payload = JSON.stringify([personOf(voice), personOf(to), userOf(to), text, 0]);
    for (const target of new Set(to.members.flatMap(({ node }) => node ?? []))) {
      const id = { to: "", key: "", print: "0", receipt: "" };
      this.#options.log.propose({ type: "whisper", target, ...id, payload }, undefined, true);
    }
  }

  /** Sets or clears a topic for the program that embeds the server. */
  changeTopic(from: User, room: string, topic: string | undefined): void {
    const payload = JSON.stringify([0, topic ?? 0, personOf(from)]);
    const operation = { type: "topic", room, topic: topic ?? "", payload } as const;
    this.#options.log.propose(operation, undefined, true);
  }

  /** Sends a notice to everybody but the client that sent it, at all nodes. */
  notify(author: Member, text: string): void {
    this.tell({ type: "notice", by: author.id, from: personOf(author.who), text });
  }

  /** Waits until this node has applied everything that happened before. */
  async caughtUp(): Promise<void> {
    await this.#propose({ type: "note", payload: JSON.stringify(null) });
  }

  /** Sends something to all nodes that is not kept. */
  tell(note: SharedNote): void {
    this.#options.log.propose({ type: "note", payload: JSON.stringify(note) });
  }

  /** The record of a member, with nothing claimed. */
  #put(record: PersonRecord) {
    return {
      type: "put",
      id: record.id,
      record: encodePerson(record),
      owner: record.user === undefined ? ownerOfGuest(record.id) : ownerOfUser(record.user.key),
      claim: [],
      former: [],
      from: "",
    } as const;
  }

  /** Proposes everybody of this node again, who were taken for dead. `strip` is called with guests who lost their names. */
  reclaim(strip: (guest: Member) => void): void {
    const { roster, log } = this.#options;
    for (const member of roster.of(undefined)) {
      if (!roster.isAnnounced(member)) continue;
      const record = roster.record(member);
      const rooms = new Map(Array.from(record.rooms.keys(), (key) => [key, undefined] as const));
      const { name } = record;
      const claim = name === undefined ? [] : wordsOf(name);
      log.propose({ ...this.#put({ ...record, rooms }), claim }, ({ type }) => {
        if (type !== "taken" && type !== "alike") return;
        strip(member);
        log.propose(
          this.#put({ ...roster.record(member), name: undefined, rooms }),
          undefined,
          true,
        );
      }, true);
    }
  }

  /**
   * Proposes something, and waits for what becomes of it.
   *
   * @throws {UnavailableError} If the engine does not answer in time.
   */
  #propose(operation: Parameters<SharedLog["propose"]>[0]): Promise<Result> {
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    this.#options.log.propose(operation, (result) => {
      if (result.type !== "unavailable") resolve(result);
      else reject(new UnavailableError(result.isUndecided ? UNDECIDED : REFUSED));
    });
    return promise;
  }
}

/** What nodes tell each other besides. */
export type SharedNote =
  /** An operator's notice to everybody but the client that sent it. */
  | { readonly type: "notice"; readonly by: number; readonly from: Person; readonly text: string }
  /** A client is to be disconnected. */
  | {
    readonly type: "end";
    readonly client: number;
    readonly reason: "kicked" | "replaced";
    readonly message?: string | undefined;
  };

/** Tells texts apart that were sent under the same key. */
function printOf(kind: MessageContent["kind"], text: string): string {
  return String(fingerprintOf({ kind, to: undefined, text }));
}

/** The words by which the engine compares a name. */
export function wordsOf(name: string): NameWords {
  return [nameKey(name), ...skeletons(name)];
}

/** The idempotency key of a request. Short ids hold for one connection. */
function keyOf({ id }: Member, ref: Ref): string {
  if (ref === undefined) return "";
  return isUnique(ref) ? `* ${ref}` : `${id} ${ref}`;
}

/** The key of a user; 0 for a guest. */
function userOf(who: Participant): string | 0 {
  return who instanceof User ? who.key : 0;
}

export function personOf({ id, name, address, away, account }: Participant): Person {
  return { id, name, address, away, account };
}
