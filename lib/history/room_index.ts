/**
 * All rooms that have a history, each with the offsets that mark it: what was given out, what is offered, what is in
 * the tables. About 300 bytes a room.
 *
 * Knows numbers only: no message and no file.
 * @module
 */
import { MAX_ROOM_ID } from "./row_ids.ts";
import type { RoomRow } from "./tables.ts";

/**
 * The offsets of a room, from old to new: `stored` to `written` lie in the table, those up to `latest` are pending.
 * Those from `oldest` (see {@linkcode RoomIndex.oldest}) on are offered; what is older waits to be deleted.
 */
export interface Room {
  readonly name: string;
  topic: string;
  /** The number of the contributor who made it, see `contributors.ts`; `undefined` as long as nothing is known of that. */
  owner: number | undefined;
  /** The smaller, the longer it is silent. */
  used: number;
  /** The number of the room in the tables, 0 as long as it has none. */
  id: number;
  /** Nothing below is offered, even if it is still there. */
  first: number;
  /** The last offset that was given out. */
  latest: number;
  /** The oldest offset in the table; `written + 1` if there is none. */
  stored: number;
  /** The newest offset that is in the table, or was. */
  written: number;
}

export class RoomIndex {
  /** Those silent for longest first. */
  readonly #rooms = new Map<string, Room>();
  /** By their numbers, with gaps. */
  readonly #numbered: (Room | undefined)[] = [undefined];
  readonly #freeIds: number[] = [];
  readonly #limit: number;
  #last: Room | undefined;
  #uses = 0;
  #floor: number;

  /**
   * @param limit The most messages that are offered of one room.
   * @param rows Those silent for longest first.
   */
  constructor(limit: number, floor: number, rows: readonly RoomRow[]) {
    this.#limit = limit;
    this.#floor = floor;
    for (const row of rows) {
      const { id, name, topic, stored, written } = row;
      const first = Math.max(row.first, stored);
      const latest = Math.max(row.first - 1, written);
      const room = {
        id,
        name,
        topic,
        owner: 0,
        used: ++this.#uses,
        first,
        latest,
        stored,
        written,
      };
      this.#rooms.set(name, room);
      while (this.#numbered.length <= id) this.#numbered.push(undefined);
      this.#numbered[id] = room;
    }
    for (let id = 1; id < this.#numbered.length; id++) {
      if (this.#numbered[id] === undefined) this.#freeIds.push(id);
    }
  }

  /**
   * Those that are not here any more had no offset above this one. Whichever of them comes back begins behind it, so that
   * no offset is ever given twice.
   */
  get floor(): number {
    return this.#floor;
  }

  /** How many have a number. */
  get numbered(): number {
    return this.#numbered.length - 1 - this.#freeIds.length;
  }

  /** No number is larger. */
  get lastId(): number {
    return this.#numbered.length - 1;
  }

  get(name: string): Room | undefined {
    return this.#rooms.get(name);
  }

  byId(id: number): Room | undefined {
    return this.#numbered[id];
  }

  /** Those silent for longest first. */
  [Symbol.iterator](): IterableIterator<Room> {
    return this.#rooms.values();
  }

  /** The room of this name, made if need be, as the one that was last to be used. */
  use(name: string): Room {
    if (this.#last?.name === name) return this.#last;
    const room = this.#rooms.get(name) ?? this.#make(name);
    this.#rooms.delete(name);
    this.#rooms.set(name, room);
    room.used = ++this.#uses;
    return this.#last = room;
  }

  #make(name: string): Room {
    const latest = this.#floor;
    const first = latest + 1;
    return {
      name,
      topic: "",
      owner: undefined,
      used: 0,
      id: 0,
      first,
      latest,
      stored: first,
      written: latest,
    };
  }

  /** The oldest offset that is offered; one more than `latest` if there is none. */
  oldest(room: Room): number {
    return Math.max(room.first, room.latest - this.#limit + 1);
  }

  /** Gives a room a number, if it has none and one is left. */
  number(room: Room): boolean {
    if (room.id !== 0) return true;
    const id = this.#freeIds.pop() ?? this.#numbered.length;
    if (id > MAX_ROOM_ID) return false;
    this.#numbered[id] = room;
    room.id = id;
    return true;
  }

  /** Forgets a room that offers nothing, and takes its number back. */
  remove(room: Room): void {
    if (this.#rooms.get(room.name) !== room) return;
    this.#rooms.delete(room.name);
    if (this.#last === room) this.#last = undefined;
    this.#floor = Math.max(this.#floor, room.latest);
    if (room.id === 0) return;
    this.#numbered[room.id] = undefined;
    this.#freeIds.push(room.id);
    room.id = 0;
  }
}
