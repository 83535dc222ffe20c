/**
 * Keeps the history within its bounds: marks messages that are too old or too many, and deletes marked messages in small
 * steps.
 *
 * A marked message is no longer offered; deleting it only frees its space. Messages over the limit of their room need no
 * mark, since a room never offers more than its limit.
 * @module
 */
import type { Contributors } from "./contributors.ts";
import { type Bounds, Eviction } from "./eviction.ts";
import type { Room, RoomIndex } from "./room_index.ts";
import type { Deleted, Tables } from "./tables.ts";

/** The most rooms examined for old messages in one call, at 3 us each: 10,000 rooms take 80 calls, one a second. */
const MAX_EXPIRING_ROOMS = 128;

/** The most old messages marked in one room in one call. */
const MAX_EXPIRING_ROWS = 256;

/** A call ends after the room with which it has read this many old messages, at about 1 us each. */
const MAX_READ_ROWS = 1_024;

/** Messages over the limit of a room are deleted together once there are this many: singly they cost as much as writing. */
const SLACK = 32;

/** The work of visiting a room, in units of {@linkcode TrimBudget.work}. It takes three statements. */
const ROOM_WORK = 6;

/** Bounds one call of {@linkcode Retention.delete}. */
export interface TrimBudget {
  /** Messages deleted. */
  rows: number;
  /** Time spent, in units of the time that deleting one message takes: about 6 us. */
  work: number;
  /** The length of the deleted texts, in UTF-16 units. */
  characters: number;
}

/** What was deleted in a room, to be applied to the index of rooms once it is committed. */
interface Cut {
  readonly room: Room;
  /** The weight of the deleted messages, by contributor. */
  readonly weights: ReadonlyMap<number, number>;
  /** The oldest offset left in the table. */
  readonly stored: number;
  readonly isRemoved: boolean;
}

const NOTHING: Deleted = { count: 0, characters: 0, weights: new Map() };

export class Retention {
  readonly #rooms: RoomIndex;
  readonly #contributors: Contributors;
  readonly #bounds: Bounds;
  readonly #eviction: Eviction;
  /** Rooms with something to delete. */
  readonly #due = new Set<Room>();
  /** The id of the room that was last examined for old messages. */
  #lastExpired = 0;

  constructor(rooms: RoomIndex, contributors: Contributors, bounds: Bounds) {
    this.#rooms = rooms;
    this.#contributors = contributors;
    this.#bounds = bounds;
    this.#eviction = new Eviction(rooms, contributors, bounds.mainRoom);
    for (const room of rooms) this.review(room);
  }

  /** Whether something is to be deleted. */
  get isBusy(): boolean {
    return this.#due.size > 0;
  }

  /** Schedules a room for deletion if it has something to delete. */
  review(room: Room): void {
    if (this.#isDue(room)) this.#due.add(room);
  }

  #isDue(room: Room): boolean {
    if (room.stored > room.written) return false;
    return room.stored < room.first || room.stored <= this.#rooms.oldest(room) - SLACK;
  }

  /** Marks messages stored before `time` in the next few rooms. */
  expire(tables: Tables, time: number): void {
    const count = Math.min(MAX_EXPIRING_ROOMS, this.#rooms.lastId);
    let left = MAX_READ_ROWS;
    for (let i = 0; i < count && left > 0; i++) {
      this.#lastExpired = this.#lastExpired % this.#rooms.lastId + 1;
      const room = this.#rooms.byId(this.#lastExpired);
      if (room !== undefined) left -= this.#expireRoom(tables, room, time);
    }
  }

  /** Returns the number of messages that it read. */
  #expireRoom(tables: Tables, room: Room, time: number): number {
    const from = Math.max(room.stored, this.#rooms.oldest(room));
    if (from > room.written) return 0;
    const [oldest = Infinity] = tables.times(room.id, from, 1);
    if (oldest >= time) return 0;
    const times = tables.times(room.id, from, MAX_EXPIRING_ROWS);
    const young = times.findIndex((stored) => stored >= time);
    room.first = Math.max(room.first, from + (young === -1 ? times.length : young));
    this.review(room);
    return times.length;
  }

  /**
   * Marks what is over the bounds of the whole history. Does nothing while marked messages are still to be deleted, so
   * that no more are marked than necessary.
   */
  evict(tables: Tables, usedBytes: number): void {
    if (this.isBusy) return;
    const { maxBytes, maxRooms } = this.#bounds;
    const excessRooms = this.#rooms.numbered - maxRooms;
    if (excessRooms > 0) {
      // A room without messages is due too.
      for (const room of this.#eviction.markRooms(excessRooms)) this.#due.add(room);
    } else if (usedBytes > maxBytes) {
      for (const room of this.#eviction.markRows(tables, usedBytes - maxBytes)) this.review(room);
    }
  }

  /**
   * Deletes marked messages within `budget`, in the transaction of the caller. Returns a function to call after the
   * commit, which updates the index of rooms.
   */
  delete(tables: Tables, budget: TrimBudget): () => void {
    const left = { ...budget };
    const cuts: Cut[] = [];
    let excessRooms = this.#rooms.numbered - this.#bounds.maxRooms;
    let floor = tables.floor;
    for (const room of this.#due) {
      if (left.rows <= 0 || left.work <= 0 || left.characters <= 0) break;
      const cut = this.#cut(tables, room, left, excessRooms > 0);
      if (cut.isRemoved) {
        excessRooms--;
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
    // A number of existing rows, not a range of offsets: most messages of a flood were dropped before they were written.
    const limit = Math.max(1, Math.min(left.rows, left.work));
    const { count, characters, weights } = to < room.stored
      ? NOTHING
      : tables.delete(room.id, to, limit, left.characters);
    left.rows -= count;
    left.work -= count;
    left.characters -= characters;
    const isDone = count < limit && left.characters > 0;
    const stored = Math.max(room.stored, isDone ? to + 1 : tables.first(room.id) ?? to + 1);
    const isEmpty = stored > room.written;
    const isRemoved = isEmpty && mayRemove && room.latest === room.written;
    if (isRemoved) {
      tables.deleteRoom(room.id);
    } else if (isEmpty) {
      // Without a message, only the row of the room tells which offsets were given out.
      tables.setFirst(room.id, Math.max(room.first, stored));
    }
    return { room, weights, stored, isRemoved };
  }

  #apply({ room, weights, stored, isRemoved }: Cut): void {
    room.stored = stored;
    this.#contributors.remove(room, weights);
    // The weights of messages from earlier eras are estimates.
    if (stored > room.written) this.#contributors.clear(room);
    if (isRemoved) {
      this.#rooms.remove(room);
      this.#contributors.disown(room);
    }
    if (isRemoved || !this.#isDue(room)) this.#due.delete(room);
  }
}
