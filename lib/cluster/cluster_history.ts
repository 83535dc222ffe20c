/**
 * The history of a chat on several nodes: the engine has the messages of all rooms, and each node loads a room when one of
 * its members asks for it. From then on the room follows the log, in a database in memory.
 * @module
 */
import type { Page, PageQuery, RoomSummary, SearchResult, Steps } from "../chat/history.ts";
import type { KeptMessage, SharedHistory, Snapshot } from "../chat/shared_log.ts";
import { decodeMessage } from "../chat/shared_records.ts";
import type { TimedHistory } from "../history/open_history.ts";

export interface ClusterHistoryOptions {
  /** Keeps the rooms that were loaded; `undefined` if no messages are kept. */
  readonly memory: TimedHistory | undefined;
  /** Fetches the newest messages of a room, oldest first. Rejects if the engine does not answer. */
  readonly fetch: (room: string) => Promise<readonly KeptMessage[]>;
  /** Names the numbering. */
  readonly epoch: () => string;
  /** How long messages are kept, in ms. */
  readonly ageMs: number;
  /** The wall clock, in ms of Unix time. */
  readonly wall: () => number;
}

/** A room that is loaded or being loaded. */
interface LoadedRoom {
  /** Its name in the database, which is new each time that it is loaded: numbers may mean other messages then. */
  readonly name: string;
  /** The eras of its messages: each with the first number in it. */
  readonly eras: [offset: number, era: number][];
  /** What was said while it was loaded; `undefined` once it is. */
  waiting: KeptMessage[] | undefined;
  /** The number of the last message in the database; 0 if all were too old. */
  last: number;
  readonly loading: Promise<void>;
}

export class ClusterHistory implements SharedHistory {
  readonly #options: ClusterHistoryOptions;
  readonly #offsets = new Map<string, number>();
  readonly #topics = new Map<string, string>();
  readonly #labels = new Map<string, string>();
  readonly #loaded = new Map<string, LoadedRoom>();
  #eras = new Map<string, number>();
  #loads = 0;

  constructor(options: ClusterHistoryOptions) {
    this.#options = options;
  }

  get epoch(): string {
    return this.#options.epoch();
  }

  get problem(): string | undefined {
    return this.#options.memory?.problem;
  }

  /** The engine numbers messages. */
  append(): never {
    throw new Error("Cannot append: the engine numbers the messages of a cluster");
  }

  isLoaded(room: string): boolean {
    const { memory } = this.#options;
    if (memory === undefined || this.latest(room) === 0) return true;
    const loaded = this.#loaded.get(room);
    if (loaded === undefined || loaded.waiting !== undefined) return false;
    if (loaded.last === 0 || memory.latest(loaded.name) === loaded.last) return true;
    this.#loaded.delete(room); // the database drops rooms when it is full
    return false;
  }

  /** Loads a room, unless it is. If the engine does not answer, the room stays as it is. */
  load(room: string): Promise<void> {
    if (this.isLoaded(room)) return Promise.resolve();
    const known = this.#loaded.get(room);
    if (known !== undefined) return known.loading;
    const name = this.#newName(room);
    const loaded: LoadedRoom = { name, eras: [], waiting: [], last: 0, loading: this.#load(room) };
    this.#loaded.set(room, loaded);
    return loaded.loading;
  }

  #newName(room: string): string {
    return `${++this.#loads} ${room}`;
  }

  async #load(room: string): Promise<void> {
    try {
      const messages = await this.#options.fetch(room);
      const loaded = this.#loaded.get(room);
      if (loaded?.waiting === undefined) return;
      const waiting = loaded.waiting;
      loaded.waiting = undefined;
      // Messages that this node has not applied yet come with the log.
      const latest = this.latest(room);
      const fetched = messages.filter(({ offset }) => offset <= latest);
      const last = fetched.at(-1)?.offset ?? 0;
      for (const message of fetched) this.#insert(loaded, message);
      for (const message of waiting) if (message.offset > last) this.#insert(loaded, message);
    } catch {
      this.#loaded.delete(room);
    }
  }

  /** Adds a message that all nodes apply now. */
  said(room: string, message: KeptMessage): void {
    const { offset } = message;
    if (offset <= this.latest(room)) return;
    const loaded = this.#options.memory === undefined ? undefined : this.#loaded.get(room);
    // A room without messages has nothing to load.
    const isFirst = loaded === undefined && this.latest(room) === 0;
    this.#offsets.set(room, offset);
    if (this.#options.memory === undefined) return;
    if (isFirst) {
      const name = this.#newName(room);
      const first = { name, eras: [], waiting: undefined, last: 0, loading: Promise.resolve() };
      this.#loaded.set(room, first);
      this.#insert(first, message);
    } else if (loaded?.waiting !== undefined) loaded.waiting.push(message);
    else if (loaded !== undefined) this.#insert(loaded, message);
  }

  #insert(loaded: LoadedRoom, { offset, era, time, payload }: KeptMessage): void {
    const { memory, wall, ageMs } = this.#options;
    const age = Math.max(0, wall() - time);
    if (age > ageMs) return;
    const { eras } = loaded;
    loaded.last = offset;
    if (eras.at(-1)?.[1] !== era) eras.push([offset, era]);
    const { client: _, ...message } = decodeMessage(payload);
    memory!.insert(loaded.name, offset, { ...message, time }, age);
  }

  /** Takes over the numbers, topics and eras of a snapshot. Rooms that this node has not followed are loaded anew. */
  restore({ offsets, topics, labels, eras }: Snapshot): void {
    for (const [room, offset] of offsets) {
      if (this.latest(room) !== offset) this.#loaded.delete(room);
      this.#offsets.set(room, offset);
    }
    for (const room of this.#offsets.keys()) if (!offsets.has(room)) this.forget(room);
    replace(this.#topics, topics);
    replace(this.#labels, labels);
    this.#eras = new Map(eras);
  }

  /** A new era of the numbering begins. Offsets of the last eras stay valid. */
  beginEra(epoch: string, era: number): void {
    this.#eras.set(epoch, era);
  }

  /** Offsets of all eras before the current one are no longer valid: something was lost. */
  forgetEras(): void {
    const current = this.#eras.get(this.epoch);
    this.#eras = new Map(current === undefined ? [] : [[this.epoch, current]]);
  }

  get era(): number {
    return this.#eras.get(this.epoch) ?? 0;
  }

  setTopic(room: string, topic: string): void {
    if (topic === "") this.#topics.delete(room);
    else this.#topics.set(room, topic);
  }

  /** Notes how a room is spelled. */
  setLabel(room: string, label: string): void {
    this.#labels.set(room, label);
  }

  label(room: string): string {
    return this.#labels.get(room) ?? room;
  }

  forget(room: string): void {
    this.#offsets.delete(room);
    this.#topics.delete(room);
    this.#labels.delete(room);
    this.#loaded.delete(room);
  }

  latest(room: string): number {
    return this.#offsets.get(room) ?? 0;
  }

  /** A room that is not loaded seems to have all of its messages. */
  oldest(room: string): number {
    const { memory } = this.#options;
    const next = this.latest(room) + 1;
    if (memory === undefined || next === 1) return next;
    const name = this.#nameOf(room);
    if (name !== undefined) return memory.oldest(name);
    return this.isLoaded(room) ? next : next - 1;
  }

  /** The name of a room in the database, if the database has it. */
  #nameOf(room: string): string | undefined {
    const loaded = this.#loaded.get(room);
    if (loaded === undefined || loaded.waiting !== undefined || loaded.last === 0) return undefined;
    return this.#options.memory?.latest(loaded.name) === loaded.last ? loaded.name : undefined;
  }

  page(room: string, query: PageQuery): Page {
    const name = this.#nameOf(room);
    if (name !== undefined) return this.#options.memory!.page(name, query);
    const { after } = query;
    const isCovered = after === undefined || after === this.latest(room);
    return { messages: [], complete: this.isLoaded(room) && isCovered, more: false };
  }

  trusts(room: string, epoch: string, offset: number): boolean {
    if (epoch === this.epoch) return offset <= this.latest(room);
    const era = this.#eras.get(epoch);
    if (era === undefined) return false;
    if (offset === 0) return true;
    const eras = this.#loaded.get(room)?.eras ?? [];
    const of = eras.findLast(([first]) => first <= offset)?.[1];
    return of !== undefined && of <= era && offset <= this.latest(room);
  }

  find(room: string, clientId: string): number | undefined {
    const name = this.#nameOf(room);
    return name === undefined ? undefined : this.#options.memory!.find(name, clientId);
  }

  roomOf(clientId: string): string | undefined {
    const name = this.#options.memory?.roomOf(clientId);
    const room = name?.slice(name.indexOf(" ") + 1);
    return room !== undefined && this.#nameOf(room) === name ? room : undefined;
  }

  *search(room: string, words: string, limit: number): Steps<SearchResult> {
    const name = this.#nameOf(room);
    if (name === undefined) return { messages: [], complete: this.latest(room) === 0 };
    return yield* this.#options.memory!.search(name, words, limit);
  }

  *rooms(): Iterable<RoomSummary> {
    for (const room of new Set([...this.#offsets.keys(), ...this.#topics.keys()])) {
      const latest = this.latest(room);
      const oldest = this.oldest(room);
      const topic = this.topic(room);
      if (oldest <= latest || topic !== "") yield { room, topic, oldest, latest };
    }
  }

  topic(room: string): string {
    return this.#topics.get(room) ?? "";
  }

  close(): void {
    this.#options.memory?.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function replace<K, V>(map: Map<K, V>, values: ReadonlyMap<K, V>): void {
  map.clear();
  for (const [key, value] of values) map.set(key, value);
}
