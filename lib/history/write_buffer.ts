/**
 * Collects changes in memory and writes them to the tables in transactions of bounded size: which offsets were given
 * out, which messages are pending, which rooms changed, and which messages are to be deleted.
 *
 * It sets no timers. If the tables fail, calls throw and leave the buffer as it was.
 * @module
 */
import type { Message } from "../chat/history.ts";
import { BYTES_PER_WEIGHT, Contributors, UNATTRIBUTED } from "./contributors.ts";
import type { Bounds } from "./eviction.ts";
import { PendingMessages, type PendingRow } from "./pending.ts";
import { Retention, type TrimBudget } from "./retention.ts";
import { type Room, RoomIndex } from "./room_index.ts";
import { OFFSETS_PER_ROOM } from "./schema.ts";
import { weightOf } from "./statements.ts";
import type { Tables } from "./tables.ts";
import type { TrustedClock } from "./trusted_clock.ts";

/** The most that one transaction writes. */
interface BatchSize {
  /** Messages, at about 5 us each and 10 us more for each new room. */
  readonly rows: number;
  /** Text in UTF-16 units, at about 0.1 us each if all words are new. A batch ends with the message that reaches this. */
  readonly characters: number;
}

/** While nothing is to be deleted: 1 to 2 ms. */
const FULL_BATCH: BatchSize = { rows: 128, characters: 4_096 };

/** While something is to be deleted: 1 ms, and up to 2 ms for the deleting. */
const TRIMMING_BATCH: BatchSize = { rows: 32, characters: 4_096 };

/**
 * What one transaction deletes: up to 2 ms. It is twice as much as {@linkcode TRIMMING_BATCH} writes, and the work suffices
 * for more even in rooms of one message each, so deleting keeps up with writing. Deleting faster would delete too much:
 * the space of a message is freed only when its words are merged out of the index, and until then the tables seem full.
 */
const TRIM_BUDGET: TrimBudget = { rows: 64, work: 320, characters: 16_384 };

/** How much may be pending. */
interface Capacity {
  readonly rows: number;
  /** UTF-16 units of text, at most two bytes each. */
  readonly characters: number;
}

/**
 * While the tables work: beyond this, a batch is written at once. A larger buffer takes longer to write before a search; a
 * smaller one writes more messages of a flood that their room would have dropped.
 */
export const CAPACITY: Capacity = { rows: 2_048, characters: 524_288 };

/** While the tables fail: beyond this, the oldest messages are lost. About 8 MB, some minutes of a busy server. */
export const FAILING_CAPACITY: Capacity = { rows: 16_384, characters: 2_097_152 };

export interface WriteBufferOptions extends Bounds {
  /** Messages kept of each room. */
  readonly limit: number;
}

interface Batch {
  readonly rows: readonly PendingRow[];
  /** Pending rows that are done with once the batch is committed: those written, and those that need no writing. */
  readonly count: number;
}

export class WriteBuffer {
  readonly rooms: RoomIndex;
  readonly pending = new PendingMessages();
  readonly #contributors = new Contributors();
  readonly #clock: TrustedClock;
  readonly #retention: Retention;
  /** Rooms whose row in the tables is to be written. */
  readonly #changed = new Set<Room>();

  constructor(tables: Tables, clock: TrustedClock, options: WriteBufferOptions) {
    this.#clock = clock;
    this.rooms = new RoomIndex(options.limit, tables.floor, tables.rooms());
    this.#retention = new Retention(this.rooms, this.#contributors, options);
    this.#estimateWeights(tables.usedBytes());
  }

  /** Reading all stored messages would take too long, so each is assumed to be of average weight. */
  #estimateWeights(usedBytes: number): void {
    let count = 0;
    for (const { stored, written } of this.rooms) count += written - stored + 1;
    for (const room of this.rooms) {
      const share = (room.written - room.stored + 1) / count;
      const weight = share * usedBytes / BYTES_PER_WEIGHT;
      if (share > 0) this.#contributors.add(room, UNATTRIBUTED, weight);
    }
  }

  /** Whether something is to be written. */
  get isBehind(): boolean {
    return this.pending.length > 0 || this.#changed.size > 0;
  }

  /** Whether something is to be deleted. */
  get hasToTrim(): boolean {
    return this.#retention.isBusy;
  }

  exceeds({ rows, characters }: Capacity): boolean {
    return this.pending.length > rows || this.pending.characters > characters;
  }

  /** Adds a message and returns its offset. */
  append(name: string, message: Message, source: string): number {
    const room = this.rooms.use(name);
    const offset = ++room.latest;
    this.pending.push({ room, offset, message, source, at: this.#clock.recent });
    return offset;
  }

  /** Adds a message that was numbered elsewhere, and that is `age` ms old. */
  insert(name: string, offset: number, message: Message, age: number, source: string): void {
    const room = this.rooms.use(name);
    this.rooms.continueAt(room, offset);
    room.latest = offset;
    this.pending.push({ room, offset, message, source, at: this.#clock.recent - age });
  }

  setTopic(name: string, topic: string, source: string): void {
    if (topic === (this.rooms.get(name)?.topic ?? "")) return;
    const room = this.rooms.use(name);
    room.topic = topic;
    this.#own(room, source);
    if (this.rooms.number(room)) this.#changed.add(room);
    else this.#forgetIfEmpty(room);
  }

  /** Drops the oldest pending messages until the rest is within `capacity`. */
  shed(capacity: Capacity): void {
    while (this.exceeds(capacity)) {
      this.#drop(this.pending.at(0)!);
      this.pending.drop(1);
    }
  }

  /** Writes one batch, and deletes a part of what is to be deleted. */
  write(tables: Tables): void {
    const { rows, count } = this.#nextBatch(this.hasToTrim ? TRIMMING_BATCH : FULL_BATCH);
    const isLast = count === this.pending.length;
    const time = this.#clock.toStored();
    const sources = rows.map(({ source }) => this.#contributors.number(source));
    const [applyDeletions, usedBytes] = tables.transaction(() => {
      for (const room of this.#changed) putRoom(tables, room);
      for (const [i, { room, offset, message, at }] of rows.entries()) {
        tables.insert(room.id, offset, message, { storedAt: at, source: sources[i]! });
      }
      const deleted = this.#retention.delete(tables, TRIM_BUDGET);
      tables.words.merge();
      if (tables.floor < this.rooms.floor) tables.setFloor(this.rooms.floor);
      tables.setTime(time);
      if (tables.ahead === isLast) tables.setAhead(!isLast);
      return [deleted, tables.usedBytes()];
    });
    this.#changed.clear();
    applyDeletions();
    try {
      this.#retention.evict(tables, usedBytes);
    } finally { // the batch is committed, even if the tables cannot be read now
      for (const [i, row] of rows.entries()) this.#noteWritten(row, sources[i]!);
      this.pending.drop(count);
    }
  }

  /** Marks messages stored before `oldest` in some of the rooms, and what is over a bound. */
  expire(tables: Tables, oldest: number): void {
    this.#retention.expire(tables, oldest);
    this.#retention.evict(tables, tables.usedBytes());
  }

  #own(room: Room, source: string): void {
    if (room.owner === undefined) this.#contributors.own(room, this.#contributors.number(source));
  }

  #nextBatch(size: BatchSize): Batch {
    const rows: PendingRow[] = [];
    let characters = 0;
    let count = 0;
    for (; count < this.pending.length; count++) {
      if (rows.length >= size.rows || characters >= size.characters) break;
      const row = this.pending.at(count)!;
      if (!this.#prepare(row)) continue;
      rows.push(row);
      characters += row.message.text.length;
    }
    return { rows, count };
  }

  /**
   * Makes a pending message ready to be written. Returns false if it is not to be: newer messages pushed it out of its
   * room, or the tables have no number left for it.
   */
  #prepare(row: PendingRow): boolean {
    const { room, offset } = row;
    const isNew = room.id === 0;
    const isOffered = offset >= this.rooms.oldest(room) && offset < OFFSETS_PER_ROOM;
    if (!isOffered || !this.rooms.number(room)) {
      this.#drop(row);
      return false;
    }
    if (isNew) this.#changed.add(room);
    this.#own(room, row.source);
    return true;
  }

  #drop({ room, offset }: PendingRow): void {
    room.first = Math.max(room.first, offset + 1);
    if (room.id !== 0) this.#changed.add(room);
    else this.#forgetIfEmpty(room);
  }

  #forgetIfEmpty(room: Room): void {
    if (this.rooms.oldest(room) <= room.latest) return;
    this.rooms.remove(room);
    this.#contributors.disown(room);
  }

  #noteWritten({ room, offset, message }: PendingRow, source: number): void {
    this.#contributors.add(room, source, weightOf(message.text));
    if (room.stored > room.written) room.stored = offset;
    room.written = offset;
    this.#retention.review(room);
  }
}

function putRoom(tables: Tables, room: Room): void {
  if (room.id === 0) return;
  tables.putRoom(room.id, room.name, room.topic, Math.max(room.first, room.stored));
}
