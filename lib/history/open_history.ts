/**
 * Opens a history in SQLite, in memory or in a file.
 *
 * While a file `chat.db` is open, its newest part is in `chat.db-wal` and `chat.db-shm`; after `close` it is complete by
 * itself. The process needs the permissions `--allow-read=chat.db --allow-write=chat.db` and no others. Another server
 * cannot open the file meanwhile; other programs can read it.
 * @module
 */
import type { History, Message } from "../chat/history.ts";
import type { BanStore } from "../chat/moderation.ts";
import type { UserStore } from "../chat/users.ts";
import { identityOf, openDatabase } from "./database.ts";
import { describeError, HistoryError } from "./storage_error.ts";
import type { HistoryClock, HistoryEvents } from "./background_writer.ts";
import { SqliteHistory, type SqliteHistoryOptions } from "./sqlite_history.ts";
import { Tables } from "./tables.ts";
import type { TrustedClock } from "./trusted_clock.ts";

/** Messages kept of each room: some screens. */
const DEFAULT_LIMIT = 1_000;

/** How long messages are kept, in ms: seven days. */
const DEFAULT_AGE = 604_800_000;

/** Rooms kept, at about 300 bytes of memory each. */
const DEFAULT_MAX_ROOMS = 10_000;

/** The greatest `maxRooms`. With the rooms that wait to be deleted, the tables have no ids for more. */
const MOST_ROOMS = 100_000;

/** Bytes that a database in memory may use: 64 MiB, a small part of a small server. */
const DEFAULT_MEMORY = 67_108_864;

/** Bytes that a database in a file may use: 1 GiB, which takes half a second to check when it is opened. */
const DEFAULT_FILE = 1_073_741_824;

export interface HistoryOptions extends HistoryEvents {
  /** The file, created if there is none. @default in memory */
  readonly path?: string | undefined;
  /** Messages kept of each room. @default 1,000 */
  readonly limit?: number | undefined;
  /** How long messages are kept, in ms by the clock of `trusted_clock.ts`. @default 7 days */
  readonly ageMs?: number | undefined;
  /** Bytes that the database may use, exceeded only briefly. @default 64 MiB in memory, 1 GiB in a file */
  readonly maxBytes?: number | undefined;
  /** Rooms kept, with or without messages, at most 100,000. @default 10,000 */
  readonly maxRooms?: number | undefined;
  /** The room that loses messages last when the history is full, such as the lobby. @default none */
  readonly mainRoom?: string | undefined;
  readonly clock: HistoryClock;
}

/** A history, the bans and users stored with it, and the clock by which messages expire and bans end. */
export interface TimedHistory extends History, BanStore, UserStore {
  readonly time: TrustedClock;
  /**
   * Adds a message that was numbered elsewhere, and that is `age` ms old. If it is not the next one of the room, all that
   * the room had is gone.
   */
  insert(room: string, offset: number, message: Message, age: number, source?: string): void;
}

/**
 * Opens a history, or creates it.
 *
 * @throws {HistoryError} If the file cannot be opened: it is in use by another process, read-only, corrupt, of another
 *   program or a newer version, on a full disk, or not permitted to this process.
 * @throws {RangeError} If an option is out of range.
 */
export function openHistory(options: HistoryOptions): TimedHistory {
  const { path } = options;
  const settings = {
    ...options,
    limit: whole("limit", options.limit ?? DEFAULT_LIMIT),
    ageMs: whole("ageMs", options.ageMs ?? DEFAULT_AGE),
    maxBytes: whole(
      "maxBytes",
      options.maxBytes ?? (path === undefined ? DEFAULT_MEMORY : DEFAULT_FILE),
    ),
    maxRooms: whole("maxRooms", options.maxRooms ?? DEFAULT_MAX_ROOMS, MOST_ROOMS),
  };
  try {
    return open(path, settings);
  } catch (error) {
    throw new HistoryError(`Cannot open history '${path}': ${describeError(error)}`, {
      cause: error,
    });
  }
}

function open(path: string | undefined, options: SqliteHistoryOptions): TimedHistory {
  const epoch = crypto.randomUUID();
  const database = openDatabase(path);
  try {
    const identity = identityOf(path);
    const isInPlace = () => identityOf(path) === identity;
    return new SqliteHistory(
      { epoch, path, tables: new Tables(database, epoch), isInPlace },
      options,
    );
  } catch (error) {
    database.close();
    throw error;
  }
}

function whole(name: string, value: number, most = Number.MAX_SAFE_INTEGER): number {
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new RangeError(
    `Cannot open a history: ${name} is ${value}, not a whole number from 1 to ${most}`,
  );
}
