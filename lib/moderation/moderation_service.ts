/**
 * Implements the powers of operators: checks their tokens, holds bans and mutes, disconnects the banned, and logs what
 * operators do.
 * @module
 */
import type {
  AuthResult,
  Ban,
  BanStore,
  BanSubject,
  ElapsedTime,
  Moderation,
  Operator,
} from "../chat/moderation.ts";
import type { Secret } from "../identity/secret.ts";
import { parseIpAddress } from "../ip/ip_address.ts";
import { CidrSet, formatNetwork, parseNetwork } from "../ip/network.ts";
import { formatAddress, hostOf, type SocketAddress } from "../ip/socket_address.ts";
import { AuthFailures } from "../limits/auth_failures.ts";
import { displayName } from "../wire/shapes.ts";
import { BanList, peerNetwork } from "./ban_list.ts";

export interface ModerationServiceOptions {
  /** The operators' token; `undefined` if clients become operators by logging in alone. */
  readonly token: Secret | undefined;
  /** Called with each log line and the `host:port` of the operator, or of whoever tried to become one. */
  readonly log: (level: "info" | "warn", address: string, message: string) => void;
  /** Where bans survive a restart. Mutes do not. @default in memory only */
  readonly store?: BanStore | undefined;
  /** Monotonic time in ms, by which wrong tokens are limited. */
  readonly time: () => number;
  /** The wall clock, in milliseconds since 1970. */
  readonly now: () => number;
  /** The clock by which bans and mutes end: that of `store`, if there is one. */
  readonly elapsed: ElapsedTime;
  /** Disconnects all clients whose IP address `isBanned`, with this message. */
  readonly evict: (isBanned: (ip: string) => boolean, message: string) => void;
  /** Begins to shut the server down. */
  readonly drain: () => void;
  /** How long the shutdown may take, in seconds. */
  readonly drainTime: number;
}

export class ModerationService implements Moderation {
  isLockedDown = false;
  readonly bans: BanList;
  readonly mutes: BanList;
  readonly #options: ModerationServiceOptions;
  readonly #failures = new AuthFailures();

  constructor(options: ModerationServiceOptions) {
    const { elapsed, store } = options;
    this.#options = options;
    this.bans = new BanList({ time: elapsed, store });
    this.mutes = new BanList({ time: elapsed });
  }

  get drainTime(): number {
    return this.#options.drainTime;
  }

  now(): number {
    return this.#options.now();
  }

  drain(): void {
    this.#options.drain();
  }

  authenticate(token: string, { origin }: BanSubject): AuthResult {
    return this.#check(token, hostOf(origin), origin);
  }

  /** Checks a token that the peer at `client` sent before it joined the chat. */
  check(token: string, client: SocketAddress): AuthResult {
    return this.#check(token, client.hostname, formatAddress(client));
  }

  parseNetwork(text: string): string | { readonly error: string } | undefined {
    try {
      return formatNetwork(parseNetwork(text));
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      const [host = "", length] = text.split("/");
      const isMeantAsNetwork = length !== undefined || parseIpAddress(host) !== undefined;
      return isMeantAsNetwork ? { error: error.message } : undefined;
    }
  }

  networkOf({ origin }: BanSubject): string | undefined {
    return peerNetwork(origin);
  }

  isIn({ origin }: BanSubject, network: string): boolean {
    return new CidrSet(network).has(hostOf(origin));
  }

  enforce({ network }: Ban, message: string): void {
    if (network === undefined) return;
    const networks = new CidrSet(network);
    this.#options.evict((ip) => networks.has(ip), message);
  }

  logAction(operator: Operator, action: string, reason: string): void {
    const detail = reason === "" ? "" : `: ${reason}`;
    const message = `Operator ${displayName(operator)} ${action}${detail}`;
    this.#options.log("info", operator.origin, message);
  }

  /** Once an address is limited, even a right token is not checked: otherwise the limit would not stop guessing. */
  #check(token: string, ip: string, address: string): AuthResult {
    const { log, time } = this.#options;
    const now = time();
    if (this.#failures.isLimited(ip, now)) {
      // At most one such line for each wrong token, so that retries cannot fill the log.
      if (this.#failures.isFirstRefusal(ip)) {
        log("warn", address, "Operator token not looked at: too many wrong ones");
      }
      return "limited";
    }
    if (this.#options.token?.matches(token)) return "granted";
    this.#failures.add(ip, now);
    log("warn", address, "Operator token is wrong");
    return "wrong";
  }
}
