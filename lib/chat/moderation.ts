/**
 * What operators do that reaches beyond the chat: to addresses, to the server and to its log. The chat says what is to be
 * done; how an address is matched or a token compared is not its business.
 * @module
 */
import type { Member } from "./member.ts";
import type { Ban, Bans } from "./bans.ts";

/** What came of a token: it is right, it is wrong, or there were too many wrong ones to look at it. */
export type AuthResult = "granted" | "wrong" | "limited";

export interface Moderation {
  readonly bans: Bans;
  readonly mutes: Bans;
  /** Whether nobody new is let in. */
  isLockedDown: boolean;
  /** Wrong tokens are counted by address, and logged. */
  authenticate(token: string, member: Member): AuthResult;
  /** The network that a text means, in its one form; `undefined` if it means none, the reason if it is a wrong one. */
  readNetwork(text: string): string | { readonly problem: string } | undefined;
  /** The network of somebody: their address, or the /64 of an IPv6 one; `undefined` if it is not known. */
  networkOf(member: Member): string | undefined;
  /** Whether somebody is in a network. */
  isIn(member: Member, network: string): boolean;
  /** Ends the connections of all who are here in spite of a ban. */
  enforce(ban: Ban, words: string): void;
  /** Ends the server, as a signal does. */
  drain(): void;
  /** How long that may take, in seconds. */
  readonly drainTime: number;
  /** The time, in milliseconds since 1970. */
  now(): number;
  /** Puts into the log what an operator did: `kicked 'Bob'`. */
  note(operator: Member, act: string, reason: string): void;
}
