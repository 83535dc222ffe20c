/**
 * Clients that read too slowly, as a log should tell it: when that begins for one of them, and when it is over. A client
 * that catches up and falls behind again and again does so in one episode.
 * @module
 */
import type { Member, SlowObserver } from "../../chat/member.ts";
import type { Logger } from "./log.ts";

/** How long a client must have kept up to be slow no more, in ms. */
export const SLOW_CALM = 5_000;

interface SlowEpisode {
  dropped: number;
  /** When the client had read everything; `undefined` while it is behind. */
  recoveredAt: number | undefined;
}

export class SlowClients implements SlowObserver {
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #episodes = new Map<Member, SlowEpisode>();

  /** @param now The time in milliseconds, from whatever beginning. */
  constructor(log: Logger, now: () => number) {
    this.#log = log;
    this.#now = now;
  }

  slow(member: Member, dropped: number): void {
    const episode = this.#episodes.get(member);
    if (episode !== undefined) {
      episode.recoveredAt = undefined;
      return;
    }
    this.#episodes.set(member, { dropped: 0, recoveredAt: undefined });
    this.#tell(member, `Slow client, dropped ${dropped} messages`);
  }

  recovered(member: Member, dropped: number): void {
    const episode = this.#episodes.get(member);
    if (episode === undefined) return; // a few: nothing was said of them
    episode.dropped += dropped;
    episode.recoveredAt = this.#now();
  }

  tick(now: number): void {
    for (const [member, { dropped, recoveredAt }] of this.#episodes) {
      if (member.memberships.length === 0) this.#episodes.delete(member); // the log says that it has left
      else if (recoveredAt !== undefined && now - recoveredAt >= SLOW_CALM) {
        this.#episodes.delete(member);
        this.#tell(member, `Recovered, dropped ${dropped} messages`);
      }
    }
  }

  #tell(member: Member, message: string): void {
    this.#log({ level: "warn", topic: "slow", address: member.origin, message });
  }
}
