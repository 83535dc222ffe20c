/**
 * A SQLite database as a history needs it: opened by one server at a time, checked, and set so that no call waits long.
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { FileLock, HAS_FILE_LOCKS } from "./file_lock.ts";
import { StorageError } from "./storage_error.ts";
import { migrate } from "./schema.ts";

export { identityOf } from "./file_lock.ts";

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
 * Nothing waits for a lock: a server holds its own until it ends, and the event loop must not stand still.
 *
 * @throws {Error} If it cannot be opened, read or written. See `stateOf`.
 */
export function openDatabase(path: string | undefined): DatabaseSync {
  const lock = path === undefined || !HAS_FILE_LOCKS ? undefined : FileLock.take(path);
  let database: Database;
  try {
    database = new Database(path ?? ":memory:", lock);
  } catch (error) {
    lock?.release();
    throw error;
  }
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

/** A database that lets go of its lock when it is closed. */
class Database extends DatabaseSync {
  readonly #lock: FileLock | undefined;

  constructor(path: string, lock: FileLock | undefined) {
    super(path, { timeout: 0 });
    this.#lock = lock;
  }

  override close(): void {
    super.close();
    this.#lock?.release();
  }
}

function setUpFile(database: DatabaseSync): void {
  // Without a lock of our own SQLite's has to keep others out, and with it all who want to make a backup.
  if (!HAS_FILE_LOCKS) database.exec("PRAGMA locking_mode = EXCLUSIVE");
  const { quick_check: check } = database.prepare("PRAGMA quick_check(1)").get() ?? {};
  if (check !== "ok") throw new StorageError("it is corrupt");
  const { journal_mode: mode } = database.prepare("PRAGMA journal_mode = WAL").get() ?? {};
  if (mode !== "wal") throw new StorageError("its disk knows no write-ahead log");
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
