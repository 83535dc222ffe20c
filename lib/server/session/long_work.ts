/**
 * Work for a request that takes long, done in steps beside everything else.
 * @module
 */
import type { Steps } from "../../chat/history.ts";
import type { Work, WorkQueue } from "../connection/work_queue.ts";

/**
 * The longest work for one request, in ms; after it the answer is what was found so far. A room of 1,000 messages is
 * searched in 20 ms at worst, and 100,000 messages that are not made to be slow in about as much.
 */
const MAX_WORK = 500;

export interface LongWorkOptions {
  readonly queue: Pick<WorkQueue, "add" | "drop">;
  /** Charges the client for the time spent, in ms. */
  readonly charge: (ms: number) => void;
  readonly onDone: () => void;
  readonly onFailed: (error: unknown) => void;
}

/** The work of one client, which does one thing at a time. */
export class LongWork implements Work {
  readonly #options: LongWorkOptions;
  #steps: Steps<void> | undefined;
  /** How long the steps took so far, in ms. */
  #spent = 0;

  constructor(options: LongWorkOptions) {
    this.#options = options;
  }

  /** Whether there is work that is not done. */
  get isPending(): boolean {
    return this.#steps !== undefined;
  }

  /** Sets the work to do. */
  set(steps: Steps<void>): void {
    this.#steps = steps;
    this.#spent = 0;
  }

  /** Starts the work. */
  start(): void {
    this.#options.queue.add(this);
  }

  drop(): void {
    this.#steps = undefined;
    this.#options.queue.drop(this);
  }

  step(): boolean {
    try {
      if (this.#steps?.next(this.#spent >= MAX_WORK).done === false) return true;
    } catch (error) {
      this.#options.onFailed(error);
    }
    this.#steps = undefined;
    return false;
  }

  spent(ms: number): void {
    this.#spent += ms;
    this.#options.charge(ms);
    if (!this.isPending) this.#options.onDone();
  }
}
