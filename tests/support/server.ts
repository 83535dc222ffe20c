/**
 * A server under test, in this process, on a free port, with its log.
 * @module
 */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { type ChatServer, type LogEntry, serve, type ServeOptions } from "../../mod.ts";
import type { Client, Wire } from "./client.ts";
import { FakeClock } from "./clock.ts";
import { times, until } from "./patience.ts";
import { violations } from "./poisoned_buffers.ts";
import { RawSocket } from "./raw_socket.ts";

/**
 * A slow machine does not cause disconnects or pings, a fast one does not cause waits, and large messages can fill the queues.
 */
const UNLIMITED = {
  idleTimeout: 0,
  heartbeat: 0,
  writeTimeout: 0,
  rate: 0,
  maxMessage: 1_048_576,
  maxPayload: 65_536,
};

/** Longer than any timeout at the end of a connection or of the server, in ms. */
const ALL_DEADLINES = 10_000;

export class TestServer implements AsyncDisposable {
  readonly log: LogEntry[] = [];
  readonly server: ChatServer;
  readonly #clock: FakeClock | undefined;

  constructor(options: ServeOptions = {}) {
    this.#clock = options.clock instanceof FakeClock ? options.clock : undefined;
    this.server = serve({
      ...UNLIMITED,
      port: 0,
      log: (entry) => this.log.push(entry),
      ...options,
    });
  }

  get port(): number {
    return this.server.addr.port;
  }

  connect(wire: Wire): Promise<Client> {
    return wire.connect(this.port);
  }

  /** Whether the log has an entry with this message or a matching one, about `address` if that is given. */
  hasLogged(message: string | RegExp, address?: string): boolean {
    return this.log.some((entry) =>
      (typeof message === "string" ? entry.message === message : message.test(entry.message)) &&
      (address === undefined || entry.address === address)
    );
  }

  logs(message: string | RegExp, address?: string): Promise<void> {
    return until(() => this.hasLogged(message, address), `the log says ${message}`);
  }

  /**
   * Waits until the server has handled everything that was sent before. It sends two HTTP requests, which are handled
   * after earlier input of other connections and leave no trace in the chat.
   */
  settle(): Promise<void> {
    return times(2, async () => {
      using socket = await RawSocket.connect(this.port);
      await socket.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
      assertStringIncludes(await socket.restText(), "HTTP/1.1 200 OK\r\n");
    });
  }

  /** Shuts down, and advances the clock past all timeouts. */
  async shutdown(): Promise<void> {
    let done = false;
    const closing = this.server.shutdown().then(() => done = true);
    const clock = this.#clock;
    if (clock !== undefined) {
      await until(() => {
        if (!done) clock.advance(ALL_DEADLINES);
        return done;
      }, "the server has shut down");
    }
    await closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
    // What happens to the Redis of a cluster is not the server's fault.
    const isError = ({ level, topic }: LogEntry) => level === "error" && topic !== "cluster";
    assertEquals(this.log.filter(isError), []);
    assertEquals(
      violations.splice(0),
      [],
      "A read buffer belongs to its read until that completes",
    );
  }
}
