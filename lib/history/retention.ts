/**
 * Keeps a history within its bounds: marks what is too old, too many or too much, and deletes it in small steps.
 *
 * What is marked is not offered any more at once; deleting it only gives its place back. Messages over the limit of
 * their room need no mark, since the limit is part of what a room offers.
 *
 * Knows rooms and tables. It must never know when it is called, nor what is to happen if a call fails.
 * @module
 */
import { BYTES_PER_WEIGHT, type Contributors } from "./contributors.ts";
import type { Room, RoomIndex } from "./room_index.ts";
import type { Deleted, Tables } from "./tables.ts";

/** Rooms looked through for old messages in one go, at 3 us each: once a second, 10,000 rooms take 80 seconds. */
const ROOMS_AT_ONCE = 128;

/** So many messages over the limit of a room are deleted together: one by one costs as much as writing them. */
const SLACK = 32;

/** Messages of one room that are marked as too old in one go: more come the next time. */
const OLD_ROWS_AT_ONCE = 256;

/** Old messages of all rooms together after which the look ends, at about 1 us each. */
const EXPIRED_ROWS_AT_ONCE = 1_024;

/** Messages that are marked in one go if the tables are too large. */
const EVICTED_ROWS_AT_ONCE = 512;

/** Rooms that are marked in one go if there are too many. */
const EVICTED_ROOMS_AT_ONCE = 128;

/** A room that has no more than this left loses all of it when the tables are too large. */
const LAST_ROWS = 32;

/** Messages after which no more rooms that others use have to pay in one go. */
const LEAST_EVICTED_ROWS = 256;

/** Rooms whose oldest messages are looked at in one go, to see whose they are: at 50 us each, 500 us in a large room. */
const LOOKS_AT_ONCE = 8;

/** From this share on a room is taken for somebody's without a look. */
const ALONE_SHARE = 0.95;

/** So much of what a room loses is to be of those who are to pay. */
const OWN_SHARE = 0.8;

/** Rooms are alike whose shares of somebody's messages differ by less than one part of so many. */
const RANKS = 16;

/** How much one call of `step` deletes. */
export interface TrimBudget {
  rows: number;
  /** In units of the time that deleting one message takes, about 6 us. */
  work: number;
  /** The length of the deleted texts, in UTF-16 units. */
  characters: number;
}

/** The work of visiting a room, in the same units: three statements. */
const ROOM_WORK = 6;

export interface Bounds {
  /** Bytes that the tables may use. */
  readonly maxBytes: number;
  /** Rooms that the tables may have. */
  readonly maxRooms: number;
  /** Of the rooms that somebody has messages in, the one that pays last, however long it is silent. */
  readonly mainRoom?: string | undefined;
}

/** What was deleted of a room, to be made known once it is committed. */
interface Cut {
  readonly room: Room;
  /** What was deleted, by who contributed it. */
  readonly weights: ReadonlyMap<number, number>;
  /** The oldest offset that is left. */
  readonly stored: number;
  readonly isRemoved: boolean;
}

const NOTHING: Deleted = { count: 0, characters: 0, weights: new Map() };

/** A room, which part of it is somebody's, and that in steps. */
interface RankedRoom {
  readonly room: Room;
  readonly share: number;
  readonly rank: number;
}

export class Retention {
  readonly #rooms: RoomIndex;
  readonly #contributors: Contributors;
  readonly #bounds: Bounds;
  /** Rooms of which something is to be deleted. */
  readonly #due = new Set<Room>();
  /** The number of the room that was last looked through for old messages. */
  #walked = 0;

  constructor(rooms: RoomIndex, contributors: Contributors, bounds: Bounds) {
    this.#rooms = rooms;
    this.#contributors = contributors;
    this.#bounds = bounds;
    for (const room of rooms) this.look(room);
  }

  get isBusy(): boolean {
    return this.#due.size > 0;
  }

  /** Looks whether something of a room is to be deleted. */
  look(room: Room): void {
    if (this.#isDue(room)) this.#due.add(room);
  }

  #isDue(room: Room): boolean {
    if (room.stored > room.written) return false;
    return room.stored < room.first || room.stored <= this.#rooms.oldest(room) - SLACK;
  }

  /** Marks messages stored before `time`, in the next few rooms. */
  expire(tables: Tables, time: number): void {
    const count = Math.min(ROOMS_AT_ONCE, this.#rooms.lastId);
    let left = EXPIRED_ROWS_AT_ONCE;
    for (let i = 0; i < count && left > 0; i++) {
      this.#walked = this.#walked % this.#rooms.lastId + 1;
      const room = this.#rooms.byId(this.#walked);
      if (room !== undefined) left -= this.#expireIn(tables, room, time);
    }
  }

  /** Returns how many messages it read. */
  #expireIn(tables: Tables, room: Room, time: number): number {
    const from = Math.max(room.stored, this.#rooms.oldest(room));
    if (from > room.written) return 0;
    const isOld = (other: number) => other < time;
    if (!tables.times(room.id, from, 1).every(isOld)) return 0;
    const times = tables.times(room.id, from, OLD_ROWS_AT_ONCE);
    const young = times.findIndex((other) => !isOld(other));
    room.first = Math.max(room.first, from + (young === -1 ? times.length : young));
    this.look(room);
    return times.length;
  }

  /**
   * Marks what is over the bounds of the whole; but not before all that was marked is deleted, so that no more goes than
   * has to.
   */
  evict(tables: Tables, usedBytes: number): void {
    if (this.isBusy) return;
    const { maxBytes, maxRooms } = this.#bounds;
    const rooms = Math.min(this.#rooms.numbered - maxRooms, EVICTED_ROOMS_AT_ONCE);
    if (rooms > 0) this.#evictRooms(rooms);
    else if (usedBytes > maxBytes) this.#evictRows(tables, usedBytes - maxBytes);
  }

  /** Marks whole rooms: those that contributors made beyond a number that is the same for all, silent for longest first. */
  #evictRooms(count: number): void {
    const level = levelOf(this.#contributors.owned(), count);
    const marked = new Map<number, number>();
    for (const room of this.#quietestFirst()) {
      if (count <= 0) return;
      if (!this.#isRemovable(room)) continue;
      const { owner } = room;
      // An unattributed room stands for somebody of its own.
      const owned = owner ? this.#contributors.ownedBy(owner) - (marked.get(owner) ?? 0) : 1;
      if (owned <= level) continue;
      if (owner) marked.set(owner, (marked.get(owner) ?? 0) + 1);
      room.first = room.latest + 1;
      this.#due.add(room); // also one without messages
      count--;
    }
  }

  /** What is pending keeps a room. */
  #isRemovable(room: Room): boolean {
    return room.id !== 0 && room.latest === room.written;
  }

  /**
   * Marks messages of those who have most, where most of what would go is theirs: nobody is pushed out by somebody who
   * says something where others did. Among rooms that are alike, those silent for longest pay first.
   */
  #evictRows(tables: Tables, excess: number): void {
    const { sources, weight } = this.#contributors.heaviest();
    const unattributed = this.#contributors.largestUnattributed(this.#bounds.mainRoom);
    if (unattributed.room !== undefined && unattributed.weight >= weight) {
      this.#mark(unattributed.room);
      return;
    }
    let marked = 0;
    let freed = 0;
    let looks = LOOKS_AT_ONCE;
    const mixed: { readonly room: Room; readonly share: number }[] = [];
    for (const { room, share } of this.#mostlyOf(sources)) {
      if (marked >= EVICTED_ROWS_AT_ONCE) break;
      const isTheirs = share >= ALONE_SHARE;
      const isLookedAt = !isTheirs && looks-- > 0;
      const own = isLookedAt ? this.#shareOfOldest(tables, room, sources) : share;
      if (isTheirs || (isLookedAt && own >= OWN_SHARE)) {
        freed += this.#weightOfCut(room);
        marked += this.#mark(room);
      } else mixed.push({ room, share: own });
    }
    // If that frees less than is over the limit, rooms that others use pay the rest, so that the tables stay bounded.
    mixed.sort((a, b) => b.share - a.share);
    for (const { room } of mixed) {
      if (marked >= LEAST_EVICTED_ROWS || freed * BYTES_PER_WEIGHT >= excess) return;
      freed += this.#weightOfCut(room);
      marked += this.#mark(room);
    }
    if (marked === 0) this.#evictLargest();
  }

  /** The rooms with something of these, those first that are theirs most, then those silent for longest; the main one last. */
  #mostlyOf(sources: ReadonlySet<number>): RankedRoom[] {
    const found: RankedRoom[] = [];
    for (const [room, share] of this.#contributors.roomsOf(sources)) {
      if (!this.#hasRows(room)) continue;
      const rank = room.name === this.#bounds.mainRoom ? -1 : Math.floor(share * RANKS);
      found.push({ room, share, rank });
    }
    return found.sort((a, b) => b.rank - a.rank || a.room.used - b.room.used);
  }

  /** If it is not known whose anything is: the room with most, the main one last. */
  #evictLargest(): void {
    let largest: Room | undefined;
    let most = 0;
    for (const room of this.#quietestFirst()) {
      if (!this.#hasRows(room)) continue;
      if (room.name === this.#bounds.mainRoom && largest !== undefined) break;
      const kept = room.latest - this.#rooms.oldest(room) + 1;
      if (kept > most) [largest, most] = [room, kept];
    }
    if (largest !== undefined) this.#mark(largest);
  }

  #hasRows(room: Room): boolean {
    return room.id !== 0 && this.#rooms.oldest(room) <= room.latest;
  }

  /** How much of what a room would lose is of some contributors. */
  #shareOfOldest(tables: Tables, room: Room, sources: ReadonlySet<number>): number {
    const oldest = this.#rooms.oldest(room);
    const to = oldest + this.#cutOf(room) - 1;
    const weights = tables.weigh(room.id, oldest, to, EVICTED_ROWS_AT_ONCE);
    let total = 0;
    let own = 0;
    for (const [source, weight] of weights) {
      total += weight;
      if (sources.has(source)) own += weight;
    }
    return total === 0 ? 1 : own / total; // what is not written yet costs nobody anything
  }

  /** How many of its messages a room loses at once. */
  #cutOf(room: Room): number {
    const kept = room.latest - this.#rooms.oldest(room) + 1;
    return kept <= LAST_ROWS ? kept : Math.min(Math.ceil(kept / 2), EVICTED_ROWS_AT_ONCE);
  }

  /** About how much of a room's weight goes with what it loses at once. */
  #weightOfCut(room: Room): number {
    const kept = room.latest - this.#rooms.oldest(room) + 1;
    return this.#contributors.total(room) * this.#cutOf(room) / kept;
  }

  #mark(room: Room): number {
    const cut = this.#cutOf(room);
    room.first = this.#rooms.oldest(room) + cut;
    this.look(room);
    return cut;
  }

  *#quietestFirst(): Generator<Room> {
    const { mainRoom } = this.#bounds;
    let main: Room | undefined;
    for (const room of this.#rooms) {
      if (room.name === mainRoom) main = room;
      else yield room;
    }
    if (main !== undefined) yield main;
  }

  /**
   * Deletes about as much as `budget` says, inside of a transaction. Call the result once that is committed: not before
   * then do the rooms say so.
   */
  step(tables: Tables, budget: TrimBudget): () => void {
    const left = { ...budget };
    const cuts: Cut[] = [];
    let tooMany = this.#rooms.numbered - this.#bounds.maxRooms;
    let floor = tables.floor;
    for (const room of this.#due) {
      if (left.rows <= 0 || left.work <= 0 || left.characters <= 0) break;
      const cut = this.#cut(tables, room, left, tooMany > 0);
      if (cut.isRemoved) {
        tooMany--;
        floor = Math.max(floor, room.latest);
      }
      cuts.push(cut);
    }
    if (floor > tables.floor) tables.setFloor(floor);
    return () => cuts.forEach((cut) => this.#apply(cut));
  }

  #cut(tables: Tables, room: Room, left: TrimBudget, mayRemove: boolean): Cut {
    left.work -= ROOM_WORK;
    const to = Math.min(this.#rooms.oldest(room) - 1, room.written);
    // By rows that exist, not by offsets: most of a flood was dropped before it was written.
    const most = Math.max(1, Math.min(left.rows, left.work));
    const { count, characters, weights } = to < room.stored
      ? NOTHING
      : tables.delete(room.id, to, most, left.characters);
    left.rows -= count;
    left.work -= count;
    left.characters -= characters;
    const isDone = count < most && left.characters > 0;
    const stored = Math.max(room.stored, isDone ? to + 1 : tables.first(room.id) ?? to + 1);
    const isEmpty = stored > room.written;
    const isRemoved = isEmpty && mayRemove && room.latest === room.written;
    if (isRemoved) {
      tables.deleteRoom(room.id);
    } else if (isEmpty) {
      // No message is left to tell which offsets were given out.
      tables.setFirst(room.id, Math.max(room.first, stored));
    }
    return { room, weights, stored, isRemoved };
  }

  #apply({ room, weights, stored, isRemoved }: Cut): void {
    room.stored = stored;
    this.#contributors.remove(room, weights);
    if (stored > room.written) this.#contributors.clear(room); // weights of other times are estimates
    if (isRemoved) {
      this.#rooms.remove(room);
      this.#contributors.disown(room);
    }
    if (isRemoved || !this.#isDue(room)) this.#due.delete(room);
  }
}

/** The largest number to which counts above it can be cut so that at least `excess` goes in all; 0 if there is none. */
function levelOf(counts: readonly number[], excess: number): number {
  let low = 0;
  let high = counts.reduce((most, count) => Math.max(most, count), 0);
  while (low < high) {
    const level = Math.ceil((low + high) / 2);
    let sum = 0;
    for (const count of counts) sum += Math.max(0, count - level);
    if (sum >= excess) low = level;
    else high = level - 1;
  }
  return low;
}
