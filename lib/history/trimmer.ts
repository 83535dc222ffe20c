/**
 * Keeps a history within its bounds: marks what is too old, too many or too much, and deletes it in small steps.
 *
 * What is marked is not offered any more at once; deleting it only gives its place back. Messages over the limit of
 * their room need no mark, since the limit is part of what a room offers.
 *
 * Knows rooms and tables. It must never know when it is called, nor what is to happen if a call fails.
 * @module
 */
import type { Room, Rooms } from "./rooms.ts";
import type { Tables } from "./tables.ts";

/** Rooms looked through for old messages in one go, at 3 us each: once a second, 10,000 rooms take 80 seconds. */
const ROOMS_AT_ONCE = 128;

/** So many messages over the limit of a room are deleted together: one by one costs as much as writing them. */
const SLACK = 32;

/** Messages of one room that are marked as too old in one go: more come the next time. */
const OLD_ROWS_AT_ONCE = 256;

/** Messages that are marked in one go if the tables are too large. */
const EVICTED_ROWS_AT_ONCE = 512;

/** Rooms that are marked in one go if there are too many. */
const EVICTED_ROOMS_AT_ONCE = 128;

/** A room that has no more than this left loses all of it when the tables are too large. */
const LAST_ROWS = 32;

/** How much is deleted in one go. */
export interface TrimBudget {
  rows: number;
  /** Of the texts, as far as they are known. */
  characters: number;
}

export interface Bounds {
  /** Bytes that the tables may use. */
  readonly maxBytes: number;
  /** Rooms that the tables may have. */
  readonly maxRooms: number;
  /** The room that pays last, however long it is silent. */
  readonly mainRoom?: string | undefined;
}

/** What was deleted of a room, to be made known once it is committed. */
interface Cut {
  readonly room: Room;
  readonly count: number;
  /** The oldest offset that is left. */
  readonly stored: number;
  readonly isRemoved: boolean;
}

export class Trimmer {
  readonly #rooms: Rooms;
  readonly #bounds: Bounds;
  /** Rooms of which something is to be deleted. */
  readonly #due = new Set<Room>();
  /** The number of the room that was last looked through for old messages. */
  #walked = 0;

  constructor(rooms: Rooms, bounds: Bounds) {
    this.#rooms = rooms;
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

  /** Marks messages older than `time`, in the next few rooms. */
  expire(tables: Tables, time: number): void {
    const count = Math.min(ROOMS_AT_ONCE, this.#rooms.lastId);
    for (let i = 0; i < count; i++) {
      this.#walked = this.#walked % this.#rooms.lastId + 1;
      const room = this.#rooms.byId(this.#walked);
      if (room !== undefined) this.#expireIn(tables, room, time);
    }
  }

  #expireIn(tables: Tables, room: Room, time: number): void {
    const from = Math.max(room.stored, this.#rooms.oldest(room));
    if (from > room.written) return;
    const isOld = (other: number) => other < time;
    if (!tables.times(room.id, from, 1).every(isOld)) return;
    const times = tables.times(room.id, from, OLD_ROWS_AT_ONCE);
    const young = times.findIndex((other) => !isOld(other));
    room.first = Math.max(room.first, from + (young === -1 ? times.length : young));
    this.look(room);
  }

  /**
   * Marks what is over the bounds of the whole, beginning with the rooms that are silent for longest, the main one last;
   * but not before all that was marked is deleted, so that no more goes than has to.
   */
  evict(usedBytes: number): void {
    if (this.isBusy) return;
    const { maxBytes, maxRooms } = this.#bounds;
    let rooms = Math.min(this.#rooms.numbered - maxRooms, EVICTED_ROOMS_AT_ONCE);
    let rows = usedBytes > maxBytes ? EVICTED_ROWS_AT_ONCE : 0;
    if (rooms <= 0 && rows <= 0) return;
    for (const room of this.#quietestFirst()) {
      if (rooms <= 0 && rows <= 0) return;
      if (room.id === 0) continue;
      // What is pending keeps a room, but not the rest of what it has.
      if (rooms > 0 && room.latest > room.written) continue;
      const kept = room.latest - this.#rooms.oldest(room) + 1;
      const cut = rooms > 0 || kept <= LAST_ROWS ? kept : Math.ceil(kept / 2);
      room.first = this.#rooms.oldest(room) + cut;
      rows -= cut;
      // One without messages has nothing to be trimmed, but goes if there are too many.
      if (rooms-- > 0) this.#due.add(room);
      else this.look(room);
    }
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
    for (const room of this.#due) {
      if (left.rows <= 0 || left.characters <= 0) break;
      const cut = this.#cut(tables, room, left, tooMany > 0);
      if (cut.isRemoved) tooMany--;
      left.rows -= 1;
      cuts.push(cut);
    }
    return () => cuts.forEach((cut) => this.#apply(cut));
  }

  #cut(tables: Tables, room: Room, left: TrimBudget, mayRemove: boolean): Cut {
    const to = Math.min(this.#rooms.oldest(room) - 1, room.written);
    // Not one offset after the other: of a flood few are there, and the rest was never written.
    const most = to < room.stored
      ? 0
      : this.#affordable(tables.lengths(room.id, to, left.rows), left);
    const count = most === 0 ? 0 : tables.delete(room.id, to, most);
    const isDone = left.rows > 0 && left.characters > 0;
    const stored = Math.max(room.stored, isDone ? to + 1 : tables.first(room.id) ?? to + 1);
    const isEmpty = stored > room.written;
    const isRemoved = isEmpty && mayRemove && room.latest === room.written;
    if (isRemoved) {
      tables.deleteRoom(room.id);
      tables.setFloor(Math.max(tables.floor, this.#rooms.floor, room.latest));
    } else if (isEmpty) {
      // No message is left to tell which offsets were given out.
      tables.putRoom(room.id, room.name, room.topic, Math.max(room.first, stored));
    }
    return { room, count, stored, isRemoved };
  }

  /** How many messages of these lengths can be deleted, one at least; takes them out of what is left. */
  #affordable(lengths: readonly number[], left: TrimBudget): number {
    let count = 0;
    for (; count < lengths.length && left.characters > 0; count++) {
      left.characters -= lengths[count]!;
    }
    left.rows -= count;
    return count;
  }

  #apply({ room, stored, isRemoved }: Cut): void {
    room.stored = stored;
    if (isRemoved) this.#rooms.remove(room);
    if (isRemoved || !this.#isDue(room)) this.#due.delete(room);
  }
}
