/**
 * What is told of coming and going: who is in the list of a room now, or no more, or under another name.
 *
 * It is told with care: somebody who is back soon neither left nor came, and in a crowd only the number counts. Keeps
 * the lists; knows no wire, and has no timer: somebody has to say that time has passed.
 * @module
 */
import type { ChatEvent, Person } from "./events.ts";
import type { Member } from "./member.ts";
import { nameKey } from "./names.ts";
import type { Room } from "./room.ts";
import type { Membership } from "./membership.ts";

/**
 * The most people whose coming and going is told one by one, and who are listed unasked: more is a list that nobody
 * reads, and each who comes would cost a message to each who is here.
 */
export const MAX_NAMED = 500;

/** How often the number of people in a crowd is told at the most, in ms: as fast as one can read it. */
const COUNT_INTERVAL = 1_000;

/**
 * How many are told of departures in one go, each counted as often as it is told: a millisecond or two. When hundreds have
 * left rooms of hundreds at once, all of it would take a tenth of a second.
 */
const MAX_TOLD = 4_096;

/** Departures that wait. At 200 bytes each they stay within 2 MB; when there are more, the first are told early. */
const MAX_DEPARTURES = 10_000;

export interface PresenceOptions {
  /** Tells all in `room` but `author`. */
  readonly publish: (room: Room, author: Membership | undefined, event: ChatEvent) => void;
  /** How long somebody may be away before it is told, in ms. */
  readonly delay: number;
}

/** Somebody is gone, and has until `until` to be back before it is told. */
interface Departure {
  readonly room: Room;
  readonly member: Member;
  /** As everybody knew them. */
  readonly user: Person;
  readonly until: number;
}

export class Presence {
  readonly #options: PresenceOptions;
  /** By room and name, those whose time is over first in front. */
  readonly #departures = new Map<string, Departure>();
  /** Rooms with a crowd whose number has changed. */
  readonly #changed = new Set<Room>();
  #countedAt = -Infinity;

  constructor(options: PresenceOptions) {
    this.#options = options;
  }

  /** Puts a member into the list of its room. */
  joined(seat: Membership): void {
    const { member, room } = seat;
    room.visible.add(member);
    const departure = this.#takeDeparture(room, member);
    if (this.#isCrowd(room)) return;
    const user = member;
    if (departure === undefined) {
      return this.#tell(room, seat, {
        type: "presence",
        event: "join",
        room: room.name,
        user,
        users: room.users,
      });
    }
    this.#tell(room, seat, { type: "back", room: room.name, user, previous: departure.user.id });
  }

  /** Takes a member out of the list of a room. `connected` tells that it may come back as who it is. */
  left(member: Member, room: Room, connected: boolean, now: number): void {
    room.visible.delete(member);
    const { id, name, address, away } = member;
    const user = { id, name, address, away };
    const { delay } = this.#options;
    const mayReturn = connected || name !== undefined;
    if (delay === 0 || !mayReturn || this.#isCrowd(room)) return this.#tellLeave(room, user);
    this.#departures.set(keyOf(room, member), { room, member, user, until: now + delay });
    if (this.#departures.size > MAX_DEPARTURES) this.#tellFirst();
  }

  /** Tells a new name in all rooms of a member. */
  renamed(member: Member, previous: string | undefined): void {
    for (const seat of member.memberships) {
      const { room } = seat;
      // Who had this name is gone for good: somebody else has it.
      const departure = this.#takeDeparture(room, member);
      if (departure !== undefined) this.#tellLeave(room, departure.user);
      if (this.#isCrowd(room)) continue;
      this.#tell(room, seat, {
        type: "presence",
        event: "rename",
        room: room.name,
        user: member,
        previous,
        users: room.users,
      });
    }
  }

  /** Tells in all rooms of a member that it is away, or no more. */
  awayChanged(member: Member): void {
    if (!member.visible) return;
    for (const seat of member.memberships) {
      const { room } = seat;
      if (this.#isCrowd(room)) continue;
      this.#tell(room, seat, { type: "away", room: room.name, user: member });
    }
  }

  /** Tells what is due, but not more than to so many; `true` if more is due. */
  tick(now: number): boolean {
    let told = 0;
    for (const { until, room } of this.#departures.values()) {
      if (until > now) break;
      if (told > MAX_TOLD) return true;
      told += 1 + room.users;
      this.#tellFirst();
    }
    if (this.#changed.size === 0 || now - this.#countedAt < COUNT_INTERVAL) return false;
    this.#countedAt = now;
    for (const room of this.#changed) {
      this.#tell(room, undefined, { type: "people", room: room.name, users: room.users });
    }
    this.#changed.clear();
    return false;
  }

  #tellFirst(): void {
    const [first] = this.#departures;
    if (first === undefined) return;
    const [key, { room, member, user }] = first;
    this.#departures.delete(key);
    // Unless the member is back under another name, which was told already.
    if (!room.visible.has(member)) this.#tellLeave(room, user);
  }

  #tellLeave(room: Room, user: Person): void {
    if (this.#isCrowd(room)) return;
    this.#tell(room, undefined, {
      type: "presence",
      event: "leave",
      room: room.name,
      user,
      users: room.users,
    });
  }

  /** Whether only the number of people is told; it will be. */
  #isCrowd(room: Room): boolean {
    if (room.users <= MAX_NAMED) return false;
    this.#changed.add(room);
    return true;
  }

  /** Calls off what would be told of somebody who was here and had the member's name, or was the member. */
  #takeDeparture(room: Room, member: Member): Departure | undefined {
    const key = keyOf(room, member);
    const departure = this.#departures.get(key);
    if (departure === undefined) return undefined;
    this.#departures.delete(key);
    return departure.room === room ? departure : undefined; // or else it was another room of this name
  }

  #tell(room: Room, author: Membership | undefined, event: ChatEvent): void {
    this.#options.publish(room, author, event);
  }
}

/** Names have neither spaces nor number signs. */
function keyOf(room: Room, { id, name }: Member): string {
  return `${room.key} ${name === undefined ? `#${id}` : nameKey(name)}`;
}
