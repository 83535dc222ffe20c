/**
 * Budgets of server time: one for each client, and one for each address, since an address may have many clients. Work for
 * a client that has overspent waits until its budget has recovered.
 *
 * The time is measured, not estimated: a fixed price is wrong for the worst input that somebody finds.
 * @module
 */
import { addressGroups, LOOPBACK } from "../ip/address_group.ts";
import { Rate, TokenBucket } from "./token_bucket.ts";

/**
 * The server time that a client may use: in ms per second for long, and in ms at once. A message takes 0.02 ms, a page of
 * history 1 to 3 ms, and the worst search of a full room 20 ms: a client that reads back through a day does not wait.
 */
const CLIENT_RATE = 20, CLIENT_BURST = 400;

/** Seconds' worth of its budget that an address may use at once: an office where everybody reloads a page. */
const ADDRESS_BURST = 10;

/** Number of known networks at which unused ones are first pruned; after that, at twice the number that remains. */
const FIRST_PRUNE = 1_024;

/** Milliseconds in one percent of a second. */
const MS_PER_PERCENT = 10;

export interface BudgetOptions {
  /** Messages that a client may send per second; with 0, clients have no budgets of their own. */
  readonly rate: number;
  /** The share of the server's time that one address may use, in percent; 0 for no limit. */
  readonly cpuPerIp: number;
}

/** One budget that several accounts draw on. */
interface SharedBudget {
  readonly bucket: TokenBucket;
  accounts: number;
}

/** The budgets that one client pays from: its own, and those of the networks that its address belongs to. */
export class Account {
  readonly #own: TokenBucket | undefined;
  readonly #shared: readonly SharedBudget[];

  constructor(own: TokenBucket | undefined, shared: readonly SharedBudget[]) {
    this.#own = own;
    this.#shared = shared;
    for (const budget of shared) budget.accounts++;
  }

  /** Charges `ms` of server time. */
  charge(ms: number, now: number): void {
    this.#own?.charge(ms, now);
    for (const { bucket } of this.#shared) bucket.charge(ms, now);
  }

  /** How long the client has to wait for its own budget, in ms; 0 or less if it does not have to wait. */
  ownWait(now: number): number {
    return this.#own === undefined ? 0 : this.#own.dueAt - now;
  }

  /** How long the client has to wait for its own budget and those of its address, in ms. */
  wait(now: number): number {
    let wait = this.ownWait(now);
    for (const { bucket } of this.#shared) wait = Math.max(wait, bucket.dueAt - now);
    return wait;
  }

  /** Closes the account. The debt of its address remains. */
  close(): void {
    for (const budget of this.#shared) budget.accounts--;
  }
}

export class Budgets {
  readonly #clientRate: Rate | undefined;
  /** Rates of networks by their share of the server's time, in percent. */
  readonly #rates = new Map<number, Rate>();
  readonly #cpuPerIp: number;
  readonly #shared = new Map<string, SharedBudget>();
  #pruneAt = FIRST_PRUNE;

  constructor({ rate, cpuPerIp }: BudgetOptions) {
    this.#clientRate = rate === 0 ? undefined : new Rate(CLIENT_RATE, CLIENT_BURST);
    this.#cpuPerIp = cpuPerIp;
  }

  /** Number of known networks. */
  get size(): number {
    return this.#shared.size;
  }

  /** Opens an account for a client at `ip`, or for one without an address of its own. It must be closed once. */
  open(ip: string | undefined, now: number): Account {
    const own = this.#clientRate && new TokenBucket(this.#clientRate);
    return new Account(own, ip === undefined || this.#cpuPerIp === 0 ? [] : this.#of(ip, now));
  }

  #of(ip: string, now: number): SharedBudget[] {
    const groups = addressGroups(ip);
    if (groups[0]?.name === LOOPBACK) return [];
    if (this.#shared.size >= this.#pruneAt) this.#prune(now);
    return groups.map(({ name, share }) => {
      let budget = this.#shared.get(name);
      if (budget === undefined) {
        budget = { bucket: new TokenBucket(this.#rate(share * this.#cpuPerIp)), accounts: 0 };
        this.#shared.set(name, budget);
      }
      return budget;
    });
  }

  #rate(percent: number): Rate {
    let rate = this.#rates.get(percent);
    if (rate === undefined) {
      const perSecond = percent * MS_PER_PERCENT;
      this.#rates.set(percent, rate = new Rate(perSecond, perSecond * ADDRESS_BURST));
    }
    return rate;
  }

  /** Forgets networks that have no accounts and no debt. */
  #prune(now: number): void {
    for (const [name, { bucket, accounts }] of this.#shared) {
      if (accounts === 0 && bucket.isFull(now)) this.#shared.delete(name);
    }
    this.#pruneAt = Math.max(FIRST_PRUNE, 2 * this.#shared.size);
  }
}
