/**
 * A history in SQLite, in memory or in a file. Appended messages stay in memory for a moment and are written in batches.
 * If the file fails, they stay in memory within bounds until it works again.
 *
 * ## Offsets after a crash
 *
 * Clients learn the offset of a message before the message is in the file, so a crash may lose messages whose offsets are
 * known. Messages appended after the restart get the same offsets again, and a client that continues from one of them must
 * not receive other messages as the continuation of what it saw. Two questions are kept apart:
 *
 * **Does the offset mean the same message?** Each opening of a file is an era with its own epoch, and each message is
 * stored with its era. Within an era no offset is given out twice, so an epoch never has an offset with two meanings: not
 * after SIGKILL, not after a power failure that undoes commits, and not after the file is restored from a backup. An
 * offset from an earlier epoch means the same today exactly if the message that has it now was appended in that era or
 * before. That can be looked up, so a restart keeps the continuity of all clients who saw only stored messages.
 *
 * **Was nothing after it lost?** If something was, the room continues without it, and a client that asks for what followed
 * would not notice. Therefore the file is marked as incomplete (`ahead`) before the first offset of a batch is given out,
 * and the transaction that writes the last message of the batch removes the mark. A file that is opened with the mark has
 * lost messages: nobody can continue from an earlier era, and all of them are forgotten. A SIGKILL while everything is
 * written leaves no mark, and everybody can continue. (Two losses may go unnoticed, though offsets are not confused even
 * then: those of a power failure, since forcing the mark to the disk would take milliseconds for each batch, and those of
 * a process that is killed while its disk is too full for the mark.)
 *
 * A history in memory starts empty, under a new epoch.
 * @module
 */
import type {
  History,
  Message,
  Page,
  PageQuery,
  RoomSummary,
  SearchResult,
  Steps,
  StoredMessage,
} from "../chat/history.ts";
import type { BanStore, StoredBan } from "../chat/moderation.ts";
import type { StoredUser, UserStore } from "../chat/users.ts";
import {
  BackgroundWriter,
  type BackgroundWriterOptions,
  type Location,
} from "./background_writer.ts";
import { foldedWords, hasPhrase, type MatchQuery, matchQuery } from "./match_query.ts";
import { MAX_PAGE_CHARACTERS, newestPage, oldestPage } from "./pages.ts";
import type { StorageHealth } from "./storage_health.ts";
import type { Tables } from "./tables.ts";
import { TrustedClock } from "./trusted_clock.ts";
import { findWords, type ReadWord } from "./word_search.ts";
import { WriteBuffer, type WriteBufferOptions } from "./write_buffer.ts";

/** The most messages that one search finds: more than anybody reads. */
const MAX_FOUND = 100;

export interface SqliteHistoryOptions extends WriteBufferOptions, BackgroundWriterOptions {}

export class SqliteHistory implements History, BanStore, UserStore {
  readonly epoch: string;
  /** The clock by which messages expire and bans end. */
  readonly time: TrustedClock;
  readonly #tables: Tables;
  readonly #buffer: WriteBuffer;
  readonly #writer: BackgroundWriter;
  readonly #health: StorageHealth;

  constructor(location: Location, options: SqliteHistoryOptions) {
    const { epoch, tables } = location;
    const { clock, onDoubt } = options;
    this.epoch = epoch;
    this.#tables = tables;
    this.time = new TrustedClock({
      wall: () => clock.wall(),
      monotonic: () => clock.now(),
      stored: tables.storedTime(clock.wall()),
      onDoubt,
    });
    tables.setTime(this.time.toStored());
    this.#buffer = new WriteBuffer(tables, this.time, options);
    this.#writer = new BackgroundWriter(location, this.#buffer, this.time, options);
    this.#health = this.#writer.health;
  }

  get problem(): string | undefined {
    return this.#health.problem;
  }

  append(room: string, message: Message, source = ""): number {
    this.#writer.beforeAppend();
    const offset = this.#buffer.append(room, message, source);
    this.#writer.afterAppend();
    return offset;
  }

  /**
   * Adds a message that was numbered elsewhere, and that is `age` ms old. If it is not the next one of the room, all that
   * the room had is gone.
   */
  insert(room: string, offset: number, message: Message, age: number, source = ""): void {
    this.#writer.beforeAppend();
    this.#buffer.insert(room, offset, message, age, source);
    this.#writer.afterAppend();
  }

  latest(name: string): number {
    return this.#buffer.rooms.get(name)?.latest ?? this.#buffer.rooms.floor;
  }

  oldest(name: string): number {
    const room = this.#buffer.rooms.get(name);
    return room === undefined ? this.#buffer.rooms.floor + 1 : this.#buffer.rooms.oldest(room);
  }

  page(name: string, { after, before = Infinity, limit }: PageQuery): Page {
    const oldest = this.oldest(name);
    const latest = this.latest(name);
    const isCovered = after === undefined || (after >= oldest - 1 && after <= latest);
    const room = this.#buffer.rooms.get(name);
    if (room === undefined) return { messages: [], complete: isCovered, more: false };
    const range = { from: Math.max(oldest, (after ?? 0) + 1), to: Math.min(latest, before - 1) };
    const read = after === undefined ? newestPage : oldestPage;
    const { pending } = this.#buffer;
    const tables = this.#tables;
    const page = this.#health.read(() => read({ tables, pending, room }, range, limit)) ??
      read({ tables: undefined, pending, room }, range, limit);
    return { ...page, complete: page.complete && isCovered };
  }

  trusts(name: string, epoch: string, offset: number): boolean {
    if (epoch === this.epoch) return offset <= this.latest(name);
    const era = this.#tables.eraOf(epoch);
    if (era === undefined) return false;
    // All messages of the room follow offset 0. The page tells whether they are still there.
    if (offset === 0) return true;
    const room = this.#buffer.rooms.get(name);
    if (room === undefined) return false;
    return (this.#health.read(() => this.#tables.era(room.id, offset)) ?? Infinity) <= era;
  }

  find(name: string, clientId: string): number | undefined {
    const room = this.#buffer.rooms.get(name);
    if (room === undefined) return undefined;
    const offset = this.#buffer.pending.find(name, clientId) ??
      this.#health.read(() => this.#tables.find(room.id, clientId));
    return offset !== undefined && offset >= this.oldest(name) ? offset : undefined;
  }

  roomOf(clientId: string): string | undefined {
    const name = this.#buffer.pending.roomOf(clientId) ??
      this.#health.read(() => this.#tables.roomOf(clientId));
    return name !== undefined && this.find(name, clientId) !== undefined ? name : undefined;
  }

  *search(name: string, words: string, limit: number): Steps<SearchResult> {
    const query = matchQuery(words);
    const messages: StoredMessage[] = [];
    const result = (complete: boolean) => ({ messages: messages.reverse(), complete });
    if (query === undefined) return result(true);
    if (yield* this.#writePending()) return result(false);
    const room = this.#buffer.rooms.get(name);
    if (room === undefined) return result(true);
    const { id } = room;
    // Between two steps the room may be removed, and its id given to another one.
    const read: ReadWord = (term, to, most) => {
      if (room.id !== id) return [];
      const from = this.oldest(name);
      return this.#health.read(() => this.#tables.matching(id, term, from, to, most)) ?? [];
    };
    const most = Math.min(limit, MAX_FOUND);
    let characters = 0;
    for (const offset of findWords(query.terms, room.latest, read)) {
      if (yield) return result(false);
      if (offset === undefined) continue;
      const [message] = this.#health.read(() => this.#tables.newest(id, offset, offset, 1)) ?? [];
      if (message === undefined || room.id !== id || !hasPhrases(message, query)) continue;
      messages.push(message);
      characters += message.text.length;
      if (messages.length === most || characters > MAX_PAGE_CHARACTERS) break;
    }
    return result(!this.#health.isFailing);
  }

  /** Writes what is pending now, but not what is appended meanwhile. Returns whether the search was cancelled. */
  *#writePending(): Steps<boolean> {
    const { pending } = this.#buffer;
    const goal = pending.dropped + pending.length;
    while (!this.#health.isFailing && pending.dropped < goal) {
      this.#writer.write();
      if (yield) return true;
    }
    return false;
  }

  rooms(): RoomSummary[] {
    const { rooms } = this.#buffer;
    const summaries: RoomSummary[] = [];
    for (const room of rooms) {
      const { name, topic, latest } = room;
      const oldest = rooms.oldest(room);
      if (oldest <= latest || topic !== "") summaries.push({ room: name, topic, oldest, latest });
    }
    return summaries;
  }

  topic(name: string): string {
    return this.#buffer.rooms.get(name)?.topic ?? "";
  }

  setTopic(name: string, topic: string, source = ""): void {
    this.#buffer.setTopic(name, topic, source);
    this.#writer.schedule();
  }

  /** All stored bans. Must be called before any is changed. */
  bans(): StoredBan[] {
    return this.#health.read(() => this.#tables.bans()) ?? [];
  }

  putBan(ban: StoredBan): void {
    this.#writer.changeBan(ban.ban.target, ban);
  }

  deleteBan(target: string): void {
    this.#writer.changeBan(target, undefined);
  }

  /** All stored users. Must be called before any is changed. */
  users(): StoredUser[] {
    return this.#health.read(() => this.#tables.users.all()) ?? [];
  }

  putUser(user: StoredUser): void {
    this.#writer.changeUser(user.key, user);
  }

  deleteUser(key: string): void {
    this.#writer.changeUser(key, undefined);
  }

  close(): void {
    this.#writer.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function hasPhrases({ text }: StoredMessage, { phrases }: MatchQuery): boolean {
  if (phrases.length === 0) return true;
  const words = foldedWords(text);
  return phrases.every((phrase) => hasPhrase(words, phrase));
}
