/**
 * What went wrong, in words: errors of SQLite and of the runtime as a state that a person can do something about.
 *
 * Not every call of `node:sqlite` gives its errors a code (`exec` does not), but each has SQLite's own text.
 * @module
 */

const STATES: readonly (readonly [sign: string, state: string])[] = [
  ["database is locked", "another process has it open"],
  ["readonly database", "it is read-only"],
  ["not a database", "it is not a database"],
  ["malformed", "it is corrupt"],
  ["vtable constructor failed", "it is corrupt"], // that of the index of words
  ["disk is full", "the disk is full"],
  ["unable to open", "it cannot be opened or created"],
  ["disk I/O error", "the disk does not read or write it"],
];

/** SQLITE_IOERR_LOCK: what comes of locking a file that could be opened for reading only. */
const LOCK_FAILED = 3_850;

/** A history cannot be opened. The message is one line for people, "Cannot open history 'chat.db': ...". */
export class HistoryError extends Error {
  /** Tells it from other errors, also where there is only text. */
  override readonly name = "HistoryError";
}

/** A problem that is found here, not by SQLite: its message is the state. */
export class StorageError extends Error {
  override readonly name = "Problem";
}

/** The state that an error means, for a message like "Cannot write history 'chat.db': the disk is full". */
export function stateOf(error: unknown): string {
  if (error instanceof Deno.errors.NotCapable) {
    return "it needs --allow-read and --allow-write for this path";
  }
  if (error instanceof Error && "errcode" in error && error.errcode === LOCK_FAILED) {
    return "it is read-only, or its disk knows no locks";
  }
  const message = error instanceof Error ? error.message : String(error);
  const known = STATES.find(([sign]) => message.includes(sign));
  return known?.[1] ?? message.replaceAll(/\s+/g, " ");
}

/** Whether the content of the file is broken, so that nothing but another file helps. */
export function isCorrupt(error: unknown): boolean {
  return error instanceof Error &&
    /malformed|not a database|vtable constructor failed/.test(error.message);
}
