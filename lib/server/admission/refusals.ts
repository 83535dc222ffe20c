/**
 * Refusals: why a client is not admitted, the answer that it gets, and how refusals are counted and logged.
 * @module
 */
import type { Counters, RefusalCause } from "../observability/counters.ts";
import { LogBurst } from "../observability/log_burst.ts";
import { logEntry, type Logger } from "../observability/log.ts";

/** Why a client is not admitted, and the answer that it gets. */
export interface Refusal {
  readonly cause: RefusalCause;
  /** The HTTP status. */
  readonly status: 403 | 429 | 503;
  readonly text: string;
  /** When to try again, in seconds, if that is known. */
  readonly retryAfter?: number;
}

/** When to try again if that depends on other clients, in seconds: some will have left by then. */
export const RETRY_AFTER = 10;

export const SERVER_FULL: Refusal = {
  cause: "server_full",
  status: 503,
  text: "Server is full, try again later",
  retryAfter: RETRY_AFTER,
};

/** Refuses an address that an operator has banned. */
export const BANNED: Refusal = {
  cause: "banned",
  status: 403,
  text: "You are banned from this server",
};

/** Refuses new clients while an operator has locked the server down. */
export const LOCKED_DOWN: Refusal = {
  cause: "lockdown",
  status: 503,
  text: "Server is locked down, try again later",
  retryAfter: 60, // an operator has to end it
};

/** Refuses new clients while the server shuts down. */
export const DRAINING: Refusal = {
  cause: "draining",
  status: 503,
  text: "Server is shutting down",
};

const REASONS: Readonly<Record<RefusalCause, string>> = {
  draining: "the server is about to end",
  server_full: "the server is full",
  per_ip: "too many from one address",
  connect_rate: "too many new ones from one address",
  origin: "pages from another origin",
  host: "names that are not the server's",
  banned: "banned",
  lockdown: "the server is locked down",
};

const CAUSES = Object.keys(REASONS) as RefusalCause[];

/** Counts refusals by cause, and logs when refusals of a cause begin and end, not each one. */
export class RefusalLog {
  readonly #counters: Pick<Counters, "refused">;
  readonly #log: Logger;
  readonly #bursts = new Map(CAUSES.map((cause) => [cause, new LogBurst()]));

  constructor(counters: Pick<Counters, "refused">, log: Logger) {
    this.#counters = counters;
    this.#log = log;
  }

  /** Records that the client at `address` was refused. */
  add(cause: RefusalCause, address: string, now: number, detail = REASONS[cause]): void {
    this.#counters.refused[cause]++;
    if (this.#bursts.get(cause)!.again(now)) {
      this.#log(logEntry("refusing", { address, refusal: cause, detail }));
    }
  }

  tick(now: number): void {
    for (const [cause, burst] of this.#bursts) {
      const count = burst.over(now);
      if (count !== undefined) {
        this.#log(logEntry("refused", { count, refusal: cause, detail: REASONS[cause] }));
      }
    }
  }
}
