/**
 * Counts how much each contributor has stored in each room. The largest one loses messages first when the history is full,
 * so that nobody can push out messages in quiet rooms.
 *
 * A contributor is whatever the caller tells apart (a network address), known here by a number. The tables store the
 * number with each message; it is valid within one era. Messages of earlier eras, and of contributors beyond the limits
 * below, are unattributed and count for their room. No address is stored.
 * @module
 */
import type { Room } from "./room_index.ts";

/** The number of messages without a known contributor. */
export const UNATTRIBUTED = 0;

/** Bytes used in the tables by a weight of 1: about half of a database is indexes, which weights do not count. */
export const BYTES_PER_WEIGHT = 2;

/** The most contributors told apart, at about 300 bytes each. Messages of later ones are unattributed. */
const MAX_CONTRIBUTORS = 10_000;

/** The most contributors told apart in one room. */
const MAX_IN_ROOM = 32;

/** The most contributors treated together as the heaviest. */
const MAX_HEAVIEST = 16;

/** The most rooms of one contributor examined together: with {@linkcode MAX_HEAVIEST} of them about a millisecond. */
const MAX_ROOMS = 256;

/** What one contributor has in one room. */
interface Share {
  weight: number;
  readonly room: RoomShares;
}

/** What all contributors have in one room. */
interface RoomShares {
  readonly bySource: Map<number, Share>;
  /** The sum of all weights in `bySource`. */
  total: number;
}

interface Contributor {
  readonly key: string;
  weight: number;
  /** By room, for rooms with something of this contributor. */
  readonly shares: Map<Room, Share>;
  /** How many of the existing rooms this contributor created. */
  owned: number;
}

export class Contributors {
  readonly #numbers = new Map<string, number>();
  readonly #contributors = new Map<number, Contributor>();
  readonly #byRoom = new Map<Room, RoomShares>();
  /** By room, for rooms with unattributed messages. */
  readonly #unattributed = new Map<Room, Share>();
  #lastNumber = UNATTRIBUTED;

  /** The number of a contributor, given out now if it is new; {@linkcode UNATTRIBUTED} if there are too many. */
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

  /** Records who created a room. A contributor is remembered as long as one of its rooms exists. */
  own(room: Room, source: number): void {
    room.owner = source;
    const contributor = this.#contributors.get(source);
    if (contributor !== undefined) contributor.owned++;
  }

  /** Forgets a room that was removed. */
  disown(room: Room): void {
    const contributor = this.#contributors.get(room.owner ?? UNATTRIBUTED);
    if (contributor !== undefined) contributor.owned--;
    this.clear(room);
  }

  /** Adds a message that was written. */
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
    this.#sharesBySource(source).set(room, share);
    return share;
  }

  #sharesBySource(source: number): Map<Room, Share> {
    return this.#contributors.get(source)?.shares ?? this.#unattributed;
  }

  /** Subtracts messages that were deleted, given as weights by contributor. */
  remove(room: Room, weights: ReadonlyMap<number, number>): void {
    const shares = this.#byRoom.get(room);
    if (shares === undefined) return;
    for (const [source, weight] of weights) {
      this.#subtract(room, shares, shares.bySource.has(source) ? source : UNATTRIBUTED, weight);
    }
  }

  /** Subtracts everything in a room. */
  clear(room: Room): void {
    const shares = this.#byRoom.get(room);
    if (shares === undefined) return;
    for (const source of shares.bySource.keys()) this.#subtract(room, shares, source, Infinity);
    this.#byRoom.delete(room);
  }

  #subtract(room: Room, shares: RoomShares, source: number, weight: number): void {
    const share = shares.bySource.get(source);
    if (share === undefined) return;
    const taken = Math.min(weight, share.weight);
    share.weight -= taken;
    shares.total -= taken;
    const contributor = this.#contributors.get(source);
    if (contributor !== undefined) contributor.weight -= taken;
    if (share.weight > 0) return;
    shares.bySource.delete(source);
    this.#sharesBySource(source).delete(room);
  }

  /** The weight of one contributor in a room. */
  weight(room: Room, source: number): number {
    return this.#byRoom.get(room)?.bySource.get(source)?.weight ?? 0;
  }

  /** The weight of everything in a room. */
  total(room: Room): number {
    return this.#byRoom.get(room)?.total ?? 0;
  }

  /** The contributors with at least half as much as the one with most, and how much that one has. */
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

  /** Rooms with messages of these contributors, and the part of each room that is theirs, from 0 to 1. */
  roomsOf(sources: ReadonlySet<number>): Map<Room, number> {
    const parts = new Map<Room, number>();
    for (const source of sources) {
      let left = MAX_ROOMS;
      for (const [room, { weight, room: { total } }] of this.#sharesBySource(source)) {
        if (left-- <= 0) break;
        parts.set(room, (parts.get(room) ?? 0) + weight / total);
      }
    }
    return parts;
  }

  /**
   * The room with the most unattributed messages, and their weight. The room named `last` is returned only if it is the
   * only one.
   */
  largestUnattributed(
    last: string | undefined,
  ): { readonly room: Room | undefined; readonly weight: number } {
    let room: Room | undefined;
    let weight = 0;
    let fallback: Room | undefined;
    for (const [each, share] of this.#unattributed) {
      if (each.name === last) fallback = each;
      else if (share.weight > weight) [room, weight] = [each, share.weight];
    }
    return { room: room ?? fallback, weight };
  }

  /** The number of rooms created by each contributor that created any. */
  owned(): number[] {
    const counts: number[] = [];
    for (const { owned } of this.#contributors.values()) if (owned > 0) counts.push(owned);
    return counts;
  }

  /** The number of rooms that a contributor created. */
  ownedBy(source: number): number {
    return this.#contributors.get(source)?.owned ?? 0;
  }
}
