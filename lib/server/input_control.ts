/**
 * Everything that decides when the input of a client is handled: after earlier clients are accepted, within its rate and
 * budget, after the sniff timeout, or step by step.
 * @module
 */
import { type AcceptBarrier, openAcceptBarrier } from "./connection/accept_barrier.ts";
import type { Clock, SuspendAwareClock } from "./connection/clock.ts";
import { InputScheduler } from "./connection/input_scheduler.ts";
import { Throttle } from "./connection/throttle.ts";
import { WorkQueue } from "./connection/work_queue.ts";
import { SniffTimeouts } from "./sniff_timeouts.ts";

export interface InputControlOptions {
  readonly clock: Clock;
  /** Updated before input is handled. */
  readonly time: SuspendAwareClock;
  /** How long a client may stay silent before it is treated as a line client, in ms. */
  readonly sniffTimeout: number;
  /** Number of connections accepted so far. */
  readonly accepted: () => number;
  /** Capacity of all accept queues together. */
  readonly backlog: number;
  /** Whether the loop should turn before more input is handled. */
  readonly congested: () => boolean;
}

export class InputControl {
  readonly scheduler: InputScheduler;
  readonly throttle: Throttle;
  readonly sniffTimeouts: SniffTimeouts;
  readonly workQueue: WorkQueue;
  readonly #barrier: Promise<AcceptBarrier> = openAcceptBarrier();

  constructor({ clock, time, sniffTimeout, accepted, backlog, congested }: InputControlOptions) {
    this.workQueue = new WorkQueue(clock);
    this.scheduler = new InputScheduler({
      accepted,
      backlog,
      congested,
      probe: async () => {
        await (await this.#barrier).round();
        time.update();
      },
    });
    this.sniffTimeouts = new SniffTimeouts({
      clock,
      timeout: sniffTimeout,
      schedule: (source) => {
        time.update();
        this.scheduler.add(source);
      },
    });
    this.throttle = new Throttle({
      clock,
      resume: (source) => {
        time.update();
        this.scheduler.resume(source);
      },
    });
  }

  /** Releases and resumes nothing more. Input that arrives is still handled. */
  stop(): void {
    this.sniffTimeouts.close();
    this.throttle.close();
    this.workQueue.close();
  }

  async close(): Promise<void> {
    (await this.#barrier).close();
  }
}
