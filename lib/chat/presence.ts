/**
 * Presence: the lists of visible participants, and the announcements of those who join, leave, are renamed or are away. A
 * user is one of them, however many clients of theirs are in a room.
 *
 * Participants who reconnect soon, and prove who they are, are announced neither as having left nor as having joined. In a
 * crowd only the number is announced. There is no timer here: the owner calls `tick`.
 * @module
 */
import type { ChatEvent } from "../wire/chat_event.ts";
import { type Hooks, toChatUser } from "./hooks.ts";
import { Member, type Membership, type Participant } from "./member.ts";
import { nameKey } from "./names.ts";
import type { Room } from "./room.ts";

/**
 * The most members of a room that are announced one by one, and that are listed unasked. Nobody reads a longer list, and
 * everybody who joins would cost a message to everybody who is there.
 */
export const MAX_NAMED = 500;

/** The shortest time between two announcements of the number of members in a crowd, in ms: as fast as one can read it. */
const COUNT_INTERVAL = 1_000;

/**
 * The most announcements of departures in one tick, counted once for each member that gets one: a millisecond or two. When
 * hundreds have left rooms of hundreds at once, all announcements would take a tenth of a second.
 */
const MAX_ANNOUNCED = 4_096;

/** The most departures that wait, at 200 bytes each. When there are more, the first ones are announced early. */
const MAX_DEPARTURES = 10_000;

export interface PresenceOptions {
  /** Publishes an event to everybody in a room but its author. */
  readonly publish: (
    room: Room,
    author: Membership | undefined,
    event: ChatEvent,
    isHere?: boolean,
  ) => void;
  /** The time before a departure is announced, in ms. */
  readonly delay: number;
  /** Learn of each member that joins or leaves, in a crowd too. */
  readonly hooks?: Pick<Hooks, "onJoin" | "onLeave"> | undefined;
}

/** A participant as they were when they left. */
type Departed = ReturnType<typeof snapshot>;

/** A participant who has left a room. The departure is announced at `until`, unless they are back by then. */
interface Departure {
  readonly room: Room;
  /** The participant as everybody knew them. */
  readonly user: Departed;
  readonly until: number;
}

export class Presence {
  readonly #options: PresenceOptions;
  /** By room and participant, in the order in which they are due. */
  readonly #departures = new Map<string, Departure>();
  /** The keys of departures by room and name. */
  readonly #keysByName = new Map<string, string>();
  /** Crowded rooms whose number of members has changed. */
  readonly #changed = new Set<Room>();
  #countedAt = -Infinity;

  constructor(options: PresenceOptions) {
    this.#options = options;
  }

  /** Adds the participant behind a membership to the list of the room, unless they are there with another client. */
  joined(membership: Membership): void {
    const { member: { who }, room } = membership;
    if (room.visible.has(who)) return;
    const departure = this.#take(room, keyOf(room, who));
    const isBack = departure !== undefined && departure.user.name === who.name;
    if (departure !== undefined && !isBack) {
      // Somebody who is back under another name and the same id joins, which says enough.
      if (departure.user.id === who.id) this.#tellLeave(room, departure.user);
      else this.#announceLeave(room, departure.user, membership);
    }
    this.#announceFormerOwner(room, who, membership);
    room.visible.add(who);
    // Each node of a chat reports its own clients.
    const isHere = membership.member.node === undefined;
    if (!isBack && isHere) this.#options.hooks?.onJoin?.(toChatUser(who), room.name);
    if (this.#isCrowd(room)) return;
    if (!isBack) {
      return this.#options.publish(room, membership, {
        type: "presence",
        event: "join",
        room: room.name,
        user: who,
        users: room.users,
      });
    }
    const previous = departure.user.id;
    this.#options.publish(room, membership, { type: "back", room: room.name, user: who, previous });
  }

  /**
   * Removes the participant behind a member, which has left the room, unless another client of theirs is there.
   * `mayReturn` is whether the announcement waits.
   */
  left({ member, room }: Membership, mayReturn: boolean, now: number): void {
    const { who } = member;
    if (isElsewhere(who, member, room)) return;
    room.visible.delete(who);
    const user = snapshot(who, member.node === undefined);
    const { delay } = this.#options;
    if (delay === 0 || !mayReturn || this.#isCrowd(room)) return this.#announceLeave(room, user);
    const key = keyOf(room, who);
    this.#departures.set(key, { room, user, until: now + delay });
    if (who.name !== undefined) this.#keysByName.set(nameKeyOf(room, who.name), key);
    if (this.#departures.size > MAX_DEPARTURES) this.#announceFirst();
  }

  /** Announces the new name of a participant in all of their rooms to everybody but the member `by`. */
  renamed(who: Participant, previous: string | undefined, by: Member | undefined): void {
    for (const [room, author] of roomsOf(who, by)) {
      this.#announceFormerOwner(room, who, author);
      if (this.#isCrowd(room)) continue;
      this.#options.publish(room, author, {
        type: "presence",
        event: "rename",
        room: room.name,
        user: who,
        previous: previous ?? null,
        users: room.users,
      });
    }
  }

  /** Announces in all rooms of a participant, to everybody but the member `by`, that they are away, or back. */
  awayChanged(who: Participant, by: Member): void {
    if (!who.visible) return;
    for (const [room, author] of roomsOf(who, by)) {
      if (this.#isCrowd(room)) continue;
      this.#options.publish(room, author, { type: "away", room: room.name, user: who });
    }
  }

  /** Announces what is due, within bounds. Returns whether more is due. */
  tick(now: number): boolean {
    let announced = 0;
    for (const { until, room } of this.#departures.values()) {
      if (until > now) break;
      if (announced > MAX_ANNOUNCED) return true;
      announced += 1 + room.users;
      this.#announceFirst();
    }
    if (this.#changed.size === 0 || now - this.#countedAt < COUNT_INTERVAL) return false;
    this.#countedAt = now;
    for (const room of this.#changed) {
      const { name, users } = room;
      this.#options.publish(room, undefined, { type: "people", room: name, users });
    }
    this.#changed.clear();
    return false;
  }

  #announceFirst(): void {
    const [first] = this.#departures;
    if (first === undefined) return;
    const [key, { room, user }] = first;
    this.#take(room, key);
    this.#announceLeave(room, user);
  }

  /**
   * Announces that the former owner of a participant's name has left: they do not come back under it. `by` is the place of
   * the participant, who is not told.
   */
  #announceFormerOwner(room: Room, { name }: Participant, by: Membership | undefined): void {
    if (name === undefined) return;
    const key = this.#keysByName.get(nameKeyOf(room, name));
    const departure = key === undefined ? undefined : this.#take(room, key);
    if (departure !== undefined) this.#announceLeave(room, departure.user, by);
  }

  /** @param by The place of somebody who is not told. */
  #announceLeave(room: Room, user: Departed, by?: Membership): void {
    this.#tellLeave(room, user);
    if (this.#isCrowd(room)) return;
    this.#options.publish(room, by, {
      type: "presence",
      event: "leave",
      room: room.name,
      user,
      users: room.users,
    }, user.isHere);
  }

  #tellLeave(room: Room, user: Departed): void {
    if (user.isHere) this.#options.hooks?.onLeave?.(toChatUser(user), room.name);
  }

  /** Whether only the number of members is announced, which the next tick does then. */
  #isCrowd(room: Room): boolean {
    if (room.users <= MAX_NAMED) return false;
    this.#changed.add(room);
    return true;
  }

  /** Cancels the departure with a key. */
  #take(room: Room, key: string): Departure | undefined {
    const departure = this.#departures.get(key);
    if (departure === undefined) return undefined;
    this.#departures.delete(key);
    const { room: left, user } = departure;
    if (user.name !== undefined) this.#keysByName.delete(nameKeyOf(room, user.name));
    if (left === room) return departure;
    this.#tellLeave(left, user); // it was a former room of this name, where nobody is
    return undefined;
  }
}

/** The key of a participant in a room. A guest who has proved to be the same has the same key. */
function keyOf({ key }: Room, who: Participant): string {
  return `${key} #${who instanceof Member ? who.lineage : who.id}`;
}

function nameKeyOf({ key }: Room, name: string): string {
  return `${key} ${nameKey(name)}`;
}

function snapshot(who: Participant, isHere: boolean) {
  const { id, name, address, away, account, isOperator } = who;
  const key = who instanceof Member ? undefined : who.key;
  return { id, key, name, address, away, account, isOperator, isHere };
}

/** Whether another client of the participant than `member` is in a room. */
function isElsewhere(who: Participant, member: Member, room: Room): boolean {
  if (who === member) return false;
  return who.memberships.some((other) => other.member !== member && other.room === room);
}

/** The rooms of a participant, each with the place of the member `by` there. */
function roomsOf(
  who: Participant,
  by: Member | undefined,
): ReadonlyMap<Room, Membership | undefined> {
  const rooms = new Map<Room, Membership | undefined>();
  for (const membership of who.memberships) {
    const { room, member } = membership;
    if (member === by || !rooms.has(room)) rooms.set(room, member === by ? membership : undefined);
  }
  return rooms;
}
