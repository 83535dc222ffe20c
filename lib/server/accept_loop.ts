/**
 * Accepts the connections of one port, whatever a client or the machine does to `accept`.
 * @module
 */
import type { Clock } from "./connection/clock.ts";
import { messageOf } from "./connection/errors.ts";
import type { Counters } from "./observability/counters.ts";
import { logEntry, type Logger } from "./observability/log.ts";
import { LogBurst } from "./observability/log_burst.ts";

/** How long to wait after `accept` failed for want of a descriptor, in ms: one has to be closed first. */
const ACCEPT_PAUSE = 50;

/** How long connections are accepted before the loop turns, in ms: 20 to 50 connections. The same turn may handle input. */
const SLICE = 1;

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

export interface AcceptLoopOptions {
  readonly clock: Clock;
  /** Connections wait in the kernel's queue until it is settled. By default they are accepted at once. */
  readonly ready?: Promise<unknown> | undefined;
  readonly onAccepted: (conn: Deno.TcpConn) => void;
  /** Called when `accept` fails, as it does without descriptors. It is tried again. */
  readonly onFailed: (error: unknown) => void;
}

export class AcceptLoop {
  /** Resolves when the loop is closed and the last connection has been passed on. */
  readonly finished: Promise<void>;
  readonly #listener: Deno.TcpListener;
  readonly #options: AcceptLoopOptions;
  #isOpen = true;

  constructor(listener: Deno.TcpListener, options: AcceptLoopOptions) {
    this.#listener = listener;
    this.#options = options;
    this.finished = this.#acceptAll();
  }

  close(): void {
    this.#isOpen = false;
    this.#listener.close();
  }

  async #acceptAll(): Promise<void> {
    const { clock, ready, onAccepted, onFailed } = this.#options;
    if (ready !== undefined) await ready.catch(() => {}); // its owner closes this loop if it fails
    let start = performance.now();
    while (this.#isOpen) {
      try {
        onAccepted(await this.#listener.accept());
        if (performance.now() - start < SLICE) continue;
        await nextTurn(); // for the clients that are connected already, however many connect at once
        start = performance.now();
      } catch (error) {
        if (!this.#isOpen) return;
        // The client has reset the connection already.
        if (
          error instanceof Deno.errors.NotConnected || error instanceof Deno.errors.ConnectionReset
        ) continue;
        onFailed(error);
        await new Promise<void>((resolve) => clock.after(ACCEPT_PAUSE, resolve));
      }
    }
  }
}

/** Counts failed attempts to accept, and logs when they begin and end, not each of 20 a second. */
export class AcceptFailures {
  readonly #counters: Pick<Counters, "acceptFailures">;
  readonly #log: Logger;
  readonly #burst = new LogBurst();

  constructor(counters: Pick<Counters, "acceptFailures">, log: Logger) {
    this.#counters = counters;
    this.#log = log;
  }

  add(error: unknown, now: number): void {
    this.#counters.acceptFailures++;
    if (!this.#burst.again(now)) return;
    this.#log(logEntry("accept_failing", { error: messageOf(error) }));
  }

  tick(now: number): void {
    const count = this.#burst.over(now);
    if (count !== undefined) this.#log(logEntry("accept_recovered", { count }));
  }
}
