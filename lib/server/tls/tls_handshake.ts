/**
 * What comes before everything else on the TLS port. The client is in the chat meanwhile, as every silent one is: what
 * is said waits for it until the handshake is done and the branch is taken.
 * @module
 */
import type { DisconnectReason } from "../../chat/events.ts";
import type { ProtocolSniffer } from "../protocol_sniffer.ts";
import type { Connection, Handler } from "../connection/connection.ts";
import type { Context } from "../context.ts";
import { describeConnectionError } from "../connection/errors.ts";
import type { TlsConn } from "./tls_conn.ts";

/**
 * How many times as long as the handshake took a client may stay silent behind it, besides `sniffTimeout`. In TLS 1.2 the
 * server's last flight has to reach the client before that can speak: a round trip, and the handshake takes at least one.
 */
const HANDSHAKE_TIMES = 2;

export class TlsHandshake implements Handler {
  readonly #context: Context;
  readonly #connection: Connection;
  readonly #conn: TlsConn;
  readonly #branch: ProtocolSniffer;
  readonly #deadline: number;

  /** Shakes hands over `conn`, and then lets `branch` handle the connection. */
  constructor(context: Context, connection: Connection, conn: TlsConn, branch: ProtocolSniffer) {
    this.#context = context;
    this.#connection = connection;
    this.#conn = conn;
    this.#branch = branch;
    this.#deadline = context.time + context.settings.handshakeTimeout * 1000;
    conn.handshake().then(this.#onDone, this.#onError);
  }

  // Nothing is read before the handshake is done.
  received(): void {}
  ended(): void {}
  resumed(): void {}

  take(): undefined {}

  /** Without a handshake there is no way to say anything. */
  end(reason: DisconnectReason): void {
    this.#connection.cause ??= reason;
    this.#connection.close();
  }

  gone(reason: string | undefined): void {
    this.#branch.gone(reason);
  }

  tick(now: number): void {
    if (now < this.#deadline) return;
    this.#connection.cause ??= "handshake";
    this.#connection.breakOff(`No TLS handshake in ${this.#context.settings.handshakeTimeout} s`);
  }

  #onDone = (): void => {
    if (this.#connection.closed) return;
    this.#connection.handler = this.#branch;
    this.#context.sniff(this.#branch, HANDSHAKE_TIMES * this.#conn.handshakeTime);
    this.#connection.readOn();
  };

  #onError = (error: unknown): void => {
    if (this.#connection.closed) return;
    // Who connects and goes has left no trace on the plain port either.
    const isGone = error instanceof Deno.errors.UnexpectedEof ||
      error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.NotConnected;
    if (isGone) this.#connection.close();
    else this.#connection.breakOff(`TLS handshake failed, ${describeConnectionError(error)}`);
  };
}
