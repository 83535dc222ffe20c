/**
 * A lock that reserves a history file for one server, since two would give out the same offsets. Other programs may still
 * read the file, so that it can be backed up while the server runs.
 *
 * SQLite's own locks cannot do that: its exclusive mode keeps readers out, and its normal mode lets all programs write.
 * @module
 */
import { StorageError } from "./storage_error.ts";

const IN_USE = "another process has it open";

/**
 * Whether a lock of the whole file is independent of SQLite's own locks. Only Linux guarantees that: on macOS they would
 * block each other, and on Windows SQLite could not read.
 */
export const HAS_FILE_LOCKS = Deno.build.os === "linux";

/**
 * The files that this process has locked. They must not be opened again, not even to try the lock: closing any descriptor
 * of a file releases SQLite's locks on it (https://sqlite.org/howtocorrupt.html, 2.2).
 */
const locked = new Set<string>();

export class FileLock {
  readonly #file: Deno.FsFile;
  readonly #identity: string;

  private constructor(file: Deno.FsFile, identity: string) {
    this.#file = file;
    this.#identity = identity;
    locked.add(identity);
  }

  /**
   * Locks a file, which is created if there is none. Returns `undefined` if it cannot be opened for writing: opening it
   * with SQLite will report why.
   *
   * @throws {StorageError} If another server has locked it.
   * @throws {Deno.errors.NotCapable} If the process may not read and write it.
   */
  static take(path: string): FileLock | undefined {
    if (locked.has(identityOf(path))) throw new StorageError(IN_USE);
    let file: Deno.FsFile;
    try {
      file = Deno.openSync(path, { read: true, write: true, create: true, mode: 0o644 });
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      return undefined;
    }
    if (file.tryLockSync(true)) return new FileLock(file, identityOf(path));
    file.close();
    throw new StorageError(IN_USE);
  }

  /** Must be called only after SQLite has closed the file. */
  release(): void {
    locked.delete(this.#identity);
    this.#file.close();
  }
}

/** Identifies the file at a path, to detect that another one took its place; "" for a database in memory. */
export function identityOf(path: string | undefined): string {
  if (path === undefined) return "";
  try {
    const { dev, ino } = Deno.statSync(path);
    return `${dev}:${ino}`;
  } catch {
    return "none";
  }
}
