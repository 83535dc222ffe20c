/**
 * Which rooms there are: a lobby for good, and others as long as somebody is in them.
 * @module
 */
import type { History } from "./history.ts";
import { LOBBY, Room, roomKey } from "./room.ts";
import { isAscii, isGenuine, skeletons } from "../text/skeleton.ts";

/** How many looks are checked for each room that is opened: those of forgotten rooms are never more than a third. */
const CHECKED_AT_ONCE = 4;

export class Rooms {
  readonly lobby = new Room(LOBBY, 0);
  readonly #history: History | undefined;
  readonly #rooms = new Map<string, Room>([[this.lobby.key, this.lobby]]);
  /** The keys of rooms by what they look like: those that are open, and those that have a history or had one. */
  readonly #looks = new Map<string, string | readonly string[]>();
  /** How far the looks have been checked. */
  #checked = this.#looks.keys();

  constructor(history?: History) {
    this.#history = history;
    this.#addLooks(this.lobby.key, LOBBY);
    for (const { room } of history?.rooms() ?? []) this.#addLooks(room, room);
  }

  get size(): number {
    return this.#rooms.size;
  }

  /** The room with this name, in whatever case or form it is given. */
  find(name: string): Room | undefined {
    return this.#rooms.get(roomKey(name));
  }

  /**
   * The room with this name. A new one if there is none: with what the history has of it, or, without a history, with its
   * messages counted on from `offset`.
   */
  open(name: string, offset: number): Room {
    const found = this.find(name);
    if (found !== undefined) return found;
    const room = new Room(name, offset);
    room.restore(this.#history);
    this.#rooms.set(room.key, room);
    this.#addLooks(room.key, name);
    this.#checkLooks();
    return room;
  }

  /** Forgets a room that nobody is in. */
  closeIfEmpty(room: Room): void {
    if (room === this.lobby || !room.empty) return;
    this.#rooms.delete(room.key);
    if (!room.isKnownTo(this.#history)) this.#removeLooks(room.key, room.name);
  }

  /**
   * The name of another room than `name` that looks like it: one that somebody is in, or that has a history. A room such as
   * `payroll` is not kept from opening by one such as `payro11`, or else whoever comes first after a restart could keep
   * people out of their rooms.
   */
  lookalike(name: string): string | undefined {
    const key = roomKey(name);
    for (const look of skeletons(name)) {
      for (const other of this.#keys(look)) {
        if (other === key || !this.#isKnown(other)) continue;
        const shown = this.#rooms.get(other)?.name ?? other;
        if (!isGenuine(name) || isGenuine(shown) || !isAscii(shown)) return shown;
      }
    }
    return undefined;
  }

  #isKnown(key: string): boolean {
    if (this.#rooms.has(key)) return true;
    const room = new Room(key, 0);
    room.restore(this.#history);
    return room.isKnownTo(this.#history);
  }

  /** The usual look has one key, which takes less memory without an array. */
  #keys(look: string): readonly string[] {
    const keys = this.#looks.get(look) ?? [];
    return typeof keys === "string" ? [keys] : keys;
  }

  #addLooks(key: string, name: string): void {
    for (const look of skeletons(name)) {
      const keys = this.#keys(look);
      if (keys.length === 0) this.#looks.set(look === key ? key : look, key);
      else if (!keys.includes(key)) this.#looks.set(look, [...keys, key]);
    }
  }

  #removeLooks(key: string, name: string): void {
    for (const look of skeletons(name)) this.#keepLooks(look, (other) => other !== key);
  }

  /** Takes out rooms that the history has forgotten, which nobody tells, a few at a time. */
  #checkLooks(): void {
    for (let i = 0; i < CHECKED_AT_ONCE; i++) {
      const { value: look, done } = this.#checked.next();
      if (done) return void (this.#checked = this.#looks.keys());
      this.#keepLooks(look, (key) => this.#isKnown(key));
    }
  }

  #keepLooks(look: string, keeps: (key: string) => boolean): void {
    const keys = this.#keys(look);
    const kept = keys.filter(keeps);
    if (kept.length === 0) this.#looks.delete(look);
    else if (kept.length < keys.length) this.#looks.set(look, kept);
  }

  /** Whether there is a room with this key. */
  has(key: string): boolean {
    return this.#rooms.has(key);
  }

  /** At most `limit` rooms, one or more: those with the most people first, the older ones first where these are as many. */
  largest(limit: number): Room[] {
    const largest: Room[] = [];
    for (const room of this.#rooms.values()) {
      if (largest.length === limit && room.users <= largest[limit - 1]!.users) continue;
      const at = largest.findIndex(({ users }) => users < room.users);
      largest.splice(at < 0 ? largest.length : at, 0, room);
      if (largest.length > limit) largest.pop();
    }
    return largest;
  }
}
