/**
 * Who is let in, by the address that they come from.
 *
 * Sans-I/O: knows addresses and the time, and no socket, so that it can be asked at accept or later, when it is known for
 * whom a proxy speaks. The machine itself is always let in.
 * @module
 */
import type { RefusalCause } from "../observability/counters.ts";
import { type AddressGroup, addressGroups, LOOPBACK } from "../../ip/address_group.ts";
import { Rate, ROUNDING, TokenBucket } from "./token_bucket.ts";

/** Why somebody is not let in, and what to tell them. */
export interface Refusal {
  readonly cause: RefusalCause;
  /** The HTTP status. */
  readonly status: 403 | 429 | 503;
  readonly text: string;
  /** When to try again, in seconds, if that is known. */
  readonly retryAfter?: number;
}

/** When to try again, in seconds, if that depends on others: somebody will have left by then. */
const RETRY_AFTER = 10;

const TOO_MANY = "Too many connections from your address, try again later";

export const SERVER_FULL: Refusal = {
  cause: "server_full",
  status: 503,
  text: "Server is full, try again later",
  retryAfter: RETRY_AFTER,
};

/** Whom an operator has banned. */
export const BANNED: Refusal = {
  cause: "banned",
  status: 403,
  text: "You are banned from this server",
};

/** Everybody new, since an operator says so. */
export const LOCKED_DOWN: Refusal = {
  cause: "lockdown",
  status: 503,
  text: "Server is locked down, try again later",
  retryAfter: 60, // it takes an operator to end it
};

/** Everybody new, since the server is about to end. */
export const DRAINING: Refusal = {
  cause: "draining",
  status: 503,
  text: "Server is shutting down",
};

const PER_IP: Refusal = { cause: "per_ip", status: 429, text: TOO_MANY, retryAfter: RETRY_AFTER };

/**
 * The most addresses that are remembered although nobody is here from them, in about 100 bytes each; beyond that the
 * oldest are forgotten, and may come anew. At 300 connections a minute an address is forgotten 0.2 s after its
 * last connection, so it takes 300,000 connections a second to get there.
 */
const MAX_REMEMBERED = 65_536;

/** How many addresses there are at the least before the forgettable ones are looked for. */
const FIRST_PRUNE = 1_024;

export interface AddressLimitOptions {
  /** Connections at once from one address; 0: any number. Of an IPv6 /56 and /48 there may be some times as many. */
  readonly maxPerIp: number;
  /** New connections within a minute from one address, and so on; 0: any number. */
  readonly connectRate: number;
}

/** The budget that a connection is charged to, and the address that it counts for. */
export interface Place {
  readonly book: AddressLimits;
  readonly ip: string;
}

interface Visitors {
  connections: number;
  readonly most: number;
  readonly bucket: TokenBucket | undefined;
}

export class AddressLimits {
  readonly #maxPerIp: number;
  readonly #connectRate: number;
  /** By how many times the rate of a single address they are. */
  readonly #rates = new Map<number, Rate>();
  readonly #visitors = new Map<string, Visitors>();
  #pruneAt = FIRST_PRUNE;

  constructor({ maxPerIp, connectRate }: AddressLimitOptions) {
    this.#maxPerIp = maxPerIp === 0 ? Infinity : maxPerIp;
    this.#connectRate = connectRate;
  }

  /** How many addresses are known. */
  get size(): number {
    return this.#visitors.size;
  }

  /** Lets a connection from `ip` in, or says why not. Who is in has to be released once. */
  admit(ip: string, now: number): Refusal | undefined {
    const groups = addressGroups(ip);
    if (groups[0]?.name === LOOPBACK) return undefined;
    if (this.#visitors.size >= this.#pruneAt) this.#prune(now);
    const all = groups.map((group) => this.#visitors.get(group.name) ?? this.#remember(group));
    if (all.some(({ connections, most }) => connections >= most)) return PER_IP;
    const refusal = charge(all, now);
    if (refusal !== undefined) return refusal;
    for (const visitors of all) visitors.connections++;
    return undefined;
  }

  /** Admits one more request on a connection from `ip` that is admitted, or returns the reason for refusing it. */
  admitAgain(ip: string, now: number): Refusal | undefined {
    return charge(this.#known(ip), now);
  }

  /** A connection from `ip` that was let in is over. */
  release(ip: string): void {
    for (const visitors of this.#known(ip)) visitors.connections--;
  }

  /** A connection from `ip` that was let in is none of those that are counted here: as if it had not come. */
  refund(ip: string, now: number): void {
    this.release(ip);
    for (const visitors of this.#known(ip)) visitors.bucket?.charge(-1, now);
  }

  /** What is known of the groups of an address. */
  #known(ip: string): Visitors[] {
    return addressGroups(ip).flatMap(({ name }) => this.#visitors.get(name) ?? []);
  }

  #remember({ name, share }: AddressGroup): Visitors {
    const bucket = this.#connectRate === 0 ? undefined : new TokenBucket(this.#rate(share));
    const visitors = { connections: 0, most: share * this.#maxPerIp, bucket };
    this.#visitors.set(name, visitors);
    return visitors;
  }

  #rate(share: number): Rate {
    let rate = this.#rates.get(share);
    if (rate === undefined) {
      const perMinute = share * this.#connectRate;
      this.#rates.set(share, rate = new Rate(perMinute / 60, perMinute));
    }
    return rate;
  }

  /** Forgets those who are as good as new. Each time at twice as many, so that it costs next to nothing. */
  #prune(now: number): void {
    let idle = 0;
    for (const { connections } of this.#visitors.values()) if (connections === 0) idle++;
    for (const [group, { connections, bucket }] of this.#visitors) {
      if (connections > 0 || (bucket?.isFull(now) === false && idle <= MAX_REMEMBERED)) continue;
      this.#visitors.delete(group);
      idle--;
    }
    this.#pruneAt = Math.max(FIRST_PRUNE, 2 * this.#visitors.size);
  }
}

/** Takes a token from each of these, if all have one; or returns when they will. */
function charge(all: readonly Visitors[], now: number): Refusal | undefined {
  const dueAt = Math.max(...all.map(({ bucket }) => bucket?.dueAt ?? -Infinity));
  if (dueAt > now + ROUNDING) {
    const retryAfter = Math.ceil((dueAt - now) / 1000);
    return { cause: "connect_rate", status: 429, text: TOO_MANY, retryAfter };
  }
  for (const { bucket } of all) bucket?.charge(1, now);
  return undefined;
}
