/**
 * Attempts to accept a connection that failed, as they do when descriptors run out: each is counted, and the log tells
 * when it begins and when it is over, not twenty times a second.
 * @module
 */
import { messageOf } from "../connection/errors.ts";
import type { Counters } from "../observability/counters.ts";
import type { Logger } from "../observability/log.ts";
import { LogBurst } from "../observability/log_burst.ts";

export class AcceptFailures {
  readonly #counters: Counters;
  readonly #log: Logger;
  readonly #episode = new LogBurst();

  constructor(counters: Counters, log: Logger) {
    this.#counters = counters;
    this.#log = log;
  }

  note(error: unknown, now: number): void {
    this.#counters.acceptFailures++;
    if (!this.#episode.again(now)) return;
    const message = `Cannot accept a connection: ${messageOf(error)}`;
    this.#log({ level: "error", topic: "server", message });
  }

  tick(now: number): void {
    const count = this.#episode.over(now);
    if (count === undefined) return;
    const message = `Accepting connections again, attempts that failed: ${count}`;
    this.#log({ level: "info", topic: "server", message });
  }
}
