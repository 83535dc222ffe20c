/**
 * Which rooms there are: a lobby for good, and others as long as somebody is in them.
 * @module
 */
import type { History } from "./history.ts";
import { LOBBY, Room, roomKey } from "./room.ts";

export class Rooms {
  readonly lobby = new Room(LOBBY, 0);
  readonly #rooms = new Map<string, Room>([[this.lobby.key, this.lobby]]);

  get size(): number {
    return this.#rooms.size;
  }

  /** The room with this name, in whatever case or form it is given. */
  find(name: string): Room | undefined {
    return this.#rooms.get(roomKey(name));
  }

  /**
   * The room with this name. A new one if there is none: with what `history` has of it, or, without a history, with its
   * messages counted on from `offset`.
   */
  open(name: string, offset: number, history?: History): Room {
    const found = this.find(name);
    if (found !== undefined) return found;
    const room = new Room(name, offset);
    room.recall(history);
    this.#rooms.set(room.key, room);
    return room;
  }

  /** Forgets a room that nobody is in. */
  closeIfEmpty(room: Room): void {
    if (room !== this.lobby && room.empty) this.#rooms.delete(room.key);
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
