/**
 * The proposals of a node on their way to the engine. One batch is under way at a time, and what is proposed meanwhile is
 * the next one. A batch has a number, under which it is carried out once, however often it is sent.
 *
 * A proposal is settled when the node's own entry comes back through the log, in the log's order. This object knows no
 * connection: its owner asks for the batch to send, and reports what became of it.
 * @module
 */
import type { Operation, Settle } from "../chat/shared_log.ts";
import { pushWords, sizeOf } from "./operations.ts";

/** The most operations of a batch. More would not make an operation any cheaper. */
const MAX_OPERATIONS = 128;

/** About the most bytes of a batch. The engine is held for a third of a millisecond by it. */
const MAX_BYTES = 65_536;

/** From this many bytes that wait on, a session may have one proposal under way, which bounds what waits. */
const CROWDED_BYTES = 4_194_304;

/** The most proposals that a session may have under way: as many as the fastest clients pipeline. */
const WINDOW = 64;

export interface Proposal {
  readonly operation: Operation;
  readonly settle: Settle | undefined;
  /** When it is refused if the engine has not taken it; `Infinity` if it waits for as long as it takes. */
  readonly deadline: number;
  /** Whether its author was told that its outcome is unknown. */
  isOverdue?: boolean;
}

/** A numbered batch. */
export interface Batch {
  readonly seq: number;
  readonly proposals: readonly Proposal[];
  readonly words: readonly (string | number)[];
  /** When it was first sent. */
  readonly since: number;
  /** The number of its entry in the log, once the engine has answered. */
  n: number | undefined;
}

/** A batch that the engine carried out, and its entry in the log. */
export interface CarriedOut {
  readonly seq: number;
  readonly n: number;
}

/** Batches are numbered from 1 on. */
export const NOTHING: CarriedOut = { seq: 0, n: 0 };

export class Batches {
  readonly #now: () => number;
  /** What waits for the next batch. */
  #queue: Proposal[] = [];
  #bytes = 0;
  #seq = 0;
  /** The batch that the engine has not answered. */
  #current: Batch | undefined;
  /** Batches that the engine has carried out, until their entries come back through the log. */
  readonly #answered = new Map<number, Batch>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The number of proposals that are not settled. */
  get size(): number {
    let size = this.#queue.length + (this.#current?.proposals.length ?? 0);
    for (const { proposals } of this.#answered.values()) size += proposals.length;
    return size;
  }

  get window(): number {
    return this.#bytes > CROWDED_BYTES ? 1 : WINDOW;
  }

  /** When the oldest batch that has not come back was sent; `undefined` if all have. */
  get oldest(): number | undefined {
    const [first] = this.#answered.values();
    return (first ?? this.#current)?.since;
  }

  add(operation: Operation, settle: Settle | undefined, deadline: number): void {
    this.#queue.push({ operation, settle, deadline });
    this.#bytes += sizeOf(operation);
  }

  /** The batch that waits for an answer, if there is one. */
  get current(): Batch | undefined {
    return this.#current;
  }

  /** Forms the next batch; `undefined` if one waits for an answer or nothing is proposed. */
  next(): Batch | undefined {
    if (this.#current !== undefined || this.#queue.length === 0) return undefined;
    const words: (string | number)[] = [];
    let bytes = 0;
    let count = 0;
    for (const { operation } of this.#queue) {
      const size = sizeOf(operation);
      if (count === MAX_OPERATIONS || (count > 0 && bytes + size > MAX_BYTES)) break;
      pushWords(words, operation);
      bytes += size;
      count++;
    }
    const proposals = this.#queue.splice(0, count);
    this.#bytes -= bytes;
    const seq = ++this.#seq;
    return this.#current = { seq, proposals, words, since: this.#now(), n: undefined };
  }

  /** The engine has carried the batch out, as entry `n`. Returns false if the entry has come back already. */
  answered(n: number): boolean {
    const batch = this.#current;
    if (batch === undefined) return false;
    this.#current = undefined;
    batch.n = n;
    if (this.#settled.delete(batch.seq)) return false;
    this.#answered.set(batch.seq, batch);
    return true;
  }

  /** Batches that came back through the log before the engine's answer: one at most. */
  readonly #settled = new Set<number>();

  /** The proposals of the batch whose entry has come back. */
  returned(seq: number): readonly Proposal[] {
    const batch = this.#answered.get(seq);
    if (batch !== undefined) {
      this.#answered.delete(seq);
      return batch.proposals;
    }
    if (this.#current?.seq !== seq || this.#settled.has(seq)) return [];
    this.#settled.add(seq);
    return this.#current.proposals;
  }

  /**
   * Begins a new incarnation. Returns the batches that the engine has carried out and whose entries will not come back
   * through the log, since a snapshot takes their place. Others are proposed again.
   *
   * @param last The last batch that the engine carried out.
   */
  restart(last: CarriedOut): Batch[] {
    const carriedOut = [...this.#answered.values()];
    this.#answered.clear();
    const current = this.#current;
    this.#current = undefined;
    if (current !== undefined && !this.#settled.has(current.seq)) {
      if (current.seq === last.seq) {
        current.n = last.n;
        carriedOut.push(current);
      } else this.proposeAgain(current.proposals);
    }
    this.#settled.clear();
    this.#seq = 0;
    return carriedOut;
  }

  /** Returns the batches whose entries will not come back through the log, since a snapshot takes their place. */
  takeAnswered(): Batch[] {
    const carriedOut = [...this.#answered.values()];
    this.#answered.clear();
    return carriedOut;
  }

  /** Puts proposals in front of all others. */
  proposeAgain(proposals: readonly Proposal[]): void {
    this.#queue = [...proposals, ...this.#queue];
    for (const { operation } of proposals) this.#bytes += sizeOf(operation);
  }

  /** Makes what is proposed by `propose` come before all that waits. */
  first(propose: () => void): void {
    const waiting = this.#queue;
    this.#queue = [];
    propose();
    this.#queue = [...this.#queue, ...waiting];
  }

  /** Refuses what has waited for too long. What the engine may have carried out is not known to be refused. */
  expire(now: number): void {
    const expired = this.#queue.filter(({ deadline }) => deadline <= now);
    if (expired.length > 0) {
      this.#queue = this.#queue.filter(({ deadline }) => deadline > now);
      for (const { operation, settle } of expired) {
        this.#bytes -= sizeOf(operation);
        settle?.({ type: "unavailable", isUndecided: false }, now);
      }
    }
    const underWay = [this.#current, ...this.#answered.values()];
    for (const proposal of underWay.flatMap((batch) => batch?.proposals ?? [])) {
      if (proposal.deadline > now || proposal.isOverdue) continue;
      proposal.isOverdue = true;
      proposal.settle?.({ type: "unavailable", isUndecided: true }, now);
    }
  }
}
