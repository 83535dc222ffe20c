/**
 * Opens a history in SQLite: in memory, or in a file.
 *
 * A file `chat.db` has its newest part beside it, in `chat.db-wal` and `chat.db-shm`, as long as it is open; after `close`
 * it is whole by itself. The process needs to be allowed to read and to write `chat.db`, and nothing else:
 * `--allow-read=chat.db --allow-write=chat.db`. No other server can open the file meanwhile; programs that read it can.
 * @module
 */
import type { History } from "../chat/history.ts";
import type { BanStore } from "../chat/moderation.ts";
import { identityOf, openDatabase } from "./database.ts";
import { HistoryError, stateOf } from "./storage_error.ts";
import {
  type HistoryClock,
  type HistoryEvents,
  SqliteHistory,
  type SqliteHistoryOptions,
} from "./sqlite_history.ts";
import { Tables } from "./tables.ts";
import type { TrustedClock } from "./trusted_clock.ts";

/** Messages that are kept of each room: some screens of them. */
const DEFAULT_LIMIT = 1_000;

/** How long messages are kept, in ms: seven days. */
const DEFAULT_AGE = 604_800_000;

/** Rooms that are kept; one takes about 300 bytes of memory. */
const DEFAULT_MAX_ROOMS = 10_000;

/** More rooms have no place in the tables, with those that wait to be deleted. */
const MOST_ROOMS = 100_000;

/** Bytes that the database may use: a server of some hundred MB should not be filled by its history. */
const DEFAULT_MEMORY = 67_108_864;

/** The same in a file. It takes half a second to check when it is opened. */
const DEFAULT_FILE = 1_073_741_824;

export interface HistoryOptions extends HistoryEvents {
  /** The file, made if there is none. @default in memory */
  readonly path?: string | undefined;
  /** Messages that are kept of each room. @default 1,000 */
  readonly limit?: number | undefined;
  /** How long messages are kept, in ms by the trusted clock. @default 7 days */
  readonly ageMs?: number | undefined;
  /** Bytes that the database may use; it may be some more for a moment. @default 64 MiB in memory, 1 GiB in a file */
  readonly maxBytes?: number | undefined;
  /** Rooms that are kept, with or without messages, up to 100,000. @default 10,000 */
  readonly maxRooms?: number | undefined;
  /**
   * The room that loses what it has last when there is too much: somebody who opens rooms without end pushes out what was
   * said in those that are silent, but not where everybody begins. @default none
   */
  readonly mainRoom?: string | undefined;
  readonly clock: HistoryClock;
}

/** A history and the bans beside it, with the clock by which both expire. */
export interface TimedHistory extends History, BanStore {
  readonly time: TrustedClock;
}

/**
 * Opens a history, or makes it.
 *
 * @throws {HistoryError} If the file cannot be opened: it is in use by another process, read-only, corrupt, not ours, of
 *   a newer version, on a full disk, or this process may not.
 * @throws {RangeError} If an option is out of its bounds.
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
    throw new HistoryError(`Cannot open history '${path}': ${stateOf(error)}`, { cause: error });
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
