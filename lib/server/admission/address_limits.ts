/**
 * Limits for each address: connections at once, and new connections within a minute. Loopback addresses are not limited.
 *
 * Sans-I/O: it deals in addresses and times, so that it can be asked at accept or later, when a proxy has named its client.
 * @module
 */
import { type AddressGroup, addressGroups, LOOPBACK } from "../../ip/address_group.ts";
import { Rate, ROUNDING, TokenBucket } from "../../limits/token_bucket.ts";
import { type Refusal, RETRY_AFTER } from "./refusals.ts";

const TOO_MANY = "Too many connections from your address, try again later";

const PER_IP: Refusal = { cause: "per_ip", status: 429, text: TOO_MANY, retryAfter: RETRY_AFTER };

/**
 * The most addresses without connections that are remembered, at about 100 bytes each. Beyond that the oldest are
 * forgotten, and are as good as new. At 300 connections a minute an address is forgotten 0.2 s after its last connection,
 * so reaching this takes 300,000 connections a second.
 */
const MAX_REMEMBERED = 65_536;

/** Number of addresses at which unused ones are first pruned. */
const FIRST_PRUNE = 1_024;

export interface AddressLimitOptions {
  /** Connections at once from one address; 0 for no limit. An IPv6 /56 and /48 may have a multiple of it. */
  readonly maxPerIp: number;
  /** New connections within a minute from one address, and likewise; 0 for no limit. */
  readonly connectRate: number;
}

/** What is known of an address, or of a network of addresses. */
interface AddressUsage {
  connections: number;
  readonly maxConnections: number;
  readonly bucket: TokenBucket | undefined;
}

export class AddressLimits {
  readonly #maxPerIp: number;
  readonly #connectRate: number;
  /** Rates by their multiple of the rate of a single address. */
  readonly #rates = new Map<number, Rate>();
  readonly #usages = new Map<string, AddressUsage>();
  #pruneAt = FIRST_PRUNE;

  constructor({ maxPerIp, connectRate }: AddressLimitOptions) {
    this.#maxPerIp = maxPerIp === 0 ? Infinity : maxPerIp;
    this.#connectRate = connectRate;
  }

  /** Number of known addresses. */
  get size(): number {
    return this.#usages.size;
  }

  /** Admits a connection from `ip`, or returns the reason for refusing it. An admitted one must be released once. */
  admit(ip: string, now: number): Refusal | undefined {
    const groups = addressGroups(ip);
    if (groups[0]?.name === LOOPBACK) return undefined;
    if (this.#usages.size >= this.#pruneAt) this.#prune(now);
    const all = groups.map((group) => this.#usages.get(group.name) ?? this.#remember(group));
    if (all.some(({ connections, maxConnections }) => connections >= maxConnections)) return PER_IP;
    const refusal = charge(all, now);
    if (refusal !== undefined) return refusal;
    for (const usage of all) usage.connections++;
    return undefined;
  }

  /** Admits one more request on an admitted connection from `ip`, or returns the reason for refusing it. */
  admitAgain(ip: string, now: number): Refusal | undefined {
    return charge(this.#known(ip), now);
  }

  /** Releases an admitted connection from `ip`. */
  release(ip: string): void {
    for (const usage of this.#known(ip)) usage.connections--;
  }

  /** Releases an admitted connection from `ip` and gives back its token: it turned out to count elsewhere. */
  refund(ip: string, now: number): void {
    this.release(ip);
    for (const usage of this.#known(ip)) usage.bucket?.charge(-1, now);
  }

  #known(ip: string): AddressUsage[] {
    return addressGroups(ip).flatMap(({ name }) => this.#usages.get(name) ?? []);
  }

  #remember({ name, share }: AddressGroup): AddressUsage {
    const bucket = this.#connectRate === 0 ? undefined : new TokenBucket(this.#rate(share));
    const usage = { connections: 0, maxConnections: share * this.#maxPerIp, bucket };
    this.#usages.set(name, usage);
    return usage;
  }

  #rate(share: number): Rate {
    let rate = this.#rates.get(share);
    if (rate === undefined) {
      const perMinute = share * this.#connectRate;
      this.#rates.set(share, rate = new Rate(perMinute / 60, perMinute));
    }
    return rate;
  }

  /** Forgets addresses that are as good as new. The next prune is at twice the number, so the cost is amortized. */
  #prune(now: number): void {
    let idle = 0;
    for (const { connections } of this.#usages.values()) if (connections === 0) idle++;
    for (const [group, { connections, bucket }] of this.#usages) {
      if (connections > 0 || (bucket?.isFull(now) === false && idle <= MAX_REMEMBERED)) continue;
      this.#usages.delete(group);
      idle--;
    }
    this.#pruneAt = Math.max(FIRST_PRUNE, 2 * this.#usages.size);
  }
}

/** Takes a token from each of these if all have one; otherwise returns when they will. */
function charge(all: readonly AddressUsage[], now: number): Refusal | undefined {
  const dueAt = Math.max(...all.map(({ bucket }) => bucket?.dueAt ?? -Infinity));
  if (dueAt > now + ROUNDING) {
    const retryAfter = Math.ceil((dueAt - now) / 1000);
    return { cause: "connect_rate", status: 429, text: TOO_MANY, retryAfter };
  }
  for (const { bucket } of all) bucket?.charge(1, now);
  return undefined;
}
