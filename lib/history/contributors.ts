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

/** Bytes of the tables that go with a weight of 1: about half of what they use is their index. */
export const BYTES_PER_WEIGHT = 2;

/** Contributors that are told apart, at about 300 bytes each; those who come later count for the rooms they write to. */
const MAX_CONTRIBUTORS = 10_000;

/** Contributors that are told apart in one room. */
const MAX_IN_ROOM = 32;

/** Contributors that are taken together as those who have most. */
const MAX_HEAVIEST = 16;

/** Rooms of one contributor that are looked at together. */
const MAX_ROOMS = 256;

/** What one contributor has in one room. */
interface Share {
  weight: number;
  readonly room: RoomShares;
}

/** What all contributors have in one room. */
interface RoomShares {
  readonly bySource: Map<number, Share>;
  total: number;
}

interface Contributor {
  readonly key: string;
  weight: number;
  /** Where there is something. */
  readonly shares: Map<Room, Share>;
  /** How many rooms they made. */
  owned: number;
}

export class Contributors {
  readonly #numbers = new Map<string, number>();
  readonly #contributors = new Map<number, Contributor>();
  readonly #byRoom = new Map<Room, RoomShares>();
  /** The rooms that have unattributed messages. */
  readonly #unattributed = new Map<Room, Share>();
  #lastNumber = UNATTRIBUTED;

  /** The number of a contributor. */
  number(key: string): number {
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    if (this.#numbers.size >= MAX_CONTRIBUTORS) this.#forgetUnused();
    if (this.#numbers.size >= MAX_CONTRIBUTORS) return UNATTRIBUTED;
    const number = ++this.#lastNumber;
    this.#numbers.set(key, number);
    this.#contributors.set(number, { key, weight: 0, shares: new Map(), owned: 0 });
    return number;
  }

  #forgetUnused(): void {
    for (const [number, { key, shares, owned }] of this.#contributors) {
      if (shares.size > 0 || owned > 0) continue;
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
    const shares = this.#sharesOf(room);
    const known = shares.bySource.get(source);
    const isFull = known === undefined && shares.bySource.size >= MAX_IN_ROOM;
    const payer = isFull || !this.#contributors.has(source) ? UNATTRIBUTED : source;
    const share = known ?? shares.bySource.get(payer) ?? this.#addShare(room, shares, payer);
    share.weight += weight;
    shares.total += weight;
    const contributor = this.#contributors.get(payer);
    if (contributor !== undefined) contributor.weight += weight;
  }

  #sharesOf(room: Room): RoomShares {
    let shares = this.#byRoom.get(room);
    if (shares === undefined) {
      this.#byRoom.set(room, shares = { bySource: new Map(), total: 0 });
    }
    return shares;
  }

  #addShare(room: Room, shares: RoomShares, source: number): Share {
    const share = { weight: 0, room: shares };
    shares.bySource.set(source, share);
    this.#index(source).set(room, share);
    return share;
  }

  /** The shares of a contributor. */
  #index(source: number): Map<Room, Share> {
    return this.#contributors.get(source)?.shares ?? this.#unattributed;
  }

  /** Messages were deleted. */
  remove(room: Room, weights: ReadonlyMap<number, number>): void {
    const shares = this.#byRoom.get(room);
    if (shares === undefined) return;
    for (const [source, weight] of weights) {
      this.#take(room, shares, shares.bySource.has(source) ? source : UNATTRIBUTED, weight);
    }
  }

  /** A room has no message any more. */
  clear(room: Room): void {
    const shares = this.#byRoom.get(room);
    if (shares === undefined) return;
    for (const source of shares.bySource.keys()) this.#take(room, shares, source, Infinity);
    this.#byRoom.delete(room);
  }

  #take(room: Room, shares: RoomShares, source: number, weight: number): void {
    const share = shares.bySource.get(source);
    if (share === undefined) return;
    const taken = Math.min(weight, share.weight);
    share.weight -= taken;
    shares.total -= taken;
    const contributor = this.#contributors.get(source);
    if (contributor !== undefined) contributor.weight -= taken;
    if (share.weight > 0) return;
    shares.bySource.delete(source);
    this.#index(source).delete(room);
  }

  /** How much of a room is somebody's. */
  weight(room: Room, source: number): number {
    return this.#byRoom.get(room)?.bySource.get(source)?.weight ?? 0;
  }

  /** How much a room has in all. */
  total(room: Room): number {
    return this.#byRoom.get(room)?.total ?? 0;
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

  /** Rooms that have something of these contributors, with the part of each that is theirs, from 0 to 1. */
  roomsOf(sources: ReadonlySet<number>): Map<Room, number> {
    const parts = new Map<Room, number>();
    for (const source of sources) {
      let left = MAX_ROOMS;
      for (const [room, { weight, room: { total } }] of this.#index(source)) {
        if (left-- <= 0) break;
        parts.set(room, (parts.get(room) ?? 0) + weight / total);
      }
    }
    return parts;
  }

  /** The room with most that is unattributed, and how much that is; `except` only if there is no other. */
  largestUnattributed(
    except: string | undefined,
  ): { readonly room: Room | undefined; readonly weight: number } {
    let room: Room | undefined;
    let weight = 0;
    let last: Room | undefined;
    for (const [each, share] of this.#unattributed) {
      if (each.name === except) last = each;
      else if (share.weight > weight) [room, weight] = [each, share.weight];
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
