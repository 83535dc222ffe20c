/**
 * The book that is kept of one set of tables: which offsets were given out, what is still to be written, and the
 * writing itself, in transactions that are bounded in rows and characters.
 *
 * Knows no timer. It must never know what happens when the tables fail: it throws, and is as it was before.
 * @module
 */
import type { Message } from "../chat/history.ts";
import { BYTES_PER_WEIGHT, Contributors, UNATTRIBUTED } from "./contributors.ts";
import { Pending, type Row } from "./pending.ts";
import { type Room, RoomIndex } from "./room_index.ts";
import { OFFSETS_PER_ROOM } from "./row_ids.ts";
import { type Tables, weightOf } from "./tables.ts";
import type { TrustedClock } from "./trusted_clock.ts";
import { type Bounds, Retention, type TrimBudget } from "./retention.ts";

/** What one transaction does at most. */
interface BatchSize {
  /** Messages written, at about 5 us each and 10 us for each new room. */
  readonly rows: number;
  /** UTF-16 units of text written, at about 0.1 us each where all words are new. The batch ends after the message that reaches this. */
  readonly characters: number;
}

/** While nothing is to be deleted: 1 to 2 ms. */
const WRITING: BatchSize = { rows: 128, characters: 4_096 };

/** While something is to be deleted: 1 ms, with as much again and more for the deleting. */
const TRIMMING: BatchSize = { rows: 32, characters: 4_096 };

/**
 * Deleting in one transaction, at most 2 ms. It deletes twice as much as {@linkcode TRIMMING} writes, and more than that
 * even from rooms with one message each. Still more would be in vain: the place of a message is free only after its words
 * were merged away, and meanwhile the tables seem to be too large.
 */
const TRIM_BUDGET: TrimBudget = { rows: 64, work: 320, characters: 16_384 };

/** What may be pending. */
interface Capacity {
  readonly rows: number;
  /** UTF-16 units, of two bytes each at most. */
  readonly characters: number;
}

/**
 * With tables that work: when there is more, a batch is written at once. More takes longer to be written before a search;
 * less of a flood is pushed out of its room before it is written if it is less.
 */
export const CAPACITY: Capacity = { rows: 2_048, characters: 524_288 };

/** With tables that fail: when there is more, the oldest is lost. About 8 MB, some minutes of a busy server. */
export const FAILING_CAPACITY: Capacity = { rows: 16_384, characters: 2_097_152 };

export interface LedgerOptions extends Bounds {
  /** Messages that are offered of a room. */
  readonly limit: number;
}

interface Batch {
  readonly rows: readonly Row[];
  /** Pending rows that are settled when the batch is written; some need no writing. */
  readonly settled: number;
}

export class WriteBuffer {
  readonly rooms: RoomIndex;
  readonly pending = new Pending();
  readonly #contributors = new Contributors();
  readonly #clock: TrustedClock;
  readonly #trimmer: Retention;
  /** Rooms whose row in the tables is to be written. */
  readonly #changed = new Set<Room>();

  constructor(tables: Tables, clock: TrustedClock, options: LedgerOptions) {
    this.#clock = clock;
    this.rooms = new RoomIndex(options.limit, tables.floor, tables.rooms());
    this.#trimmer = new Retention(this.rooms, this.#contributors, options);
    this.#weighStored(tables.usedBytes());
  }

  /**
   * Reading everything would take too long: each stored message is taken for as heavy as all are on average. About half
   * of what the tables use is their index, which weighs nothing elsewhere.
   */
  #weighStored(usedBytes: number): void {
    let count = 0;
    for (const { stored, written } of this.rooms) count += written - stored + 1;
    for (const room of this.rooms) {
      const share = (room.written - room.stored + 1) / count;
      if (share > 0) {
        this.#contributors.add(room, UNATTRIBUTED, share * usedBytes / BYTES_PER_WEIGHT);
      }
    }
  }

  /** Whether something is to be written. */
  get isBehind(): boolean {
    return this.pending.length > 0 || this.#changed.size > 0;
  }

  /** Whether something is to be deleted. */
  get hasToTrim(): boolean {
    return this.#trimmer.isBusy;
  }

  exceeds({ rows, characters }: Capacity): boolean {
    return this.pending.length > rows || this.pending.characters > characters;
  }

  append(name: string, message: Message, source: string): number {
    const room = this.rooms.use(name);
    const offset = ++room.latest;
    this.pending.push({ room, offset, message, source, at: this.#clock.recent });
    return offset;
  }

  setTopic(name: string, topic: string, source: string): void {
    if (topic === (this.rooms.get(name)?.topic ?? "")) return;
    const room = this.rooms.use(name);
    room.topic = topic;
    this.#own(room, source);
    if (this.rooms.number(room)) this.#changed.add(room);
    else this.#forgetIfEmpty(room);
  }

  /** Loses the oldest of what is pending until it is within `capacity`. */
  shed(capacity: Capacity): void {
    while (this.exceeds(capacity)) {
      this.#lose(this.pending.at(0)!);
      this.pending.drop(1);
    }
  }

  /** Writes one batch, and deletes about as much as is due. */
  write(tables: Tables): void {
    const size = this.#trimmer.isBusy ? TRIMMING : WRITING;
    const { rows, settled } = this.#batch(size);
    const isLast = settled === this.pending.length;
    const time = this.#clock.toStored();
    const sources = rows.map(({ source }) => this.#contributors.number(source));
    const [trimmed, usedBytes] = tables.transaction(() => {
      for (const room of this.#changed) this.#putRoom(tables, room);
      for (const [i, { room, offset, message, at }] of rows.entries()) {
        tables.insert(room.id, offset, message, { storedAt: at, source: sources[i]! });
      }
      const done = this.#trimmer.step(tables, TRIM_BUDGET);
      tables.mergeWords();
      if (tables.floor < this.rooms.floor) tables.setFloor(this.rooms.floor);
      tables.setTime(time);
      if (tables.ahead === isLast) tables.setAhead(!isLast);
      return [done, tables.usedBytes()];
    });
    this.#changed.clear();
    trimmed();
    try {
      this.#trimmer.evict(tables, usedBytes);
    } finally { // what is committed is noted, whether or not the tables can be read then
      for (const [i, row] of rows.entries()) this.#noteWritten(row, sources[i]!);
      this.pending.drop(settled);
    }
  }

  /** Marks what was stored before `oldest`, in some of the rooms, and what is over a bound. */
  expire(tables: Tables, oldest: number): void {
    this.#trimmer.expire(tables, oldest);
    this.#trimmer.evict(tables, tables.usedBytes());
  }

  #own(room: Room, source: string): void {
    if (room.owner === undefined) this.#contributors.own(room, this.#contributors.number(source));
  }

  #putRoom(tables: Tables, room: Room): void {
    if (room.id === 0) return;
    tables.putRoom(room.id, room.name, room.topic, Math.max(room.first, room.stored));
  }

  #batch(size: BatchSize): Batch {
    const rows: Row[] = [];
    let characters = 0;
    let settled = 0;
    for (; settled < this.pending.length; settled++) {
      if (rows.length >= size.rows || characters >= size.characters) break;
      const row = this.pending.at(settled)!;
      if (!this.#hasToBeWritten(row)) continue;
      rows.push(row);
      characters += row.message.text.length;
    }
    return { rows, settled };
  }

  /** What newer messages have pushed over the limit while it was pending never gets into the tables. */
  #hasToBeWritten(row: Row): boolean {
    const { room, offset } = row;
    const isNew = room.id === 0;
    const isWanted = offset >= this.rooms.oldest(room) && offset < OFFSETS_PER_ROOM;
    if (!isWanted || !this.rooms.number(room)) {
      this.#lose(row);
      return false;
    }
    if (isNew) this.#changed.add(room);
    this.#own(room, row.source);
    return true;
  }

  #lose({ room, offset }: Row): void {
    room.first = Math.max(room.first, offset + 1);
    if (room.id !== 0) this.#changed.add(room);
    else this.#forgetIfEmpty(room);
  }

  #forgetIfEmpty(room: Room): void {
    if (this.rooms.oldest(room) <= room.latest) return;
    this.rooms.remove(room);
    this.#contributors.disown(room);
  }

  #noteWritten({ room, offset, message }: Row, source: number): void {
    this.#contributors.add(room, source, weightOf(message.text));
    if (room.stored > room.written) room.stored = offset;
    room.written = offset;
    this.#trimmer.look(room);
  }
}
