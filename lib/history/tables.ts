/**
 * The tables of a history. All SQL that runs after the database is open is here, in `user_table.ts` and in
 * `word_index.ts`.
 *
 * Every call may throw what SQLite throws.
 * @module
 */
import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import type { Message, StoredMessage } from "../chat/history.ts";
import type { StoredBan } from "../chat/moderation.ts";
import { transaction } from "./database.ts";
import { fromColumn, offsetOf, rowId, toColumn } from "./schema.ts";
import type { StoredTime } from "./trusted_clock.ts";
import { prepare, type Statements, weightOf } from "./statements.ts";
import { UserTable } from "./user_table.ts";
import { WordIndex } from "./word_index.ts";

/** Messages read together to be deleted. The texts of a few may be read in vain. */
const DELETED_AT_ONCE = 16;

/** Earlier openings of the file whose offsets are still honored: a client may return after this many restarts. */
const MAX_EPOCHS = 100;

/** A room as the tables have it. */
export interface RoomRow {
  readonly id: number;
  readonly name: string;
  readonly topic: string;
  /** Offsets below this one were given out, and their messages are gone. */
  readonly first: number;
  /** The oldest offset in the table. */
  readonly stored: number;
  /** The newest offset in the table; `stored - 1` if the room has no message. */
  readonly written: number;
  /** When the newest message was stored, as far as that is known; else 0. */
  readonly time: number;
}

/** When a message was appended, and who contributed it. */
export interface Stamp {
  /** A stamp of `trusted_clock.ts`. */
  readonly storedAt: number;
  /** The number of the contributor in this era, see `contributors.ts`. */
  readonly source: number;
}

/** What a call of {@linkcode Tables.delete} deleted. */
export interface Deleted {
  /** The number of messages. */
  readonly count: number;
  /** The length of their texts, in UTF-16 units. */
  readonly characters: number;
  /** Their weight by contributor. Messages of earlier eras are unattributed. */
  readonly weights: ReadonlyMap<number, number>;
}

type Row = Record<string, SQLOutputValue>;

export class Tables {
  readonly #database: DatabaseSync;
  readonly #statements: Statements;
  readonly #eras: ReadonlyMap<string, number>;
  readonly #era: number;
  readonly words: WordIndex;
  readonly users: UserTable;
  #ahead = false;
  #floor: number;
  /** When the file was upgraded to storing times. Messages without a stored time are at least as old. */
  #migrated: number | undefined;
  #gaps: StoredTime["gaps"] | undefined;
  #gapsText = "[]";

  /**
   * Begins a new era.
   *
   * @param database An open database whose schema is up to date.
   * @param epoch The name of the era.
   */
  constructor(database: DatabaseSync, epoch: string) {
    this.#database = database;
    this.#statements = prepare(database);
    const meta = database.prepare("SELECT * FROM meta").get();
    this.#floor = Number(meta?.floor);
    this.#migrated = meta?.migrated === null ? undefined : Number(meta?.migrated);
    this.users = new UserTable(database);
    this.words = new WordIndex(database, Number(meta?.upgraded), Number(meta?.upgrade_to));
    this.#era = this.transaction(() => this.#beginEra(epoch, meta?.ahead !== 0));
    const rows = database.prepare("SELECT epoch, era FROM eras").all();
    this.#eras = new Map(rows.map(({ epoch, era }) => [String(epoch), Number(era)]));
  }

  /** Forgets earlier eras if messages were lost, and the oldest ones if there are too many. Returns the new era. */
  #beginEra(epoch: string, isAhead: boolean): number {
    const { lastInsertRowid } = this.#database.prepare(
      "INSERT INTO eras (era, epoch) SELECT coalesce(max(era), 0) + 1, ? FROM eras",
    ).run(epoch);
    const era = Number(lastInsertRowid);
    this.#database.prepare("DELETE FROM eras WHERE era <= ?")
      .run(isAhead ? era - 1 : era - MAX_EPOCHS);
    this.setAhead(false);
    this.words.configure();
    return era;
  }

  /** Whether the tables are marked as incomplete: offsets were given out for messages that are not in them. */
  get ahead(): boolean {
    return this.#ahead;
  }

  /** No room that was removed from the tables had an offset above this one. */
  get floor(): number {
    return this.#floor;
  }

  /** The number of an era; later eras have larger numbers. `undefined` if it is unknown or forgotten. */
  eraOf(epoch: string): number | undefined {
    return this.#eras.get(epoch);
  }

  /** Bytes in use. Space freed by deletions does not count. */
  usedBytes(): number {
    return Number(this.#statements.usedBytes.get()?.bytes);
  }

  /** Runs `action` in a transaction, which is rolled back if it throws. */
  transaction<T>(action: () => T): T {
    const [ahead, floor, upgraded] = [this.#ahead, this.#floor, this.words.upgraded];
    try {
      return transaction(this.#database, action);
    } catch (error) {
      [this.#ahead, this.#floor, this.words.upgraded] = [ahead, floor, upgraded];
      throw error;
    }
  }

  /**
   * The time that was stored last. In a file of a version that stored none, the newest message or ban tells when the file
   * was written; those in the future of `wall`, the wall clock, do not count.
   */
  storedTime(wall: number): StoredTime | undefined {
    const { stamp, wall: storedWall, gaps, doubt } =
      this.#database.prepare("SELECT stamp, wall, gaps, doubt FROM meta").get() ?? {};
    if (typeof stamp === "number") {
      return {
        stamp,
        wall: Number(storedWall),
        gaps: JSON.parse(String(gaps)),
        doubt: doubt === null ? undefined : Number(doubt),
      };
    }
    const times = [
      ...this.rooms().map(({ time }) => time),
      ...this.bans().map(({ ban }) => ban.since),
    ].filter((time) => time > 0 && time <= wall);
    if (times.length === 0) return undefined;
    const newest = times.reduce((a, b) => Math.max(a, b));
    return { stamp: newest, wall: newest, gaps: [], doubt: undefined };
  }

  setTime({ stamp, wall, gaps, doubt }: StoredTime): void {
    this.#migrated ??= stamp;
    this.#statements.setTime.run(
      stamp,
      wall,
      this.#storedGaps(gaps),
      doubt ?? null,
      this.#migrated,
    );
  }

  /** Gaps change about once a run but are stored with every batch, so their text is cached. */
  #storedGaps(gaps: StoredTime["gaps"]): string {
    if (gaps !== this.#gaps) [this.#gaps, this.#gapsText] = [gaps, JSON.stringify(gaps)];
    return this.#gapsText;
  }

  /** Marks the tables as incomplete, or removes the mark. */
  setAhead(ahead: boolean): void {
    this.#statements.setAhead.run(ahead ? 1 : 0);
    this.#ahead = ahead;
  }

  /** Sets {@linkcode floor}. */
  setFloor(floor: number): void {
    this.#statements.setFloor.run(floor);
    this.#floor = floor;
  }

  /** All rooms, idle for longest first. */
  rooms(): RoomRow[] {
    const rows = this.#database.prepare("SELECT id, name, topic, first FROM rooms").all();
    return rows.map((row) => this.#room(row)).sort((a, b) => a.time - b.time);
  }

  #room(row: Row): RoomRow {
    const id = Number(row.id);
    const first = Number(row.first);
    const newest = this.#statements.newestRow.get(rowId(id, 0), rowId(id + 1, 0));
    return {
      id,
      name: fromColumn(row.name),
      topic: fromColumn(row.topic),
      first,
      stored: this.first(id) ?? first,
      written: newest === undefined ? first - 1 : offsetOf(Number(newest.id)),
      time: newest === undefined ? 0 : this.#timeOf(newest) ?? this.#migrated ?? 0,
    };
  }

  /** When a message was stored. If that was not stored, it is the time of the message unless that is in the future. */
  #timeOf({ time, stored_at: storedAt }: Row): number | undefined {
    if (storedAt !== null) return Number(storedAt);
    return Number(time) > (this.#migrated ?? Infinity) ? undefined : Number(time);
  }

  putRoom(id: number, name: string, topic: string, first: number): void {
    this.#statements.putRoom.run(id, toColumn(name), toColumn(topic), first);
  }

  /** Raises the `first` of a room that is in the tables. */
  setFirst(id: number, first: number): void {
    this.#statements.setFirst.run(first, id);
  }

  deleteRoom(id: number): void {
    this.#statements.deleteRoom.run(id);
  }

  insert(room: number, offset: number, message: Message, { storedAt, source }: Stamp): void {
    const id = rowId(room, offset);
    const { sender, time } = message;
    const name = message.name === null ? null : toColumn(message.name);
    const clientId = message.clientId === null ? null : toColumn(message.clientId);
    const [address, text] = [toColumn(message.address), toColumn(message.text)];
    const action = Number(message.action);
    this.#statements.insert.run(
      id,
      this.#era,
      sender,
      name,
      address,
      message.account ?? null,
      time,
      action,
      text,
      clientId,
      storedAt,
      source,
    );
    this.words.insert(id, message.text.toWellFormed()); // SQLite stores it in well-formed UTF-8
  }

  /**
   * Deletes the oldest messages of a room up to the offset `to`: at most `limit` messages, and none after the one that
   * brings their texts to `characters`.
   */
  delete(room: number, to: number, limit: number, characters: number): Deleted {
    const weights = new Map<number, number>();
    const [from, end] = [rowId(room, 0), rowId(room, to)];
    let [count, length, last] = [0, 0, from - 1];
    while (count < limit && length < characters) {
      const most = Math.min(limit - count, DELETED_AT_ONCE);
      const rows = this.#statements.doomed.all(last + 1, end, most);
      for (const row of rows) {
        const text = this.#unindex(row);
        const source = row.era === this.#era ? Number(row.source) : 0;
        weights.set(source, (weights.get(source) ?? 0) + weightOf(text));
        count++;
        length += text.length;
        last = Number(row.id);
        if (length >= characters) break;
      }
      if (rows.length < most) break;
    }
    if (count > 0) this.#statements.delete.run(from, last);
    return { count, characters: length, weights };
  }

  /** Removes a message from the index of words, and returns its text. */
  #unindex({ id, text: column, stored_at: storedAt }: Row): string {
    const text = fromColumn(column);
    this.words.remove(id!, text, storedAt);
    return text;
  }

  /** The weight of messages of a room from one offset to another, at most `limit` of them, by contributor. */
  weigh(room: number, from: number, to: number, limit: number): Map<number, number> {
    const weights = new Map<number, number>();
    for (const row of this.#statements.weigh.all(rowId(room, from), rowId(room, to), limit)) {
      const source = row.era === this.#era ? Number(row.source) : 0;
      weights.set(source, (weights.get(source) ?? 0) + Number(row.weight));
    }
    return weights;
  }

  /** The offset of the oldest message of a room. */
  first(room: number): number | undefined {
    const row = this.#statements.oldestRow.get(rowId(room, 0), rowId(room + 1, 0));
    return row === undefined ? undefined : offsetOf(Number(row.id));
  }

  /** The oldest messages from one offset to another, both included, oldest first. */
  oldest(room: number, from: number, to: number, limit: number): StoredMessage[] {
    return this.#statements.oldest.all(rowId(room, from), rowId(room, to), limit)
      .map(this.#toMessage);
  }

  /** The newest messages from one offset to another, both included, newest first. */
  newest(room: number, from: number, to: number, limit: number): StoredMessage[] {
    return this.#statements.newest.all(rowId(room, from), rowId(room, to), limit)
      .map(this.#toMessage);
  }

  /**
   * When the oldest messages of a room were stored, from an offset on and at most `limit`. A message without a stored time
   * whose own time is in the future was stored no later than the next one with a known time.
   */
  times(room: number, from: number, limit: number): number[] {
    const rows = this.#statements.times.all(rowId(room, from), rowId(room + 1, 0), limit);
    const times: number[] = new Array(rows.length);
    let later = this.#migrated ?? 0;
    for (let i = rows.length - 1; i >= 0; i--) times[i] = later = this.#timeOf(rows[i]!) ?? later;
    return times;
  }

  /** The era in which a message was appended. */
  era(room: number, offset: number): number | undefined {
    const era = this.#statements.era.get(rowId(room, offset))?.era;
    return era === undefined ? undefined : Number(era);
  }

  /** The offset of the message with this client id in a room. */
  find(room: number, clientId: string): number | undefined {
    const row = this.#statements.find.get(toColumn(clientId), rowId(room, 0), rowId(room + 1, 0));
    return row === undefined ? undefined : offsetOf(Number(row.id));
  }

  /** The room of the newest message with this client id. */
  roomOf(clientId: string): string | undefined {
    const row = this.#statements.roomOf.get(toColumn(clientId));
    return row === undefined ? undefined : fromColumn(row.name);
  }

  /** The newest offsets from one to another, both included, of messages that contain a word; see `WordIndex.matching`. */
  matching(room: number, word: string, from: number, to: number, limit: number): number[] {
    return this.words.matching(word, rowId(room, from), rowId(room, to), limit).map(offsetOf);
  }

  readonly #toMessage = (row: Row): StoredMessage => ({
    offset: offsetOf(Number(row.id)),
    sender: row.era === this.#era ? Number(row.sender) : 0,
    name: row.name === null ? null : fromColumn(row.name),
    address: fromColumn(row.address),
    ...(row.account === null ? {} : { account: fromColumn(row.account) }),
    time: Number(row.time),
    action: row.action !== 0,
    text: fromColumn(row.text),
    clientId: row.client_id === null ? null : fromColumn(row.client_id),
  });

  /** All bans, in the order in which they were added. */
  bans(): StoredBan[] {
    const rows = this.#database.prepare("SELECT * FROM bans ORDER BY rowid").all();
    return rows.map(({ target, name, network, since, until, by, reason, imposed }) => ({
      ban: {
        target: fromColumn(target),
        name: name === null ? undefined : fromColumn(name),
        network: network === null ? undefined : fromColumn(network),
        since: Number(since),
        until: until === null ? undefined : Number(until),
        by: fromColumn(by),
        reason: fromColumn(reason),
      },
      // Older versions stored the time of the wall clock only.
      imposed: imposed === null
        ? Math.min(Number(since), this.#migrated ?? Infinity)
        : Number(imposed),
    }));
  }

  putBan({ ban: { target, name, network, since, until, by, reason }, imposed }: StoredBan): void {
    this.#statements.putBan.run(
      target,
      name ?? null,
      network ?? null,
      since,
      until ?? null,
      by,
      reason,
      imposed,
    );
  }

  deleteBan(target: string): void {
    this.#statements.deleteBan.run(target);
  }

  /** Closes the file, after moving its write-ahead log into it if possible. */
  close(): void {
    this.#database.close();
  }
}
