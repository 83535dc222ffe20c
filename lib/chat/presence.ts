/**
 * Presence: the lists of visible members, and the announcements of members that join, leave, are renamed or are away.
 *
 * A member that reconnects soon is announced neither as having left nor as having joined, and in a crowd only the number of
 * members is announced. There is no timer here: the owner calls `tick`.
 * @module
 */
import type { ChatEvent } from "../wire/chat_event.ts";
import { type Hooks, toChatUser } from "./hooks.ts";
import type { Member, Membership } from "./member.ts";
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
  readonly publish: (room: Room, author: Membership | undefined, event: ChatEvent) => void;
  /** The time before a departure is announced, in ms. */
  readonly delay: number;
  /** Learn of each member that joins or leaves, in a crowd too. */
  readonly hooks?: Pick<Hooks, "onJoin" | "onLeave"> | undefined;
}

/** A member as it was when it left. */
type Departed = Pick<Member, "id" | "name" | "address" | "away" | "isOperator">;

/** A member that has left a room. The departure is announced at `until`, unless the member is back by then. */
interface Departure {
  readonly room: Room;
  readonly member: Member;
  /** The member as everybody knew it. */
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

  /** Adds a member to the list of its room. */
  joined(membership: Membership): void {
    const { member, room } = membership;
    room.visible.add(member);
    const departure = this.#takeDeparture(room, member);
    if (departure === undefined) this.#options.hooks?.onJoin?.(toChatUser(member), room.name);
    if (this.#isCrowd(room)) return;
    const user = member;
    if (departure === undefined) {
      return this.#options.publish(room, membership, {
        type: "presence",
        event: "join",
        room: room.name,
        user,
        users: room.users,
      });
    }
    const previous = departure.user.id;
    this.#options.publish(room, membership, { type: "back", room: room.name, user, previous });
  }

  /** Removes a member from the list of a room. `connected` is whether the member stays in the chat. */
  left(member: Member, room: Room, connected: boolean, now: number): void {
    room.visible.delete(member);
    const { id, name, address, away, isOperator } = member;
    const user = { id, name, address, away, isOperator };
    const { delay } = this.#options;
    const mayReturn = connected || name !== undefined;
    if (delay === 0 || !mayReturn || this.#isCrowd(room)) return this.#announceLeave(room, user);
    this.#departures.set(keyOf(room, member), { room, member, user, until: now + delay });
    if (this.#departures.size > MAX_DEPARTURES) this.#announceFirst();
  }

  /** Announces the new name of a member in all of its rooms. */
  renamed(member: Member, previous: string | undefined): void {
    for (const membership of member.memberships) {
      const { room } = membership;
      // The former owner of the name is gone for good, since this member has the name now.
      const departure = this.#takeDeparture(room, member);
      if (departure !== undefined) this.#announceLeave(room, departure.user);
      if (this.#isCrowd(room)) continue;
      this.#options.publish(room, membership, {
        type: "presence",
        event: "rename",
        room: room.name,
        user: member,
        previous: previous ?? null,
        users: room.users,
      });
    }
  }

  /** Announces in all rooms of a member that it is away, or back. */
  awayChanged(member: Member): void {
    if (!member.visible) return;
    for (const membership of member.memberships) {
      const { room } = membership;
      if (this.#isCrowd(room)) continue;
      this.#options.publish(room, membership, { type: "away", room: room.name, user: member });
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
    const [key, { room, member, user }] = first;
    this.#departures.delete(key);
    // If the member is back under another name, that has been announced already.
    if (!room.visible.has(member)) this.#announceLeave(room, user);
  }

  #announceLeave(room: Room, user: Departed): void {
    this.#options.hooks?.onLeave?.(toChatUser(user), room.name);
    if (this.#isCrowd(room)) return;
    this.#options.publish(room, undefined, {
      type: "presence",
      event: "leave",
      room: room.name,
      user,
      users: room.users,
    });
  }

  /** Whether only the number of members is announced, which the next tick does then. */
  #isCrowd(room: Room): boolean {
    if (room.users <= MAX_NAMED) return false;
    this.#changed.add(room);
    return true;
  }

  /** Cancels the departure of the member, or of another one that had its name. */
  #takeDeparture(room: Room, member: Member): Departure | undefined {
    const key = keyOf(room, member);
    const departure = this.#departures.get(key);
    if (departure === undefined) return undefined;
    this.#departures.delete(key);
    return departure.room === room ? departure : undefined; // otherwise it was a former room of this name
  }
}

/** Names contain neither spaces nor number signs, so keys are unambiguous. */
function keyOf(room: Room, { id, name }: Member): string {
  return `${room.key} ${name === undefined ? `#${id}` : nameKey(name)}`;
}
