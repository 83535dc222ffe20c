/**
 * Keeps a history file to one server: two would give out the same offsets. Other programs may still read the file, so
 * that it can be backed up while the server runs.
 *
 * SQLite's own locks cannot do that. Its exclusive mode keeps everybody out, and its normal mode lets everybody write.
 * @module
 */
import { StorageError } from "./storage_error.ts";

const IN_USE = "another process has it open";

/**
 * Whether a lock of the whole file leaves SQLite's own locks alone. Only Linux promises that; on macOS the two would wait
 * for each other, and on Windows SQLite could not read.
 */
export const HAS_FILE_LOCKS = Deno.build.os === "linux";

/**
 * The files that this process has locked. They must not be opened again: to close any descriptor of a file releases the
 * locks that SQLite has on it (https://sqlite.org/howtocorrupt.html, 2.2), so `tryLock` comes too late to tell.
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
   * Locks a file, and makes it if there is none. Returns `undefined` if it cannot be opened for writing, for SQLite to
   * say why.
   *
   * @throws {StorageError} If another server has it.
   * @throws {Deno.errors.NotCapable} If the process is not allowed to read and write it.
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

  /** To be called when SQLite has closed the file, and not before. */
  release(): void {
    locked.delete(this.#identity);
    this.#file.close();
  }
}

/** Tells the file at a path from another one that is put in its place; "" for a database in memory. */
export function identityOf(path: string | undefined): string {
  if (path === undefined) return "";
  try {
    const { dev, ino } = Deno.statSync(path);
    return `${dev}:${ino}`;
  } catch {
    return "none";
  }
}
