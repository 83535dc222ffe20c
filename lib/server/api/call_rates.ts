/**
 * The rate of requests of each identity. All tokens of a user, and all connections of a program, count together.
 * @module
 */
import type { Identity } from "../../identity/identity.ts";
import { type Rate, TokenBucket } from "../../limits/token_bucket.ts";
import { RequestError } from "../../protocol/http/request_head.ts";
import type { TimeSource } from "../connection/clock.ts";

/** Number of identities at which those that are as good as new are first forgotten; after that, at twice what remains. */
const FIRST_PRUNE = 1_024;

export class CallRates {
  readonly #rate: Rate | undefined;
  readonly #time: TimeSource;
  /** By the id of the identity. */
  readonly #buckets = new Map<string, TokenBucket>();
  #pruneAt = FIRST_PRUNE;

  /** @param rate The rate of one identity; `undefined` for no limit. */
  constructor(rate: Rate | undefined, time: TimeSource) {
    this.#rate = rate;
    this.#time = time;
  }

  /** Number of known identities. */
  get size(): number {
    return this.#buckets.size;
  }

  /**
   * Counts a request.
   *
   * @throws {RequestError} 429 if there were too many.
   */
  charge({ id }: Identity): void {
    if (this.#rate === undefined) return;
    const { now } = this.#time;
    let bucket = this.#buckets.get(id);
    if (bucket === undefined) {
      if (this.#buckets.size >= this.#pruneAt) this.#prune(now);
      this.#buckets.set(id, bucket = new TokenBucket(this.#rate));
    }
    if (bucket.take(now)) return;
    const retryAfter = Math.ceil((bucket.dueAt - now) / 1000);
    throw new RequestError(429, "Too many requests with this token", retryAfter);
  }

  #prune(now: number): void {
    for (const [id, bucket] of this.#buckets) if (bucket.isFull(now)) this.#buckets.delete(id);
    this.#pruneAt = Math.max(FIRST_PRUNE, 2 * this.#buckets.size);
  }
}
