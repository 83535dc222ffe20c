/**
 * How the tables of a history look, and how those of an older version become those of this one.
 *
 * `PRAGMA user_version` is the number of migrations that a file has been through. A migration that was ever released is
 * never changed: what is to be different goes into a new one behind it.
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { StorageError } from "./storage_error.ts";

/** "bchn": tells our files from the databases of other programs. */
const APPLICATION_ID = 0x6263686e;

/**
 * `messages.id` is room and offset in one number (see `row_ids.ts`), so one tree serves pages, trimming and searching in
 * one room, and no other index is needed for them. `words` holds the index of the words only, no text; what is taken out
 * of it must be told again exactly as it was put in, see `search_text.ts`.
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
  // Added columns cost no rewriting. In messages from before they are NULL, and `time` is all that is known of their age.
  // `meta.stamp` to `meta.doubt` are the time of `trusted_clock.ts`; older messages with a time behind `meta.migrated` are
  // from the future. The index of words is upgraded up to the message `meta.upgraded`, of those up to
  // `meta.upgrade_to`; see `Tables.upgradeIndex`.
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
];

/**
 * Brings the tables to the newest version, inside of the transaction of the caller.
 *
 * @throws {StorageError} If they are of a newer version, or not ours.
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

/** The value of a pragma that is a number. */
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
