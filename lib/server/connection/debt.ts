/**
 * What one client owes for the work that it causes, and since when it has been behind with it.
 * @module
 */
import type { Account } from "../../limits/budget.ts";
import type { TimeSource } from "./clock.ts";

/**
 * How far a client may be behind with what it owes, in ms: its input is handled at its rate, and at most this much later.
 * 1,200 messages at once take as long at the default rate, a long text that somebody pastes. Beyond it the client is
 * disconnected, as on IRC ("Excess Flood"): otherwise 4 MB of short lines would be delivered for half a day.
 */
const DEBT_LIMIT = 60_000;

/** The most that one turn of work is charged, in ms. No input takes that long: the machine stood still or was busy. */
const MAX_CHARGE = 50;

export interface DebtOptions {
  readonly time: TimeSource;
  /** Opens the account of a client at `ip`, or of one without an address of its own. */
  readonly openAccount: (ip: string | undefined, now: number) => Account;
  /** Messages that a client may send per second, 0 for no limit, and at once. */
  readonly rate: number;
  readonly burst: number;
}

export class Debt {
  readonly #options: DebtOptions;
  #account: Account;
  /** Since when the client has sent more than it has paid for. */
  #behindSince: number | undefined;

  constructor(ip: string | undefined, options: DebtOptions) {
    this.#options = options;
    this.#account = options.openAccount(ip, options.time.now);
  }

  /** Charges the client for `ms` of work. */
  charge(ms: number): void {
    this.#account.charge(Math.min(ms, MAX_CHARGE), this.#options.time.now);
  }

  /** How long the client has to wait for its budget and that of its address, in ms; 0 or less if it does not have to. */
  get wait(): number {
    return this.#account.wait(this.#options.time.now);
  }

  /** How long the client has to wait for its own budget alone, in ms. */
  get ownWait(): number {
    return this.#account.ownWait(this.#options.time.now);
  }

  /** Notes that the client has to wait `ownWait` ms for what it owes itself. Returns false if it is behind for too long. */
  defer(ownWait: number): boolean {
    if (ownWait <= 0) return true;
    const { now } = this.#options.time;
    this.#behindSince ??= now;
    return now + ownWait - this.#behindSince <= this.#limit;
  }

  /** Notes that all input of the client is handled. */
  clear(): void {
    this.#behindSince = undefined;
  }

  /** Continues with the account of another address; the old account keeps its debt. */
  move(ip: string | undefined): void {
    this.#account.close();
    this.#account = this.#options.openAccount(ip, this.#options.time.now);
  }

  close(): void {
    this.#account.close();
  }

  /** At a rate so low that a burst alone takes longer to recover, being behind for that long is no flood. */
  get #limit(): number {
    const { burst, rate } = this.#options;
    return Math.max(DEBT_LIMIT, rate > 0 ? 1000 * burst / rate : 0);
  }
}
