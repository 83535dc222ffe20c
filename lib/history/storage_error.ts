/**
 * Errors of SQLite and of the runtime, described as something that an operator can act on.
 *
 * Some calls of `node:sqlite` (such as `exec`) throw errors without a code, but all errors have SQLite's text.
 * @module
 */

const DESCRIPTIONS: readonly (readonly [part: string, description: string])[] = [
  ["database is locked", "another process has it open"],
  ["readonly database", "it is read-only"],
  ["not a database", "it is not a database"],
  ["malformed", "it is corrupt"],
  ["vtable constructor failed", "it is corrupt"], // the index of words
  ["disk is full", "the disk is full"],
  ["unable to open", "it cannot be opened or created"],
  ["disk I/O error", "the disk does not read or write it"],
];

/** SQLITE_IOERR_LOCK, the result of locking a file that could only be opened for reading. */
const LOCK_FAILED = 3_850;

/** A history cannot be opened. The message is one line: "Cannot open history 'chat.db': ...". */
export class HistoryError extends Error {
  /** The name of the class, as stack traces show it. */
  override readonly name = "HistoryError";
}

/** The storage is unusable for a reason that SQLite does not check. The message describes it as {@linkcode describeError} does. */
export class StorageError extends Error {
  override readonly name = "StorageError";
}

/** A description for a message like "Cannot use history 'chat.db': the disk is full". */
export function describeError(error: unknown): string {
  if (error instanceof Deno.errors.NotCapable) {
    return "it needs --allow-read and --allow-write for this path";
  }
  if (error instanceof Error && "errcode" in error && error.errcode === LOCK_FAILED) {
    return "it is read-only, or its disk knows no locks";
  }
  const message = error instanceof Error ? error.message : String(error);
  const known = DESCRIPTIONS.find(([part]) => message.includes(part));
  return known?.[1] ?? message.replaceAll(/\s+/g, " ");
}

/** Whether the file is damaged, so that only another file helps. */
export function isCorrupt(error: unknown): boolean {
  return error instanceof Error &&
    /malformed|not a database|vtable constructor failed/.test(error.message);
}
