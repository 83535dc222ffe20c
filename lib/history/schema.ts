/**
 * The schema of a history database: how ids and texts are stored, and the migrations from older versions.
 *
 * `PRAGMA user_version` is the number of migrations that a file has been through. A released migration is never changed;
 * changes go into a new one after it.
 * @module
 */
import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import { StorageError } from "./storage_error.ts";

/** "bchn": distinguishes our files from the databases of other programs. */
const APPLICATION_ID = 0x6263686e;

/**
 * The most messages that a room can have in its lifetime: two years at 1,000 a second. The id of a message has 17 bits for
 * the room and 36 for the offset, so that it is an exact JavaScript number (below 2 ** 53).
 */
export const OFFSETS_PER_ROOM = 2 ** 36;

/** The greatest id of a room. The smallest is 1. */
export const MAX_ROOM_ID = 2 ** 17 - 1;

/** The id of a message. Messages of a room are adjacent in the table, in their order. */
export function rowId(room: number, offset: number): number {
  return room * OFFSETS_PER_ROOM + offset;
}

/** The offset of a message in its room. */
export function offsetOf(id: number): number {
  return id % OFFSETS_PER_ROOM;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** A text as a value to store. Text with a NUL would be cut off there when it is read, so it is stored as bytes. */
export function toColumn(text: string): string | Uint8Array {
  return text.includes("\0") ? encoder.encode(text) : text;
}

/** The text of a stored value. */
export function fromColumn(value: SQLOutputValue | undefined): string {
  return value instanceof Uint8Array ? decoder.decode(value) : String(value);
}

/**
 * `messages.id` is a {@linkcode rowId}, so that one tree serves pages, deletions and searches in a room. `words` is an index
 * without texts, see `word_index.ts`.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meta (ahead INTEGER NOT NULL, floor INTEGER NOT NULL);
  INSERT INTO meta VALUES (0, 0);
  CREATE TABLE eras (era INTEGER PRIMARY KEY, epoch TEXT NOT NULL);
  CREATE TABLE rooms (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, topic TEXT NOT NULL, first INTEGER NOT NULL
  );
  CREATE TABLE messages (
    id INTEGER PRIMARY KEY, era INTEGER NOT NULL, sender INTEGER NOT NULL, name TEXT,
    address TEXT NOT NULL, time INTEGER NOT NULL, action INTEGER NOT NULL, text TEXT NOT NULL,
    client_id TEXT
  );
  CREATE INDEX messages_by_client_id ON messages (client_id) WHERE client_id IS NOT NULL;
  CREATE VIRTUAL TABLE words USING fts5 (
    text, content = '', columnsize = 0, tokenize = 'unicode61 remove_diacritics 2'
  );
  `,
  `
  CREATE TABLE bans (
    target TEXT PRIMARY KEY, name TEXT, network TEXT, since INTEGER NOT NULL, until INTEGER,
    by TEXT NOT NULL, reason TEXT NOT NULL
  );
  `,
  // Adding columns rewrites no rows. In older messages they are NULL, and only `time` tells how old they are.
  // `meta.stamp` to `meta.doubt` are the state of `trusted_clock.ts`. Older messages with a `time` after `meta.migrated` are
  // from the future. The index of words is upgraded up to the message `meta.upgraded`, and is to be upgraded up to
  // `meta.upgrade_to`; see `WordIndex.upgrade`.
  `
  ALTER TABLE messages ADD COLUMN stored_at INTEGER;
  ALTER TABLE messages ADD COLUMN source INTEGER;
  ALTER TABLE bans ADD COLUMN imposed INTEGER;
  ALTER TABLE meta ADD COLUMN stamp INTEGER;
  ALTER TABLE meta ADD COLUMN wall INTEGER;
  ALTER TABLE meta ADD COLUMN gaps TEXT;
  ALTER TABLE meta ADD COLUMN doubt INTEGER;
  ALTER TABLE meta ADD COLUMN migrated INTEGER;
  ALTER TABLE meta ADD COLUMN upgraded INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE meta ADD COLUMN upgrade_to INTEGER NOT NULL DEFAULT 0;
  UPDATE meta SET upgrade_to = coalesce((SELECT max(id) FROM messages), 0);
  `,
  `
  ALTER TABLE messages ADD COLUMN account TEXT;
  CREATE TABLE users (
    key TEXT PRIMARY KEY, account TEXT NOT NULL, name TEXT, seen INTEGER NOT NULL
  );
  `,
];

/**
 * Upgrades a database to the newest schema, in the transaction of the caller.
 *
 * @throws {StorageError} If it has a newer schema or belongs to another program.
 */
export function migrate(
  database: DatabaseSync,
  migrations: readonly string[] = MIGRATIONS,
): void {
  const version = pragma(database, "user_version");
  checkOwner(database, version);
  if (version > migrations.length) {
    throw new StorageError(
      `it is of version ${version}, and this program knows no newer one than ${migrations.length}`,
    );
  }
  if (version === migrations.length) return;
  for (const migration of migrations.slice(version)) database.exec(migration);
  database.exec(
    `PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${migrations.length}`,
  );
}

/** The value of a numeric pragma. */
function pragma(database: DatabaseSync, name: string): number {
  return Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
}

function checkOwner(database: DatabaseSync, version: number): void {
  const owner = pragma(database, "application_id");
  if (owner === APPLICATION_ID) return;
  const isEmpty = version === 0 && owner === 0 &&
    database.prepare("SELECT 1 FROM sqlite_schema").get() === undefined;
  if (!isEmpty) throw new StorageError("it is the database of another program");
}
