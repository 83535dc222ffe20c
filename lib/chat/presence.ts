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
  readonly who: Participant;
  /** The participant as everybody knew them. */
  readonly user: Departed;
  readonly until: number;
}

export class Presence {
  readonly #options: PresenceOptions;
  /** By room and name, in the order in which they are due. */
  readonly #departures = new Map<string, Departure>();
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
    const departure = this.#takeDeparture(room, who);
    const isBack = departure !== undefined && isSame(departure.who, who);
    if (departure !== undefined && !isBack) this.#announceLeave(room, departure.user, membership);
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
    this.#departures.set(keyOf(room, who), { room, who, user, until: now + delay });
    if (this.#departures.size > MAX_DEPARTURES) this.#announceFirst();
  }

  /** Announces the new name of a participant in all of their rooms to everybody but the member `by`. */
  renamed(who: Participant, previous: string | undefined, by: Member | undefined): void {
    for (const [room, author] of roomsOf(who, by)) {
      // The former owner of the name is gone for good, since this participant has the name now.
      const departure = this.#takeDeparture(room, who);
      if (departure !== undefined) this.#announceLeave(room, departure.user, author);
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
    const [key, { room, who, user }] = first;
    this.#departures.delete(key);
    // If they are back under another name, that has been announced already.
    if (!room.visible.has(who)) this.#announceLeave(room, user);
  }

  /** @param by Who has got the name, and is not told. */
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

  /** Cancels the departure of a participant, or of another one who had the name. */
  #takeDeparture(room: Room, who: Participant): Departure | undefined {
    const key = keyOf(room, who);
    const departure = this.#departures.get(key);
    if (departure === undefined) return undefined;
    this.#departures.delete(key);
    if (departure.room === room) return departure;
    this.#tellLeave(departure.room, departure.user); // it was a former room of this name, where nobody is
    return undefined;
  }
}

/** Names contain neither spaces nor number signs, so keys are unambiguous. */
function keyOf(room: Room, { id, name }: Participant): string {
  return `${room.key} ${name === undefined ? `#${id}` : nameKey(name)}`;
}

function snapshot(who: Participant, isHere: boolean) {
  const { id, name, address, away, account, isOperator } = who;
  const key = who instanceof Member ? undefined : who.key;
  return { id, key, name, address, away, account, isOperator, isHere };
}

/** Whether two participants are the same person: a user, or a guest who has proved it. */
function isSame(before: Participant, now: Participant): boolean {
  return before === now ||
    (before instanceof Member && now instanceof Member && before.lineage === now.lineage);
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
