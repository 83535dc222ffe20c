/**
 * The tables of a history, as calls: every statement of SQL that is run after the database is open stands here.
 *
 * Knows one open database and how rows look. It must never know what is pending, when something is to be done, or what
 * happens if it fails: every call may throw what SQLite throws.
 * @module
 */
import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import type { Message, StoredMessage } from "../chat/history.ts";
import type { StoredBan } from "../chat/moderation.ts";
import { transaction } from "./database.ts";
import { offsetOf, OFFSETS_PER_ROOM, rowId } from "./row_ids.ts";
import { SEARCHABLE_CHARACTERS, toIndexText } from "./search_text.ts";
import type { StoredTime } from "./trusted_clock.ts";

/** Messages looked at in one step of upgrading the index, and characters after which it ends: about 2 ms. */
const UPGRADED_ROWS = 128;
const UPGRADED_CHARACTERS = 8_192;

/** What a message weighs besides its characters, in bytes: its row, its name and address, its entries in the index. */
const ROW_WEIGHT = 128;

/** Messages read together to be deleted. The texts of a few may be read for nothing. */
const DELETED_AT_ONCE = 16;

/**
 * Pages of 4 kB that FTS5 merges with each batch, one or two milliseconds. Left to itself it merges some megabytes at a
 * time, which holds the event loop for 12 ms.
 */
const MERGED_PAGES = 24;

/** The number of segments on one level at which FTS5 merges all of them at once: far more than merging batch by batch leaves. */
const CRISIS_SEGMENTS = 64;

/** Earlier openings of the file whose offsets are still honored: somebody comes back after so many restarts. */
const MAX_EPOCHS = 100;

/** A room as the file knows it. */
export interface RoomRow {
  readonly id: number;
  readonly name: string;
  readonly topic: string;
  /** Offsets below this one were given out and are gone. */
  readonly first: number;
  /** The oldest offset in the table, and the newest; `written` is `stored - 1` if there is none. */
  readonly stored: number;
  readonly written: number;
  /** When the newest was stored, as far as that is known. */
  readonly time: number;
}

/** When a message was appended, and who contributed it. */
export interface Stamp {
  /** By the clock of `trusted_clock.ts`. */
  readonly storedAt: number;
  /** The number of its contributor in this era, see `contributors.ts`. */
  readonly source: number;
}

/** How much of what was deleted came from whom. */
export interface Deleted {
  readonly count: number;
  /** The length of their texts, in UTF-16 units. */
  readonly characters: number;
  /** The weight by the number of the contributor; what is of an earlier era is under 0. */
  readonly weights: ReadonlyMap<number, number>;
}

type Row = Record<string, SQLOutputValue>;

export class Tables {
  readonly #database: DatabaseSync;
  readonly #statements: ReturnType<typeof prepare>;
  readonly #eras: ReadonlyMap<string, number>;
  readonly #era: number;
  #ahead = false;
  #floor: number;
  /** What is known of the time of messages that were stored before that was noted. */
  #migrated: number | undefined;
  /** Up to which message the index is upgraded. */
  #upgraded: number;
  readonly #upgradeTo: number;
  #gaps: StoredTime["gaps"] | undefined;
  #gapsText = "[]";

  /**
   * Begins an era in an open database, whose tables are up to date.
   *
   * @param epoch The name of the era.
   */
  constructor(database: DatabaseSync, epoch: string) {
    this.#database = database;
    this.#statements = prepare(database);
    const meta = database.prepare("SELECT * FROM meta").get();
    this.#floor = Number(meta?.floor);
    this.#migrated = meta?.migrated === null ? undefined : Number(meta?.migrated);
    this.#upgraded = Number(meta?.upgraded);
    this.#upgradeTo = Number(meta?.upgrade_to);
    this.#era = this.transaction(() => this.#beginEra(epoch, meta?.ahead !== 0));
    const rows = database.prepare("SELECT epoch, era FROM eras").all();
    this.#eras = new Map(rows.map(({ epoch, era }) => [String(epoch), Number(era)]));
  }

  /** Those before it are forgotten if something of theirs was lost, and the oldest if there are many. */
  #beginEra(epoch: string, isAhead: boolean): number {
    const { lastInsertRowid } = this.#database.prepare(
      "INSERT INTO eras (era, epoch) SELECT coalesce(max(era), 0) + 1, ? FROM eras",
    ).run(epoch);
    const era = Number(lastInsertRowid);
    this.#database.prepare("DELETE FROM eras WHERE era <= ?")
      .run(isAhead ? era - 1 : era - MAX_EPOCHS);
    this.setAhead(false);
    this.#statements.configureWords.run("automerge", 0);
    this.#statements.configureWords.run("crisismerge", CRISIS_SEGMENTS);
    return era;
  }

  /** Whether the tables say that offsets were given out for messages that are not in them. */
  get ahead(): boolean {
    return this.#ahead;
  }

  /** No room that is not in the tables ever had an offset above this one. */
  get floor(): number {
    return this.#floor;
  }

  /** The number of an era that is known: the larger, the later. */
  eraOf(epoch: string): number | undefined {
    return this.#eras.get(epoch);
  }

  /** How much is in use: the place of what was deleted is not. */
  usedBytes(): number {
    return Number(this.#statements.usedBytes.get()?.bytes);
  }

  /** Does `action` as a whole or not at all. */
  transaction<T>(action: () => T): T {
    const [ahead, floor, upgraded] = [this.#ahead, this.#floor, this.#upgraded];
    try {
      return transaction(this.#database, action);
    } catch (error) {
      [this.#ahead, this.#floor, this.#upgraded] = [ahead, floor, upgraded];
      throw error;
    }
  }

  /**
   * The time that was stored last. A file from before there was one tells by its newest messages and bans when it was
   * written to; those that `wall`, the wall clock, has not reached do not count.
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

  /** They change once a run, and are stored with every batch. */
  #storedGaps(gaps: StoredTime["gaps"]): string {
    if (gaps !== this.#gaps) [this.#gaps, this.#gapsText] = [gaps, JSON.stringify(gaps)];
    return this.#gapsText;
  }

  setAhead(ahead: boolean): void {
    this.#statements.setAhead.run(ahead ? 1 : 0);
    this.#ahead = ahead;
  }

  setFloor(floor: number): void {
    this.#statements.setFloor.run(floor);
    this.#floor = floor;
  }

  /** All rooms, those silent for longest first. */
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

  /** When a message was stored. One from before that was noted was, as far as we know, stored when it was said. */
  #timeOf({ time, stored_at: storedAt }: Row): number | undefined {
    if (storedAt !== null) return Number(storedAt);
    return Number(time) > (this.#migrated ?? Infinity) ? undefined : Number(time);
  }

  putRoom(id: number, name: string, topic: string, first: number): void {
    this.#statements.putRoom.run(id, toColumn(name), toColumn(topic), first);
  }

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
      time,
      action,
      text,
      clientId,
      storedAt,
      source,
    );
    // As it will be read again, when it is taken out of the index.
    this.#statements.insertWords.run(id, toIndexText(message.text.toWellFormed()));
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

  /** Takes a message out of the index, exactly as it was put in; returns its text. */
  #unindex({ id, text, stored_at: storedAt }: Row): string {
    const said = fromColumn(text);
    if (storedAt === null && Number(id) > this.#upgraded) this.#statements.deleteRawWords.run(id!);
    else this.#statements.deleteWords.run(id!, toIndexText(said));
    return said;
  }

  /** How much each contributor has of the messages of a room from one offset to another, and of at most `limit`. */
  weigh(room: number, from: number, to: number, limit: number): Map<number, number> {
    const weights = new Map<number, number>();
    for (const row of this.#statements.weigh.all(rowId(room, from), rowId(room, to), limit)) {
      const source = row.era === this.#era ? Number(row.source) : 0;
      weights.set(source, (weights.get(source) ?? 0) + Number(row.weight));
    }
    return weights;
  }

  /** Whether the index has messages as an older version put them in. */
  get hasToUpgrade(): boolean {
    return this.#upgraded < this.#upgradeTo;
  }

  /**
   * Upgrades the index of the next few messages, inside of a transaction. A message without `stored_at` is in
   * the index as it is, one behind `meta.upgraded`; what `toIndexText` makes of it is put in its place. Most are the same.
   */
  upgradeIndex(): void {
    const rows = this.#statements.toUpgrade.all(this.#upgraded, this.#upgradeTo, UPGRADED_ROWS);
    let last = rows.length < UPGRADED_ROWS ? this.#upgradeTo : Number(rows.at(-1)!.id);
    let characters = 0;
    for (const { id, text, stored_at: storedAt } of rows) {
      if (storedAt !== null) continue;
      const indexed = toIndexText(fromColumn(text));
      if (indexed === text) continue;
      this.#statements.deleteRawWords.run(id!);
      this.#statements.insertWords.run(id!, indexed);
      characters += indexed.length;
      if (characters <= UPGRADED_CHARACTERS) continue;
      last = Number(id);
      break;
    }
    this.#statements.setUpgraded.run(last);
    this.#upgraded = last;
  }

  /** Merges a part of the word index. */
  mergeWords(): void {
    this.#statements.configureWords.run("merge", MERGED_PAGES);
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
   * When up to `limit` of the oldest messages of a room were stored, from an offset on. One from before that was noted
   * whose own time is in the future was stored no later than the next one whose time is known.
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

  find(room: number, clientId: string): number | undefined {
    const row = this.#statements.find.get(toColumn(clientId), rowId(room, 0), rowId(room + 1, 0));
    return row === undefined ? undefined : offsetOf(Number(row.id));
  }

  /** The room of a message with this id. */
  roomOf(clientId: string): string | undefined {
    const row = this.#statements.roomOf.get(toColumn(clientId));
    return row === undefined ? undefined : fromColumn(row.name);
  }

  /**
   * The newest offsets from one to another, both included, of messages with this word in them, newest first. `word` is a
   * query of one word, see `matchQuery`: what it costs does not depend on how much there is outside of that range.
   */
  matching(room: number, word: string, from: number, to: number, limit: number): number[] {
    return this.#statements.matching.all(word, rowId(room, from), rowId(room, to), limit)
      .map(({ rowid }) => offsetOf(Number(rowid)));
  }

  readonly #toMessage = (row: Row): StoredMessage => ({
    offset: offsetOf(Number(row.id)),
    sender: row.era === this.#era ? Number(row.sender) : 0,
    name: row.name === null ? null : fromColumn(row.name),
    address: fromColumn(row.address),
    time: Number(row.time),
    action: row.action !== 0,
    text: fromColumn(row.text),
    clientId: row.client_id === null ? null : fromColumn(row.client_id),
  });

  /** All bans, in the order in which they came. */
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
      // From before that was noted there is the wall clock's time only.
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

  /** Lets go of the file, with all of its log moved into it if that is possible. */
  close(): void {
    this.#database.close();
  }
}

function prepare(database: DatabaseSync) {
  const sql = (text: string) => database.prepare(text);
  return {
    usedBytes: sql(`
      SELECT (page_count - freelist_count) * page_size AS bytes
      FROM pragma_page_count, pragma_freelist_count, pragma_page_size`),
    setAhead: sql("UPDATE meta SET ahead = ?"),
    setTime: sql("UPDATE meta SET stamp = ?, wall = ?, gaps = ?, doubt = ?, migrated = ?"),
    setUpgraded: sql("UPDATE meta SET upgraded = ?"),
    toUpgrade: sql(`
      SELECT id, text, stored_at FROM messages WHERE id > ? AND id <= ? ORDER BY id LIMIT ?`),
    setFloor: sql("UPDATE meta SET floor = ?"),
    oldestRow: sql("SELECT id FROM messages WHERE id > ? AND id < ? ORDER BY id LIMIT 1"),
    newestRow: sql(
      "SELECT id, time, stored_at FROM messages WHERE id > ? AND id < ? ORDER BY id DESC LIMIT 1",
    ),
    putRoom: sql("INSERT OR REPLACE INTO rooms (id, name, topic, first) VALUES (?, ?, ?, ?)"),
    setFirst: sql("UPDATE rooms SET first = ? WHERE id = ?"),
    deleteRoom: sql("DELETE FROM rooms WHERE id = ?"),
    insert: sql(`
      INSERT INTO messages
        (id, era, sender, name, address, time, action, text, client_id, stored_at, source)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`),
    // Numbers arrive as floats. A key takes them for what they are; FTS5 has to be told.
    insertWords: sql("INSERT INTO words (rowid, text) VALUES (CAST(? AS INTEGER), ?)"),
    deleteWords: sql(
      "INSERT INTO words (words, rowid, text) VALUES ('delete', CAST(? AS INTEGER), ?)",
    ),
    // As every message was put in before scripts without spaces were looked for.
    deleteRawWords: sql(`
      INSERT INTO words (words, rowid, text)
      SELECT 'delete', id, substr(text, 1, ${SEARCHABLE_CHARACTERS}) FROM messages WHERE id = ?`),
    doomed: sql(`
      SELECT id, era, text, stored_at, source FROM messages
      WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?`),
    weigh: sql(`
      SELECT era, source, ${ROW_WEIGHT} + length(text) AS weight FROM messages
      WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?`),
    configureWords: sql("INSERT INTO words (words, rank) VALUES (?, CAST(? AS INTEGER))"),
    delete: sql("DELETE FROM messages WHERE id BETWEEN ? AND ?"),
    oldest: sql(`SELECT * FROM messages WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?`),
    newest: sql(
      `SELECT * FROM messages WHERE id BETWEEN ? AND ? ORDER BY id DESC LIMIT ?`,
    ),
    putBan: sql(`
      INSERT OR REPLACE INTO bans (target, name, network, since, until, by, reason, imposed)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)`),
    deleteBan: sql("DELETE FROM bans WHERE target = ?"),
    times: sql("SELECT time, stored_at FROM messages WHERE id >= ? AND id < ? ORDER BY id LIMIT ?"),
    era: sql("SELECT era FROM messages WHERE id = ?"),
    find: sql("SELECT id FROM messages WHERE client_id = ? AND id > ? AND id < ? LIMIT 1"),
    roomOf: sql(`
      SELECT rooms.name FROM messages JOIN rooms ON rooms.id = messages.id / ${OFFSETS_PER_ROOM}
      WHERE client_id = ? ORDER BY messages.id DESC LIMIT 1`),
    matching: sql(`
      SELECT rowid FROM words
      WHERE words MATCH ? AND rowid BETWEEN CAST(? AS INTEGER) AND CAST(? AS INTEGER)
      ORDER BY rowid DESC LIMIT ?`),
  };
}

/** About how many bytes a message takes. */
export function weightOf(text: string): number {
  return ROW_WEIGHT + text.length;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** A text with a NUL would come back cut off there; as bytes it does not. To the index of words both are the same. */
function toColumn(text: string): string | Uint8Array {
  return text.includes("\0") ? encoder.encode(text) : text;
}

function fromColumn(value: SQLOutputValue | undefined): string {
  return value instanceof Uint8Array ? decoder.decode(value) : String(value);
}
