/**
 * All rooms of a history with their offsets: which were given out, which are offered, and which are in the tables. Takes
 * about 300 bytes a room.
 * @module
 */
import { MAX_ROOM_ID } from "./schema.ts";
import type { RoomRow } from "./tables.ts";

/**
 * A room. Its offsets from `stored` to `written` are in the tables, and those after `written` up to `latest` are pending.
 * Those from `oldest` on (see {@linkcode RoomIndex.oldest}) are offered; older ones wait to be deleted.
 */
export interface Room {
  readonly name: string;
  topic: string;
  /** The contributor that created it, a number of `contributors.ts`; `undefined` until that is known. */
  owner: number | undefined;
  /** Increases with each use of any room: the smallest one belongs to the room that is idle for longest. */
  used: number;
  /** The id of the room in the tables; 0 if it is not in them. */
  id: number;
  /** Lower offsets are not offered, even if they are still stored. */
  first: number;
  /** The last offset that was given out. */
  latest: number;
  /** The oldest offset in the table; `written + 1` if there is none. */
  stored: number;
  /** The newest offset that is or was in the table. */
  written: number;
}

export class RoomIndex {
  /** Idle for longest first. */
  readonly #rooms = new Map<string, Room>();
  /** By id, with gaps. */
  readonly #byId: (Room | undefined)[] = [undefined];
  readonly #freeIds: number[] = [];
  readonly #limit: number;
  /** The room that was used last. */
  #last: Room | undefined;
  #uses = 0;
  #floor: number;

  /**
   * @param limit The most messages that a room offers.
   * @param floor No room that was removed earlier had an offset above this one.
   * @param rows The stored rooms, idle for longest first.
   */
  constructor(limit: number, floor: number, rows: readonly RoomRow[]) {
    this.#limit = limit;
    this.#floor = floor;
    for (const { id, name, topic, first, stored, written } of rows) {
      const room = {
        id,
        name,
        topic,
        owner: 0,
        used: ++this.#uses,
        first: Math.max(first, stored),
        latest: Math.max(first - 1, written),
        stored,
        written,
      };
      this.#rooms.set(name, room);
      while (this.#byId.length <= id) this.#byId.push(undefined);
      this.#byId[id] = room;
    }
    for (let id = 1; id < this.#byId.length; id++) {
      if (this.#byId[id] === undefined) this.#freeIds.push(id);
    }
  }

  /**
   * No room that was removed had an offset above this one. A room that comes back continues after it, so that no offset is
   * given out twice.
   */
  get floor(): number {
    return this.#floor;
  }

  /** The number of rooms with an id. */
  get numbered(): number {
    return this.#byId.length - 1 - this.#freeIds.length;
  }

  /** No room has a greater id. */
  get lastId(): number {
    return this.#byId.length - 1;
  }

  get(name: string): Room | undefined {
    return this.#rooms.get(name);
  }

  byId(id: number): Room | undefined {
    return this.#byId[id];
  }

  /** All rooms, idle for longest first. */
  [Symbol.iterator](): IterableIterator<Room> {
    return this.#rooms.values();
  }

  /** The room of this name, created if there is none, as the one used last. */
  use(name: string): Room {
    if (this.#last?.name === name) return this.#last;
    const room = this.#rooms.get(name) ?? this.#create(name);
    this.#rooms.delete(name);
    this.#rooms.set(name, room);
    room.used = ++this.#uses;
    return this.#last = room;
  }

  #create(name: string): Room {
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

  /**
   * Makes `offset` the next one of a room. If it is not the next one anyway, what the room has is not offered any more: a
   * room has no gaps.
   */
  continueAt(room: Room, offset: number): void {
    if (room.latest === offset - 1) return;
    room.latest = offset - 1;
    room.first = offset;
    if (room.id !== 0) return;
    room.stored = offset;
    room.written = offset - 1;
  }

  /** The oldest offset that is offered; `latest + 1` if there is none. */
  oldest(room: Room): number {
    return Math.max(room.first, room.latest - this.#limit + 1);
  }

  /** Gives a room an id if it has none. Returns false if no id is left. */
  number(room: Room): boolean {
    if (room.id !== 0) return true;
    const id = this.#freeIds.pop() ?? this.#byId.length;
    if (id > MAX_ROOM_ID) return false;
    this.#byId[id] = room;
    room.id = id;
    return true;
  }

  /** Removes a room that offers nothing, and frees its id. */
  remove(room: Room): void {
    if (this.#rooms.get(room.name) !== room) return;
    this.#rooms.delete(room.name);
    if (this.#last === room) this.#last = undefined;
    this.#floor = Math.max(this.#floor, room.latest);
    if (room.id === 0) return;
    this.#byId[room.id] = undefined;
    this.#freeIds.push(room.id);
    room.id = 0;
  }
}
