/**
 * What clients may make the server do, in the time that it takes: each has a budget, and so has each address, since an
 * address may have many clients. Whoever has spent more waits until it has come back.
 *
 * The time is measured, not estimated: a price that is written down is wrong for the worst input that somebody finds.
 *
 * Sans-I/O: knows addresses and the time, and no socket.
 * @module
 */
import { addressGroups, LOOPBACK } from "../../ip/address_group.ts";
import { Rate, TokenBucket } from "./token_bucket.ts";

/**
 * What a client may spend for long, in ms of the server's time a second, and at once. A message takes 0.02 ms, a page of
 * history 1 to 3 ms, and the worst search of a full room 20 ms: a client that reads back through a day does not wait.
 */
const CLIENT_RATE = 20, CLIENT_BURST = 400;

/** An address may spend at once what it gets back in so many seconds: an office whose people all reload a page. */
const ADDRESS_BURST = 10;

/** Budgets that are forgotten are looked for when there are so many, and then at twice as many as are left. */
const FIRST_PRUNE = 1_024;

/** Milliseconds of the server's time in one percent of a second. */
const MS_PER_PERCENT = 10;

export interface BudgetOptions {
  /** Messages that a client may send in a second; 0: no client has a budget of its own. */
  readonly rate: number;
  /** The share of the server's time that one address may use, in percent; 0: any. */
  readonly cpuPerIp: number;
}

/** One budget that several accounts draw on. */
interface SharedBudget {
  readonly bucket: TokenBucket;
  accounts: number;
}

/** What one client pays from: its own budget, and those of the networks that its address is in. */
export class Account {
  readonly #own: TokenBucket | undefined;
  readonly #shared: readonly SharedBudget[];

  constructor(own: TokenBucket | undefined, shared: readonly SharedBudget[]) {
    this.#own = own;
    this.#shared = shared;
    for (const budget of shared) budget.accounts++;
  }

  /** Takes `ms` of the server's time. */
  charge(ms: number, now: number): void {
    this.#own?.charge(ms, now);
    for (const { bucket } of this.#shared) bucket.charge(ms, now);
  }

  /** How long the client itself has to wait before more is done for it, in ms; 0 or less: not at all. */
  ownWait(now: number): number {
    return this.#own === undefined ? 0 : this.#own.dueAt - now;
  }

  /** The same with what others of its address have spent. */
  wait(now: number): number {
    let wait = this.ownWait(now);
    for (const { bucket } of this.#shared) wait = Math.max(wait, bucket.dueAt - now);
    return wait;
  }

  /** The client is gone. What it owes stays with its address. */
  close(): void {
    for (const budget of this.#shared) budget.accounts--;
  }
}

export class Budgets {
  readonly #clientRate: Rate | undefined;
  /** By how many percent of the server's time they give. */
  readonly #rates = new Map<number, Rate>();
  readonly #cpuPerIp: number;
  readonly #shared = new Map<string, SharedBudget>();
  #pruneAt = FIRST_PRUNE;

  constructor({ rate, cpuPerIp }: BudgetOptions) {
    this.#clientRate = rate === 0 ? undefined : new Rate(CLIENT_RATE, CLIENT_BURST);
    this.#cpuPerIp = cpuPerIp;
  }

  /** How many networks are known. */
  get size(): number {
    return this.#shared.size;
  }

  /** An account for a client at `ip`; with `undefined`, for one whose address is not its own. To be closed once. */
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

  /** Forgets the networks that nobody is here from and that owe nothing. */
  #prune(now: number): void {
    for (const [name, { bucket, accounts }] of this.#shared) {
      if (accounts === 0 && bucket.isFull(now)) this.#shared.delete(name);
    }
    this.#pruneAt = Math.max(FIRST_PRUNE, 2 * this.#shared.size);
  }
}
