/**
 * The server: listens, accepts, and ends. Everything that happens to one client is in the files that it wires together.
 * @module
 */
import config from "../../deno.json" with { type: "json" };
import { Hub } from "../chat/hub.ts";
import type { History } from "../chat/history.ts";
import type { Member } from "../chat/member.ts";
import { openHistory } from "../history/open_history.ts";
import { Networks } from "../protocol/ip_address.ts";
import { Branch, SNIFF_TIMEOUT } from "./branch.ts";
import { BufferPool } from "./buffers.ts";
import { type Cancel, type Clock, systemClock } from "./clock.ts";
import { Connection, type Socket } from "./connection.ts";
import type { Context, Released } from "./context.ts";
import { Inbox } from "./inbox.ts";
import type { Logger, LogLevel } from "./log.ts";
import { resolveSettings, type ServeOptions, type Settings } from "./options.ts";
import { openSelfProbe, type SelfProbe } from "./self_probe.ts";
import { TlsConn } from "./tls_conn.ts";
import { TlsHandshake } from "./tls_handshake.ts";
import { TlsTerminator } from "./tls_terminator.ts";

/**
 * Connections that may wait to be accepted. The default of 511 makes a storm of 1,000 reconnects wait a second for the
 * retry; the kernel cuts it to its own limit (somaxconn, 4,096 by default).
 */
const BACKLOG = 4_096;

/** How long to wait after `accept` failed for want of a descriptor, in ms: one has to be closed first. */
const ACCEPT_PAUSE = 50;

/** How often the files of the certificate are looked at, in ms: they change every month or two. */
const CERTIFICATE_INTERVAL = 5_000;

/** How often deadlines are looked at, in ms, and how often at the least in the shortest one's course. */
const SWEEP_INTERVAL = 250;
const SWEEPS_PER_DEADLINE = 8;

/** How long clients may take to fetch the last words when the server shuts down, in ms. */
const SHUTDOWN_TIMEOUT = 1_000;

/** A running chat server. Made by {@linkcode serve}. */
export interface ChatServer extends AsyncDisposable {
  /** Where it listens. */
  readonly addr: Deno.NetAddr;
  /** Where it listens for TLS, if it does. */
  readonly tlsAddr: Deno.NetAddr | undefined;
  /** Resolves when the server has shut down and every connection is closed. */
  readonly finished: Promise<void>;
  /**
   * Stops listening, says goodbye to all, and waits until what is queued is delivered or a second has passed. Resolves
   * with `finished`; calling it again does nothing more.
   */
  shutdown(): Promise<void>;
  /**
   * Reads the certificate again, if there is one. Who is connected does not notice; the next handshake is made with the
   * new one. If it is not usable the old one stays. Never rejects: what came of it is in the log.
   */
  reloadCertificate(): Promise<void>;
}

/**
 * Starts a chat server.
 *
 * Returns when it listens. Nothing is global: any number of servers may run in one process. Nothing is printed, and no
 * signal is touched.
 *
 * @example
 * ```ts
 * import { serve } from "./mod.ts";
 *
 * await using server = serve({ port: 0, log: (entry) => console.log(entry.message) });
 * console.log(`ws://${server.addr.hostname}:${server.addr.port}`);
 * ```
 *
 * @throws {RangeError} If a number is out of its bounds.
 * @throws {TypeError} If an option is of the wrong type.
 * @throws {Deno.errors.AddrInUse} If a port is taken.
 * @throws {Error} If the certificate cannot be read or does not fit its key.
 * @throws {HistoryError} If the history cannot be opened.
 */
export function serve(options: ServeOptions = {}): ChatServer {
  const server = new Server(resolveSettings(options), options);
  options.onListen?.(server.addr);
  return server;
}

class Server implements ChatServer, Context {
  readonly addr: Deno.NetAddr;
  readonly tlsAddr: Deno.NetAddr | undefined;
  readonly finished: Promise<void>;
  readonly version: string = config.version;
  readonly settings: Settings;
  readonly proxies: Networks;
  readonly hub: Hub;
  readonly inbox: Inbox;
  readonly buffers = new BufferPool();
  readonly log: Logger;
  time: number;
  readonly #clock: Clock;
  readonly #listener: Deno.TcpListener;
  readonly #tlsListener: Deno.TcpListener | undefined;
  readonly #tls: TlsTerminator | undefined;
  readonly #tlsConns = new Set<TlsConn>();
  readonly #history: History | undefined;
  readonly #probe: Promise<SelfProbe>;
  readonly #connections = new Set<Connection>();
  /** Connections that have yet to say what they are, in the order in which their time is over. */
  #sniffing: Array<{ readonly branch: Released; readonly until: number }> = [];
  #cancelSniff: Cancel | undefined;
  readonly #cancelSweep: Cancel;
  readonly #cancelLook: Cancel | undefined;
  readonly #unlisten: Cancel;
  readonly #accepting: Promise<unknown>;
  #accepted = 0;
  #closing: Promise<void> | undefined;
  #empty = Promise.withResolvers<void>();

  constructor(settings: Settings, { signal, log, clock }: ServeOptions) {
    this.settings = settings;
    this.log = log ?? (() => {});
    this.#clock = clock ?? systemClock;
    this.time = this.#clock.now();
    this.proxies = new Networks(settings.trustProxy ?? "");
    const { hostname, port } = settings;
    this.#tls = openTerminator(settings);
    try {
      this.#listener = Deno.listen({ port, hostname, tcpBacklog: BACKLOG });
      if (this.#tls !== undefined) {
        this.#tlsListener = this.#listenBeside(this.#listener, settings.tlsPort);
      }
    } catch (error) {
      void this.#tls?.close();
      throw error;
    }
    this.addr = this.#listener.addr;
    this.tlsAddr = this.#tlsListener?.addr;
    try {
      this.#history = this.#openHistory();
    } catch (error) {
      this.#listener.close();
      this.#tlsListener?.close();
      void this.#tls?.close();
      throw error;
    }
    this.#probe = openSelfProbe();
    this.hub = new Hub({
      ...settings,
      presenceDelay: settings.presenceDelay * 1000,
      history: this.#history,
      observer: this.#slowObserver,
      now: () => this.#clock.now(),
    });
    this.inbox = new Inbox({
      accepted: () => this.#accepted,
      backlog: this.#tls === undefined ? BACKLOG : 2 * BACKLOG, // one queue for each listener
      congested: () => this.hub.congested,
      probe: async () => {
        await (await this.#probe).round();
        this.time = this.#clock.now();
      },
    });
    this.#cancelSweep = this.#clock.every(sweepInterval(settings), this.#sweep);
    if (this.#tls !== undefined) {
      this.#cancelLook = this.#clock.every(CERTIFICATE_INTERVAL, this.#lookAtCertificate);
    }
    const abort = () => void this.shutdown();
    signal?.addEventListener("abort", abort);
    this.#unlisten = () => signal?.removeEventListener("abort", abort);
    this.#accepting = Promise.all([
      this.#acceptAll(this.#listener),
      this.#tlsListener && this.#acceptAll(this.#tlsListener),
    ]);
    this.finished = this.#accepting.then(() => this.shutdown());
    if (signal?.aborted) abort();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  shutdown(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async reloadCertificate(): Promise<void> {
    await this.#logReload(async () => {
      await this.#tls?.reload();
      return this.#tls !== undefined;
    });
  }

  forget(connection: Connection): void {
    this.#connections.delete(connection);
    if (this.#closing !== undefined && this.#connections.size === 0) this.#empty.resolve();
  }

  /** Whatever a client or the machine does to `accept`, it goes on. */
  async #acceptAll(listener: Deno.TcpListener): Promise<void> {
    while (this.#closing === undefined) {
      try {
        this.#admit(await listener.accept(), listener === this.#tlsListener);
      } catch (error) {
        if (this.#closing !== undefined) return;
        // A client that has reset already; nothing is lost but that client.
        if (
          error instanceof Deno.errors.NotConnected || error instanceof Deno.errors.ConnectionReset
        ) continue;
        this.log({
          level: "error",
          topic: "server",
          message: `Cannot accept a connection: ${messageOf(error)}`,
        });
        await new Promise<void>((resolve) => this.#clock.after(ACCEPT_PAUSE, resolve));
      }
    }
  }

  #admit(conn: Deno.TcpConn, isSecure: boolean): void {
    this.#accepted++;
    this.time = this.#clock.now();
    sendAtOnce(conn);
    if (isSecure) return this.#shakeHands(conn);
    const { connection, branch } = this.#join(conn);
    this.sniff(branch);
    connection.readOn();
  }

  #shakeHands(conn: Deno.TcpConn): void {
    const secure = new TlsConn(conn, {
      terminator: this.#tls!,
      buffers: this.buffers,
      clock: this.#clock,
      onGone: () => this.#tlsConns.delete(secure),
    });
    this.#tlsConns.add(secure);
    const { connection, branch } = this.#join(secure);
    connection.handler = new TlsHandshake(this, connection, secure, branch);
  }

  /** From here on the client misses nothing. */
  #join(socket: Socket): { connection: Connection; branch: Branch } {
    const connection = new Connection(socket, this);
    const branch = new Branch(this, connection);
    connection.handler = branch;
    this.#connections.add(connection);
    return { connection, branch };
  }

  sniff(branch: Released): void {
    this.time = this.#clock.now();
    this.#sniffing.push({ branch, until: this.time + SNIFF_TIMEOUT });
    this.#cancelSniff ??= this.#clock.after(SNIFF_TIMEOUT, this.#endSniffing);
  }

  #endSniffing = (): void => {
    this.#cancelSniff = undefined;
    this.time = this.#clock.now();
    const still = this.#sniffing.findIndex(({ until }) => until > this.time);
    const over = this.#sniffing.splice(0, still < 0 ? this.#sniffing.length : still);
    // By way of the inbox: who spoke in time while the loop was busy is heard first.
    for (const { branch } of over) this.inbox.add({ handleInput: () => branch.release() });
    const [next] = this.#sniffing;
    if (next) {
      this.#cancelSniff = this.#clock.after(Math.max(1, next.until - this.time), this.#endSniffing);
    }
  };

  #sweep = (): void => {
    this.time = this.#clock.now();
    for (const connection of this.#connections) connection.tick(this.time);
    this.hub.tick();
  };

  async #close(): Promise<void> {
    this.#unlisten();
    this.#listener.close();
    this.#tlsListener?.close();
    this.#cancelLook?.();
    await this.#accepting; // it may be letting in a last one
    this.#cancelSniff?.();
    this.hub.close();
    for (const connection of [...this.#connections]) connection.handler.end("shutdown");
    if (this.#connections.size > 0) {
      const cancel = this.#clock.after(SHUTDOWN_TIMEOUT, () => {
        for (const connection of [...this.#connections]) connection.close("server shut down");
      });
      await this.#empty.promise;
      cancel();
    }
    this.#cancelSweep();
    for (const conn of this.#tlsConns) conn.cut();
    await this.#tls?.close();
    this.#history?.close();
    (await this.#probe).close();
  }

  /** Both ports or none. */
  #listenBeside(first: Deno.TcpListener, port: number): Deno.TcpListener {
    try {
      return Deno.listen({ port, hostname: this.settings.hostname, tcpBacklog: BACKLOG });
    } catch (error) {
      first.close();
      throw error;
    }
  }

  #lookAtCertificate = (): void => {
    void this.#logReload(async () => await this.#tls?.look() === true);
  };

  async #logReload(reload: () => Promise<boolean>): Promise<void> {
    try {
      if (!await reload()) return;
      this.log({ level: "info", topic: "server", message: "The certificate was read again" });
    } catch (error) {
      const message = `Cannot use the certificate, the old one stays: ${messageOf(error)}`;
      this.log({ level: "error", topic: "server", message });
    }
  }

  #openHistory(): History | undefined {
    const { history, historyLimit, historyAge, noHistory, echo } = this.settings;
    if (noHistory || echo) return undefined;
    const log = (level: LogLevel, message: string) =>
      this.log({ level, topic: "history", message });
    const clock = this.#clock;
    return openHistory({
      path: history,
      limit: historyLimit,
      ageMs: historyAge * 1000,
      clock: {
        now: () => Date.now(),
        every: (ms, action) => clock.every(ms, action),
        after: (ms, action) => clock.after(ms, action),
      },
      onFailure: (problem) => log("error", problem),
      onRecovered: () => log("info", "History works again"),
    });
  }

  readonly #slowObserver = {
    slow: (member: Member, dropped: number) =>
      this.#logSlow(member, `Slow client, dropped ${dropped} messages`),
    recovered: (member: Member, dropped: number) =>
      this.#logSlow(member, `Recovered, dropped ${dropped} messages`),
  };

  #logSlow(member: Member, message: string): void {
    this.log({ level: "warn", topic: "slow", address: member.address, message });
  }
}

function openTerminator(
  { tlsCert: certificate, tlsKey: key }: Settings,
): TlsTerminator | undefined {
  if (certificate === undefined || key === undefined) return undefined;
  return new TlsTerminator({ certificate, key });
}

/** Nothing is to wait for the answer to what was sent before. */
function sendAtOnce(conn: Deno.TcpConn): void {
  try {
    conn.setNoDelay();
  } catch {
    // It has reset meanwhile; the first read says so.
  }
}

/** Often enough that the shortest deadline is missed by little. */
function sweepInterval({ idleTimeout, heartbeat, pongTimeout, writeTimeout }: Settings): number {
  const shortest = Math.min(
    ...[idleTimeout, heartbeat, pongTimeout, writeTimeout].filter((wait) => wait > 0),
  );
  return Math.max(10, Math.min(SWEEP_INTERVAL, shortest * 1000 / SWEEPS_PER_DEADLINE));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
