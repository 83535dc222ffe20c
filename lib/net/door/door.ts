/**
 * The door: who is let in, who is told why not, and how many are here from where.
 *
 * Knows addresses and connections, and nothing of what these say.
 * @module
 */
import type { Networks } from "../../protocol/ip_address.ts";
import { Admission, type AdmissionLimits, BANNED, type Refusal, SERVER_FULL } from "./admission.ts";
import { type Connection, formatAddress } from "../connection.ts";
import type { Refusals } from "./refusals.ts";

/**
 * The most connections of either kind that are kept aside at once; more are just closed. One that is told why it is not
 * let in takes about 0.6 s if it closes then, and 5 s at the most: these are 50 to 400 a second.
 */
const MAX_ASIDE = 256;

export interface DoorOptions extends AdmissionLimits {
  /** Connections that take part in the chat. */
  readonly maxClients: number;
  /** Proxies are let in: each whom they speak for is looked at instead. */
  readonly proxies: Networks;
  readonly refusals: Refusals;
  /** Whether an operator wants nobody from this IP address. */
  readonly isBanned: (ip: string) => boolean;
}

export class Door {
  readonly #options: DoorOptions;
  readonly #admission: Admission;
  /** Connections that take no part in the chat: they are turned away, or on the port for metrics. */
  readonly #aside = new Set<Connection>();
  /** Those of them on the port for metrics. Strangers who are turned away must not take their place. */
  readonly #watchers = new Set<Connection>();

  constructor(options: DoorOptions) {
    this.#options = options;
    this.#admission = new Admission(options);
  }

  /** Whether there is no place in the chat, of `connections` that there are in all. */
  isFull(connections: number): boolean {
    return connections - this.#aside.size >= this.#options.maxClients;
  }

  /** Why a peer is not let in, of which there are `connections` already. Who is let in counts until it has left. */
  refusalOf(peer: Deno.NetAddr, connections: number, now: number): Refusal | undefined {
    if (this.isFull(connections)) return this.#note(SERVER_FULL, peer, now);
    const { proxies } = this.#options;
    if (proxies.has(peer.hostname)) return undefined;
    return this.#note(this.#admit(peer.hostname, now), peer, now);
  }

  /** The same for a client of whom a proxy has just said where it comes from. */
  moved(connection: Connection, now: number): Refusal | undefined {
    if (connection.isTrusted) return undefined; // another proxy
    const refusal = this.#admit(connection.ip, now);
    if (refusal !== undefined) this.#aside.add(connection);
    return this.#note(refusal, connection.client, now);
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

  left(connection: Connection): void {
    const wasAside = this.#aside.delete(connection);
    this.#watchers.delete(connection);
    if (!wasAside && !connection.isTrusted) this.#admission.release(connection.ip);
  }

  #admit(ip: string, now: number): Refusal | undefined {
    return this.#options.isBanned(ip) ? BANNED : this.#admission.admit(ip, now);
  }

  #note(refusal: Refusal | undefined, address: Deno.NetAddr, now: number): Refusal | undefined {
    if (refusal !== undefined) {
      this.#options.refusals.note(refusal.cause, formatAddress(address), now);
    }
    return refusal;
  }
}
