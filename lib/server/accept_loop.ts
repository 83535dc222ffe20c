/**
 * One port: accepts whoever comes, and goes on whatever a client or the machine does to `accept`.
 *
 * Must never know what is spoken on it, nor who is let in.
 * @module
 */
import type { Clock } from "./connection/clock.ts";

/** How long to wait after `accept` failed for want of a descriptor, in ms: one has to be closed first. */
const ACCEPT_PAUSE = 50;

/** How long connections are accepted before the loop turns, in ms: 40 to 100 of them. */
const SLICE = 2;

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

export interface AcceptLoopOptions {
  readonly clock: Clock;
  /** Somebody is here. */
  readonly enter: (conn: Deno.TcpConn) => void;
  /** `accept` failed, as it does without descriptors. It is tried again. */
  readonly failed: (error: unknown) => void;
}

export class AcceptLoop {
  /** Resolves when it is closed, and the last one has entered. */
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
    const { clock, enter, failed } = this.#options;
    let start = performance.now();
    while (this.#isOpen) {
      try {
        enter(await this.#listener.accept());
        if (performance.now() - start < SLICE) continue;
        await nextTurn(); // those who are here already have their turn, however many come at once
        start = performance.now();
      } catch (error) {
        if (!this.#isOpen) return;
        // A client that has reset already; nothing is lost but that client.
        if (
          error instanceof Deno.errors.NotConnected || error instanceof Deno.errors.ConnectionReset
        ) continue;
        failed(error);
        await new Promise<void>((resolve) => clock.after(ACCEPT_PAUSE, resolve));
      }
    }
  }
}
