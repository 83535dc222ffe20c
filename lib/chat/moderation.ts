/**
 * Bans, mutes and the powers of operators, as the chat uses them. `lib/moderation` implements them, and `lib/history`
 * stores bans.
 * @module
 */

/** Somebody whom a ban may apply to. A `Member` is one. */
export interface BanSubject {
  readonly name: string | undefined;
  /** The peer's `host:port`. */
  readonly origin: string;
}

/** An operator as the log names them. A `Member` is one. */
export interface Operator extends BanSubject {
  /** The address that others see, used if there is no name. */
  readonly address: string;
}

/** A ban or a mute: they differ in effect, not in form. It applies to a name, to a network, or to both. */
export interface Ban {
  /** Identifies the ban in its list: the key of the name if there is one, else the network. */
  readonly target: string;
  /** The name that it applies to, with all names that look like it. */
  readonly name: string | undefined;
  /** The addresses that it applies to: `203.0.113.7` or `10.0.0.0/8`. */
  readonly network: string | undefined;
  /** When it was imposed, in milliseconds since 1970. */
  readonly since: number;
  /** When it ends, in milliseconds since 1970; `undefined` if it lasts until it is lifted. */
  readonly until: number | undefined;
  /** The display name of the operator. */
  readonly by: string;
  /** Empty if none was given. */
  readonly reason: string;
}

/** A list of bans, or one of mutes. Those that have ended are not in it. */
export interface Bans {
  /** Adds a ban, in place of one with the same target. Returns false if the list is full. */
  add(ban: Ban): boolean;
  /** Removes the ban with this target and all bans of the network with this name. Returns the removed ones. */
  lift(target: string): Ban[];
  /** All bans, in the order in which they were added. */
  list(): Ban[];
  /** A ban that applies to somebody, by name or by address. */
  find(subject: BanSubject): Ban | undefined;
  /** A ban that applies to this name, in whatever case or lookalike letters it is written. */
  findByName(name: string): Ban | undefined;
}

/** A clock that changes of the wall clock do not affect. */
export interface ElapsedTime {
  /** A stamp, in ms from an arbitrary start; never goes back. */
  now(): number;
  /** The time since a stamp, in ms, including time during which the server did not run. */
  elapsedSince(stamp: number): number;
}

/** A ban as it is stored. */
export interface StoredBan {
  readonly ban: Ban;
  /**
   * The {@linkcode ElapsedTime} stamp of when it was imposed. The ban lasts for `until - since` from then on. `since` and
   * `until` themselves are times of the wall clock, which may be wrong, and are only displayed.
   */
  readonly imposed: number;
}

/** Where bans survive a restart. No call throws if the disk fails: a change that cannot be written is written later. */
export interface BanStore {
  bans(): StoredBan[];
  putBan(ban: StoredBan): void;
  deleteBan(target: string): void;
}

/** The result of checking an operator token. `limited`: too many wrong ones came from this address to check it. */
export type AuthResult = "granted" | "wrong" | "limited";

/** Bans and mutes that several nodes of a chat share. */
export interface SharedModeration {
  /** Takes over a ban or mute of another node as JSON, or lifts it if that is empty. */
  replicate(list: "bans" | "mutes", target: string, value: string): void;
  /** Takes over all bans and mutes of the chat. */
  restore(bans: ReadonlyMap<string, string>, mutes: ReadonlyMap<string, string>): void;
  /** Takes over whether new clients are refused. */
  lock(isLockedDown: boolean): void;
}

/** What the commands of operators need from the server. */
export interface Moderation {
  readonly bans: Bans;
  readonly mutes: Bans;
  /** Whether new clients are refused. */
  isLockedDown: boolean;
  /** Checks a token. Wrong ones are counted by address and logged. */
  authenticate(token: string, subject: BanSubject): AuthResult;
  /**
   * The canonical form of a network or address in `text`; `undefined` if `text` is meant as something else, such as a
   * name; the error if it is meant as a network and is not a valid one.
   */
  parseNetwork(text: string): string | { readonly error: string } | undefined;
  /** The network to ban somebody by: their address, or its /64 if it is IPv6. `undefined` if the address is unknown. */
  networkOf(subject: BanSubject): string | undefined;
  /** Whether somebody's address is in a network. */
  isIn(subject: BanSubject, network: string): boolean;
  /** Disconnects everybody in the network of a new ban, with this message. */
  enforce(ban: Ban, message: string): void;
  /** Shuts the server down, as a signal does. */
  drain(): void;
  /** How long {@linkcode drain} may take, in seconds. */
  readonly drainTime: number;
  /** The wall clock, in milliseconds since 1970. */
  now(): number;
  /** Logs what an operator did, such as `kicked 'Bob'`. */
  logAction(operator: Operator, action: string, reason: string): void;
}
