/**
 * A relay between a client and a server that can cut the connection, which TLS cannot tell from an attack.
 * @module
 */

export class Relay implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #conns: Deno.Conn[] = [];
  readonly #running: Promise<void>;

  /** Relays one connection to a port. */
  constructor(port: number) {
    this.#running = this.#run(port);
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  /** Closes the connection on both sides, in the middle of the data. */
  cut(): void {
    for (const conn of this.#conns.splice(0)) conn.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await this.#running;
  }

  async #run(port: number): Promise<void> {
    const near = await this.#listener.accept();
    this.#listener.close();
    const far = await Deno.connect({ hostname: "127.0.0.1", port });
    this.#conns.push(near, far);
    await Promise.all([carry(near, far), carry(far, near)]);
  }
}

async function carry(from: Deno.Conn, to: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(16_384);
  try {
    for (;;) {
      const length = await from.read(buffer);
      if (length === null) return;
      for (let at = 0; at < length;) {
        at += await to.write(buffer.subarray(at, length));
      }
    }
  } catch {
    // It was cut.
  }
}
