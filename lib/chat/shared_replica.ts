/**
 * Applies the shared log to a hub: what happens in the chat happens here, in the same order at all nodes, whether a member
 * of this node did it or one of another node.
 * @module
 */
import type { Statistics } from "../wire/shapes.ts";
import type { Logins } from "./logins.ts";
import { Member, Membership, type Session } from "./member.ts";
import type { Messages } from "./messages.ts";
import type { SharedModeration } from "./moderation.ts";
import type { People } from "./people.ts";
import type { Presence } from "./presence.ts";
import type { Publisher } from "./publisher.ts";
import type { Room } from "./room.ts";
import type { Rooms } from "./rooms.ts";
import type { Roster } from "./roster.ts";
import type { SharedHub, SharedNote } from "./shared_hub.ts";
import type {
  Fact,
  KeptMessage,
  Replica,
  SharedHistory,
  SharedLog,
  Snapshot,
} from "./shared_log.ts";
import { decodeMessage, decodePerson, type PersonRecord } from "./shared_records.ts";
import type { ChatRecipient } from "./wire_format.ts";

export interface SharedReplicaOptions {
  readonly log: SharedLog;
  readonly history: SharedHistory;
  readonly roster: Roster;
  readonly hub: SharedHub;
  readonly people: People;
  readonly presence: Presence;
  readonly publisher: Publisher;
  readonly messages: Messages;
  readonly rooms: Rooms;
  readonly moderation: () => SharedModeration | undefined;
  /** How long the names of guests are kept, in ms. */
  readonly presenceDelay: number;
  readonly now: () => number;
  /** The wall clock, in ms of Unix time. */
  readonly wall: () => number;
  readonly logins: Pick<Logins, "attach">;
  /** The queue of members of other nodes, in which nothing is ever put. */
  readonly nowhere: ChatRecipient;
  /** Everybody at this node who gets messages. */
  readonly recipients: () => readonly ChatRecipient[];
  readonly members: ReadonlySet<Member>;
  readonly join: (member: Member, room: Room) => void;
  readonly leave: (membership: Membership, connected: boolean) => void;
  /** What this node has counted. */
  readonly counted: () => Statistics;
}

/** The order of the counters in the log. */
const COUNTERS = [
  "totalConnections",
  "activeConnections",
  "totalWhispers",
  "droppedMessages",
] as const;

export class SharedReplica implements Replica {
  readonly #options: SharedReplicaOptions;
  /** The counters of other nodes. */
  readonly #counters = new Map<string, readonly number[]>();
  #gone: readonly number[] = [];
  #messages = 0;
  /** Guests whose names are kept, by id. */
  readonly #kept = new Map<number, Member>();
  /** Those of them whose names this node has proposed to free. */
  readonly #freeing = new Set<Member>();
  readonly #nodes = new Set<string>();

  constructor(options: SharedReplicaOptions) {
    this.#options = options;
  }

  apply(fact: Fact, author: string, time: number): void {
    const { history, moderation, log } = this.#options;
    switch (fact.type) {
      case "said":
        return this.#said(
          fact.room,
          { offset: fact.offset, era: history.era, time, payload: fact.payload },
          author === log.incarnation,
        );
      case "put":
        return this.#put(author, decodePerson(fact.record), fact.label);
      case "gone": {
        const member = this.#options.roster.get(fact.id);
        if (member !== undefined) this.#leave(member, fact.isKept);
        return;
      }
      case "free":
        return this.#free(fact.id);
      case "user":
        return this.#rememberUser(fact.key, fact.value);
      case "topic":
        return this.#setTopic(fact.room, fact.payload, author === log.incarnation);
      case "ban":
        if (author !== log.incarnation) moderation()?.replicate(fact.list, fact.target, fact.value);
        return;
      case "lock":
        return moderation()?.lock(fact.on);
      case "counters":
        if (author !== log.incarnation) this.#counters.set(author, fact.counters);
        return;
      case "note":
        return this.#note(JSON.parse(fact.payload));
      case "down":
        return this.#down(fact.incarnation);
      case "era":
        return history.beginEra(fact.epoch, fact.era);
      case "lost":
        history.forgetEras();
        return this.lost();
      case "forgot":
        return history.forget(fact.room);
    }
  }

  /** The statistics of all nodes together. */
  statistics(): Statistics {
    const { counted } = this.#options;
    const own = counted();
    const others = [this.#gone, ...this.#counters.values()];
    const sum = { ...own, totalMessages: this.#messages };
    for (const [i, name] of COUNTERS.entries()) {
      // Clients of nodes that are gone do not take part any more.
      for (const counters of name === "activeConnections" ? others.slice(1) : others) {
        sum[name] += counters[i] ?? 0;
      }
    }
    return sum;
  }

  counters(): readonly number[] {
    const own = this.#options.counted();
    return COUNTERS.map((name) => own[name]);
  }

  // Messages

  /** @param isHere Whether it was sent at this node. */
  #said(key: string, message: KeptMessage, isHere: boolean): void {
    const { history, rooms, roster, publisher } = this.#options;
    const { offset, time, payload } = message;
    this.#messages++;
    if (offset <= history.latest(key)) return;
    const record = decodeMessage(payload);
    history.said(key, message);
    const room = rooms.find(key);
    if (room === undefined) return;
    room.offset = offset;
    const { client, sender, name, address, account, text, action } = record;
    const author = roster.get(client);
    const from = author?.who ?? { id: sender, name: name ?? undefined, address, account };
    const event = { type: "message", room: room.name, id: offset, from, text } as const;
    const membership = author?.memberships.find((membership) => membership.room === room);
    publisher.publish(room, membership, action ? { ...event, action } : event, time, isHere);
  }

  heard(): Iterable<readonly [room: string, offset: number]> {
    const { rooms, history } = this.#options;
    return rooms.withSubscribers().map(({ key }) => [key, history.latest(key)] as const);
  }

  missed(key: string, messages: readonly KeptMessage[], latest: number): void {
    const { rooms, history, publisher } = this.#options;
    const room = rooms.find(key);
    if (room === undefined) return;
    const heard = history.latest(key);
    const first = messages.find(({ offset }) => offset > heard)?.offset ?? latest + 1;
    if (first > heard + 1) {
      const range = { room: room.name, from: heard + 1, to: first - 1 };
      const count = range.to - heard;
      publisher.publish(room, undefined, { type: "dropped", count, missed: [range] });
    }
    for (const message of messages) {
      this.#said(key, message, false);
      this.#messages--; // the snapshot counts them
    }
  }

  whispered(payload: string): void {
    const { roster, messages, people } = this.#options;
    const [from, to, user, text, by] = JSON.parse(payload);
    const receiver = user === 0 ? roster.get(to.id) : people.users?.find(user);
    const author = by === 0 ? undefined : people.users?.find(by);
    messages.deliverWhisper(from, receiver, text, undefined, author?.members);
  }

  #setTopic(key: string, payload: string, isHere: boolean): void {
    const { history, rooms, roster, publisher } = this.#options;
    const [client, topic, person] = JSON.parse(payload);
    history.setTopic(key, topic || "");
    const room = rooms.find(key);
    if (room === undefined) return;
    room.topic = topic || undefined;
    const author = roster.get(client);
    publisher.publish(
      room,
      author?.memberships.find((it) => it.room === room),
      {
        type: "topic",
        room: room.name,
        from: author?.who ?? person,
        topic: topic || undefined,
      },
      undefined,
      isHere,
    );
  }

  #note(note: SharedNote | null): void {
    const { publisher, recipients, roster } = this.#options;
    if (note === null) return;
    if (note.type === "end") {
      const member = roster.get(note.client);
      if (member?.node === undefined) member?.session.end(note.reason, note.message);
      return;
    }
    const { by, from, text } = note;
    const author = roster.get(by)?.recipient;
    const others = recipients().filter((recipient) => recipient !== author);
    publisher.send(others, { type: "notice", from, text });
  }

  // People

  #put(node: string, record: PersonRecord, label?: string): void {
    const { people, presence, roster, history, rooms } = this.#options;
    const member = roster.get(record.id) ?? this.#addRemote(node, record);
    const previous = member.name;
    this.#takeOver(record);
    for (const membership of member.memberships) {
      if (!record.rooms.has(membership.room.key)) this.#options.leave(membership, true);
    }
    if (record.user !== undefined) this.#options.logins.attach(member, record.user, record.name);
    people.assign(member, record);
    member.isOperator = record.isOperator;
    roster.setPlaces(member, record.rooms);
    const { who } = member;
    const isNew = !who.visible && record.isSeen;
    if (isNew) {
      people.show(who);
      for (const membership of who.memberships) presence.joined(membership);
    } else if (previous !== member.name && who === member) presence.renamed(who, previous, member);
    for (const key of record.rooms.keys()) {
      if (member.memberships.some(({ room }) => room.key === key)) continue;
      const name = label ?? history.label(key);
      history.setLabel(key, name);
      this.#enter(member, rooms.open(name, history.latest(key)));
    }
    if (who.away === record.away) return;
    who.away = record.away;
    if (!isNew) presence.awayChanged(who, member);
  }

  /** A guest who is back takes the place of their former connection, which the log may not have removed yet. */
  #takeOver({ id, name, lineage }: PersonRecord): void {
    const { people } = this.#options;
    const owner = name === undefined ? undefined : people.owner(name);
    if (!(owner instanceof Member) || owner.id === id || owner.lineage !== lineage) return;
    if (owner.isConnected) this.#leave(owner, true);
  }

  #addRemote(node: string, record: PersonRecord): Member {
    const { id, address, origin } = record;
    const { nowhere, roster, hub } = this.#options;
    const session = new RemoteSession(id, hub);
    const member = new Member(id, address, nowhere, session, origin);
    member.node = node;
    this.#nodes.add(node);
    roster.add(member);
    return member;
  }

  #enter(member: Member, room: Room): void {
    if (member.node === undefined) return this.#options.join(member, room);
    const membership = new Membership(member, room, undefined, room.offset);
    member.memberships = member.memberships.concat(membership);
    if (member.who.visible) this.#options.presence.joined(membership);
  }

  #leave(member: Member, isKept: boolean): void {
    const { people, roster, now, presenceDelay } = this.#options;
    for (const membership of member.memberships) this.#options.leave(membership, false);
    const keeps = isKept && presenceDelay > 0;
    people.disconnect(member, keeps ? now() + presenceDelay : undefined);
    roster.delete(member);
    if (keeps && member.name !== undefined) this.#kept.set(member.id, member);
  }

  #free(id: number): void {
    const member = this.#kept.get(id) ?? this.#options.roster.get(id);
    this.#kept.delete(id);
    if (member === undefined) return;
    this.#freeing.delete(member);
    // A member that has not left yet does so in the same batch, and keeps its name until then.
    if (!member.isConnected) this.#options.people.release(member);
  }

  /** Users are remembered while they are offline. */
  #rememberUser(key: string, value: string): void {
    const { people: { users }, wall } = this.#options;
    if (value === "") return users?.drop(key);
    const { name, seen } = JSON.parse(value);
    users?.replicate(key, name, Math.max(0, wall() - seen));
  }

  /** Whether the name of a guest, which was kept for some time, is free now. All nodes free it when the log says so. */
  mayRelease(guest: Member): boolean {
    const { hub } = this.#options;
    if (guest.node !== undefined) return !this.#nodes.has(guest.node);
    if (!this.#freeing.has(guest)) {
      this.#freeing.add(guest);
      hub.free(guest);
    }
    return false;
  }

  #down(node: string): void {
    const { roster, log } = this.#options;
    this.#counters.delete(node);
    this.#nodes.delete(node);
    if (node === log.incarnation) return;
    for (const member of [...roster.of(node)]) this.#leave(member, true);
  }

  // Snapshots

  load(snapshot: Snapshot): void {
    const { history, rooms, log, roster, moderation } = this.#options;
    const { people, counters, gone, messages, isLocked, bans, mutes } = snapshot;
    history.restore(snapshot);
    rooms.restore();
    this.#messages = messages;
    this.#gone = gone;
    this.#counters.clear();
    for (const [node, values] of counters) {
      if (node !== log.incarnation) this.#counters.set(node, values);
    }
    moderation()?.lock(isLocked);
    moderation()?.restore(bans, mutes);
    const records: { node: string; record: PersonRecord; place: number }[] = [];
    for (const [node, those] of people) {
      this.#nodes.add(node);
      for (const text of those.values()) {
        const record = decodePerson(text);
        records.push({ node, record, place: Math.min(...placesOf(record)) });
      }
    }
    for (const [key, value] of snapshot.users) this.#rememberUser(key, value);
    const ids = new Set(records.map(({ record: { id } }) => id));
    for (const member of [...roster.remote()]) if (!ids.has(member.id)) this.#leave(member, true);
    for (const node of this.#nodes) if (!people.has(node)) this.#nodes.delete(node);
    // In the order in which they came, so that lists are alike at all nodes.
    for (const { node, record } of records.sort((a, b) => a.place - b.place)) {
      if (node !== log.incarnation || roster.get(record.id) !== undefined) this.#put(node, record);
    }
  }

  reclaim(): void {
    const { hub, people, presence, publisher } = this.#options;
    hub.reclaim((guest) => {
      const { name } = guest;
      if (name === undefined) return;
      people.release(guest);
      guest.name = undefined;
      presence.renamed(guest, name, guest);
      publisher.answer(guest.recipient, { type: "renamed", user: guest, name });
    });
  }

  /** Clients that have followed the rooms begin anew: numbers that they know may mean other messages now. */
  lost(): void {
    const { members } = this.#options;
    for (const { recipient, session } of [...members]) {
      if (recipient.format.tellsRoom) session.end("shutdown", LOST);
    }
  }

  connected(): void {}
}

const LOST = "The chat lost its latest messages; please reconnect";

function* placesOf({ rooms }: PersonRecord): Generator<number> {
  for (const place of rooms.values()) yield place ?? 0;
}

/** The session of a client at another node. */
class RemoteSession implements Session {
  constructor(readonly client: number, readonly hub: SharedHub) {}

  authenticate(): undefined {}
  charge(): void {}
  workOn(): void {}
  waitFor(): void {}
  settled(): void {}

  end(reason: Parameters<Session["end"]>[0], message?: string): void {
    if (reason !== "kicked" && reason !== "replaced") return;
    this.hub.tell({ type: "end", client: this.client, reason, message });
  }
}
