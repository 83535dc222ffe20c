/**
 * Decides when a history writes: in batches between which the event loop turns, soon after something changed, and again
 * later if the tables fail. Also looks for old messages, stores the time, and upgrades the index of an older file.
 * @module
 */
import type { StoredBan } from "../chat/moderation.ts";
import type { StoredUser } from "../chat/users.ts";
import { StorageHealth } from "./storage_health.ts";
import type { Tables } from "./tables.ts";
import type { TrustedClock } from "./trusted_clock.ts";
import { CAPACITY, FAILING_CAPACITY, type WriteBuffer } from "./write_buffer.ts";

/**
 * How long a message may wait before it is written to a file, in ms. A SIGKILL loses the messages of this time and of the
 * writing. A shorter wait costs more: each time the file is marked, written and unmarked.
 */
export const FLUSH_INTERVAL = 100;

/** The same in memory, where writing saves nothing: messages that their room drops before then are never written. */
const MEMORY_FLUSH_INTERVAL = 1_000;

/** The pause between two batches, in ms, so that the event loop turns. */
const BATCH_PAUSE = 1;

/** The most users that wait to be written while the tables fail: twice as many as are remembered. */
const MAX_USERS = 100_000;

/** The most users written in one batch: a millisecond. */
const USERS_AT_ONCE = 100;

/** The pause between two batches that only delete, in ms. With 64 messages each, 2,500 messages a second. */
const TRIM_PAUSE = 25;

/** How often old messages are looked for and the place of the file is checked, in ms. */
const SWEEP_INTERVAL = 1_000;

/** How often the time is stored while nothing is written, in ms. A killed process forgets no more of its time than this. */
export const TIME_INTERVAL = 60_000;

/** The pause between two steps of upgrading the index of words, in ms: 1,000,000 messages in 160 s. */
const UPGRADE_PAUSE = 20;

/** Cancels a timer. */
export type Cancel = () => void;

/** The clocks and timers that a history uses. */
export interface HistoryClock {
  /** Monotonic time in ms, from an arbitrary start. */
  now(): number;
  /** The wall clock, in milliseconds since 1970. It may be wrong, and jump; see `trusted_clock.ts`. */
  wall(): number;
  every(ms: number, action: () => void): Cancel;
  after(ms: number, action: () => void): Cancel;
}

/** Called while a history changes: the callbacks must not call it. */
export interface HistoryEvents {
  /** Messages are not stored as they should be. Called once, until everything works again; `problem` is one line. */
  readonly onFailure?: (problem: string) => void;
  /** Everything works again, and what was kept in memory is written. */
  readonly onRecovered?: () => void;
  /** A batch was written or failed; `took` is its time in ms. */
  readonly onBatch?: (took: number) => void;
  /** The wall clock jumped or cannot be trusted yet. The warning is one line. */
  readonly onDoubt?: (warning: string) => void;
}

/** An open set of tables. */
export interface Location {
  /** The epoch of this opening. */
  readonly epoch: string;
  /** The file; `undefined` for tables in memory. */
  readonly path: string | undefined;
  readonly tables: Tables;
  /** Whether the file is still at its path. SQLite goes on writing to a file that was deleted. */
  isInPlace(): boolean;
}

export interface BackgroundWriterOptions extends HistoryEvents {
  /** How long messages are kept, in ms. */
  readonly ageMs: number;
  readonly clock: HistoryClock;
}

export class BackgroundWriter {
  readonly health: StorageHealth;
  readonly #location: Location;
  readonly #tables: Tables;
  readonly #buffer: WriteBuffer;
  readonly #time: TrustedClock;
  readonly #options: BackgroundWriterOptions;
  readonly #flushInterval: number;
  readonly #cancelSweep: Cancel;
  /** Bans to be written, by target; `undefined` for one that is to be deleted. */
  readonly #bans = new Map<string, StoredBan | undefined>();
  /** Users to be written, by key; `undefined` for one who is to be deleted. */
  readonly #users = new Map<string, StoredUser | undefined>();
  #timeStoredAt: number;
  #cancelWork: Cancel | undefined;
  #cancelUpgrade: Cancel | undefined;
  /** The current run of batches ends when this many rows were dropped from the pending ones. */
  #goal = 0;
  #isClosed = false;

  constructor(
    location: Location,
    buffer: WriteBuffer,
    time: TrustedClock,
    options: BackgroundWriterOptions,
  ) {
    const { path, tables } = location;
    const { clock, onFailure, onRecovered } = options;
    this.#location = location;
    this.#tables = tables;
    this.#buffer = buffer;
    this.#time = time;
    this.#options = options;
    this.#timeStoredAt = clock.now();
    this.#flushInterval = path === undefined ? MEMORY_FLUSH_INTERVAL : FLUSH_INTERVAL;
    this.health = new StorageHealth({
      path,
      isInPlace: () => location.isInPlace(),
      onError: () => this.#retryLater(),
      onFailure,
      onRecovered,
    });
    this.#cancelSweep = clock.every(SWEEP_INTERVAL, () => this.#sweep());
  }

  /** Must be called before an offset is given out: marks the file as incomplete, see `sqlite_history.ts`. */
  beforeAppend(): void {
    if (this.#tables.ahead || this.#location.path === undefined) return;
    if (!this.health.isFailing) this.health.attempt(() => this.#tables.setAhead(true));
  }

  /** Must be called after a message was added to the buffer: keeps the buffer within its capacity. */
  afterAppend(): void {
    this.schedule();
    if (this.health.isFailing) this.#buffer.shed(FAILING_CAPACITY);
    else if (this.#buffer.exceeds(CAPACITY)) this.write();
  }

  /** Schedules the writing of what is in the buffer. */
  schedule(): void {
    this.#plan(this.#flushInterval);
  }

  /** Writes a ban, or deletes it if there is none: now, since bans are few and matter, or later if the tables fail. */
  changeBan(target: string, ban: StoredBan | undefined): void {
    this.#bans.set(target, ban);
    if (!this.health.isFailing) this.health.attempt(() => this.#writeBans());
  }

  #writeBans(): void {
    for (const [target, ban] of this.#bans) {
      if (ban === undefined) this.#tables.deleteBan(target);
      else this.#tables.putBan(ban);
      this.#bans.delete(target);
    }
  }

  /** Writes a user, or deletes them if there is none, with the next batch: many may come at once. */
  changeUser(key: string, user: StoredUser | undefined): void {
    this.#users.set(key, user);
    const [oldest] = this.#users.keys();
    if (this.#users.size > MAX_USERS) this.#users.delete(oldest!);
    this.schedule();
  }

  /** Writes at most one batch of users. */
  #writeUsers(): void {
    if (this.#users.size === 0) return;
    const batch = [...this.#users.entries().take(USERS_AT_ONCE)];
    this.#tables.transaction(() => {
      for (const [key, user] of batch) {
        if (user === undefined) this.#tables.users.delete(key);
        else this.#tables.users.put(user);
      }
    });
    for (const [key] of batch) this.#users.delete(key);
  }

  /** Runs the next work after `ms`, or earlier if that is planned already. */
  #plan(ms: number): void {
    if (this.health.isCorrupt) return;
    this.#cancelWork ??= this.#options.clock.after(ms, () => {
      this.#cancelWork = undefined;
      this.#work();
    });
  }

  #retryLater(): void {
    this.#cancelWork?.();
    this.#cancelWork = undefined;
    if (!this.#isClosed) this.#plan(this.health.retryDelay);
  }

  /**
   * Writes or deletes a part, and plans the next one. Messages appended during a run of batches wait for the next run, so
   * that their room drops most messages of a flood before they are written.
   */
  #work(): void {
    const { pending } = this.#buffer;
    if (pending.dropped >= this.#goal) this.#goal = pending.dropped + pending.length;
    if (!this.write()) this.#plan(this.health.retryDelay);
    else if (pending.dropped < this.#goal) this.#plan(BATCH_PAUSE);
    else if (this.#buffer.isBehind || this.#users.size > 0) this.#plan(this.#flushInterval);
    else if (this.#buffer.hasToTrim) this.#plan(TRIM_PAUSE);
  }

  /** Writes one batch. Returns false if that failed. */
  write(): boolean {
    const start = performance.now();
    const isDone = this.health.attempt(() => {
      this.#writeBans();
      this.#writeUsers();
      this.#buffer.write(this.#tables);
    });
    this.#options.onBatch?.(performance.now() - start);
    if (isDone && !this.#buffer.isBehind) this.health.recover();
    return isDone;
  }

  #sweep(): void {
    this.health.checkFile();
    const { clock, ageMs } = this.#options;
    // Messages are stamped with the time of the last sweep, so one may be younger than it seems by one interval.
    const oldest = this.#time.oldest(ageMs + SWEEP_INTERVAL);
    if (this.health.isFailing) return;
    if (clock.now() - this.#timeStoredAt >= TIME_INTERVAL) {
      this.health.attempt(() => this.#storeTime());
    }
    this.#planUpgrade();
    this.health.attempt(() => this.#buffer.expire(this.#tables, oldest));
    if (this.#buffer.hasToTrim) this.#plan(TRIM_PAUSE);
  }

  #storeTime(): void {
    this.#tables.setTime(this.#time.toStored());
    this.#timeStoredAt = this.#options.clock.now();
  }

  /** Upgrades the index of an older file step by step. Searches find more with each step. */
  #planUpgrade(): void {
    if (!this.#tables.words.hasToUpgrade || this.#isClosed) return;
    this.#cancelUpgrade ??= this.#options.clock.after(UPGRADE_PAUSE, () => {
      this.#cancelUpgrade = undefined;
      if (this.health.isFailing) return; // a later sweep continues
      const isDone = this.health.attempt(() => {
        this.#tables.transaction(() => this.#tables.words.upgrade());
      });
      if (isDone) this.#planUpgrade();
    });
  }

  /** Writes everything and closes the tables. A second call does nothing. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelSweep();
    this.#cancelWork?.();
    this.#cancelUpgrade?.();
    this.health.attempt(() => this.#writeBans());
    // Also if the tables failed before: this is the last chance.
    while ((this.#buffer.isBehind || this.#users.size > 0) && this.write());
    this.health.attempt(() => this.#storeTime());
    this.#tables.close();
  }
}
