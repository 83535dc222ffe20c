/**
 * Deadlines of connections whose protocol is not known yet: a client that stays silent until then is treated as a line
 * client.
 * @module
 */
import type { Cancel, Clock } from "./connection/clock.ts";
import type { InputSource } from "./connection/input_scheduler.ts";

/** A handler that waits for the first bytes of a client. */
export interface SniffingHandler {
  /** Called when the client has been silent for too long to wait any longer. */
  release(): void;
}

export interface SniffTimeoutsOptions {
  readonly clock: Clock;
  /** How long a client may stay silent, in ms. */
  readonly timeout: number;
  /** Schedules the release behind all input read before: a client may have spoken in time while the loop was busy. */
  readonly schedule: (source: Pick<InputSource, "handleInput">) => void;
}

export class SniffTimeouts {
  readonly #options: SniffTimeoutsOptions;
  /** In the order of their deadlines. */
  #waiting: Array<{ readonly handler: SniffingHandler; readonly deadline: number }> = [];
  #cancel: Cancel | undefined;

  constructor(options: SniffTimeoutsOptions) {
    this.#options = options;
  }

  /** @param extra Time that this client gets in addition to the usual, in ms. */
  add(handler: SniffingHandler, extra = 0): void {
    const { clock, timeout } = this.#options;
    const now = clock.now();
    const deadline = now + timeout + extra;
    const index = this.#indexOf(deadline);
    this.#waiting.splice(index, 0, { handler, deadline });
    if (index > 0) return;
    this.#cancel?.();
    this.#cancel = clock.after(deadline - now, this.#release);
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#waiting = [];
  }

  /** Where to insert a deadline. Nearly all have the same timeout, so this is usually the end. */
  #indexOf(deadline: number): number {
    const waiting = this.#waiting;
    let low = 0, high = waiting.length;
    if (high === 0 || waiting[high - 1]!.deadline <= deadline) return high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (waiting[middle]!.deadline <= deadline) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** One timer serves all: it is set for the next deadline. */
  #release = (): void => {
    const { clock, schedule } = this.#options;
    const now = clock.now();
    const next = this.#waiting.findIndex(({ deadline }) => deadline > now);
    const due = this.#waiting.splice(0, next < 0 ? this.#waiting.length : next);
    for (const { handler } of due) schedule({ handleInput: () => handler.release() });
    const [first] = this.#waiting;
    this.#cancel = first && clock.after(Math.max(1, first.deadline - now), this.#release);
  };
}
