/**
 * Opens SQLite databases for one server at a time, checks them, and configures them so that no call waits for long.
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { FileLock, HAS_FILE_LOCKS } from "./file_lock.ts";
import { StorageError } from "./storage_error.ts";
import { migrate } from "./schema.ts";

export { identityOf } from "./file_lock.ts";

/**
 * The number of 4 kB pages in the write-ahead log at which they are moved into the database. Fewer pages make many short
 * stalls; more make a few long ones.
 */
const CHECKPOINT_PAGES = 500;

/** The most bytes that the write-ahead log keeps on the disk after that: twice its usual size. */
const WAL_BYTES = 4_194_304;

/**
 * Opens a database, or creates it. Without a path it is in memory.
 *
 * No call waits for a lock: another server would hold it until it ends, and the event loop must not stall.
 *
 * @throws {Error} If it cannot be opened, read or written; `describeError` describes the error.
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
    // Waits for the disk once, which proves that the file can be written.
    transaction(database, () => migrate(database));
    database.exec("PRAGMA synchronous = NORMAL");
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** A database that releases its lock when it is closed. */
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
  // Without our own lock, SQLite's has to keep other servers out. It also keeps backup programs out.
  if (!HAS_FILE_LOCKS) database.exec("PRAGMA locking_mode = EXCLUSIVE");
  const { quick_check: check } = database.prepare("PRAGMA quick_check(1)").get() ?? {};
  if (check !== "ok") throw new StorageError("it is corrupt");
  const { journal_mode: mode } = database.prepare("PRAGMA journal_mode = WAL").get() ?? {};
  if (mode !== "wal") throw new StorageError("its disk knows no write-ahead log");
  database.exec(
    `PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}; PRAGMA journal_size_limit = ${WAL_BYTES}`,
  );
}

/** Runs `action` in a transaction, which is rolled back if it throws. */
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

/** After some errors SQLite has rolled back already. */
function rollBack(database: DatabaseSync): void {
  try {
    if (database.isTransaction) database.exec("ROLLBACK");
  } catch {
    // The error that led here is the one to report.
  }
}
