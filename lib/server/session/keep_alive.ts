/**
 * Keep-alive of one client: when it is idle, when to ping it, and when a ping has gone unanswered. Sans-I/O: the caller
 * passes the time and sends the pings.
 * @module
 */

export interface KeepAliveOptions {
  /** How long the client may stay silent, in seconds; 0 for no limit. */
  readonly idleTimeout: number;
  /** After how much silence it is pinged, in seconds; 0 for never. */
  readonly heartbeat: number;
  /** How long a pong may take, in seconds. */
  readonly pongTimeout: number;
}

/** What to do: disconnect a client that is idle or whose pong is missing, send a ping, or nothing. */
export type KeepAliveAction = "idle" | "unanswered" | "ping" | undefined;

export class KeepAlive {
  readonly #options: KeepAliveOptions;
  /** When the ping was sent that nothing has been received after. */
  #pingedAt: number | undefined;
  /** When the ping was sent whose pong is awaited, to measure the round trip. */
  #timedFrom: number | undefined;

  constructor(options: KeepAliveOptions) {
    this.#options = options;
  }

  /** Notes that the client has sent something, which is as good as a pong. */
  received(): void {
    this.#pingedAt = undefined;
  }

  /** Returns the round trip of a pong, in ms; `undefined` if it answers no ping (RFC 6455 5.5.3). */
  ponged(now: number): number | undefined {
    if (this.#timedFrom === undefined) return undefined;
    const roundTrip = now - this.#timedFrom;
    this.#timedFrom = undefined;
    return roundTrip;
  }

  /** Forgets a pending ping: the server itself did not read, so a missing pong says nothing about the client. */
  reset(): void {
    this.#pingedAt = this.#timedFrom = undefined;
  }

  /**
   * Returns what to do now.
   *
   * @param lastRead When the client last sent something.
   * @param stalledSince Since when the server's writes make no progress. A ping that is stuck behind them cannot be
   * answered; the write timeout applies instead.
   */
  check(now: number, lastRead: number, stalledSince: number | undefined): KeepAliveAction {
    const { idleTimeout, heartbeat, pongTimeout } = this.#options;
    const silence = now - lastRead;
    if (idleTimeout > 0 && silence >= idleTimeout * 1000) return "idle";
    if (heartbeat === 0) return undefined;
    if (this.#pingedAt === undefined) {
      if (silence < heartbeat * 1000) return undefined;
      this.#pingedAt = this.#timedFrom = now;
      return "ping";
    }
    const isStuck = stalledSince !== undefined && stalledSince <= this.#pingedAt;
    return now - this.#pingedAt >= pongTimeout * 1000 && !isStuck ? "unanswered" : undefined;
  }
}
