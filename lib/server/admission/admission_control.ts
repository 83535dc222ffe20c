/**
 * Decides which connections and requests are admitted, and counts what each address uses until its connections close.
 * @module
 */
import { formatAddress } from "../../ip/socket_address.ts";
import { isLoopback } from "../../ip/ip_address.ts";
import type { Connection } from "../connection/connection.ts";
import type { TimeSource } from "../connection/clock.ts";
import { type AddressLimitOptions, AddressLimits } from "./address_limits.ts";
import { BANNED, type Refusal, type RefusalLog, SERVER_FULL } from "./refusals.ts";

/**
 * The most refused connections that are open at once, and the most connections for metrics; more are closed without an
 * answer. A refused connection takes about 0.6 s if its client closes after the answer, and 5 s at most: these are 50 to
 * 400 a second.
 */
const MAX_OUTSIDE_CHAT = 256;

/**
 * HTTP requests that an address may make for each connection to the chat that it may make: a visitor connects once, after
 * about 40 files of the page, and may look at a few more.
 */
const REQUESTS_PER_CONNECTION = 60;

/** The loopback address of a proxy's machine. It is not this machine, so no limit is waived for it. */
const LOOPBACK_ELSEWHERE = "loopback elsewhere";

export interface AdmissionControlOptions extends AddressLimitOptions {
  readonly time: TimeSource;
  /** The most connections that take part in the chat. */
  readonly maxClients: number;
  /** Trusted proxies are admitted; the limits apply to the clients that they name. */
  readonly isTrustedProxy: (hostname: string) => boolean;
  readonly refusals: RefusalLog;
  /** Whether an operator has banned this IP address. */
  readonly isBanned: (ip: string) => boolean;
}

/** What a connection counts against. */
interface Allocation {
  readonly limits: AddressLimits;
  readonly ip: string;
}

export class AdmissionControl {
  readonly #options: AdmissionControlOptions;
  /** Connections to the chat, and those that may become one: a connection counts as a line client until it is known. */
  readonly #chat: AddressLimits;
  /** Connections that load files, and their requests. They do not reduce what an address may use of the chat. */
  readonly #http: AddressLimits;
  readonly #allocations = new Map<Connection, Allocation>();
  /** Connections that take no part in the chat: refused ones, and those on the metrics port. */
  readonly #outside = new Set<Connection>();
  /** Those of them on the metrics port, counted apart so that refused strangers cannot keep a scraper out. */
  readonly #metrics = new Set<Connection>();

  constructor(options: AdmissionControlOptions) {
    this.#options = options;
    this.#chat = new AddressLimits(options);
    const connectRate = options.connectRate * REQUESTS_PER_CONNECTION;
    this.#http = new AddressLimits({ ...options, connectRate });
  }

  /** Whether the chat is full, with `connections` connections to the server in all. */
  isFull(connections: number): boolean {
    return connections - this.#outside.size >= this.#options.maxClients;
  }

  /**
   * Admits a peer that was just accepted, which uses a token of its address, or returns the reason for refusing it.
   * `connections` is the number of connections to the server in all.
   */
  admitPeer(peer: Deno.NetAddr, connections: number): Refusal | undefined {
    if (this.isFull(connections)) return this.#refuse(SERVER_FULL, peer);
    const { hostname } = peer;
    if (this.#options.isTrustedProxy(hostname)) return undefined;
    const refusal = this.#isBanned(hostname) ?? this.#chat.admit(hostname, this.#now);
    return this.#refuse(refusal, peer);
  }

  /** Counts the connection of an admitted peer until it is removed. */
  addAdmitted(connection: Connection): void {
    const { isTrusted, ip } = connection.client;
    if (!isTrusted) this.#allocations.set(connection, { limits: this.#chat, ip });
  }

  /**
   * Admits a client to the chat whose address has just become known, which uses a token of that address, or returns the
   * reason for refusing it. The connection is closed at once if there are too many refused ones to answer.
   */
  admitClient(connection: Connection): Refusal | undefined {
    if (connection.client.isProxy || this.#limitsOf(connection) === this.#chat) return undefined;
    const canAnswer = this.hasRoomForRefused;
    this.#release(connection);
    const refusal = this.#allocate(connection, this.#chat);
    if (refusal === undefined) return undefined;
    this.#outside.add(connection);
    this.#refuse(refusal, connection.client.net);
    if (!canAnswer) connection.close("refused");
    return refusal;
  }

  /** Admits an HTTP request without a handshake, which uses a token of its address, or returns the reason for refusing it. */
  admitRequest(connection: Connection): Refusal | undefined {
    if (connection.client.isProxy) return undefined;
    const allocation = this.#allocations.get(connection);
    const refusal = allocation?.limits === this.#http
      ? this.#http.admitAgain(allocation.ip, this.#now)
      : this.#moveToHttp(connection, allocation);
    return this.#refuse(refusal, connection.client.net);
  }

  /** Whether a connection takes no part in the chat. */
  isOutsideChat(connection: Connection): boolean {
    return this.#outside.has(connection);
  }

  /** Whether one more refused connection can be answered. */
  get hasRoomForRefused(): boolean {
    return this.#outside.size - this.#metrics.size < MAX_OUTSIDE_CHAT;
  }

  addRefused(connection: Connection): void {
    this.#outside.add(connection);
  }

  /** Whether there is room for one more connection on the metrics port. */
  get hasRoomForMetrics(): boolean {
    return this.#metrics.size < MAX_OUTSIDE_CHAT;
  }

  addMetrics(connection: Connection): void {
    this.#outside.add(connection);
    this.#metrics.add(connection);
  }

  /** Forgets a connection that is closed. */
  remove(connection: Connection): void {
    this.#outside.delete(connection);
    this.#metrics.delete(connection);
    this.#release(connection);
  }

  get #now(): number {
    return this.#options.time.now;
  }

  #limitsOf(connection: Connection): AddressLimits | undefined {
    return this.#allocations.get(connection)?.limits;
  }

  #moveToHttp(connection: Connection, allocation: Allocation | undefined): Refusal | undefined {
    allocation?.limits.refund(allocation.ip, this.#now);
    this.#allocations.delete(connection);
    return this.#allocate(connection, this.#http);
  }

  #allocate(connection: Connection, limits: AddressLimits): Refusal | undefined {
    const { ip, isLocal } = connection.client;
    const counted = !isLocal && isLoopback(ip) ? LOOPBACK_ELSEWHERE : ip;
    const refusal = this.#isBanned(ip) ?? limits.admit(counted, this.#now);
    if (refusal === undefined) this.#allocations.set(connection, { limits, ip: counted });
    return refusal;
  }

  #release(connection: Connection): void {
    const allocation = this.#allocations.get(connection);
    if (allocation === undefined) return;
    allocation.limits.release(allocation.ip);
    this.#allocations.delete(connection);
  }

  #isBanned(ip: string): Refusal | undefined {
    return this.#options.isBanned(ip) ? BANNED : undefined;
  }

  /** Records a refusal, if it is one. */
  #refuse(refusal: Refusal | undefined, { hostname, port }: Deno.NetAddr): Refusal | undefined {
    if (refusal !== undefined) {
      this.#options.refusals.add(refusal.cause, formatAddress({ hostname, port }), this.#now);
    }
    return refusal;
  }
}
