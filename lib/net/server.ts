/**
 * The server: listens, accepts, and ends. Everything that happens to one client is in the files that it wires together.
 * @module
 */
import config from "../../deno.json" with { type: "json" };
import { Hub } from "../chat/hub.ts";
import type { History } from "../chat/history.ts";
import type { Member } from "../chat/member.ts";
import type { BanStore } from "../chat/sanctions.ts";
import { openHistory } from "../history/open_history.ts";
import { Networks } from "../protocol/ip_address.ts";
import {
  Admission,
  BANNED,
  DRAINING,
  LOCKED_DOWN,
  type Refusal,
  SERVER_FULL,
} from "./admission.ts";
import { Branch, SNIFF_TIMEOUT } from "./branch.ts";
import { BufferPool } from "./buffers.ts";
import { type Cancel, type Clock, systemClock } from "./clock.ts";
import { Connection, formatAddress, type Socket } from "./connection.ts";
import type { Context, Released } from "./context.ts";
import { Counters, STALL } from "./counters.ts";
import { Drain } from "./drain.ts";
import { Episode } from "./episode.ts";
import { Health } from "./health.ts";
import { HEAD_TIMEOUT, HttpExchange } from "./http_exchange.ts";
import { Inbox } from "./inbox.ts";
import { guarded, type Logger, type LogLevel } from "./log.ts";
import { renderMetrics } from "./metrics.ts";
import { Moderator } from "./moderator.ts";
import { readOperatorToken, type TokenFile } from "./operator_token.ts";
import { resolveSettings, type ServeOptions, type Settings } from "./options.ts";
import { AllowedOrigins } from "./origin.ts";
import { Refusals } from "./refusals.ts";
import { Rejection } from "./rejection.ts";
import { openSelfProbe, type SelfProbe } from "./self_probe.ts";
import { serverMetrics } from "./server_metrics.ts";
import type { Status } from "./status.ts";
import { Throttle } from "./throttle.ts";
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

/**
 * The most connections that are being told, at once, why they are not let in; more are just closed. Each takes up to
 * 0.6 s, so these are 400 a second at the least.
 */
const MAX_ASIDE = 256;
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
  /** What was refused, throttled and closed so far, by cause. */
  readonly counters: Readonly<Counters>;
  /**
   * Stops listening, says goodbye to all, and waits until what is queued is delivered or a second has passed. Resolves
   * with `finished`; calling it again does nothing more.
   *
   * With the option `drain`, that comes after the drain: all are told at once and disconnected one by one at random
   * moments of it. Meanwhile nobody new is let in, and HTTP is still answered: `/readyz` with 503.
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
 * @throws {OperatorTokenError} If the token of operators cannot be used.
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
  readonly counters = new Counters();
  readonly refusals: Refusals;
  readonly throttle: Throttle;
  readonly origins: AllowedOrigins;
  readonly status: Status;
  readonly moderator: Moderator | undefined;
  time: number;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #listener: Deno.TcpListener;
  readonly #metricsListener: Deno.TcpListener | undefined;
  readonly #tlsListener: Deno.TcpListener | undefined;
  readonly #tls: TlsTerminator | undefined;
  readonly #tlsConns = new Set<TlsConn>();
  readonly #history: (History & BanStore) | undefined;
  readonly #probe: Promise<SelfProbe>;
  readonly #admission: Admission;
  readonly #connections = new Set<Connection>();
  /** Those of them that take no part in the chat: they are turned away, or on the port for metrics. */
  readonly #aside = new Set<Connection>();
  readonly #acceptFailures = new Episode();
  /** Connections that have yet to say what they are, in the order in which their time is over. */
  #sniffing: Array<{ readonly branch: Released; readonly until: number }> = [];
  #cancelSniff: Cancel | undefined;
  readonly #cancelSweep: Cancel;
  readonly #cancelLook: Cancel | undefined;
  readonly #sweepInterval: number;
  #sweptAt: number;
  readonly #unlisten: Cancel;
  readonly #accepting: Promise<unknown>;
  #listening = true;
  #drain: Drain<Connection> | undefined;
  #drained = Promise.withResolvers<void>();
  #closing: Promise<void> | undefined;
  #empty = Promise.withResolvers<void>();

  constructor(settings: Settings, { signal, log, clock, random }: ServeOptions) {
    this.settings = settings;
    this.log = guarded(log, () => this.counters.logFailures++);
    this.#clock = clock ?? systemClock;
    this.#random = random ?? Math.random;
    this.time = this.#sweptAt = this.#clock.now();
    this.proxies = new Networks(settings.trustProxy ?? "");
    this.origins = new AllowedOrigins(settings.allowOrigin);
    this.refusals = new Refusals(this.counters, this.log);
    this.#admission = new Admission(settings);
    this.throttle = new Throttle({
      ...settings,
      clock: this.#clock,
      resume: (item) => {
        this.time = this.#clock.now();
        this.inbox.resume(item);
      },
    });
    const { hostname, port } = settings;
    const token = settings.operatorTokenFile && readOperatorToken(settings.operatorTokenFile);
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
      this.#metricsListener = this.#listenForMetrics();
      this.#history = this.#openHistory();
    } catch (error) {
      this.#listener.close();
      this.#metricsListener?.close();
      this.#tlsListener?.close();
      void this.#tls?.close();
      throw error;
    }
    this.#probe = openSelfProbe();
    if (token) this.moderator = this.#appoint(token);
    this.hub = new Hub({
      ...settings,
      presenceDelay: settings.presenceDelay * 1000,
      history: this.#history,
      moderation: this.moderator,
      observer: this.#slowObserver,
      now: () => this.#clock.now(),
      flushed: (took) => this.counters.broadcasts.observe(took / 1000),
    });
    this.status = this.#openStatus();
    this.inbox = new Inbox({
      accepted: () => this.counters.accepted,
      backlog: this.#tls === undefined ? BACKLOG : 2 * BACKLOG, // one queue for each listener
      congested: () => this.hub.congested,
      probe: async () => {
        await (await this.#probe).round();
        this.time = this.#clock.now();
      },
    });
    this.#sweepInterval = sweepInterval(settings);
    this.#cancelSweep = this.#clock.every(this.#sweepInterval, this.#sweep);
    if (this.#tls !== undefined) {
      this.#cancelLook = this.#clock.every(CERTIFICATE_INTERVAL, this.#lookAtCertificate);
    }
    const abort = () => void this.shutdown();
    signal?.addEventListener("abort", abort);
    this.#unlisten = () => signal?.removeEventListener("abort", abort);
    this.#accepting = Promise.all([
      this.#acceptAll(this.#listener, this.#enter),
      this.#acceptAll(this.#tlsListener, this.#enterSecurely),
      this.#acceptAll(this.#metricsListener, this.#enterForMetrics),
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

  get draining(): boolean {
    return this.#drain !== undefined;
  }

  get shut(): Refusal | undefined {
    if (this.draining) return DRAINING;
    return this.moderator?.isLockedDown ? LOCKED_DOWN : undefined;
  }

  async reloadCertificate(): Promise<void> {
    await this.#logReload(async () => {
      await this.#tls?.reload();
      return this.#tls !== undefined;
    });
  }

  forget(connection: Connection): void {
    this.#connections.delete(connection);
    const wasAside = this.#aside.delete(connection);
    if (!wasAside && !connection.isTrusted) this.#admission.release(connection.ip);
    if (!this.#listening && this.#connections.size === 0) this.#empty.resolve();
    this.#drain?.left(connection);
    if (this.#drain?.done) this.#drained.resolve();
  }

  #listenForMetrics(): Deno.TcpListener | undefined {
    const { metricsPort: port, metricsHostname: hostname } = this.settings;
    if (port === 0) return undefined;
    try {
      return Deno.listen({ port, hostname });
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
      throw new Deno.errors.AddrInUse("the metrics port is in use", { cause: error });
    }
  }

  #openStatus(): Status {
    const health = new Health([
      () => this.draining ? "draining" : undefined,
      () => this.moderator?.isLockedDown ? "locked down" : undefined,
      () => this.#history?.problem,
    ]);
    const metrics = serverMetrics({
      version: this.version,
      counters: this.counters,
      statistics: () => this.hub.statistics(),
      rooms: () => this.hub.roomCount,
      sockets: () => this.#connections.size,
      stalled: () => [...this.#connections].filter((one) => this.#isStalled(one)).length,
      ready: () => health.problems.length === 0,
      memory: () => Deno.memoryUsage(),
    });
    return {
      get problems() {
        return health.problems;
      },
      metrics: () => renderMetrics(metrics),
    };
  }

  #isStalled({ stalledSince }: Connection): boolean {
    return stalledSince !== undefined && this.time - stalledSince >= STALL;
  }

  /** Whatever a client or the machine does to `accept`, it goes on. */
  async #acceptAll(
    listener: Deno.TcpListener | undefined,
    admit: (conn: Deno.TcpConn) => void,
  ): Promise<void> {
    while (this.#listening && listener !== undefined) {
      try {
        admit(await listener.accept());
      } catch (error) {
        if (!this.#listening) return;
        // A client that has reset already; nothing is lost but that client.
        if (
          error instanceof Deno.errors.NotConnected || error instanceof Deno.errors.ConnectionReset
        ) continue;
        this.#noteAcceptFailure(error);
        await new Promise<void>((resolve) => this.#clock.after(ACCEPT_PAUSE, resolve));
      }
    }
  }

  /** One line for each time that descriptors run out, not twenty a second. */
  #noteAcceptFailure(error: unknown): void {
    this.counters.acceptFailures++;
    if (!this.#acceptFailures.again(this.#clock.now())) return;
    const message = `Cannot accept a connection: ${messageOf(error)}`;
    this.log({ level: "error", topic: "server", message });
  }

  /** Somebody on the port of the chat. */
  #enter = (conn: Deno.TcpConn): void => {
    const refusal = this.#refusalOf(conn);
    const isAside = refusal !== undefined;
    const connection = this.#open(conn, conn, isAside);
    if (connection === undefined) return;
    const handler = isAside ? new Rejection(connection, refusal) : new Branch(this, connection);
    connection.handler = handler;
    this.sniff(handler);
    connection.readOn();
  };

  /** Somebody on the port for TLS. Who is not let in is not worth a handshake. */
  #enterSecurely = (conn: Deno.TcpConn): void => {
    if (this.#refusalOf(conn) !== undefined) return this.#turnAway(conn);
    const secure = new TlsConn(conn, {
      terminator: this.#tls!,
      buffers: this.buffers,
      clock: this.#clock,
      onGone: () => this.#tlsConns.delete(secure),
    });
    this.#tlsConns.add(secure);
    const connection = this.#open(conn, secure, false)!;
    const branch = new Branch(this, connection);
    connection.handler = branch;
    connection.handler = new TlsHandshake(this, connection, secure, branch);
  };

  /** Somebody on the port for metrics. */
  #enterForMetrics = (conn: Deno.TcpConn): void => {
    const connection = this.#open(conn, conn, true);
    if (connection === undefined) return;
    connection.handler = new HttpExchange(this, connection, this.time + HEAD_TIMEOUT, "metrics");
    connection.readOn();
  };

  /** Takes a connection on, or closes it if it is to be kept aside and too many are. */
  #open(conn: Deno.TcpConn, socket: Socket, isAside: boolean): Connection | undefined {
    if (isAside && this.#aside.size >= MAX_ASIDE) return this.#turnAway(conn);
    this.counters.accepted++;
    sendAtOnce(conn);
    const connection = new Connection(socket, this);
    this.#connections.add(connection);
    if (isAside) this.#aside.add(connection);
    return connection;
  }

  /** Closes a connection without a word. */
  #turnAway(conn: Deno.TcpConn): undefined {
    this.counters.accepted++;
    this.counters.closed.refused++;
    conn.close();
  }

  /** Why a peer is not let in. A proxy is: each whom it speaks for is looked at instead. */
  #refusalOf({ remoteAddr }: Deno.TcpConn): Refusal | undefined {
    this.time = this.#clock.now();
    const isFull = this.#connections.size - this.#aside.size >= this.settings.maxClients;
    if (isFull) return this.#refuse(SERVER_FULL, remoteAddr);
    if (this.proxies.has(remoteAddr.hostname)) return undefined;
    return this.#refuse(this.#admit(remoteAddr.hostname), remoteAddr);
  }

  admit(connection: Connection): Refusal | undefined {
    if (connection.isTrusted) return undefined;
    const refusal = this.#admit(connection.ip);
    if (refusal !== undefined) this.#aside.add(connection);
    return this.#refuse(refusal, connection.client);
  }

  #admit(ip: string): Refusal | undefined {
    if (this.moderator?.bans.ofIp(ip) !== undefined) return BANNED;
    return this.#admission.admit(ip, this.time);
  }

  #refuse(refusal: Refusal | undefined, address: Deno.NetAddr): Refusal | undefined {
    if (refusal !== undefined) {
      this.refusals.note(refusal.cause, formatAddress(address), this.time);
    }
    return refusal;
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
    const late = this.time - this.#sweptAt - this.#sweepInterval;
    this.#sweptAt = this.time;
    this.counters.lag.observe(Math.max(0, late) / 1000);
    for (const connection of this.#connections) connection.tick(this.time);
    for (const connection of this.#drain?.due(this.time) ?? []) connection.handler.end("shutdown");
    this.hub.tick();
    this.refusals.tick(this.time);
    const failures = this.#acceptFailures.over(this.time);
    if (failures !== undefined) {
      const message = `Accepting connections again, attempts that failed: ${failures}`;
      this.log({ level: "info", topic: "server", message });
    }
  };

  /** Tells everybody, and sees those who are here off one by one, until all have gone or the time is over. */
  async #drainAll(): Promise<void> {
    const length = this.settings.drain * 1000;
    this.time = this.#clock.now();
    this.#drain = new Drain(this.#connections, this.time, length, this.#random);
    this.hub.announceEnd();
    const cancel = this.#clock.after(length, this.#drained.resolve);
    await this.#drained.promise;
    cancel();
  }

  async #close(): Promise<void> {
    this.#unlisten();
    if (this.settings.drain > 0 && this.#connections.size > 0) await this.#drainAll();
    this.#listening = false;
    this.#listener.close();
    this.#metricsListener?.close();
    this.#tlsListener?.close();
    this.#cancelLook?.();
    await this.#accepting; // it may be letting in a last one
    this.#cancelSniff?.();
    this.throttle.close();
    this.hub.close();
    for (const connection of [...this.#connections]) connection.handler.end("shutdown");
    if (this.#connections.size > 0) {
      const cancel = this.#clock.after(SHUTDOWN_TIMEOUT, () => {
        for (const connection of [...this.#connections]) {
          connection.cause ??= "shutdown";
          connection.close("server shut down");
        }
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

  #appoint({ token, isExposed }: TokenFile): Moderator {
    if (isExposed) {
      const message = "Others on this machine can read the operator token file, try chmod 600";
      this.log({ level: "warn", topic: "operator", message });
    }
    return new Moderator({
      token,
      log: this.log,
      store: this.#history,
      time: () => this.time,
      now: () => Date.now(),
      evict: this.#evict,
      drain: () => void this.shutdown(),
      drainTime: this.settings.drain,
    });
  }

  /** A trusted proxy is let be: whom it speaks for is looked at when it says so. */
  #evict = (isUnwanted: (ip: string) => boolean, words: string): void => {
    for (const connection of [...this.#connections]) {
      if (this.#aside.has(connection) || connection.isTrusted) continue;
      if (isUnwanted(connection.ip)) connection.handler.end("kicked", words);
    }
  };

  #openHistory(): (History & BanStore) | undefined {
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
      onBatch: (took) => this.counters.historyBatches.observe(took / 1000),
    });
  }

  readonly #slowObserver = {
    slow: (member: Member, dropped: number) =>
      this.#logSlow(member, `Slow client, dropped ${dropped} messages`),
    recovered: (member: Member, dropped: number) =>
      this.#logSlow(member, `Recovered, dropped ${dropped} messages`),
  };

  #logSlow(member: Member, message: string): void {
    this.log({ level: "warn", topic: "slow", address: member.origin, message });
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
function sweepInterval(settings: Settings): number {
  const { idleTimeout, heartbeat, pongTimeout, writeTimeout, drain } = settings;
  const shortest = Math.min(
    ...[idleTimeout, heartbeat, pongTimeout, writeTimeout, drain].filter((wait) => wait > 0),
  );
  return Math.max(10, Math.min(SWEEP_INTERVAL, shortest * 1000 / SWEEPS_PER_DEADLINE));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
