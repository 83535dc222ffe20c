/**
 * Admits accepted connections, and gives each its first handler, which depends on the port.
 * @module
 */
import type { AdmissionControl } from "./admission/admission_control.ts";
import type { Refusal } from "./admission/refusals.ts";
import { Connection, type ConnectionOptions, type Socket } from "./connection/connection.ts";
import type { Connections } from "./connections.ts";
import { HttpExchange, type HttpExchangeOptions } from "./http/http_exchange.ts";
import type { Counters } from "./observability/counters.ts";
import { ProtocolSniffer, type ProtocolSnifferOptions } from "./protocol_sniffer.ts";
import { createRejection } from "./rejection.ts";
import type { SniffTimeouts } from "./sniff_timeouts.ts";
import { TlsHandshake } from "./tls/tls_handshake.ts";
import type { TlsPort } from "./tls/tls_port.ts";

export interface AcceptorOptions {
  readonly admission: AdmissionControl;
  readonly connections: Connections;
  readonly connection: ConnectionOptions;
  readonly sniffing: ProtocolSnifferOptions;
  readonly timeouts: SniffTimeouts;
  readonly http: HttpExchangeOptions;
  readonly counters: Pick<Counters, "closed">;
  /** How long a TLS handshake may take, in seconds. */
  readonly handshakeTimeout: number;
}

export class Acceptor {
  readonly #options: AcceptorOptions;

  constructor(options: AcceptorOptions) {
    this.#options = options;
  }

  /**
   * Takes a connection on the port of the chat.
   *
   * @param isSecure Whether it is one of TLS, whose handshake is somebody else's business.
   */
  accept(conn: Deno.Conn<Deno.NetAddr>, isSecure = false): void {
    const { admission, sniffing, timeouts } = this.#options;
    const refusal = this.#admit(conn);
    if (refusal !== undefined && !admission.hasRoomForRefused) return this.#closeUnanswered(conn);
    const connection = this.#connect(conn, isSecure ? secured(conn) : conn);
    if (refusal === undefined) admission.addAdmitted(connection);
    else admission.addRefused(connection);
    const handler = refusal === undefined
      ? new ProtocolSniffer(connection, sniffing)
      : createRejection(connection, refusal, sniffing);
    timeouts.add(handler);
    connection.handOver(handler);
  }

  /** Takes a connection on the TLS port. A refused one is not worth a handshake. */
  acceptTls(conn: Deno.TcpConn, tls: TlsPort): void {
    if (this.#admit(conn) !== undefined) return this.#closeUnanswered(conn);
    const { admission, sniffing, timeouts, handshakeTimeout } = this.#options;
    const secure = tls.open(conn);
    const connection = this.#connect(conn, secure);
    admission.addAdmitted(connection);
    const sniffer = new ProtocolSniffer(connection, sniffing);
    const handshake = new TlsHandshake(connection, secure, {
      time: sniffing.time,
      handshakeTimeout,
      next: sniffer,
      onEstablished: (extraTime) => timeouts.add(sniffer, extraTime),
    });
    connection.setHandler(handshake);
  }

  /** Takes a connection on the metrics port. */
  acceptForMetrics(conn: Deno.TcpConn): void {
    const { admission, http } = this.#options;
    if (!admission.hasRoomForMetrics) return this.#closeUnanswered(conn);
    const connection = this.#connect(conn, conn);
    admission.addMetrics(connection);
    connection.handOver(new HttpExchange(connection, http, { site: "metrics" }));
  }

  #admit({ remoteAddr }: Deno.Conn<Deno.NetAddr>): Refusal | undefined {
    const { admission, connections } = this.#options;
    return admission.admitPeer(remoteAddr, connections.size);
  }

  /** @param socket The connection itself, or TLS over it. */
  #connect(conn: Deno.Conn<Deno.NetAddr>, socket: Socket): Connection {
    tuneSocket(conn);
    const connection = new Connection(socket, this.#options.connection);
    this.#options.connections.add(connection);
    return connection;
  }

  #closeUnanswered(conn: Deno.Conn): void {
    this.#options.counters.closed.refused++;
    conn.close();
  }
}

/**
 * Turns Nagle's algorithm off, so that no write waits for an acknowledgement, and keep-alive on, so that the kernel detects
 * vanished clients where no deadline does (RFC 9293 3.8.4). The runtime cannot set the kernel's intervals.
 */
function tuneSocket(conn: Deno.Conn): void {
  if (!("setNoDelay" in conn)) return; // TLS of the runtime, over which this is not ours to decide
  const socket = conn as Deno.TcpConn;
  try {
    socket.setNoDelay();
    socket.setKeepAlive();
  } catch {
    // The peer has reset the connection; the first read reports it.
  }
}

/** A connection of the runtime's TLS. */
function secured(conn: Deno.Conn<Deno.NetAddr>): Socket {
  return {
    remoteAddr: conn.remoteAddr,
    isSecure: true,
    read: (buffer) => conn.read(buffer),
    write: (bytes) => conn.write(bytes),
    close: () => conn.close(),
    closeWrite: () => conn.closeWrite(),
  };
}
