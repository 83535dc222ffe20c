/**
 * Recipients that wait to be flushed: at the end of the turn of the event loop in which they got something. In a large
 * room some are flushed in each of the next turns.
 * @module
 */
import type { Recipient } from "./recipient.ts";

/** How much is done before the loop turns. */
export interface Pace {
  /** Recipients that are flushed in one turn. */
  readonly flushes: number;
  /** Calls `goOn` in the next turn. */
  nextTurn(goOn: () => void): void;
  /** Calls `goOn`, later, when all input that has arrived is handled. */
  whenQuiet(goOn: () => void): void;
}

const AT_ONCE: Pace = { flushes: Infinity, nextTurn: () => {}, whenQuiet: () => {} };

export class FlushQueue {
  readonly #pace: Pace;
  readonly #emptied: (turns: number) => void;
  #recipients: Recipient[] = [];
  /** How many of them have been flushed. */
  #flushed = 0;
  #underWay = false;
  #turns = 0;

  /**
   * @param pace By default all recipients are flushed at once.
   * @param emptied Called when all have been flushed, with the number of turns that it took.
   */
  constructor(pace = AT_ONCE, emptied: (turns: number) => void) {
    this.#pace = pace;
    this.#emptied = emptied;
  }

  /** Whether some recipients wait for one of the next turns. */
  get underWay(): boolean {
    return this.#underWay;
  }

  /** Adds a recipient, unless it is in the queue. */
  add(recipient: Recipient): void {
    if (recipient.markForFlush()) this.#recipients.push(recipient);
  }

  /** Flushes all recipients in the queue, and those that are added meanwhile. */
  flush(): void {
    if (!this.#underWay) this.#flushSome();
  }

  #flushSome = (): void => {
    const { flushes, nextTurn } = this.#pace;
    const recipients = this.#recipients;
    const end = Math.min(this.#flushed + flushes, recipients.length);
    while (this.#flushed < end) recipients[this.#flushed++]!.flush();
    this.#turns++;
    this.#underWay = end < recipients.length;
    if (this.#underWay) return nextTurn(this.#flushSome);
    this.#recipients = [];
    this.#flushed = 0;
    const turns = this.#turns;
    this.#turns = 0;
    this.#emptied(turns);
  };
}
