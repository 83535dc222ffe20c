/**
 * The first handler of a connection on the TLS port: waits for the handshake, then hands over to the next handler.
 * Messages for the client are queued meanwhile, as for any client whose protocol is not known yet.
 * @module
 */
import type { DisconnectReason } from "../../wire/events.ts";
import type { TimeSource } from "../connection/clock.ts";
import type { Connection, Handler } from "../connection/connection.ts";
import { describeConnectionError } from "../connection/errors.ts";
import type { CloseCause } from "../observability/counters.ts";
import type { TlsConn } from "./tls_conn.ts";

/**
 * How many times the duration of the handshake a client may stay silent after it, in addition to the usual time. In TLS 1.2
 * the server's last flight has to reach the client before the client can speak: a round trip, and the handshake takes at
 * least one.
 */
const HANDSHAKE_TIMES = 2;

export interface TlsHandshakeOptions {
  readonly time: TimeSource;
  /** How long a handshake may take, in seconds. */
  readonly handshakeTimeout: number;
  /** The handler after the handshake. It is also told if the connection closes during the handshake. */
  readonly next: Handler;
  /** Called when `next` is about to receive input, with the time to give a silent client in addition to the usual, in ms. */
  readonly onEstablished: (extraTime: number) => void;
}

export class TlsHandshake implements Handler {
  readonly #connection: Connection;
  readonly #conn: TlsConn;
  readonly #options: TlsHandshakeOptions;
  readonly #deadline: number;

  /** Starts the handshake over `conn`. */
  constructor(connection: Connection, conn: TlsConn, options: TlsHandshakeOptions) {
    this.#connection = connection;
    this.#conn = conn;
    this.#options = options;
    this.#deadline = options.time.now + options.handshakeTimeout * 1000;
    conn.handshake().then(this.#onDone, this.#onError);
  }

  // No input is read before the handshake is done.
  received(): void {}
  ended(): void {}
  resumed(): void {}

  take(): undefined {}

  /** Without a handshake there is no way to send a message. */
  end(reason: DisconnectReason): void {
    this.#connection.close(reason);
  }

  closed(cause: CloseCause, message: string | undefined): void {
    this.#options.next.closed(cause, message);
  }

  tick(now: number): void {
    if (now < this.#deadline) return;
    const why = `No TLS handshake in ${this.#options.handshakeTimeout} s`;
    this.#connection.breakOff(why, "handshake");
  }

  #onDone = (): void => {
    if (this.#connection.closed) return;
    const { next, onEstablished } = this.#options;
    this.#connection.setHandler(next);
    onEstablished(HANDSHAKE_TIMES * this.#conn.handshakeTime);
    this.#connection.readOn();
  };

  #onError = (error: unknown): void => {
    if (this.#connection.closed) return;
    // A client that connects and leaves is not logged on the plain port either.
    const isGone = error instanceof Deno.errors.UnexpectedEof ||
      error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.NotConnected;
    if (isGone) this.#connection.close("peer");
    else this.#connection.breakOff(`TLS handshake failed, ${describeConnectionError(error)}`);
  };
}
