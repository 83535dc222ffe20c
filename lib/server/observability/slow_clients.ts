/**
 * Clients that read too slowly, as a log should tell it: when that begins for one of them, and when it is over. A client
 * that catches up and falls behind again and again does so in one episode.
 * @module
 */
import type { Logger } from "./log.ts";

/** How long a client must have kept up to be slow no more, in ms. */
export const SLOW_CALM = 5_000;

/** A client as the log names it. */
export interface SlowClient {
  readonly address: string;
  /** Whether the client has left the chat. */
  readonly left: boolean;
}

interface SlowEpisode {
  dropped: number;
  /** When the client had read everything; `undefined` while it is behind. */
  recoveredAt: number | undefined;
}

export class SlowClients {
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #episodes = new Map<SlowClient, SlowEpisode>();

  /** @param now The time in milliseconds, from whatever beginning. */
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
    this.#tell(client, `Slow client, dropped ${dropped} messages`);
  }

  recovered(client: SlowClient, dropped: number): void {
    const episode = this.#episodes.get(client);
    if (episode === undefined) return; // a few: nothing was said of them
    episode.dropped += dropped;
    episode.recoveredAt = this.#now();
  }

  tick(now: number): void {
    for (const [client, { dropped, recoveredAt }] of this.#episodes) {
      if (client.left) this.#episodes.delete(client); // the log says so already
      else if (recoveredAt !== undefined && now - recoveredAt >= SLOW_CALM) {
        this.#episodes.delete(client);
        this.#tell(client, `Recovered, dropped ${dropped} messages`);
      }
    }
  }

  #tell(client: SlowClient, message: string): void {
    this.#log({ level: "warn", topic: "slow", address: client.address, message });
  }
}
