/**
 * A SQLite database as a history needs it: opened for this process alone, checked, and set so that no call waits long.
 *
 * Knows files and settings, and nothing of rooms or messages.
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { Problem } from "./problems.ts";
import { migrate } from "./schema.ts";

/**
 * After so many pages of 4 kB in the write-ahead log they are moved into the database. Fewer make many small stalls, more
 * make a few long ones.
 */
const CHECKPOINT_PAGES = 500;

/** What is left of the write-ahead log on the disk after that, in bytes: twice what it usually grows to. */
const WAL_BYTES = 4_194_304;

/**
 * Opens a database, or makes one; without a path in memory.
 *
 * The lock is exclusive and held: two servers would both give out the next offset. It also saves the `-shm` file, and
 * with it a permission to think about. Nothing waits for a lock, since who holds it does so for good.
 *
 * @throws {Error} If it cannot be opened, read or written. See `stateOf`.
 */
export function openDatabase(path: string | undefined): DatabaseSync {
  const database = new DatabaseSync(path ?? ":memory:", { timeout: 0 });
  try {
    if (path !== undefined) setUpFile(database);
    // Once with a wait for the disk: from here on the file is known to take what is written.
    transaction(database, () => migrate(database));
    database.exec("PRAGMA synchronous = NORMAL");
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function setUpFile(database: DatabaseSync): void {
  // The order counts: only a lock that is exclusive before the log is used makes do without shared memory.
  database.exec("PRAGMA locking_mode = EXCLUSIVE");
  const { quick_check: check } = database.prepare("PRAGMA quick_check(1)").get() ?? {};
  if (check !== "ok") throw new Problem("it is corrupt");
  const { journal_mode: mode } = database.prepare("PRAGMA journal_mode = WAL").get() ?? {};
  if (mode !== "wal") throw new Problem("its disk knows no write-ahead log");
  database.exec(
    `PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}; PRAGMA journal_size_limit = ${WAL_BYTES}`,
  );
}

/** Does `action` as a whole or not at all. */
export function transaction<T>(database: DatabaseSync, action: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = action();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    rollBack(database);
    throw error;
  }
}

/** After some errors SQLite has done so already. */
function rollBack(database: DatabaseSync): void {
  try {
    if (database.isTransaction) database.exec("ROLLBACK");
  } catch {
    // What failed before is what counts.
  }
}

/** What tells the file at a path from another one that is put in its place; "" for one in memory. */
export function identityOf(path: string | undefined): string {
  if (path === undefined) return "";
  try {
    const { dev, ino } = Deno.statSync(path);
    return `${dev}:${ino}`;
  } catch {
    return "none";
  }
}
