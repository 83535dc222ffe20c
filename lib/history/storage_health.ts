/**
 * The state of the storage of a history: whether it works, why not, and when to try again. Reports each change once.
 * @module
 */
import { describeError, isCorrupt } from "./storage_error.ts";

/** The pause before storage that failed is tried again, in ms. It doubles with each failure, up to the second value. */
const FIRST_RETRY = 1_000;
const LAST_RETRY = 60_000;

/** Where a history is stored. */
export interface StorageHealthOptions {
  /** The file; `undefined` for storage in memory. */
  readonly path: string | undefined;
  /** Whether the file is still at its path. SQLite goes on writing to a file that was deleted. */
  readonly isInPlace: () => boolean;
  /** Called when a call fails, each time. */
  readonly onError: () => void;
  /** Called when storage that worked stops working, with a line for the log. */
  readonly onFailure?: ((problem: string) => void) | undefined;
  /** Called when everything works again. */
  readonly onRecovered?: (() => void) | undefined;
}

export class StorageHealth {
  readonly #options: StorageHealthOptions;
  /** Why the last call failed. */
  #failure: string | undefined;
  #isCorrupt = false;
  #isMisplaced = false;
  #retryDelay = FIRST_RETRY;
  #isReported = false;

  constructor(options: StorageHealthOptions) {
    this.#options = options;
  }

  /** Whether calls failed since everything was written last. */
  get isFailing(): boolean {
    return this.#failure !== undefined;
  }

  /** Whether the file is corrupt. Nothing is read or written from then on. */
  get isCorrupt(): boolean {
    return this.#isCorrupt;
  }

  /** The pause before the next attempt, in ms. */
  get retryDelay(): number {
    return this.#retryDelay;
  }

  /** What is wrong, as one line; `undefined` if nothing is. */
  get problem(): string | undefined {
    if (this.#failure !== undefined) return this.#failure;
    return this.#isMisplaced
      ? this.#describe("keep", "the file was deleted or replaced")
      : undefined;
  }

  /** Runs what may fail. Returns false if it fails. */
  attempt(action: () => void): boolean {
    if (this.#isCorrupt) return false;
    try {
      action();
      return true;
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  /** Runs what may fail and returns its result, or `undefined` if it fails. */
  read<T>(action: () => T): T | undefined {
    let result: T | undefined;
    this.attempt(() => result = action());
    return result;
  }

  #fail(error: unknown): void {
    this.#isCorrupt = isCorrupt(error);
    if (this.#failure !== undefined) this.#retryDelay = Math.min(2 * this.#retryDelay, LAST_RETRY);
    this.#failure = this.#describe("use", describeError(error));
    this.#options.onError();
    this.#report();
  }

  /** Notes that everything is written. */
  recover(): void {
    this.#failure = undefined;
    this.#retryDelay = FIRST_RETRY;
    this.#report();
  }

  /** Checks whether the file is still at its path. */
  checkFile(): void {
    this.#isMisplaced = !this.#options.isInPlace();
    this.#report();
  }

  #describe(act: string, reason: string): string {
    const { path } = this.#options;
    return `Cannot ${act} history${path === undefined ? "" : ` '${path}'`}: ${reason}`;
  }

  #report(): void {
    const { problem } = this;
    if ((problem !== undefined) === this.#isReported) return;
    this.#isReported = problem !== undefined;
    if (problem === undefined) this.#options.onRecovered?.();
    else this.#options.onFailure?.(problem);
  }
}
