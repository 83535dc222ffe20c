/**
 * The rooms of a chat: the lobby, which is always there, and others that exist as long as they have members.
 * @module
 */
import { isAscii, isGenuine, skeletons } from "../text/skeleton.ts";
import type { History } from "./history.ts";
import { LOBBY, Room, roomKey } from "./room.ts";

/** The number of skeletons that are checked for each new room. At most a third of them belong to forgotten rooms then. */
const CHECKED_AT_ONCE = 4;

export class Rooms {
  readonly lobby = new Room(LOBBY, 0);
  readonly #history: History | undefined;
  readonly #rooms = new Map<string, Room>([[this.lobby.key, this.lobby]]);
  /** The keys of rooms by skeleton: rooms that are open, and rooms that have a history or had one. */
  readonly #skeletons = new Map<string, string | readonly string[]>();
  /** The skeletons that are to be checked next. */
  #checked = this.#skeletons.keys();

  constructor(history?: History) {
    this.#history = history;
    this.lobby.restore(history);
    this.#addSkeletons(this.lobby.key, LOBBY);
    for (const { room } of history?.rooms() ?? []) this.#addSkeletons(room, room);
  }

  get size(): number {
    return this.#rooms.size;
  }

  /** The open rooms in which a client of this server is. */
  withSubscribers(): Room[] {
    return [...this.#rooms.values()].filter(({ hasSubscribers }) => hasSubscribers);
  }

  /** Takes over what the history has: it has changed by itself. */
  restore(): void {
    for (const room of this.#rooms.values()) room.restore(this.#history);
    for (const { room } of this.#history?.rooms() ?? []) this.#addSkeletons(room, room);
  }

  /** Finds an open room by any spelling of its name. */
  find(name: string): Room | undefined {
    return this.#rooms.get(roomKey(name));
  }

  /** Finds a room that is open or has a history. */
  findKnown(name: string): Room | undefined {
    const found = this.find(name);
    if (found !== undefined || this.#history === undefined) return found;
    const room = this.#restore(roomKey(name));
    return room.isKnownTo(this.#history) ? room : undefined;
  }

  /**
   * Returns the room with this name, and opens it if it is not open. A new room gets its offset and topic from the history.
   * Without a history, its messages are numbered from `offset` on.
   */
  open(name: string, offset: number): Room {
    const found = this.find(name);
    if (found !== undefined) return found;
    const room = this.#restore(name, offset);
    this.#rooms.set(room.key, room);
    this.#addSkeletons(room.key, name);
    this.#checkSkeletons();
    return room;
  }

  /** Closes a room without subscribers, unless it is the lobby. */
  closeIfEmpty(room: Room): void {
    if (room === this.lobby || !room.empty) return;
    this.#rooms.delete(room.key);
    if (!room.isKnownTo(this.#history)) this.#removeSkeletons(room.key, room.name);
  }

  /**
   * Returns the name of another room that looks like `name` and is open or has a history. A room such as `payro11` does not
   * keep `payroll` from opening: otherwise the first client after a restart could lock others out of their rooms.
   */
  lookalike(name: string): string | undefined {
    const key = roomKey(name);
    for (const skeleton of skeletons(name)) {
      for (const other of this.#keys(skeleton)) {
        if (other === key || !this.#isKnown(other)) continue;
        const shown = this.#rooms.get(other)?.name ?? other;
        if (!isGenuine(name) || isGenuine(shown) || !isAscii(shown)) return shown;
      }
    }
    return undefined;
  }

  #isKnown(key: string): boolean {
    return this.findKnown(key) !== undefined;
  }

  /** Returns a room that is not open, as the history has it. */
  #restore(name: string, offset = 0): Room {
    const room = new Room(name, offset);
    room.restore(this.#history);
    return room;
  }

  /** A skeleton usually has one key, which takes less memory without an array. */
  #keys(skeleton: string): readonly string[] {
    const keys = this.#skeletons.get(skeleton) ?? [];
    return typeof keys === "string" ? [keys] : keys;
  }

  #addSkeletons(key: string, name: string): void {
    for (const skeleton of skeletons(name)) {
      const keys = this.#keys(skeleton);
      if (keys.length === 0) this.#skeletons.set(skeleton === key ? key : skeleton, key);
      else if (!keys.includes(key)) this.#skeletons.set(skeleton, [...keys, key]);
    }
  }

  #removeSkeletons(key: string, name: string): void {
    for (const skeleton of skeletons(name)) this.#keepKeys(skeleton, (other) => other !== key);
  }

  /** Removes rooms that the history has forgotten, a few at a time: the history does not report them. */
  #checkSkeletons(): void {
    for (let i = 0; i < CHECKED_AT_ONCE; i++) {
      const { value: skeleton, done } = this.#checked.next();
      if (done) return void (this.#checked = this.#skeletons.keys());
      this.#keepKeys(skeleton, (key) => this.#isKnown(key));
    }
  }

  #keepKeys(skeleton: string, keeps: (key: string) => boolean): void {
    const keys = this.#keys(skeleton);
    const kept = keys.filter(keeps);
    if (kept.length === 0) this.#skeletons.delete(skeleton);
    else if (kept.length < keys.length) this.#skeletons.set(skeleton, kept);
  }

  /** All rooms, those that are open first; the others have a history. */
  *all(): Generator<Room> {
    yield* this.#rooms.values();
    for (const { room: key } of this.#history?.rooms() ?? []) {
      if (!this.#rooms.has(key)) yield this.#restore(key);
    }
  }

  /**
   * Returns at most `limit` rooms, 1 or more, and the number of all that are listed. Rooms with the most visible members come
   * first, of equal ones the oldest; then come rooms without members that have a history.
   *
   * @param isListed By default all rooms are.
   */
  largest(
    limit: number,
    isListed: (room: Room) => boolean = () => true,
  ): { readonly rooms: readonly Room[]; readonly total: number } {
    const open = this.#rooms.values().filter(isListed).toArray();
    const rooms = largestOf(open, limit);
    let total = open.length;
    for (const { room: key } of this.#history?.rooms() ?? []) {
      if (this.#rooms.has(key)) continue;
      const room = this.#restore(key);
      if (!isListed(room)) continue;
      total++;
      if (rooms.length < limit) rooms.push(room);
    }
    return { rooms, total };
  }
}

function largestOf(rooms: Iterable<Room>, limit: number): Room[] {
  const largest: Room[] = [];
  for (const room of rooms) {
    if (largest.length === limit && room.users <= largest[limit - 1]!.users) continue;
    const at = largest.findIndex(({ users }) => users < room.users);
    largest.splice(at < 0 ? largest.length : at, 0, room);
    if (largest.length > limit) largest.pop();
  }
  return largest;
}
