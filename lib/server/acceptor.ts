/**
 * The ways in: what somebody who was just accepted begins as, by the port on which they came.
 *
 * Knows the door and the first handlers, and nothing of what a client says.
 * @module
 */
import { ProtocolSniffer } from "./protocol_sniffer.ts";
import { Connection, type Socket } from "./connection/connection.ts";
import type { Context } from "./context.ts";
import type { Refusal } from "./admission/address_limits.ts";
import type { AdmissionControl } from "./admission/admission_control.ts";
import type { Rejection } from "./admission/rejection.ts";
import { HttpExchange } from "./http/http_exchange.ts";
import { createRejection } from "./admission/rejecting.ts";
import { TlsHandshake } from "./tls/tls_handshake.ts";
import type { TlsPort } from "./tls/tls_port.ts";

export interface AcceptorOptions {
  readonly context: Context;
  readonly door: AdmissionControl;
  /** All who are here; who comes in is added. */
  readonly connections: Set<Connection>;
}

export class Acceptor {
  readonly #context: Context;
  readonly #door: AdmissionControl;
  readonly #connections: Set<Connection>;

  constructor({ context, door, connections }: AcceptorOptions) {
    this.#context = context;
    this.#door = door;
    this.#connections = connections;
  }

  /** Somebody on the port of the chat. */
  enter(conn: Deno.TcpConn): void {
    const refusal = this.#refusalOf(conn);
    if (refusal !== undefined && !this.#door.hasRoomAside) return this.#turnAway(conn);
    const connection = this.#connect(conn, conn);
    if (refusal === undefined) this.#door.enter(connection);
    const handler = refusal === undefined
      ? new ProtocolSniffer(this.#context, connection)
      : this.#reject(connection, refusal);
    connection.handler = handler;
    this.#context.sniff(handler);
    connection.readOn();
  }

  #reject(connection: Connection, refusal: Refusal): Rejection {
    this.#door.keepAside(connection);
    return createRejection(this.#context, connection, refusal);
  }

  /** Somebody on the port for TLS. Who is not let in is not worth a handshake. */
  enterSecurely(conn: Deno.TcpConn, tls: TlsPort): void {
    if (this.#refusalOf(conn) !== undefined) return this.#turnAway(conn);
    const secure = tls.open(conn);
    const connection = this.#connect(conn, secure);
    this.#door.enter(connection);
    const branch = new ProtocolSniffer(this.#context, connection);
    connection.handler = branch; // as which it joins the chat
    connection.handler = new TlsHandshake(this.#context, connection, secure, branch);
  }

  /** Somebody on the port for metrics. */
  enterForMetrics(conn: Deno.TcpConn): void {
    if (!this.#door.hasRoomToWatch) return this.#turnAway(conn);
    const connection = this.#connect(conn, conn);
    this.#door.letWatch(connection);
    const deadline = this.#context.time + this.#context.settings.headTimeout * 1000;
    connection.handler = new HttpExchange(this.#context, connection, deadline, "metrics");
    connection.readOn();
  }

  #refusalOf({ remoteAddr }: Deno.TcpConn): Refusal | undefined {
    return this.#door.admit(remoteAddr, this.#connections.size, this.#context.time);
  }

  /** @param socket What is read and written, which may be more than the connection itself. */
  #connect(conn: Deno.TcpConn, socket: Socket): Connection {
    tuneSocket(conn);
    const connection = new Connection(socket, this.#context);
    this.#connections.add(connection);
    return connection;
  }

  /** Closes a connection without a word. */
  #turnAway(conn: Deno.TcpConn): void {
    this.#context.counters.closed.refused++;
    conn.close();
  }
}

/**
 * Nothing is to wait for the answer to what was sent before; and where no deadline ends a client that has vanished, the
 * kernel asks for it (RFC 9293 3.8.4). How often is the kernel's own setting: the runtime cannot set it.
 */
function tuneSocket(conn: Deno.TcpConn): void {
  try {
    conn.setNoDelay();
    conn.setKeepAlive();
  } catch {
    // It has reset meanwhile; the first read says so.
  }
}
