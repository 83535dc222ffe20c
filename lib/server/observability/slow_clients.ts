/**
 * Logs clients that read too slowly: when one first loses messages, and when it has recovered. A client that catches up and
 * falls behind repeatedly counts as slow all the time.
 * @module
 */
import { logEntry, type Logger } from "./log.ts";

/** A client has recovered after it has kept up for this long, in ms. */
export const SLOW_CALM = 5_000;

/** A client as the log names it. */
export interface SlowClient {
  readonly address: string;
  /** Whether the client has left the chat. */
  readonly left: boolean;
}

interface SlowEpisode {
  dropped: number;
  /** When the client caught up; `undefined` while it is behind. */
  recoveredAt: number | undefined;
}

export class SlowClients {
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #episodes = new Map<SlowClient, SlowEpisode>();

  /** @param now The time in ms, monotonic. */
  constructor(log: Logger, now: () => number) {
    this.#log = log;
    this.#now = now;
  }

  slow(client: SlowClient, dropped: number): void {
    const episode = this.#episodes.get(client);
    if (episode !== undefined) {
      episode.recoveredAt = undefined;
      return;
    }
    this.#episodes.set(client, { dropped: 0, recoveredAt: undefined });
    this.#log(logEntry("slow", { address: client.address, dropped }));
  }

  recovered(client: SlowClient, dropped: number): void {
    const episode = this.#episodes.get(client);
    if (episode === undefined) return; // so few that the log did not report them
    episode.dropped += dropped;
    episode.recoveredAt = this.#now();
  }

  tick(now: number): void {
    for (const [client, { dropped, recoveredAt }] of this.#episodes) {
      if (client.left) this.#episodes.delete(client); // the log reports the disconnect
      else if (recoveredAt !== undefined && now - recoveredAt >= SLOW_CALM) {
        this.#episodes.delete(client);
        this.#log(logEntry("recovered", { address: client.address, dropped }));
      }
    }
  }
}
