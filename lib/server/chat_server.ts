/**
 * A running server, as the program that embeds it uses it.
 * @module
 */
import type { ChatClient } from "./embedding/local_client.ts";
import type { ConnectOptions } from "./embedding/local_clients.ts";
import type { Counters } from "./observability/counters.ts";
import type { TlsPair } from "./tls/tls_terminator.ts";

/** A running chat server, created by {@linkcode serve}. */
export interface ChatServer extends AsyncDisposable {
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
   * Reloads the TLS certificate, if there is one, from its files, or takes `next` instead, as PEM texts. Open connections are not affected; the next handshake uses the new one. If
   * the new certificate cannot be used, the old one stays in use. Never rejects: the result is logged.
   */
  reloadCertificate(next?: TlsPair): Promise<void>;
}
