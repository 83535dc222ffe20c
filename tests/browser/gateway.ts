/**
 * A proxy in front of a server. Tests can cut its connections, and it can serve the page under a path.
 * @module
 */

export class Gateway implements AsyncDisposable {
  readonly #listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  readonly #target: () => number;
  readonly #prefix: string;
  readonly #conns = new Set<Deno.Conn>();
  readonly #running: Promise<unknown>[] = [];
  /** Whether new connections are refused. */
  down = false;
  #flow: Promise<void> = Promise.resolve();
  #answers: Promise<void> = Promise.resolve();

  /** @param prefix A path prefix that the gateway removes, such as `/chat`. */
  constructor(target: () => number, prefix = "") {
    this.#target = target;
    this.#prefix = prefix;
    this.#running.push(this.#accept());
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  /** Holds all data back until the returned function is called. */
  stall(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#flow = promise;
    return resolve;
  }

  /** Holds all data of the server back until the returned function is called. */
  mute(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#answers = promise;
    return resolve;
  }

  /** Closes all connections, like a lost network. */
  cut(): void {
    for (const conn of this.#conns) this.#close(conn);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.cut();
    await Promise.all(this.#running);
  }

  async #accept(): Promise<void> {
    for (;;) {
      try {
        const client = await this.#listener.accept();
        this.#running.push(this.#serve(client));
      } catch {
        return;
      }
    }
  }

  async #serve(client: Deno.Conn): Promise<void> {
    this.#conns.add(client);
    if (this.down) return this.#close(client);
    let server: Deno.Conn | undefined;
    try {
      server = await Deno.connect({ port: this.#target(), hostname: "127.0.0.1" });
      this.#conns.add(server);
      if (this.down) this.cut();
      await Promise.all([
        this.#copy(client, server, { change: (bytes) => this.#withoutPrefix(bytes) }),
        this.#copy(server, client, { mayPass: () => this.#answers }),
      ]);
    } catch {
      // Cut.
    } finally {
      this.#close(client);
      if (server) this.#close(server);
    }
  }

  /** Removes the prefix from the path of a request. Browsers send one request at a time, so each starts a chunk. */
  #withoutPrefix(bytes: Uint8Array): Uint8Array {
    if (this.#prefix === "") return bytes;
    const text = new TextDecoder("latin1").decode(bytes);
    if (!text.startsWith(`GET ${this.#prefix}/`)) return bytes;
    const inner = text.replace(this.#prefix, "");
    return Uint8Array.from(inner, (character) => character.charCodeAt(0));
  }

  async #copy(
    from: Deno.Conn,
    to: Deno.Conn,
    { change = (bytes: Uint8Array) => bytes, mayPass = () => Promise.resolve() },
  ): Promise<void> {
    const buffer = new Uint8Array(65_536);
    try {
      for (;;) {
        const length = await from.read(buffer);
        if (length === null) break;
        await Promise.all([this.#flow, mayPass()]);
        await writeAll(to, change(buffer.subarray(0, length)));
      }
      await to.closeWrite();
    } catch {
      this.#close(from);
      this.#close(to);
    }
  }

  #close(conn: Deno.Conn): void {
    if (this.#conns.delete(conn)) conn.close();
  }
}

async function writeAll(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += await conn.write(bytes.subarray(written));
  }
}
