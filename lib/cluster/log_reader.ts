/**
 * Reads the log, and applies it as one more source of input: in turn with the clients, in slices, and after every client
 * that was connected when it arrived has been accepted.
 *
 * The engine is asked for more only while little waits, so a node that is slow makes the engine keep nothing for it.
 * @module
 */
import type { EngineConnection } from "./engine_connection.ts";
import { type LogEntry, readStream } from "./log_entry.ts";
import { RespError } from "../protocol/resp/resp.ts";

/** The most entries in one answer. */
const MAX_ENTRIES = 512;

/** From this many entries that wait on, no more are asked for. */
const MAX_WAITING = 2_048;

/** How long the engine holds its answer if there is nothing, in ms. Shorter than a firewall forgets a connection. */
const BLOCK = 5_000;

/** How long entries are applied before others get their turn, in ms: as long as the input of clients. */
const SLICE = 2;

export interface LogReaderOptions {
  readonly apply: (entry: LogEntry) => void;
  /** Called with private messages, each once the log is applied up to its number. */
  readonly whispered: (payload: string) => void;
  /** Schedules the input that has arrived, or that is left from the last slice. */
  readonly schedule: (source: { handleInput(): void }, isNew: boolean) => void;
  /** Entries are missing, since they were trimmed before this node has read them. */
  readonly onGap: () => void;
}

export class LogReader {
  readonly #options: LogReaderOptions;
  #entries: LogEntry[] = [];
  /** The next of `#entries` to apply. */
  #next = 0;
  /** Private messages that came before the log was applied up to their numbers. */
  #held: { readonly n: number; readonly payload: string }[] = [];
  #isScheduled = false;
  #applied = 0;
  #by = "";
  #read = 0;
  #connection: EngineConnection | undefined;
  #isPaused = false;

  constructor(options: LogReaderOptions) {
    this.#options = options;
  }

  /** The last entry that was read, with its author and the number of its batch. All up to it are applied, or will be. */
  get last(): { readonly n: number; readonly by: string } {
    const last = this.#entries.at(-1);
    return last === undefined
      ? { n: this.#applied, by: this.#by }
      : { n: last.n, by: `${last.author} ${last.seq}` };
  }

  /** The number of the last entry that was applied. */
  get applied(): number {
    return this.#applied;
  }

  /** The number of entries that wait to be applied. */
  get waiting(): number {
    return this.#entries.length - this.#next;
  }

  /** Continues behind entry `n`, with which what was read before is dropped. */
  reset(n: number, by: string): void {
    this.#entries = [];
    this.#next = 0;
    this.#applied = this.#read = n;
    this.#by = by;
    this.#deliverHeld();
  }

  /** Reads from a connection until it ends. */
  start(connection: EngineConnection, key: string): void {
    this.#connection = connection;
    this.#isPaused = false;
    this.#entries = this.#entries.slice(this.#next);
    this.#next = 0;
    this.#read = this.#entries.at(-1)?.n ?? this.#applied;
    void this.#readAll(connection, key);
  }

  stop(): void {
    this.#connection = undefined;
    this.#resume();
  }

  /** Takes a private message. It is delivered when the log is applied up to `n`, so that its author is known. */
  hold(n: number, payload: string): void {
    this.#held.push({ n, payload });
    this.#schedule(true);
  }

  handleInput(): void {
    this.#isScheduled = false;
    const end = performance.now() + SLICE;
    this.#deliverHeld();
    while (this.#next < this.#entries.length) {
      const entry = this.#entries[this.#next++]!;
      this.#applied = entry.n;
      this.#by = `${entry.author} ${entry.seq}`;
      this.#options.apply(entry);
      this.#deliverHeld();
      if (performance.now() >= end) break;
    }
    if (this.#next < this.#entries.length) this.#schedule(false);
    else {
      this.#entries = [];
      this.#next = 0;
    }
    if (this.#isPaused && this.waiting < MAX_WAITING / 2) this.#resume();
  }

  #resume: () => void = () => {};

  async #readAll(connection: EngineConnection, key: string): Promise<void> {
    try {
      while (this.#connection === connection) {
        if (this.waiting >= MAX_WAITING) await this.#pause();
        const answer = await connection.send(
          ...["XREAD", "COUNT", MAX_ENTRIES, "BLOCK", BLOCK, "STREAMS", key, `${this.#read}-0`],
        );
        if (this.#connection !== connection) return;
        if (answer instanceof RespError) return connection.close(answer.message);
        if (!this.#add(readStream(answer))) return this.#options.onGap();
      }
    } catch {
      // The connection has ended, which its owner notices too.
    }
  }

  #pause(): Promise<void> {
    this.#isPaused = true;
    return new Promise((resolve) => {
      this.#resume = () => {
        this.#isPaused = false;
        resolve();
      };
    });
  }

  /** Returns false if entries are missing in between. */
  #add(entries: readonly LogEntry[]): boolean {
    for (const entry of entries) {
      if (entry.n !== this.#read + 1) return false;
      this.#read = entry.n;
      this.#entries.push(entry);
    }
    if (entries.length > 0) this.#schedule(true);
    return true;
  }

  #schedule(isNew: boolean): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#options.schedule(this, isNew);
  }

  #deliverHeld(): void {
    while (this.#held.length > 0 && this.#held[0]!.n <= this.#applied) {
      this.#options.whispered(this.#held.shift()!.payload);
    }
  }
}
