/**
 * Who wrote what the tables have, as weights: how much each contributor has in each room. Whoever has most pays first when
 * there is too much, so that nobody can push out what others said where it is quiet.
 *
 * A contributor is what the caller takes for one (a network address), known here by a number. The tables have the number
 * with each message, and it means something within one era only: what was written before the last start, and what comes
 * from more contributors than are told apart, has none, and counts for its room. No address is stored.
 * @module
 */
import type { Room } from "./room_index.ts";

/** The number of what has none. */
export const UNATTRIBUTED = 0;

/** Contributors that are told apart, at about 300 bytes each; those who come later count for the rooms they write to. */
const MAX_CONTRIBUTORS = 10_000;

/** Contributors that are told apart in one room. */
const MAX_IN_ROOM = 32;

/** Contributors that are taken together as those who have most. */
const MAX_HEAVIEST = 16;

/** Rooms of one contributor that are looked at together. */
const MAX_ROOMS = 512;

interface Contributor {
  readonly key: string;
  weight: number;
  /** Where there is something. */
  readonly rooms: Set<Room>;
  /** How many rooms they made. */
  owned: number;
}

export class Contributors {
  readonly #numbers = new Map<string, number>();
  readonly #contributors = new Map<number, Contributor>();
  readonly #byRoom = new Map<Room, Map<number, number>>();
  #lastNumber = UNATTRIBUTED;

  /** The number of a contributor. */
  number(key: string): number {
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    if (this.#numbers.size >= MAX_CONTRIBUTORS) this.#forgetUnused();
    if (this.#numbers.size >= MAX_CONTRIBUTORS) return UNATTRIBUTED;
    const number = ++this.#lastNumber;
    this.#numbers.set(key, number);
    this.#contributors.set(number, { key, weight: 0, rooms: new Set(), owned: 0 });
    return number;
  }

  #forgetUnused(): void {
    for (const [number, { key, rooms, owned }] of this.#contributors) {
      if (rooms.size > 0 || owned > 0) continue;
      this.#contributors.delete(number);
      this.#numbers.delete(key);
    }
  }

  /** Somebody made a room: until that is gone they are not forgotten. */
  own(room: Room, source: number): void {
    room.owner = source;
    const contributor = this.#contributors.get(source);
    if (contributor !== undefined) contributor.owned++;
  }

  /** A room is gone. */
  disown(room: Room): void {
    const contributor = this.#contributors.get(room.owner ?? UNATTRIBUTED);
    if (contributor !== undefined) contributor.owned--;
    this.clear(room);
  }

  /** A message was written. */
  add(room: Room, source: number, weight: number): void {
    let shares = this.#byRoom.get(room);
    if (shares === undefined) this.#byRoom.set(room, shares = new Map());
    const isNew = !shares.has(source);
    const contributor = this.#contributors.get(source);
    if (contributor === undefined || (isNew && shares.size >= MAX_IN_ROOM)) {
      shares.set(UNATTRIBUTED, (shares.get(UNATTRIBUTED) ?? 0) + weight);
      return;
    }
    shares.set(source, (shares.get(source) ?? 0) + weight);
    contributor.weight += weight;
    if (isNew) contributor.rooms.add(room);
  }

  /** Messages were deleted. */
  remove(room: Room, weights: ReadonlyMap<number, number>): void {
    const shares = this.#byRoom.get(room);
    if (shares === undefined) return;
    for (const [source, weight] of weights) {
      const payer = shares.has(source) ? source : UNATTRIBUTED;
      this.#take(room, shares, payer, Math.min(weight, shares.get(payer) ?? 0));
    }
  }

  /** A room has no message any more. */
  clear(room: Room): void {
    const shares = this.#byRoom.get(room);
    for (const [source, weight] of shares ?? []) this.#take(room, shares!, source, weight);
    this.#byRoom.delete(room);
  }

  #take(room: Room, shares: Map<number, number>, source: number, weight: number): void {
    const left = (shares.get(source) ?? 0) - weight;
    const contributor = this.#contributors.get(source);
    if (contributor !== undefined) contributor.weight -= weight;
    if (left > 0) {
      shares.set(source, left);
      return;
    }
    shares.delete(source);
    contributor?.rooms.delete(room);
  }

  /** How much of a room is somebody's. */
  weight(room: Room, source: number): number {
    return this.#byRoom.get(room)?.get(source) ?? 0;
  }

  /** Which part of a room is of some contributors. */
  share(room: Room, sources: ReadonlySet<number>): number {
    let total = 0;
    let own = 0;
    for (const [source, weight] of this.#byRoom.get(room) ?? []) {
      total += weight;
      if (sources.has(source)) own += weight;
    }
    return total === 0 ? 0 : own / total;
  }

  /** The contributors who have most, with those who have half as much or more. */
  heaviest(): { readonly sources: ReadonlySet<number>; readonly weight: number } {
    let most = 0;
    for (const { weight } of this.#contributors.values()) if (weight > most) most = weight;
    const sources = new Set<number>();
    for (const [source, { weight }] of this.#contributors) {
      if (most === 0 || sources.size >= MAX_HEAVIEST) break;
      if (2 * weight >= most) sources.add(source);
    }
    return { sources, weight: most };
  }

  /** Rooms that have something of these contributors. */
  roomsOf(sources: ReadonlySet<number>): Set<Room> {
    const found = new Set<Room>();
    for (const source of sources) {
      let left = MAX_ROOMS;
      for (const room of this.#contributors.get(source)?.rooms ?? []) {
        if (left-- <= 0) break;
        found.add(room);
      }
    }
    return found;
  }

  /** The room with most that is unattributed, and how much that is; `except` only if there is no other. */
  largestUnattributed(
    except: string | undefined,
  ): { readonly room: Room | undefined; readonly weight: number } {
    let room: Room | undefined;
    let weight = 0;
    let last: Room | undefined;
    for (const [each, shares] of this.#byRoom) {
      const own = shares.get(UNATTRIBUTED) ?? 0;
      if (own > 0 && each.name === except) last = each;
      else if (own > weight) [room, weight] = [each, own];
    }
    return { room: room ?? last, weight };
  }

  /** How many rooms each made who made some. */
  owned(): number[] {
    const counts: number[] = [];
    for (const { owned } of this.#contributors.values()) if (owned > 0) counts.push(owned);
    return counts;
  }

  ownedBy(source: number): number {
    return this.#contributors.get(source)?.owned ?? 0;
  }
}
