/**
 * Decides which messages and rooms go when the history is over its bounds: those of the contributors who have most.
 *
 * Evicted messages are marked by raising the `first` of their room. They are no longer offered from then on; `retention.ts`
 * deletes them later.
 * @module
 */
import { BYTES_PER_WEIGHT, type Contributors } from "./contributors.ts";
import type { Room, RoomIndex } from "./room_index.ts";
import type { Tables } from "./tables.ts";

/** The most messages marked in one pass. */
const MAX_ROWS = 512;

/** The most rooms marked in one pass. */
const MAX_ROOMS = 128;

/** A room with no more messages than this loses all of them at once. */
const LAST_ROWS = 32;

/** Once this many messages are marked in a pass, no further rooms that others use are. */
const MAX_SHARED_ROWS = 256;

/** The most rooms whose oldest messages are read in a pass to see whose they are, at 50 us each. */
const MAX_INSPECTED_ROOMS = 8;

/** A room belongs to the heaviest contributors if this part of it is theirs. It is not inspected. */
const EXCLUSIVE_SHARE = 0.95;

/** Another room pays before all contributors do if at least this part of what it would lose is theirs. */
const OWN_SHARE = 0.8;

/** Rooms whose shares differ by less than 1/16 count as equal, and the one idle for longest pays first. */
const RANKS = 16;

/** The bounds of the whole history. */
export interface Bounds {
  /** Bytes that the tables may use. */
  readonly maxBytes: number;
  /** Rooms that the tables may have. */
  readonly maxRooms: number;
  /** The room that pays last, however long it is idle. @default none */
  readonly mainRoom?: string | undefined;
}

/** A room, and the part of it that belongs to the heaviest contributors, from 0 to 1. */
interface SharedRoom {
  readonly room: Room;
  readonly share: number;
}

/** The rooms marked in a pass, and how much that is. */
class Marked {
  readonly rooms: Room[] = [];
  rows = 0;
  /** As `contributors.ts` counts it. */
  weight = 0;
}

export class Eviction {
  readonly #rooms: RoomIndex;
  readonly #contributors: Contributors;
  readonly #mainRoom: string | undefined;

  constructor(rooms: RoomIndex, contributors: Contributors, mainRoom: string | undefined) {
    this.#rooms = rooms;
    this.#contributors = contributors;
    this.#mainRoom = mainRoom;
  }

  /**
   * Marks whole rooms, at most `count`, and returns them. Contributors who created more rooms than a common limit lose the
   * excess, beginning with the rooms that are idle for longest.
   */
  markRooms(count: number): Room[] {
    const most = Math.min(count, MAX_ROOMS);
    const limit = commonLimit(this.#contributors.owned(), most);
    const markedByOwner = new Map<number, number>();
    const marked: Room[] = [];
    for (const room of this.#idleFirst()) {
      if (marked.length >= most) break;
      if (!isRemovable(room)) continue;
      const { owner } = room;
      const before = owner ? markedByOwner.get(owner) ?? 0 : 0;
      // A room without a known owner counts as the only room of its own contributor.
      const owned = owner ? this.#contributors.ownedBy(owner) - before : 1;
      if (owned <= limit) continue;
      if (owner) markedByOwner.set(owner, before + 1);
      room.first = room.latest + 1;
      marked.push(room);
    }
    return marked;
  }

  /**
   * Marks messages of the contributors who have most, in rooms where most of what goes is theirs, and returns the rooms.
   * A contributor therefore cannot push out the messages of others by writing where they wrote.
   *
   * @param excess Bytes over the limit.
   */
  markRows(tables: Tables, excess: number): Room[] {
    const { sources, weight } = this.#contributors.heaviest();
    const unattributed = this.#contributors.largestUnattributed(this.#mainRoom);
    const marked = new Marked();
    if (unattributed.room !== undefined && unattributed.weight >= weight) {
      this.#mark(unattributed.room, marked);
      return marked.rooms;
    }
    const shared = this.#markOwn(tables, sources, marked);
    // If that frees less than the excess, shared rooms pay the rest. Otherwise the tables would not be bounded.
    shared.sort((a, b) => b.share - a.share);
    for (const { room } of shared) {
      if (marked.rows >= MAX_SHARED_ROWS || marked.weight * BYTES_PER_WEIGHT >= excess) break;
      this.#mark(room, marked);
    }
    if (marked.rows === 0) this.#markLargest(marked);
    return marked.rooms;
  }

  /** Marks messages in rooms where nearly all that goes is of `sources`. Returns their other rooms. */
  #markOwn(tables: Tables, sources: ReadonlySet<number>, marked: Marked): SharedRoom[] {
    const shared: SharedRoom[] = [];
    let inspected = 0;
    for (const { room, share } of this.#byShare(sources)) {
      if (marked.rows >= MAX_ROWS) break;
      if (share >= EXCLUSIVE_SHARE) {
        this.#mark(room, marked);
      } else if (inspected < MAX_INSPECTED_ROOMS) {
        inspected++;
        const own = this.#shareOfOldest(tables, room, sources);
        if (own >= OWN_SHARE) this.#mark(room, marked);
        else shared.push({ room, share: own });
      } else shared.push({ room, share });
    }
    return shared;
  }

  /** The rooms of these contributors: largest share first, then idle for longest; the main room last. */
  #byShare(sources: ReadonlySet<number>): SharedRoom[] {
    const ranked: (SharedRoom & { readonly rank: number })[] = [];
    for (const [room, share] of this.#contributors.roomsOf(sources)) {
      if (!this.#hasRows(room)) continue;
      const rank = room.name === this.#mainRoom ? -1 : Math.floor(share * RANKS);
      ranked.push({ room, share, rank });
    }
    return ranked.sort((a, b) => b.rank - a.rank || a.room.used - b.room.used);
  }

  /** Marks messages of the room with most, or of the main room if there is no other: nothing is known of contributors. */
  #markLargest(marked: Marked): void {
    let largest: Room | undefined;
    let most = 0;
    for (const room of this.#idleFirst()) {
      if (!this.#hasRows(room)) continue;
      if (room.name === this.#mainRoom && largest !== undefined) break;
      const kept = this.#kept(room);
      if (kept > most) [largest, most] = [room, kept];
    }
    if (largest !== undefined) this.#mark(largest, marked);
  }

  #hasRows(room: Room): boolean {
    return room.id !== 0 && this.#kept(room) > 0;
  }

  /** The number of messages that a room offers. */
  #kept(room: Room): number {
    return room.latest - this.#rooms.oldest(room) + 1;
  }

  /** The part of what a room would lose that is of `sources`, by weight. */
  #shareOfOldest(tables: Tables, room: Room, sources: ReadonlySet<number>): number {
    const oldest = this.#rooms.oldest(room);
    const to = oldest + this.#lossOf(room) - 1;
    let total = 0;
    let own = 0;
    for (const [source, weight] of tables.weigh(room.id, oldest, to, MAX_ROWS)) {
      total += weight;
      if (sources.has(source)) own += weight;
    }
    return total === 0 ? 1 : own / total; // pending messages have no weight yet
  }

  /** The number of messages that a room loses at once: half of them, or the last few. */
  #lossOf(room: Room): number {
    const kept = this.#kept(room);
    return kept <= LAST_ROWS ? kept : Math.min(Math.ceil(kept / 2), MAX_ROWS);
  }

  #mark(room: Room, marked: Marked): void {
    const loss = this.#lossOf(room);
    marked.weight += this.#contributors.total(room) * loss / this.#kept(room);
    marked.rows += loss;
    marked.rooms.push(room);
    room.first = this.#rooms.oldest(room) + loss;
  }

  /** All rooms, idle for longest first; the main room last. */
  *#idleFirst(): Generator<Room> {
    let main: Room | undefined;
    for (const room of this.#rooms) {
      if (room.name === this.#mainRoom) main = room;
      else yield room;
    }
    if (main !== undefined) yield main;
  }
}

/** Pending messages keep their room. */
function isRemovable(room: Room): boolean {
  return room.id !== 0 && room.latest === room.written;
}

/** The largest limit that removes at least `excess` in all when every count is cut down to it; 0 if none does. */
function commonLimit(counts: readonly number[], excess: number): number {
  let low = 0;
  let high = counts.reduce((most, count) => Math.max(most, count), 0);
  while (low < high) {
    const limit = Math.ceil((low + high) / 2);
    let sum = 0;
    for (const count of counts) sum += Math.max(0, count - limit);
    if (sum >= excess) low = limit;
    else high = limit - 1;
  }
  return low;
}
