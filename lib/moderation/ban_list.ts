/**
 * Bans and mutes, found by name and by address in a time that does not grow with their number. A name that looks like
 * the one that is meant is that one: who is banned as Bob does not come back as B0b.
 *
 * Sans-I/O: the time is passed in, and where bans are kept is the store's business.
 * @module
 */
import { nameKey, normalizeName } from "../chat/names.ts";
import { skeletons } from "../text/skeleton.ts";
import type { Ban, Bans, BanStore, ElapsedTime } from "../chat/bans.ts";
import { parseIpAddress } from "../ip/ip_address.ts";
import { formatNetwork, networkOf, parseNetwork } from "../ip/network.ts";
import { hostOf } from "../ip/socket_address.ts";

/** The most sanctions of a kind, at about half a kilobyte each: who has more wants a firewall. */
export const MAX_BANS = 10_000;

/** The bits of an address that all of one network have. Who has one address of a /64 has all of them. */
export const IPV6_NETWORK = 64;

export interface BanListOptions {
  /** The time by which sanctions end: that of the store, if there is one. */
  readonly time: ElapsedTime;
  /** Where they are kept. @default only here */
  readonly store?: BanStore | undefined;
}

export class BanList implements Bans {
  readonly #time: ElapsedTime;
  readonly #store: BanStore | undefined;
  readonly #byTarget = new Map<string, Ban>();
  /** The stamps of when they were imposed, by target. */
  readonly #imposed = new Map<string, number>();
  /** By what the names look like, of which several may look the same. */
  #byLook = new Map<string, Ban[]>();
  /** Several may be about one network: those of two names. */
  #byNetwork = new Map<string, Ban[]>();
  /** How long the networks are that there are, in bits, by the length of their addresses in bytes. */
  #lengths = new Map<number, Set<number>>();

  constructor({ time, store }: BanListOptions) {
    this.#time = time;
    this.#store = store;
    for (const { ban, imposed } of store?.bans() ?? []) this.#set(ban, imposed);
    this.#prune();
    this.#index();
  }

  add(sanction: Ban): boolean {
    this.#prune();
    const isNew = !this.#byTarget.has(sanction.target);
    if (isNew && this.#byTarget.size >= MAX_BANS) return false;
    const imposed = this.#time.now();
    this.#set(sanction, imposed);
    this.#store?.putBan({ ban: sanction, imposed });
    this.#index();
    return true;
  }

  #set(sanction: Ban, imposed: number): void {
    const { target } = sanction;
    this.#byTarget.delete(target); // to be the last
    this.#byTarget.set(target, sanction);
    this.#imposed.set(target, imposed);
  }

  lift(target: string): Ban[] {
    const lifted = this.list().filter((it) => it.target === target || it.network === target);
    for (const each of lifted) this.#remove(each);
    this.#index();
    return lifted;
  }

  list(): Ban[] {
    this.#prune();
    return [...this.#byTarget.values()];
  }

  of({ name, origin }: { readonly name: string | undefined; readonly origin: string }) {
    if (this.#byTarget.size === 0) return undefined;
    return (name === undefined ? undefined : this.ofName(name)) ?? this.ofIp(hostOf(origin));
  }

  ofName(name: string): Ban | undefined {
    const found = this.#byTarget.get(nameKey(name));
    if (found?.name !== undefined && this.#holds(found)) return found;
    const shown = this.#byLook.size === 0 ? undefined : normalizeName(name);
    if (shown === undefined) return undefined;
    const alike = skeletons(shown).flatMap((look) => this.#byLook.get(look) ?? []);
    return alike.find((it) => this.#holds(it));
  }

  /** What is about this IP address. */
  ofIp(ip: string): Ban | undefined {
    if (this.#lengths.size === 0) return undefined;
    const address = parseIpAddress(ip);
    if (address === undefined) return undefined;
    for (const length of this.#lengths.get(address.length) ?? []) {
      const network = formatNetwork(networkOf(address, length));
      const found = this.#byNetwork.get(network)?.find((it) => this.#holds(it));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #holds({ target, since, until }: Ban): boolean {
    const imposed = this.#imposed.get(target);
    if (until === undefined || imposed === undefined) return true;
    return this.#time.elapsedSince(imposed) < until - since;
  }

  #prune(): void {
    for (const each of this.#byTarget.values()) if (!this.#holds(each)) this.#remove(each);
  }

  #remove({ target }: Ban): void {
    this.#byTarget.delete(target);
    this.#imposed.delete(target);
    this.#store?.deleteBan(target);
  }

  /** Anew each time: operators change this list now and then, and every client that comes is looked up in it. */
  #index(): void {
    this.#byLook = new Map();
    this.#byNetwork = new Map();
    this.#lengths = new Map();
    for (const sanction of this.#byTarget.values()) {
      const { name, network } = sanction;
      for (const look of name === undefined ? [] : skeletons(name)) {
        this.#byLook.set(look, [...this.#byLook.get(look) ?? [], sanction]);
      }
      if (network === undefined) continue;
      const { address, length } = parseNetwork(network);
      const lengths = this.#lengths.get(address.length) ?? new Set();
      this.#lengths.set(address.length, lengths.add(length));
      this.#byNetwork.set(network, [...this.#byNetwork.get(network) ?? [], sanction]);
    }
  }
}

/** The network of `host:port`, as one that a single contributor has: the address, or the /64 of an IPv6 one. */
export function networkOfOrigin(origin: string): string {
  const host = hostOf(origin);
  const address = parseIpAddress(host);
  if (address === undefined) return host;
  return formatNetwork(networkOf(address, address.length === 16 ? IPV6_NETWORK : 32));
}
