/**
 * Who is not wanted, or not to be heard: what a ban and a mute are, and where bans are kept. How addresses are matched,
 * and how bans are stored, is not said here.
 * @module
 */
import type { Member } from "./member.ts";

/** A ban or a mute: of a name, of a network, or of somebody by both. */
export interface Ban {
  /** What it is known as, another one for each: the key of the name if it has one, else the network. */
  readonly target: string;
  /** The name that it is about. */
  readonly name: string | undefined;
  /** The addresses that it is about, `203.0.113.7` or `10.0.0.0/8`. */
  readonly network: string | undefined;
  /** Since when, in milliseconds since 1970. */
  readonly since: number;
  /** Until when; `undefined`: until it is lifted. */
  readonly until: number | undefined;
  /** What the operator was called. */
  readonly by: string;
  /** Empty if there is none. */
  readonly reason: string;
}

/** Sanctions of one kind, those whose time is over left out. */
export interface Bans {
  /** Adds one, or puts it in the place of the one with the same target; `false` if there are too many. */
  add(sanction: Ban): boolean;
  /** Lifts what is known as `target` and all that is about the network of this name; returns what was lifted. */
  lift(target: string): Ban[];
  /** All, in the order in which they came. */
  list(): Ban[];
  /** What keeps somebody out, or quiet. */
  of(member: Pick<Member, "name" | "origin">): Ban | undefined;
  /** What is about this name, in whatever form it is given. */
  ofName(name: string): Ban | undefined;
}

/** Time as it passes, which no change of the wall clock moves. */
export interface ElapsedTime {
  /** A stamp, in ms from whatever beginning; never goes back. */
  now(): number;
  /** How many ms have passed since a stamp, those included in which the server did not run. */
  elapsedSince(stamp: number): number;
}

/** A ban as it is stored. */
export interface StoredBan {
  readonly ban: Ban;
  /**
   * The stamp of when it was imposed: it lasts as long as `until` is behind `since`. Those are times of the wall clock,
   * which may be wrong, and are only shown.
   */
  readonly imposed: number;
}

/**
 * Where bans outlive the server. No call throws because a disk fails: what cannot be kept now is kept when that is
 * possible again.
 */
export interface BanStore {
  bans(): StoredBan[];
  putBan(ban: StoredBan): void;
  deleteBan(target: string): void;
}
