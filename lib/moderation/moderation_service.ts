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
  SharedModeration,
} from "../chat/moderation.ts";
import type { Secret } from "../identity/secret.ts";
import { parseIpAddress } from "../ip/ip_address.ts";
import { CidrSet, formatNetwork, parseNetwork } from "../ip/network.ts";
import { formatAddress, hostOf, type SocketAddress } from "../ip/socket_address.ts";
import { AuthFailures } from "../limits/auth_failures.ts";
import { displayName } from "../wire/shapes.ts";
import { BanList, peerNetwork } from "./ban_list.ts";

/** What is logged, with the `host:port` of the operator, or of whoever tried to become one. */
export type ModerationEvent =
  | {
    readonly kind: "operator_action";
    readonly address: string;
    readonly user: string;
    readonly action: string;
    readonly reason: string;
  }
  | { readonly kind: "token_wrong" | "token_limited"; readonly address: string };

export interface ModerationServiceOptions {
  /** The operators' token; `undefined` if clients become operators by logging in alone. */
  readonly token: Secret | undefined;
  readonly log: (event: ModerationEvent) => void;
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
  /** Tells the other nodes of the chat what an operator has changed. By default there are none. */
  readonly share?: ShareModeration | undefined;
  /** Begins to shut the server down. */
  readonly drain: () => void;
  /** How long the shutdown may take, in seconds. */
  readonly drainTime: number;
}

/** Tells the other nodes of a chat what an operator has changed. */
export interface ShareModeration {
  /** A ban or a mute as JSON; empty if it was lifted. */
  ban(list: "bans" | "mutes", target: string, value: string): void;
  lock(isLockedDown: boolean): void;
}

export class ModerationService implements Moderation, SharedModeration {
  #isLockedDown = false;
  readonly bans: BanList;
  readonly mutes: BanList;
  readonly #options: ModerationServiceOptions;
  readonly #failures = new AuthFailures();

  constructor(options: ModerationServiceOptions) {
    const { elapsed, store, share } = options;
    this.#options = options;
    const bans = share === undefined ? store : sharedStore("bans", share);
    this.bans = new BanList({ time: elapsed, store: bans });
    this.mutes = new BanList({ time: elapsed, store: share && sharedStore("mutes", share) });
  }

  get isLockedDown(): boolean {
    return this.#isLockedDown;
  }

  set isLockedDown(isOn: boolean) {
    this.#isLockedDown = isOn;
    this.#options.share?.lock(isOn);
  }

  lock(isLockedDown: boolean): void {
    this.#isLockedDown = isLockedDown;
  }

  replicate(list: "bans" | "mutes", target: string, value: string): void {
    const ban: Ban | undefined = value === "" ? undefined : JSON.parse(value);
    this[list].replicate(target, ban, this.#options.elapsed.now());
    if (list === "bans" && ban !== undefined) this.enforce(ban, banMessage(ban));
  }

  restore(bans: ReadonlyMap<string, string>, mutes: ReadonlyMap<string, string>): void {
    for (const [list, values] of [[this.bans, bans], [this.mutes, mutes]] as const) {
      for (const { target } of list.list()) {
        if (!values.has(target)) list.replicate(target, undefined, 0);
      }
      for (const [target, value] of values) {
        const ban: Ban = JSON.parse(value);
        // The wall clock tells when it was imposed, as far as it can be trusted.
        const age = Math.max(0, this.now() - ban.since);
        list.replicate(target, ban, this.#options.elapsed.now() - age);
      }
    }
    for (const ban of this.bans.list()) this.enforce(ban, banMessage(ban));
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
    const user = displayName(operator);
    this.#options.log({ kind: "operator_action", address: operator.origin, user, action, reason });
  }

  /** Once an address is limited, even a right token is not checked: otherwise the limit would not stop guessing. */
  #check(token: string, ip: string, address: string): AuthResult {
    const { log, time } = this.#options;
    const now = time();
    if (this.#failures.isLimited(ip, now)) {
      // At most one such line for each wrong token, so that retries cannot fill the log.
      if (this.#failures.isFirstRefusal(ip)) {
        log({ kind: "token_limited", address });
      }
      return "limited";
    }
    if (this.#options.token?.matches(token)) return "granted";
    this.#failures.add(ip, now);
    log({ kind: "token_wrong", address });
    return "wrong";
  }
}

/** Shares the changes of a list. The engine has what was in it before. */
function sharedStore(list: "bans" | "mutes", share: ShareModeration): BanStore {
  return {
    bans: () => [],
    putBan: ({ ban }) => share.ban(list, ban.target, JSON.stringify(ban)),
    deleteBan: (target) => share.ban(list, target, ""),
  };
}

/** What clients are told that another node's operator has banned. */
function banMessage({ by, reason }: Ban): string {
  return reason === "" ? `Banned by ${by}` : `Banned by ${by}: ${reason}`;
}
