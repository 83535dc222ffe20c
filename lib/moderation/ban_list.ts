/**
 * A list of bans or mutes with lookups by name and by address that take the same time however long the list is. A name
 * matches all names that look like it, so that somebody banned as Bob cannot return as B0b.
 * @module
 */
import type { Ban, Bans, BanStore, BanSubject, ElapsedTime } from "../chat/moderation.ts";
import { nameKey, normalizeName } from "../chat/names.ts";
import { parseIpAddress } from "../ip/ip_address.ts";
import { formatNetwork, networkOf, parseNetwork } from "../ip/network.ts";
import { hostOf } from "../ip/socket_address.ts";
import { skeletons } from "../text/skeleton.ts";

/** The most bans in a list, at about half a kilobyte each. Longer lists belong into a firewall. */
export const MAX_BANS = 10_000;

/** The prefix length of an IPv6 network that counts as one peer: a host usually has all addresses of its /64. */
const IPV6_PEER_PREFIX = 64;

export interface BanListOptions {
  /** The clock by which bans end. It must be that of `store`, if there is one. */
  readonly time: ElapsedTime;
  /** Where the bans are loaded from and saved. @default in memory only */
  readonly store?: BanStore | undefined;
}

export class BanList implements Bans {
  readonly #time: ElapsedTime;
  readonly #store: BanStore | undefined;
  /** In the order in which they were added. */
  readonly #byTarget = new Map<string, Ban>();
  /** The stamp of each ban, by target. */
  readonly #imposed = new Map<string, number>();
  /** The bans that end. */
  readonly #timed = new Set<Ban>();
  /** By the skeletons of their names. Several names may share one. */
  readonly #bySkeleton = new Map<string, readonly Ban[]>();
  /** Bans of several names may share a network. */
  readonly #byNetwork = new Map<string, readonly Ban[]>();
  /** The prefix lengths that are or were in use, in bits, by the length of the address in bytes. */
  readonly #prefixLengths = new Map<number, Set<number>>();

  constructor({ time, store }: BanListOptions) {
    this.#time = time;
    this.#store = store;
    for (const { ban, imposed } of store?.bans() ?? []) this.#set(ban, imposed);
    this.#removeEnded();
  }

  add(ban: Ban): boolean {
    this.#removeEnded();
    const isNew = !this.#byTarget.has(ban.target);
    if (isNew && this.#byTarget.size >= MAX_BANS) return false;
    const imposed = this.#time.now();
    this.#set(ban, imposed);
    this.#store?.putBan({ ban, imposed });
    return true;
  }

  /** Takes over a ban that was imposed at this stamp elsewhere, or removes the one of the target. Stores nothing. */
  replicate(target: string, ban: Ban | undefined, imposed: number): void {
    const previous = this.#byTarget.get(target);
    if (ban !== undefined) this.#set(ban, imposed);
    else if (previous !== undefined) this.#drop(previous);
  }

  #set(ban: Ban, imposed: number): void {
    const { target } = ban;
    const previous = this.#byTarget.get(target);
    if (previous !== undefined) this.#drop(previous); // moves it to the end
    this.#byTarget.set(target, ban);
    this.#imposed.set(target, imposed);
    this.#index(ban);
  }

  lift(target: string): Ban[] {
    const lifted = this.list().filter((ban) => ban.target === target || ban.network === target);
    for (const ban of lifted) this.#remove(ban);
    return lifted;
  }

  list(): Ban[] {
    this.#removeEnded();
    return [...this.#byTarget.values()];
  }

  find({ name, origin }: BanSubject): Ban | undefined {
    if (this.#byTarget.size === 0) return undefined;
    return (name === undefined ? undefined : this.findByName(name)) ??
      this.findByAddress(hostOf(origin));
  }

  findByName(name: string): Ban | undefined {
    const exact = this.#byTarget.get(nameKey(name));
    if (exact?.name !== undefined && this.#isInForce(exact)) return exact;
    const normalized = this.#bySkeleton.size === 0 ? undefined : normalizeName(name);
    if (normalized === undefined) return undefined;
    const lookalikes = skeletons(normalized).flatMap((skeleton) =>
      this.#bySkeleton.get(skeleton) ?? []
    );
    return lookalikes.find((ban) => this.#isInForce(ban));
  }

  /** A ban whose network contains this IP address. */
  findByAddress(ip: string): Ban | undefined {
    if (this.#prefixLengths.size === 0) return undefined;
    const address = parseIpAddress(ip);
    if (address === undefined) return undefined;
    for (const length of this.#prefixLengths.get(address.length) ?? []) {
      const network = formatNetwork(networkOf(address, length));
      const found = this.#byNetwork.get(network)?.find((ban) => this.#isInForce(ban));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #isInForce({ target, since, until }: Ban): boolean {
    const imposed = this.#imposed.get(target);
    if (until === undefined || imposed === undefined) return true;
    return this.#time.elapsedSince(imposed) < until - since;
  }

  #removeEnded(): void {
    for (const ban of this.#timed) if (!this.#isInForce(ban)) this.#remove(ban);
  }

  #remove(ban: Ban): void {
    this.#drop(ban);
    this.#store?.deleteBan(ban.target);
  }

  /** Removes a ban from the list and its indexes, but not from the store. */
  #drop(ban: Ban): void {
    const { target, name, network } = ban;
    this.#byTarget.delete(target);
    this.#imposed.delete(target);
    this.#timed.delete(ban);
    for (const skeleton of name === undefined ? [] : skeletons(name)) {
      removeFrom(this.#bySkeleton, skeleton, ban);
    }
    if (network !== undefined) removeFrom(this.#byNetwork, network, ban);
  }

  /** Adds a ban to the indexes. To rebuild them for each change would hold the event loop for 10,000 bans. */
  #index(ban: Ban): void {
    const { name, network, until } = ban;
    if (until !== undefined) this.#timed.add(ban);
    for (const skeleton of name === undefined ? [] : skeletons(name)) {
      addTo(this.#bySkeleton, skeleton, ban);
    }
    if (network === undefined) return;
    const { address, length } = parseNetwork(network);
    const lengths = this.#prefixLengths.get(address.length) ?? new Set();
    this.#prefixLengths.set(address.length, lengths.add(length));
    addTo(this.#byNetwork, network, ban);
  }
}

function addTo(index: Map<string, readonly Ban[]>, key: string, ban: Ban): void {
  index.set(key, [...index.get(key) ?? [], ban]);
}

function removeFrom(index: Map<string, readonly Ban[]>, key: string, ban: Ban): void {
  const others = index.get(key)?.filter((other) => other !== ban) ?? [];
  if (others.length === 0) index.delete(key);
  else index.set(key, others);
}

/** The network of the peer at `host:port`: its address, or its /64 if it is IPv6. `undefined` if it is not an address. */
export function peerNetwork(origin: string): string | undefined {
  const address = parseIpAddress(hostOf(origin));
  return address && formatNetwork(networkOf(address, IPV6_PEER_PREFIX));
}

/** The same as {@linkcode peerNetwork}, or the host itself if it is not an address. */
export function networkOfOrigin(origin: string): string {
  return peerNetwork(origin) ?? hostOf(origin);
}
