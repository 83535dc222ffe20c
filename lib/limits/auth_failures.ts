/**
 * Limits wrong passwords and tokens by address, against guessing.
 * @module
 */
import { groupOf } from "../ip/address_group.ts";
import { Rate, TokenBucket } from "./token_bucket.ts";

/** Wrong passwords or tokens that are accepted from an address at once, and again in each minute. */
const MAX_FAILURES = 5;
const RATE = new Rate(MAX_FAILURES / 60, MAX_FAILURES);

/** The most addresses remembered, at about 100 bytes each. Beyond that the oldest are forgotten. */
const MAX_ADDRESSES = 65_536;

/**
 * Counts wrong passwords or tokens by address, and limits them. An IPv6 address counts as its /64; loopback addresses are one
 * address and are limited too. Times are monotonic, in ms.
 */
export class AuthFailures {
  /** The address that failed longest ago comes first. */
  readonly #buckets = new Map<string, TokenBucket>();
  /** Limited addresses that were refused since their last failure. */
  readonly #refused = new Set<string>();

  /** How many addresses are remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Whether there were so many failures from `ip` that nothing more is checked for now. */
  isLimited(ip: string, now: number): boolean {
    return this.wait(ip, now) > 0;
  }

  /** The time until something from `ip` is checked again, in ms; 0 unless it is limited. */
  wait(ip: string, now: number): number {
    const bucket = this.#buckets.get(groupOf(ip));
    return bucket === undefined ? 0 : Math.max(0, bucket.dueAt - now);
  }

  /** Notes that `ip` was refused. Returns true the first time since its last failure. */
  isFirstRefusal(ip: string): boolean {
    const group = groupOf(ip);
    const isFirst = !this.#refused.has(group);
    this.#refused.add(group);
    return isFirst;
  }

  /** Counts a failure of `ip`. */
  add(ip: string, now: number): void {
    const group = groupOf(ip);
    const bucket = this.#buckets.get(group) ?? new TokenBucket(RATE);
    this.#forget(group); // moves it to the end
    this.#makeRoom(now);
    this.#buckets.set(group, bucket);
    bucket.charge(1, now);
  }

  /** Forgets addresses whose failures have been made up for, and the oldest ones if there are too many. */
  #makeRoom(now: number): void {
    for (const [group, bucket] of this.#buckets) {
      if (!bucket.isFull(now) && this.#buckets.size < MAX_ADDRESSES) return;
      this.#forget(group);
    }
  }

  #forget(group: string): void {
    this.#buckets.delete(group);
    this.#refused.delete(group);
  }
}
