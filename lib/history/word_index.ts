/**
 * The full-text index of the messages, an FTS5 table without a copy of the texts. An entry must be removed with exactly
 * the text that it was inserted with; `search_text.ts` derives that from the message.
 *
 * Every call may throw what SQLite throws.
 * @module
 */
import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { fromColumn } from "./schema.ts";
import { SEARCHABLE_CHARACTERS, toIndexText } from "./search_text.ts";

/** Messages examined in one step of upgrading the index, and indexed characters after which a step ends: about 2 ms. */
const UPGRADED_ROWS = 128;
const UPGRADED_CHARACTERS = 8_192;

/**
 * Pages of 4 kB that FTS5 writes when it merges segments with each batch. Left to itself it merges some megabytes at a
 * time, which holds the event loop for 12 ms. A page takes about 50 us, and many times as long where most of the merged
 * entries were removed: the number adapts to the time between these bounds.
 */
const MIN_MERGED_PAGES = 6;
const MAX_MERGED_PAGES = 24;

/** A merge that took longer than this, in ms, halves the number of pages; any other raises it by one. */
const MERGE_TIME = 1.5;

/**
 * The number of segments on one level at which FTS5 merges all of them at once. Merging with each batch leaves far fewer.
 */
const CRISIS_SEGMENTS = 64;

export class WordIndex {
  readonly #statements: ReturnType<typeof prepare>;
  /** The index is upgraded up to the message with this id. A caller that rolls a transaction back restores the value. */
  upgraded: number;
  /** Messages with greater ids were indexed by this version. */
  readonly #upgradeTo: number;
  #mergedPages = MAX_MERGED_PAGES;

  constructor(database: DatabaseSync, upgraded: number, upgradeTo: number) {
    this.#statements = prepare(database);
    this.upgraded = upgraded;
    this.#upgradeTo = upgradeTo;
  }

  /** Configures how FTS5 merges segments. The settings are stored in the file. */
  configure(): void {
    this.#statements.configure.run("automerge", 0);
    this.#statements.configure.run("crisismerge", CRISIS_SEGMENTS);
  }

  /** Adds a message, with its text as reading it from the tables will return it. */
  insert(id: number, text: string): void {
    this.#statements.insert.run(id, toIndexText(text));
  }

  /** Removes a message. `storedAt` is null if a version without upgrades wrote it. */
  remove(id: SQLInputValue, text: string, storedAt: unknown): void {
    if (storedAt === null && Number(id) > this.upgraded) this.#statements.removeRaw.run(id);
    else this.#statements.remove.run(id, toIndexText(text));
  }

  /** Merges a part of the index. */
  merge(): void {
    const start = performance.now();
    this.#statements.configure.run("merge", this.#mergedPages);
    const next = performance.now() - start > MERGE_TIME
      ? Math.floor(this.#mergedPages / 2)
      : this.#mergedPages + 1;
    this.#mergedPages = Math.min(MAX_MERGED_PAGES, Math.max(MIN_MERGED_PAGES, next));
  }

  /**
   * The ids from `from` to `to`, both included, of messages that contain a word, newest first, at most `limit`. `word` is a
   * query of one word, see `match_query.ts`: its cost does not depend on the number of messages outside of the range.
   */
  matching(word: string, from: number, to: number, limit: number): number[] {
    return this.#statements.matching.all(word, from, to, limit).map(({ rowid }) => Number(rowid));
  }

  /** Whether the index contains messages as an older version inserted them. */
  get hasToUpgrade(): boolean {
    return this.upgraded < this.#upgradeTo;
  }

  /**
   * Upgrades the index for the next few messages, in the transaction of the caller. Older versions indexed messages as
   * they are, those without `stored_at`; they are replaced by what `toIndexText` returns. For most it is the same.
   */
  upgrade(): void {
    const rows = this.#statements.toUpgrade.all(this.upgraded, this.#upgradeTo, UPGRADED_ROWS);
    let last = rows.length < UPGRADED_ROWS ? this.#upgradeTo : Number(rows.at(-1)!.id);
    let characters = 0;
    for (const { id, text, stored_at: storedAt } of rows) {
      if (storedAt !== null) continue;
      const indexed = toIndexText(fromColumn(text));
      if (indexed === text) continue;
      this.#statements.removeRaw.run(id!);
      this.#statements.insert.run(id!, indexed);
      characters += indexed.length;
      if (characters <= UPGRADED_CHARACTERS) continue;
      last = Number(id);
      break;
    }
    this.#statements.setUpgraded.run(last);
    this.upgraded = last;
  }
}

function prepare(database: DatabaseSync) {
  const sql = (text: string) => database.prepare(text);
  return {
    configure: sql("INSERT INTO words (words, rank) VALUES (?, CAST(? AS INTEGER))"),
    // Numbers are bound as floats. Keys convert them; FTS5 needs a cast.
    insert: sql("INSERT INTO words (rowid, text) VALUES (CAST(? AS INTEGER), ?)"),
    remove: sql("INSERT INTO words (words, rowid, text) VALUES ('delete', CAST(? AS INTEGER), ?)"),
    // As versions that did not treat scripts without spaces inserted every message.
    removeRaw: sql(`
      INSERT INTO words (words, rowid, text)
      SELECT 'delete', id, substr(text, 1, ${SEARCHABLE_CHARACTERS}) FROM messages WHERE id = ?`),
    matching: sql(`
      SELECT rowid FROM words
      WHERE words MATCH ? AND rowid BETWEEN CAST(? AS INTEGER) AND CAST(? AS INTEGER)
      ORDER BY rowid DESC LIMIT ?`),
    toUpgrade: sql(`
      SELECT id, text, stored_at FROM messages WHERE id > ? AND id <= ? ORDER BY id LIMIT ?`),
    setUpgraded: sql("UPDATE meta SET upgraded = ?"),
  };
}
