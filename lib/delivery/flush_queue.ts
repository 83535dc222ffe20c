/**
 * Members who were given something, until their sinks are told so: at the end of the turn of the event loop in which it
 * was said, in a large room some in each of the next turns.
 *
 * Knows nothing of what they were given.
 * @module
 */
import type { Member } from "../chat/member.ts";

/** How much is done before the loop turns. */
export interface Pace {
  /** Sinks that are told in one turn. */
  readonly flushes: number;
  /** Calls `goOn` in the next turn. */
  nextTurn(goOn: () => void): void;
}

const AT_ONCE: Pace = { flushes: Infinity, nextTurn: () => {} };

export class FlushQueue {
  readonly #pace: Pace;
  readonly #emptied: () => void;
  #members: Member[] = [];
  /** How many of them have been told. */
  #told = 0;
  #underWay = false;

  /**
   * @param pace By default all are told at once.
   * @param emptied Called when all have been told.
   */
  constructor(pace = AT_ONCE, emptied: () => void) {
    this.#pace = pace;
    this.#emptied = emptied;
  }

  /** Whether the rest is to be told in the next turns. */
  get underWay(): boolean {
    return this.#underWay;
  }

  /** `member` is to be told, once. */
  add(member: Member): void {
    if (member.ready) return;
    member.ready = true;
    this.#members.push(member);
  }

  /** Tells all who are in the queue; those who are added meanwhile too. */
  flush(): void {
    if (!this.#underWay) this.#flushSome();
  }

  #flushSome = (): void => {
    const { flushes, nextTurn } = this.#pace;
    const members = this.#members;
    const end = Math.min(this.#told + flushes, members.length);
    while (this.#told < end) {
      const member = members[this.#told++]!;
      member.ready = false;
      member.sink.flush();
    }
    this.#underWay = end < members.length;
    if (this.#underWay) return nextTurn(this.#flushSome);
    this.#members = [];
    this.#told = 0;
    this.#emptied();
  };
}
