/**
 * Attempts to accept a connection that failed, as they do when descriptors run out: each is counted, and the log tells
 * when it begins and when it is over, not twenty times a second.
 * @module
 */
import { messageOf } from "../errors.ts";
import type { Counters } from "../operate/counters.ts";
import type { Logger } from "../operate/log.ts";
import { Episode } from "./episode.ts";

export class AcceptFailures {
  readonly #counters: Counters;
  readonly #log: Logger;
  readonly #episode = new Episode();

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
