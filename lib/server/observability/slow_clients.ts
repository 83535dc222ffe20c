/**
 * Logs clients that read too slowly: when one first loses messages, and when it has recovered. A client that catches up and
 * falls behind repeatedly counts as slow all the time.
 * @module
 */
import type { Member, SlowObserver } from "../../chat/member.ts";
import type { Logger } from "./log.ts";

/** A client has recovered after it has kept up for this long, in ms. */
export const SLOW_CALM = 5_000;

interface SlowEpisode {
  dropped: number;
  /** When the client caught up; `undefined` while it is behind. */
  recoveredAt: number | undefined;
}

export class SlowClients implements SlowObserver {
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #episodes = new Map<Member, SlowEpisode>();

  /** @param now The time in ms, monotonic. */
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
    this.#warn(member, `Slow client, dropped ${dropped} messages`);
  }

  recovered(member: Member, dropped: number): void {
    const episode = this.#episodes.get(member);
    if (episode === undefined) return; // so few that the log did not report them
    episode.dropped += dropped;
    episode.recoveredAt = this.#now();
  }

  tick(now: number): void {
    for (const [member, { dropped, recoveredAt }] of this.#episodes) {
      if (member.memberships.length === 0) this.#episodes.delete(member); // the log reports the disconnect
      else if (recoveredAt !== undefined && now - recoveredAt >= SLOW_CALM) {
        this.#episodes.delete(member);
        this.#warn(member, `Recovered, dropped ${dropped} messages`);
      }
    }
  }

  #warn(member: Member, message: string): void {
    this.#log({ level: "warn", topic: "slow", address: member.origin, message });
  }
}
