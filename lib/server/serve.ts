/**
 * Starts a server, and what the program that embeds it can do with it.
 * @module
 */
import { ChatControls, type ChatMethods } from "./embedding/chat_methods.ts";
import type { ChatClient } from "./embedding/local_client.ts";
import type { ConnectOptions } from "./embedding/local_clients.ts";
import type { Counters } from "./observability/counters.ts";
import { resolveSettings } from "./resolve_settings.ts";
import type { ServeOptions } from "./serve_options.ts";
import { Server } from "./server.ts";
import type { TlsPair } from "./tls/tls_terminator.ts";

/** A running chat server, created by {@linkcode serve}. */
export interface ChatServer extends ChatMethods, AsyncDisposable {
  /** The address that it listens on. */
  readonly addr: Deno.NetAddr;
  /** The address that it listens on for TLS, if it does. */
  readonly tlsAddr: Deno.NetAddr | undefined;
  /** The address of the metrics port, if there is one. */
  readonly metricsAddr: Deno.NetAddr | undefined;
  /** Resolves when the server has shut down and every connection is closed. */
  readonly finished: Promise<void>;
  /**
   * Resolves when clients are served: at once, or with the option `cluster` when the server has joined the others. Rejects
   * with a {@linkcode ClusterError} if it cannot; it shuts down then.
   */
  readonly ready: Promise<void>;
  /** Counts of what the server has done so far, such as refusals and disconnects by cause. */
  readonly counters: Readonly<Counters>;
  /**
   * Stops listening, disconnects all clients, and waits until their queued messages are delivered or a second has passed.
   * Resolves together with `finished`; further calls do nothing more.
   *
   * With the option `drain`, the drain comes first: all clients are notified at once, and disconnected one by one at random
   * moments. New clients are refused meanwhile, and HTTP is still answered: `/readyz` with 503.
   */
  shutdown(): Promise<void>;
  /**
   * Connects a client inside the process, such as a bot. The rules for messages hold for it as for all clients: their length,
   * hooks, mutes and bans of names. Limits of rate, address, idle time and number of clients do not.
   *
   * @throws {TypeError} If the name is not a name.
   * @throws {Error} If the name, or one that looks like it, is taken, or if the server has shut down.
   */
  connect(options?: ConnectOptions): ChatClient;
  /**
   * Takes a connection that the program has accepted, of TCP or TLS, and serves it like one on the server's own port. The
   * server closes it.
   *
   * @throws {TypeError} If it is of another kind.
   * @throws {Error} If the server has shut down. The connection is still the program's then.
   */
  handle(conn: Deno.Conn): void;
  /**
   * Reloads the TLS certificate, if there is one, from its files, or takes `next` instead, as PEM texts. Open connections are not affected; the next handshake uses the new one. If
   * the new certificate cannot be used, the old one stays in use. Never rejects: the result is logged.
   */
  reloadCertificate(next?: TlsPair): Promise<void>;
}

/** A server together with what its program does in the chat. */
class RunningServer extends ChatControls implements ChatServer {
  readonly #server: Server;

  constructor(server: Server) {
    super(server.controls);
    this.#server = server;
  }

  get addr(): Deno.NetAddr {
    return this.#server.addr;
  }

  get tlsAddr(): Deno.NetAddr | undefined {
    return this.#server.tlsAddr;
  }

  get metricsAddr(): Deno.NetAddr | undefined {
    return this.#server.metricsAddr;
  }

  get finished(): Promise<void> {
    return this.#server.finished;
  }

  get ready(): Promise<void> {
    return this.#server.ready;
  }

  get counters(): Readonly<Counters> {
    return this.#server.counters;
  }

  connect(options?: ConnectOptions): ChatClient {
    return this.#server.connect(options);
  }

  handle(conn: Deno.Conn): void {
    this.#server.handle(conn);
  }

  reloadCertificate(next?: TlsPair): Promise<void> {
    return this.#server.reloadCertificate(next);
  }

  shutdown(): Promise<void> {
    return this.#server.shutdown();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }
}

/**
 * Starts a chat server.
 *
 * Returns when it listens. There is no global state: any number of servers may run in one process. The server prints
 * nothing, and handles no signals.
 *
 * @example
 * ```ts
 * import { serve } from "./mod.ts";
 *
 * await using server = serve({ port: 0, log: (entry) => console.log(entry.message) });
 * console.log(`ws://${server.addr.hostname}:${server.addr.port}`);
 * ```
 *
 * @throws {RangeError} If a number is out of range, or the folder of `static` is too large.
 * @throws {TypeError} If an option is of the wrong type, or the folder of `static` cannot be read.
 * @throws {Deno.errors.AddrInUse} If a port is in use.
 * @throws {Error} If the certificate cannot be read or does not fit its key.
 * @throws {OperatorTokenError} If the operator token cannot be used.
 * @throws {CredentialError} If the password, the key of tokens, an API token or the secret of webhooks cannot be used.
 * @throws {HistoryError} If the history cannot be opened.
 * @throws {WebhookError} If the permission to send webhooks is missing.
 */
export function serve(options: ServeOptions = {}): ChatServer {
  const server = new RunningServer(new Server(resolveSettings(options), options));
  options.onListen?.(server.addr);
  return server;
}
