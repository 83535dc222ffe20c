/**
 * A relay in front of an engine, or of a server, that can fail in the ways of networks.
 * @module
 */
import { delay } from "@std/async";

export class EngineRelay implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #conns = new Set<Deno.Conn>();
  readonly #running: Promise<void>;
  #port: number;
  #isBlocked = false;
  /** How long each piece of data is held back, in ms. */
  delay = 0;
  /** While true, data goes nowhere, and nobody is told. */
  isSilent = false;
  /** While true, what the engine answers goes nowhere. */
  answersLost = false;

  constructor(port: number) {
    this.#port = port;
    this.#running = this.#run();
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  /** Where connections go from now on. */
  set target(port: number) {
    this.#port = port;
  }

  /** Closes all connections in the middle of the data. */
  cut(): void {
    for (const conn of this.#conns) close(conn);
    this.#conns.clear();
  }

  /** Closes all connections, and refuses others. */
  block(): void {
    this.#isBlocked = true;
    this.cut();
  }

  unblock(): void {
    this.#isBlocked = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.isSilent = false;
    this.cut();
    await this.#running;
  }

  async #run(): Promise<void> {
    const relayed: Promise<void>[] = [];
    try {
      for (;;) relayed.push(this.#relay(await this.#listener.accept()));
    } catch {
      // It was closed.
    }
    await Promise.all(relayed);
  }

  async #relay(near: Deno.Conn): Promise<void> {
    if (this.#isBlocked) return close(near);
    this.#conns.add(near);
    try {
      const far = await Deno.connect({ hostname: "127.0.0.1", port: this.#port });
      if (!this.#conns.has(near)) return close(far);
      this.#conns.add(far);
      await Promise.all([this.#carry(near, far, false), this.#carry(far, near, true)]);
      this.#conns.delete(far);
    } catch {
      close(near);
    }
    this.#conns.delete(near);
  }

  async #carry(from: Deno.Conn, to: Deno.Conn, isAnswer: boolean): Promise<void> {
    const buffer = new Uint8Array(65_536);
    try {
      for (;;) {
        const length = await from.read(buffer);
        if (length === null) break;
        if (this.delay > 0) await delay(this.delay);
        while (this.isSilent) await delay(5);
        if (isAnswer && this.answersLost) continue;
        for (let at = 0; at < length;) at += await to.write(buffer.subarray(at, length));
      }
    } catch {
      // It was cut.
    }
    close(from);
    close(to);
  }
}

function close(conn: Deno.Conn): void {
  try {
    conn.close();
  } catch {
    // It is closed already.
  }
}
