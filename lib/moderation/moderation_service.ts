/**
 * What operators can do that the chat knows nothing of: whose token is right, who is banned by address, what the log is
 * told.
 * @module
 */
import type { Member } from "../chat/member.ts";
import type { AuthResult, Moderation } from "../chat/moderation.ts";
import type { Ban, BanStore, ElapsedTime } from "../chat/bans.ts";
import { displayName } from "../chat/events.ts";
import { parseIpAddress } from "../ip/ip_address.ts";
import { CidrSet, formatNetwork, networkOf, parseNetwork } from "../ip/network.ts";
import { formatAddress, hostOf } from "../ip/socket_address.ts";
import type { Logger } from "../server/observability/log.ts";
import { Attempts, type OperatorToken } from "./operator_token.ts";
import { BanList, IPV6_NETWORK } from "./ban_list.ts";

export interface ModerationServiceOptions {
  readonly token: OperatorToken;
  readonly log: Logger;
  /** Where bans outlive the server. @default nowhere */
  readonly store?: BanStore | undefined;
  /** The time in milliseconds, from whatever beginning. */
  readonly time: () => number;
  /** The wall clock, in milliseconds since 1970. */
  readonly now: () => number;
  /** The time by which bans and mutes end: that of the store, if there is one. */
  readonly elapsed: ElapsedTime;
  /** Ends the connections for whose IP address this holds, with these words. */
  readonly evict: (isUnwanted: (ip: string) => boolean, words: string) => void;
  readonly drain: () => void;
  readonly drainTime: number;
}

export class ModerationService implements Moderation {
  isLockedDown = false;
  readonly bans: BanList;
  readonly mutes: BanList;
  readonly #options: ModerationServiceOptions;
  readonly #attempts = new Attempts();

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

  authenticate(token: string, { origin }: Member): AuthResult {
    return this.#check(token, hostOf(origin), origin);
  }

  /** What comes of a token that somebody at `client` shows. */
  check(token: string, client: Deno.NetAddr): AuthResult {
    return this.#check(token, client.hostname, formatAddress(client));
  }

  readNetwork(text: string): string | { readonly problem: string } | undefined {
    try {
      return formatNetwork(parseNetwork(text));
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      const [host = "", length] = text.split("/");
      const isMeant = length !== undefined || parseIpAddress(host) !== undefined;
      return isMeant ? { problem: error.message } : undefined;
    }
  }

  networkOf({ origin }: Member): string | undefined {
    const address = parseIpAddress(hostOf(origin));
    if (address === undefined) return undefined;
    return formatNetwork(networkOf(address, address.length === 16 ? IPV6_NETWORK : 32));
  }

  isIn({ origin }: Member, network: string): boolean {
    return new CidrSet(network).has(hostOf(origin));
  }

  enforce({ network }: Ban, words: string): void {
    if (network === undefined) return;
    const networks = new CidrSet(network);
    this.#options.evict((ip) => networks.has(ip), words);
  }

  note(operator: Member, act: string, reason: string): void {
    const message = `Operator ${displayName(operator)} ${act}${reason === "" ? "" : `: ${reason}`}`;
    this.#options.log({ level: "info", topic: "operator", address: operator.origin, message });
  }

  /** Who has been wrong too often is not listened to, since listening is what they are after. */
  #check(token: string, ip: string, address: string): AuthResult {
    const time = this.#options.time();
    if (this.#attempts.areSpent(ip, time)) {
      // One line for each wrong token at the most: whoever is not listened to must not fill the log instead.
      if (this.#attempts.isNews(ip)) {
        this.#warn(address, "Operator token not looked at: too many wrong ones");
      }
      return "limited";
    }
    if (this.#options.token.matches(token)) return "granted";
    this.#attempts.note(ip, time);
    this.#warn(address, "Operator token is wrong");
    return "wrong";
  }

  #warn(address: string, message: string): void {
    this.#options.log({ level: "warn", topic: "operator", address, message });
  }
}
