/**
 * The book of those who were turned away: each is counted by its cause, and the log tells when it begins and when it is
 * over, however many they are.
 * @module
 */
import type { Counters, RefusalCause } from "../observability/counters.ts";
import { LogBurst } from "../observability/log_burst.ts";
import type { Logger } from "../observability/log.ts";

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

export class Refusals {
  readonly #counters: Counters;
  readonly #log: Logger;
  readonly #episodes = new Map(CAUSES.map((cause) => [cause, new LogBurst()]));

  constructor(counters: Counters, log: Logger) {
    this.#counters = counters;
    this.#log = log;
  }

  /** Somebody at `address` is turned away. */
  note(cause: RefusalCause, address: string, now: number, detail = REASONS[cause]): void {
    this.#counters.refused[cause]++;
    if (this.#episodes.get(cause)!.again(now)) {
      this.#log({
        level: "warn",
        topic: "server",
        address,
        message: `Refusing connections: ${detail}`,
      });
    }
  }

  tick(now: number): void {
    for (const [cause, episode] of this.#episodes) {
      const count = episode.over(now);
      if (count !== undefined) {
        const message = `Connections refused: ${count}, ${REASONS[cause]}`;
        this.#log({ level: "info", topic: "server", message });
      }
    }
  }
}
