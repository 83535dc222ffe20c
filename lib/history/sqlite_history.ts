/**
 * A history in SQLite, in memory or in a file: what is appended is kept in memory for a moment, and written in batches.
 * If the file fails it stays in memory, within bounds, until the file works again.
 *
 * ## Offsets after a crash
 *
 * A client is told the offset of a message before the message is in the file, so a crash may lose messages whose offsets
 * are known. What is appended after the restart gets the same offsets again, and a client that goes on from one of them
 * must not be given other messages as the continuation of what it saw. Two things are to be held apart:
 *
 * **Does the offset mean the same message?** Each opening of a file is an era with an epoch of its own, and each message
 * is stored with its era. Within an era no offset is given twice, so an epoch never has an offset with two meanings: not
 * after SIGKILL, not after a power failure that takes back what was committed, not after a file is put back from
 * a backup. An offset from an earlier epoch means the same today exactly if the message that has it now was appended in
 * that era or before it. That is looked up, so a restart keeps the continuity of everybody who saw only what was saved.
 *
 * **Was nothing lost behind it?** If something was, the room goes on without it, and who asks for what followed would
 * never learn of it. So before the first offset of a batch is given out the file is marked as being behind (`ahead`),
 * and the transaction that writes the last of the batch takes that mark away. A file that is opened with the mark lost
 * something: nobody can go on from an earlier era, and all of them are forgotten. A SIGKILL at a moment at which
 * everything is written leaves no mark, and everybody can go on. (Two losses may remain untold, offsets are not confused
 * even then: those by a power failure, since forcing the mark onto the disk would take milliseconds for each batch, and
 * those of a process that is killed while its file can take no mark, being full.)
 *
 * An in-memory store starts with nothing, under an epoch that nobody knows.
 *
 * Knows when something is done, and what happens if the tables fail. It must never know how a database is opened, who
 * said something, or who listens.
 * @module
 */
import type {
  Found,
  History,
  Message,
  Page,
  PageQuery,
  RoomSummary,
  Steps,
  StoredMessage,
} from "../chat/history.ts";
import type { BanStore, StoredBan } from "../chat/moderation.ts";
import { CAPACITY, FAILING_CAPACITY, type LedgerOptions, WriteBuffer } from "./write_buffer.ts";
import { foldedWords, hasPhrase, type MatchQuery, matchQuery } from "./match_query.ts";
import { MAX_PAGE_CHARACTERS, newestPage, oldestPage } from "./pages.ts";
import { isCorrupt, stateOf } from "./storage_error.ts";
import type { Tables } from "./tables.ts";
import { TrustedClock } from "./trusted_clock.ts";
import { findWords, type ReadWord } from "./word_search.ts";

/**
 * How long, in ms, a message may wait before its writing to a file begins: what a SIGKILL loses, with the time that the
 * writing takes. Shorter costs more: each time the file is marked, written to and unmarked.
 */
export const FLUSH_INTERVAL = 100;

/** The same in memory, where nothing is saved by it: what is pushed out of its room before then is never written. */
const LAZY_FLUSH_INTERVAL = 1_000;

/** Between two batches, in ms: the event loop turns. */
const BATCH_PAUSE = 1;

/** Between two steps of deleting, in ms: 5,000 messages a second. */
const TRIM_PAUSE = 50;

/** How often, in ms, old messages are looked for, and the file is. */
const SWEEP_INTERVAL = 1_000;

/** How often, in ms, the time is stored while nothing is written: a process that is killed forgets no more of it. */
export const TIME_INTERVAL = 60_000;

/** Between two steps of upgrading the index of words, in ms: 128 messages a step, 1,000,000 in 160 s. */
const UPGRADE_PAUSE = 20;

/** How long after a failure it is tried again, in ms: at first, and at most. Each time twice as long. */
const FIRST_RETRY = 1_000;
const LAST_RETRY = 60_000;

/** More messages are not found by one search: more than anybody reads. */
const MAX_FOUND = 100;

/** Cancels what was to be done. */
export type Cancel = () => void;

/** The time as a history needs it. */
export interface HistoryClock {
  /** Milliseconds from whatever beginning; never goes back. */
  now(): number;
  /** The wall clock, in milliseconds since 1970. It may be wrong, and jump; see `trusted_clock.ts`. */
  wall(): number;
  every(ms: number, action: () => void): Cancel;
  after(ms: number, action: () => void): Cancel;
}

/** What a history tells. The callbacks must not call it: they come out of the middle of what it does. */
export interface HistoryEvents {
  /** What is appended does not go where it should: told once, until all is well again. */
  readonly onFailure?: (problem: string) => void;
  /** All is well again, and what was kept in memory is written. */
  readonly onRecovered?: () => void;
  /** A batch is written, or failed to be: how many milliseconds that took. */
  readonly onBatch?: (took: number) => void;
  /** The wall clock jumped, or cannot be believed yet: one line for people, seldom. */
  readonly onDoubt?: (warning: string) => void;
}

/** Where a history is kept. */
export interface Place {
  readonly epoch: string;
  /** The file, if it is one. */
  readonly path: string | undefined;
  readonly tables: Tables;
  /** Whether the file is still where it was: SQLite goes on writing into one that is deleted. */
  isInPlace(): boolean;
}

export interface SqliteHistoryOptions extends LedgerOptions, HistoryEvents {
  /** How long messages are kept, in ms. */
  readonly ageMs: number;
  readonly clock: HistoryClock;
}

export class SqliteHistory implements History, BanStore {
  readonly #place: Place;
  readonly #tables: Tables;
  readonly #ledger: WriteBuffer;
  readonly #options: SqliteHistoryOptions;
  readonly #flushInterval: number;
  readonly #cancelSweep: Cancel;
  /** What is to be written of bans, by target: a ban, or that it is lifted. */
  readonly #bans = new Map<string, StoredBan | undefined>();
  /** By this it is told what is too old, and how long bans last. */
  readonly time: TrustedClock;
  #timeStoredAt: number;
  #cancelWork: Cancel | undefined;
  #cancelUpgrade: Cancel | undefined;
  /** The writing that is under way goes on until so many rows are out of what is pending. */
  #goal = 0;
  /** Why the tables failed when they were last used. */
  #failure: string | undefined;
  /** They failed for good. */
  #isCorrupt = false;
  #isMisplaced = false;
  #retry = FIRST_RETRY;
  #toldProblem = false;
  #isClosed = false;

  constructor(place: Place, options: SqliteHistoryOptions) {
    this.#place = place;
    this.#tables = place.tables;
    const { clock, onDoubt } = options;
    this.time = new TrustedClock({
      wall: () => clock.wall(),
      monotonic: () => clock.now(),
      stored: place.tables.storedTime(clock.wall()),
      onDoubt,
    });
    place.tables.setTime(this.time.toStored());
    this.#timeStoredAt = clock.now();
    this.#ledger = new WriteBuffer(place.tables, this.time, options);
    this.#options = options;
    this.#flushInterval = place.path === undefined ? LAZY_FLUSH_INTERVAL : FLUSH_INTERVAL;
    this.#cancelSweep = options.clock.every(SWEEP_INTERVAL, () => this.#sweep());
  }

  get epoch(): string {
    return this.#place.epoch;
  }

  get problem(): string | undefined {
    if (this.#failure !== undefined) return this.#failure;
    return this.#isMisplaced
      ? this.#describe("keep", "the file was deleted or replaced")
      : undefined;
  }

  append(room: string, message: Message, source = ""): number {
    this.#mark();
    const offset = this.#ledger.append(room, message, source);
    this.#plan(this.#flushInterval);
    if (this.#failure !== undefined) this.#ledger.shed(FAILING_CAPACITY);
    else if (this.#ledger.exceeds(CAPACITY)) this.#write();
    return offset;
  }

  latest(name: string): number {
    return this.#ledger.rooms.get(name)?.latest ?? this.#ledger.rooms.floor;
  }

  oldest(name: string): number {
    const room = this.#ledger.rooms.get(name);
    return room === undefined ? this.#ledger.rooms.floor + 1 : this.#ledger.rooms.oldest(room);
  }

  page(name: string, { after, before = Infinity, limit }: PageQuery): Page {
    const oldest = this.oldest(name);
    const latest = this.latest(name);
    const isCovered = after === undefined || (after >= oldest - 1 && after <= latest);
    const room = this.#ledger.rooms.get(name);
    if (room === undefined) return { messages: [], complete: isCovered, more: false };
    const range = { from: Math.max(oldest, (after ?? 0) + 1), to: Math.min(latest, before - 1) };
    const read = after === undefined ? newestPage : oldestPage;
    const { pending } = this.#ledger;
    const page = this.#read(() => read({ tables: this.#tables, pending, room }, range, limit)) ??
      read({ tables: undefined, pending, room }, range, limit);
    return { ...page, complete: page.complete && isCovered };
  }

  trusts(name: string, epoch: string, offset: number): boolean {
    if (epoch === this.epoch) return offset <= this.latest(name);
    const era = this.#tables.eraOf(epoch);
    if (era === undefined) return false;
    // Behind 0 there is all that was ever said: whether that is still there, the page tells.
    if (offset === 0) return true;
    const room = this.#ledger.rooms.get(name);
    if (room === undefined) return false;
    return (this.#read(() => this.#tables.era(room.id, offset)) ?? Infinity) <= era;
  }

  find(name: string, clientId: string): number | undefined {
    const room = this.#ledger.rooms.get(name);
    if (room === undefined) return undefined;
    const offset = this.#ledger.pending.find(name, clientId) ??
      this.#read(() => this.#tables.find(room.id, clientId));
    return offset !== undefined && offset >= this.oldest(name) ? offset : undefined;
  }

  roomOf(clientId: string): string | undefined {
    const name = this.#ledger.pending.roomOf(clientId) ??
      this.#read(() => this.#tables.roomOf(clientId));
    return name !== undefined && this.find(name, clientId) !== undefined ? name : undefined;
  }

  *search(name: string, words: string, limit: number): Steps<Found> {
    const query = matchQuery(words);
    const messages: StoredMessage[] = [];
    const found = (complete: boolean): Found => ({ messages: messages.reverse(), complete });
    if (query === undefined) return found(true);
    if (yield* this.#writePending()) return found(false);
    const room = this.#ledger.rooms.get(name);
    if (room === undefined) return found(true);
    const { id } = room;
    // Between two steps the room may be forgotten, and its number be another's.
    const read: ReadWord = (term, to, most) =>
      room.id !== id
        ? []
        : this.#read(() => this.#tables.matching(id, term, this.oldest(name), to, most)) ?? [];
    const most = Math.min(limit, MAX_FOUND);
    let characters = 0;
    for (const offset of findWords(query.terms, room.latest, read)) {
      if (yield) return found(false);
      if (offset === undefined) continue;
      const [message] = this.#read(() => this.#tables.newest(id, offset, offset, 1)) ?? [];
      if (message === undefined || room.id !== id || !hasPhrases(message, query)) continue;
      messages.push(message);
      characters += message.text.length;
      if (messages.length === most || characters > MAX_PAGE_CHARACTERS) break;
    }
    return found(this.#failure === undefined);
  }

  rooms(): RoomSummary[] {
    const { rooms } = this.#ledger;
    const summaries: RoomSummary[] = [];
    for (const room of rooms) {
      const { name, topic, latest } = room;
      const oldest = rooms.oldest(room);
      if (oldest <= latest || topic !== "") summaries.push({ room: name, topic, oldest, latest });
    }
    return summaries;
  }

  topic(name: string): string {
    return this.#ledger.rooms.get(name)?.topic ?? "";
  }

  setTopic(name: string, topic: string, source = ""): void {
    this.#ledger.setTopic(name, topic, source);
    this.#plan(this.#flushInterval);
  }

  /** All that are in the tables; to be called before any is changed. */
  bans(): StoredBan[] {
    return this.#read(() => this.#tables.bans()) ?? [];
  }

  putBan(stored: StoredBan): void {
    this.#changeBan(stored.ban.target, stored);
  }

  deleteBan(target: string): void {
    this.#changeBan(target, undefined);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelSweep();
    this.#cancelWork?.();
    this.#cancelUpgrade?.();
    this.#attempt(() => this.#writeBans());
    // Once more, whatever happened before: it is the last chance.
    while (this.#ledger.isBehind && this.#write());
    this.#attempt(() => this.#storeTime());
    this.#tables.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** At once, since they are few and matter; after a failure with the next batch. */
  #changeBan(target: string, ban: StoredBan | undefined): void {
    this.#bans.set(target, ban);
    if (this.#failure === undefined) this.#attempt(() => this.#writeBans());
  }

  #writeBans(): void {
    for (const [target, ban] of this.#bans) {
      if (ban === undefined) this.#tables.deleteBan(target);
      else this.#tables.putBan(ban);
      this.#bans.delete(target);
    }
  }

  /** Marks the file as being behind, before an offset is given out that is not in it. */
  #mark(): void {
    if (this.#tables.ahead || this.#place.path === undefined) return;
    if (this.#failure === undefined) this.#attempt(() => this.#tables.setAhead(true));
  }

  /** Does what is to be done in `ms`, if nothing is planned earlier. */
  #plan(ms: number): void {
    if (this.#isCorrupt) return;
    this.#cancelWork ??= this.#options.clock.after(ms, () => {
      this.#cancelWork = undefined;
      this.#work();
    });
  }

  /**
   * Writes or deletes a bit, and plans the next. What is appended while it writes has to wait for the next time, so that
   * more and more of a flood is pushed out of its room before it is written.
   */
  #work(): void {
    const { pending } = this.#ledger;
    if (pending.gone >= this.#goal) this.#goal = pending.gone + pending.length;
    if (!this.#write()) this.#plan(this.#retry);
    else if (pending.gone < this.#goal) this.#plan(BATCH_PAUSE);
    else if (this.#ledger.isBehind) this.#plan(this.#flushInterval);
    else if (this.#ledger.hasToTrim) this.#plan(TRIM_PAUSE);
  }

  /** Writes what is pending now, and not what comes meanwhile. Returns whether it was to end early. */
  *#writePending(): Steps<boolean> {
    const { pending } = this.#ledger;
    const goal = pending.gone + pending.length;
    while (this.#failure === undefined && pending.gone < goal) {
      this.#write();
      if (yield) return true;
    }
    return false;
  }

  /** Writes one batch; false if that failed. */
  #write(): boolean {
    const start = performance.now();
    const done = this.#attempt(() => {
      this.#writeBans();
      this.#ledger.write(this.#tables);
    });
    this.#options.onBatch?.(performance.now() - start);
    if (!done) return false;
    if (this.#ledger.isBehind) return true;
    this.#failure = undefined;
    this.#retry = FIRST_RETRY;
    this.#tell();
    return true;
  }

  #sweep(): void {
    this.#isMisplaced = !this.#place.isInPlace();
    this.#tell();
    const { clock, ageMs } = this.#options;
    // Messages have the time as of the last sweep, so one may be younger than it seems by the time between two.
    const oldest = this.time.oldest(ageMs + SWEEP_INTERVAL);
    if (this.#failure !== undefined) return;
    if (clock.now() - this.#timeStoredAt >= TIME_INTERVAL) this.#attempt(() => this.#storeTime());
    this.#planUpgrade();
    this.#attempt(() => this.#ledger.expire(this.#tables, oldest));
    if (this.#ledger.hasToTrim) this.#plan(TRIM_PAUSE);
  }

  #storeTime(): void {
    this.#tables.setTime(this.time.toStored());
    this.#timeStoredAt = this.#options.clock.now();
  }

  /** A file of an older version finds more with each step; meanwhile everything else goes on. */
  #planUpgrade(): void {
    if (!this.#tables.hasToUpgrade || this.#isClosed) return;
    this.#cancelUpgrade ??= this.#options.clock.after(UPGRADE_PAUSE, () => {
      this.#cancelUpgrade = undefined;
      if (this.#failure !== undefined) return; // the next sweep without one goes on
      const done = this.#attempt(() => {
        this.#tables.transaction(() => this.#tables.upgradeIndex());
      });
      if (done) this.#planUpgrade();
    });
  }

  #read<T>(action: () => T): T | undefined {
    let result: T | undefined;
    this.#attempt(() => result = action());
    return result;
  }

  /** Does what may fail; false if it did. */
  #attempt(action: () => void): boolean {
    if (this.#isCorrupt) return false;
    try {
      action();
      return true;
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  #fail(error: unknown): void {
    this.#isCorrupt = isCorrupt(error);
    if (this.#failure !== undefined) this.#retry = Math.min(2 * this.#retry, LAST_RETRY);
    this.#failure = this.#describe("use", stateOf(error));
    this.#cancelWork?.();
    this.#cancelWork = undefined;
    if (!this.#isClosed) this.#plan(this.#retry);
    this.#tell();
  }

  #describe(act: string, state: string): string {
    return `Cannot ${act} history${
      this.#place.path === undefined ? "" : ` '${this.#place.path}'`
    }: ${state}`;
  }

  /** Tells once that something is wrong, and once that it is not any more. */
  #tell(): void {
    const { problem } = this;
    if ((problem !== undefined) === this.#toldProblem) return;
    this.#toldProblem = problem !== undefined;
    if (problem === undefined) this.#options.onRecovered?.();
    else this.#options.onFailure?.(problem);
  }
}

function hasPhrases({ text }: StoredMessage, { phrases }: MatchQuery): boolean {
  if (phrases.length === 0) return true;
  const words = foldedWords(text);
  return phrases.every((phrase) => hasPhrase(words, phrase));
}
