/**
 * The door: who is let in, who is told why not, and how many are here from where.
 *
 * Knows addresses and connections, and nothing of what these say.
 * @module
 */
import type { CidrSet } from "../../ip/network.ts";
import {
  type AddressLimitOptions,
  AddressLimits,
  BANNED,
  type Refusal,
  SERVER_FULL,
} from "./address_limits.ts";
import { isLoopback } from "../../ip/ip_address.ts";
import { formatAddress } from "../../ip/socket_address.ts";
import type { Connection } from "../connection/connection.ts";
import type { Refusals } from "./refusals.ts";

/**
 * The most connections of either kind that are kept aside at once; more are just closed. One that is told why it is not
 * let in takes about 0.6 s if it closes then, and 5 s at the most: these are 50 to 400 a second.
 */
const MAX_ASIDE = 256;

/**
 * HTTP requests that an address may make for each connection to the chat that it may make: a visitor connects once, after
 * the some 40 files of the page, and may look at a few more.
 */
const REQUESTS_PER_CONNECTION = 60;

/** The loopback address of a proxy's machine: it is not this one, and no limit is waived for it. */
const LOOPBACK_ELSEWHERE = "loopback elsewhere";

export interface AdmissionControlOptions extends AddressLimitOptions {
  /** Connections that take part in the chat. */
  readonly maxClients: number;
  /** Proxies are let in: each whom they speak for is looked at instead. */
  readonly proxies: CidrSet;
  readonly refusals: Refusals;
  /** Whether an operator wants nobody from this IP address. */
  readonly isBanned: (ip: string) => boolean;
}

export class AdmissionControl {
  readonly #options: AdmissionControlOptions;
  /** Connections that are in the chat, or may be: until one is known, it is taken for a line client. */
  readonly #chat: AddressLimits;
  /** Connections that load files, and their requests. They take nothing from what an address has for the chat. */
  readonly #http: AddressLimits;
  /** Connections that take no part in the chat: they are turned away, or on the port for metrics. */
  readonly #aside = new Set<Connection>();
  /** Those of them on the port for metrics. Strangers who are turned away must not take their place. */
  readonly #watchers = new Set<Connection>();

  constructor(options: AdmissionControlOptions) {
    this.#options = options;
    this.#chat = new AddressLimits(options);
    const connectRate = options.connectRate * REQUESTS_PER_CONNECTION;
    this.#http = new AddressLimits({ ...options, connectRate });
  }

  /** Whether there is no place in the chat, of `connections` that there are in all. */
  isFull(connections: number): boolean {
    return connections - this.#aside.size >= this.#options.maxClients;
  }

  /** Admits a peer, of which there are `connections` in all, or returns the reason for refusing it. */
  admit(peer: Deno.NetAddr, connections: number, now: number): Refusal | undefined {
    if (this.isFull(connections)) return this.#note(SERVER_FULL, peer, now);
    const { proxies } = this.#options;
    if (proxies.has(peer.hostname)) return undefined;
    const { hostname } = peer;
    const refusal = this.#isBanned(hostname) ?? this.#chat.admit(hostname, now);
    return this.#note(refusal, peer, now);
  }

  /** Counts a connection whose peer was admitted, until it has left. */
  enter(connection: Connection): void {
    if (!connection.isTrusted) connection.place = { book: this.#chat, ip: connection.ip };
  }

  /** Admits a client to the chat, of which a proxy or a request has just told more, or returns the reason not to. */
  readmit(connection: Connection, now: number): Refusal | undefined {
    if (connection.isProxy || connection.place?.book === this.#chat) return undefined;
    this.#leave(connection);
    const refusal = this.#take(connection, this.#chat, now);
    if (refusal !== undefined) this.#aside.add(connection);
    return this.#note(refusal, connection.client, now);
  }

  /** Admits an HTTP request that asks for no WebSocket, or returns the reason for refusing it. */
  admitRequest(connection: Connection, now: number): Refusal | undefined {
    if (connection.isProxy) return undefined;
    const { place } = connection;
    const refusal = place?.book === this.#http
      ? this.#http.admitAgain(place.ip, now)
      : this.#moveToHttp(connection, now);
    return this.#note(refusal, connection.client, now);
  }

  #moveToHttp(connection: Connection, now: number): Refusal | undefined {
    const { place } = connection;
    place?.book.refund(place.ip, now);
    connection.place = undefined;
    return this.#take(connection, this.#http, now);
  }

  #take(connection: Connection, book: AddressLimits, now: number): Refusal | undefined {
    const { ip, isLocal } = connection;
    const counted = !isLocal && isLoopback(ip) ? LOOPBACK_ELSEWHERE : ip;
    const refusal = this.#isBanned(ip) ?? book.admit(counted, now);
    if (refusal === undefined) connection.place = { book, ip: counted };
    return refusal;
  }

  #leave(connection: Connection): void {
    const { place } = connection;
    place?.book.release(place.ip);
    connection.place = undefined;
  }

  /** Whether a connection takes no part in the chat. */
  isAside(connection: Connection): boolean {
    return this.#aside.has(connection);
  }

  /** Whether somebody more can be told why they are not let in. */
  get hasRoomAside(): boolean {
    return this.#aside.size - this.#watchers.size < MAX_ASIDE;
  }

  keepAside(connection: Connection): void {
    this.#aside.add(connection);
  }

  /** Whether somebody more can ask for metrics. */
  get hasRoomToWatch(): boolean {
    return this.#watchers.size < MAX_ASIDE;
  }

  /** Keeps somebody aside who asks for metrics. */
  letWatch(connection: Connection): void {
    this.#aside.add(connection);
    this.#watchers.add(connection);
  }

  release(connection: Connection): void {
    this.#aside.delete(connection);
    this.#watchers.delete(connection);
    this.#leave(connection);
  }

  #isBanned(ip: string): Refusal | undefined {
    return this.#options.isBanned(ip) ? BANNED : undefined;
  }

  #note(refusal: Refusal | undefined, address: Deno.NetAddr, now: number): Refusal | undefined {
    if (refusal !== undefined) {
      this.#options.refusals.note(refusal.cause, formatAddress(address), now);
    }
    return refusal;
  }
}
