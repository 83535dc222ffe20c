/**
 * The rate at which the messages of one client are handled.
 * @module
 */
import { type Rate, TokenBucket } from "../../limits/token_bucket.ts";
import type { Incoming } from "../../protocol/incoming.ts";

/**
 * How many frames that complete no message, or telnet commands, cost as much as one message. Programs that fragment a
 * message make a few dozen of them; a flood of empty ones is 10,000 in 64 kB.
 */
const EXTRAS_PER_MESSAGE = 10;

export class MessageRate {
  readonly #bucket: TokenBucket;
  #isThrottled = false;

  constructor(rate: Rate) {
    this.#bucket = new TokenBucket(rate);
  }

  /** Whether the client has exceeded its rate, and has not been quiet since. */
  get isThrottled(): boolean {
    return this.#isThrottled;
  }

  /** Marks the client as throttled. Returns false if it is already. */
  throttle(): boolean {
    if (this.#isThrottled) return false;
    return this.#isThrottled = true;
  }

  /** Charges for a request that costs as much as so many more messages. */
  charge(messages: number, now: number): void {
    this.#bucket.charge(messages, now);
  }

  /**
   * Charges for an item, and for `extras` frames or commands that came with it. Returns 0 if it can be handled now, or how
   * long it has to wait, in ms; then it has to be passed again. Without an item, the wait is for the extras alone.
   */
  pay(item: Incoming | undefined, extras: number, now: number): number {
    const bucket = this.#bucket;
    if (extras > 0) bucket.charge(extras / EXTRAS_PER_MESSAGE, now);
    if (item === undefined ? extras === 0 || bucket.dueAt <= now : !hasPrice(item)) return 0;
    if (bucket.isFull(now)) this.#isThrottled = false;
    if (item !== undefined && bucket.take(now)) return 0;
    return bucket.dueAt - now;
  }
}

/** Whether an item can be sent again and again. The others end the connection. */
function hasPrice(item: Incoming): boolean {
  return typeof item === "string" || item.type === "ping" || item.type === "pong" ||
    item.type === "refused" || item.type === "telnet";
}
