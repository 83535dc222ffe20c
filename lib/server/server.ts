/**
 * The server: opens the ports, wires the parts together, keeps the time, and ends. Everything that happens to one client is
 * in the files that it wires together.
 * @module
 */
import config from "../../deno.json" with { type: "json" };
import { Hub } from "../chat/hub.ts";
import type { TimedHistory } from "../history/open_history.ts";
import { TrustedClock } from "../history/trusted_clock.ts";
import { CidrSet } from "../ip/network.ts";
import { DRAINING, LOCKED_DOWN, type Refusal } from "./admission/address_limits.ts";
import { BufferPool } from "./connection/read_buffers.ts";
import { type Cancel, type Clock, systemClock } from "./connection/clock.ts";
import type { Connection } from "./connection/connection.ts";
import type { Context } from "./context.ts";
import { Counters, serverMetrics } from "./observability/counters.ts";
import { AdmissionControl } from "./admission/admission_control.ts";
import { Drain } from "./drain.ts";
import { Budgets } from "./admission/budget.ts";
import { AcceptFailures } from "./admission/accept_failures.ts";
import { Acceptor } from "./acceptor.ts";
import { readFolder } from "./http/asset_folder.ts";
import { Health } from "./http/health.ts";
import { InputScheduler } from "./connection/input_scheduler.ts";
import { guarded, type Logger } from "./observability/log.ts";
import { LogLimiter } from "./observability/log_limiter.ts";
import { renderMetrics } from "./observability/metrics.ts";
import { ModerationService } from "../moderation/moderation_service.ts";
import { readOperatorToken, type TokenFile } from "../moderation/operator_token.ts";
import { resolveSettings, type ServeOptions, type Settings } from "./settings.ts";
import { AllowedHosts } from "./http/host.ts";
import { AllowedOrigins } from "./http/origin.ts";
import type { Assets } from "./http/asset.ts";
import { AcceptLoop } from "./accept_loop.ts";
import { Refusals } from "./admission/refusals.ts";
import { EMBEDDED_PAGES } from "./http/routes.ts";
import { type AcceptBarrier, openAcceptBarrier } from "./connection/accept_barrier.ts";
import { openServerHistory } from "./server_history.ts";
import { SlowClients } from "./observability/slow_clients.ts";
import { type SniffingHandler, SniffTimeouts } from "./sniff_timeouts.ts";
import type { Status } from "./http/status.ts";
import { SuspendAwareClock } from "./connection/suspend_aware_clock.ts";
import { networkOfOrigin } from "../moderation/ban_list.ts";
import { Throttle } from "./admission/throttle.ts";
import { TlsPort } from "./tls/tls_port.ts";
import { WorkQueue } from "./connection/work_queue.ts";

/**
 * Connections that may wait to be accepted. The default of 511 makes a storm of 1,000 reconnects wait a second for the
 * retry; the kernel cuts it to its own limit (somaxconn, 4,096 by default).
 */
const BACKLOG = 4_096;

/**
 * Clients that are written to in one turn of the event loop. The runtime makes a turn's first 128 reads and writes at once
 * (Tokio's budget of a task); each one more is queued, tried again later, and its promises outlive the turn. With 1,000
 * clients in a room, 100 a turn make 1.2 times as many deliveries as all at once, in 30 MB less, and p99 is 0.7 of it.
 */
const WRITES_PER_TURN = 100;

/** How often deadlines are looked at, in ms, and how often at the least in the shortest one's course. */
const SWEEP_INTERVAL = 250;
const SWEEPS_PER_DEADLINE = 8;

/** How long the loop is left alone when many have left at once, before more of them are told of, in ms. */
const TICK_PAUSE = 1;

/** How long clients may take to fetch the last words when the server shuts down, in ms. */
const SHUTDOWN_TIMEOUT = 1_000;

/** A running chat server. Made by {@linkcode serve}. */
export interface ChatServer extends AsyncDisposable {
  /** Where it listens. */
  readonly addr: Deno.NetAddr;
  /** Where it listens for TLS, if it does. */
  readonly tlsAddr: Deno.NetAddr | undefined;
  /** Where it listens for metrics, if that is a port of its own. */
  readonly metricsAddr: Deno.NetAddr | undefined;
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
 * @throws {RangeError} If a number is out of its bounds, or `static` too large a folder.
 * @throws {TypeError} If an option is of the wrong type, or the folder of `static` cannot be read.
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

/** One for each port. */
interface Listeners {
  readonly chat: Deno.TcpListener;
  readonly tls: Deno.TcpListener | undefined;
  readonly metrics: Deno.TcpListener | undefined;
}

class Server implements ChatServer, Context {
  readonly addr: Deno.NetAddr;
  readonly tlsAddr: Deno.NetAddr | undefined;
  readonly metricsAddr: Deno.NetAddr | undefined;
  readonly finished: Promise<void>;
  readonly version: string = config.version;
  readonly settings: Settings;
  readonly proxies: CidrSet;
  readonly pages: Assets;
  readonly hub: Hub;
  readonly inbox: InputScheduler;
  readonly buffers = new BufferPool();
  readonly log: Logger;
  readonly counters = new Counters();
  readonly refusals: Refusals;
  readonly throttle: Throttle;
  readonly budgets: Budgets;
  readonly workQueue: WorkQueue;
  readonly origins: AllowedOrigins;
  readonly hosts: AllowedHosts;
  readonly status: Status;
  readonly moderator: ModerationService | undefined;
  readonly #clock: Clock;
  readonly #time: SuspendAwareClock;
  readonly #random: () => number;
  readonly #door: AdmissionControl;
  readonly #sniffing: SniffTimeouts;
  readonly #tls: TlsPort | undefined;
  readonly #history: TimedHistory | undefined;
  /** By which bans and mutes end. */
  readonly #trusted: TrustedClock;
  readonly #ports: readonly AcceptLoop[];
  readonly #probe: Promise<AcceptBarrier>;
  readonly #connections = new Set<Connection>();
  readonly #acceptFailures: AcceptFailures;
  readonly #slowClients: SlowClients;
  readonly #logLimiter: LogLimiter;
  readonly #sweepInterval: number;
  #sweptAt: number;
  readonly #cancelSweep: Cancel;
  #cancelTick: Cancel = () => {};
  readonly #unlisten: Cancel;
  /** Nobody is let in any more. */
  #isClosed = false;
  #drain: Drain<Connection> | undefined;
  #drained = Promise.withResolvers<void>();
  #closing: Promise<void> | undefined;
  #empty = Promise.withResolvers<void>();

  constructor(settings: Settings, { signal, log, clock, random }: ServeOptions) {
    this.settings = settings;
    this.pages = settings.static === undefined ? EMBEDDED_PAGES : readFolder(settings.static);
    this.#clock = clock ?? systemClock;
    this.#time = new SuspendAwareClock(this.#clock);
    this.#logLimiter = new LogLimiter({
      log: guarded(log, () => this.counters.logFailures++),
      counters: this.counters,
      now: () => this.time,
    });
    this.log = (entry) => this.#logLimiter.log(entry);
    this.#slowClients = new SlowClients(this.log, () => this.time);
    this.#random = random ?? Math.random;
    this.proxies = new CidrSet(settings.trustProxy ?? "");
    this.origins = new AllowedOrigins(settings.allowOrigin);
    this.hosts = new AllowedHosts(settings.allowHost, [
      settings.hostname,
      settings.metricsHostname,
    ]);
    this.refusals = new Refusals(this.counters, this.log);
    this.budgets = new Budgets({ ...settings, rate: settings.echo ? 0 : settings.rate });
    this.workQueue = new WorkQueue(this.#clock);
    this.#acceptFailures = new AcceptFailures(this.counters, this.log);
    this.#door = new AdmissionControl({
      ...settings,
      proxies: this.proxies,
      refusals: this.refusals,
      isBanned: (ip) => this.moderator?.bans.ofIp(ip) !== undefined,
    });
    const token = settings.operatorTokenFile && readOperatorToken(settings.operatorTokenFile);
    using opened = new DisposableStack(); // what is closed again if something else cannot be opened
    const listeners = this.#listen(opened);
    this.addr = listeners.chat.addr;
    this.tlsAddr = listeners.tls?.addr;
    this.metricsAddr = listeners.metrics?.addr;
    this.#tls = this.#openTls();
    if (this.#tls !== undefined) opened.defer(() => void this.#tls?.close());
    this.#history = openServerHistory(settings, {
      clock: this.#clock,
      log: this.log,
      counters: this.counters,
    });
    opened.move();
    this.#trusted = this.#history?.time ?? new TrustedClock({
      wall: this.#wall,
      monotonic: () => this.#clock.now(),
      onDoubt: (message) => this.log({ level: "warn", topic: "server", message }),
    });
    this.#probe = openAcceptBarrier();
    if (token) this.moderator = this.#appoint(token);
    this.hub = new Hub({
      ...settings,
      presenceDelay: settings.presenceDelay * 1000,
      history: this.#history,
      moderation: this.moderator,
      observer: this.#slowClients,
      now: () => this.#clock.now(),
      sourceOf: networkOfOrigin,
      pace: { flushes: WRITES_PER_TURN, nextTurn: setImmediate },
      flushed: (took) => this.counters.broadcasts.observe(took / 1000),
    });
    this.status = this.#openStatus();
    this.inbox = new InputScheduler({
      accepted: () => this.counters.accepted,
      backlog: this.#tls === undefined ? BACKLOG : 2 * BACKLOG, // one queue for each listener
      congested: () => this.hub.congested,
      probe: async () => {
        await (await this.#probe).round();
        this.#time.update();
      },
    });
    this.#sniffing = new SniffTimeouts({
      clock: this.#clock,
      timeout: settings.sniffTimeout * 1000,
      inTurn: (item) => {
        this.#time.update();
        this.inbox.add(item);
      },
    });
    this.throttle = new Throttle({
      ...settings,
      clock: this.#clock,
      resume: (item) => {
        this.#time.update();
        this.inbox.resume(item);
      },
    });
    this.#sweepInterval = sweepInterval(settings);
    this.#sweptAt = this.#clock.now();
    this.#cancelSweep = this.#clock.every(this.#sweepInterval, this.#sweep);
    const abort = () => void this.shutdown();
    signal?.addEventListener("abort", abort);
    this.#unlisten = () => signal?.removeEventListener("abort", abort);
    this.#ports = this.#openPorts(listeners);
    this.finished = Promise.all(this.#ports.map(({ finished }) => finished))
      .then(() => this.shutdown());
    if (signal?.aborted) abort();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  get time(): number {
    return this.#time.now;
  }

  get draining(): boolean {
    return this.#drain !== undefined;
  }

  get shut(): Refusal | undefined {
    if (this.draining) return DRAINING;
    return this.moderator?.isLockedDown ? LOCKED_DOWN : undefined;
  }

  shutdown(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async reloadCertificate(): Promise<void> {
    await this.#tls?.reload();
  }

  admit(connection: Connection): Refusal | undefined {
    const canBeTold = this.#door.hasRoomAside;
    const refusal = this.#door.readmit(connection, this.time);
    if (refusal !== undefined && !canBeTold) {
      connection.cause = "refused";
      connection.close();
    }
    return refusal;
  }

  admitRequest(connection: Connection): Refusal | undefined {
    return this.#door.admitRequest(connection, this.time);
  }

  sniff(one: SniffingHandler, extra?: number): void {
    this.#sniffing.add(one, extra);
  }

  forget(connection: Connection): void {
    this.#connections.delete(connection);
    this.#door.release(connection);
    if (this.#isClosed && this.#connections.size === 0) this.#empty.resolve();
    this.#drain?.left(connection);
    if (this.#drain?.done) this.#drained.resolve();
  }

  /** All ports or none. */
  #listen(opened: DisposableStack): Listeners {
    const { hostname, port, tlsCert, tlsPort, metricsPort, metricsHostname } = this.settings;
    const listen = (options: Deno.TcpListenOptions) => opened.use(Deno.listen(options));
    return {
      chat: listen({ hostname, port, tcpBacklog: BACKLOG }),
      tls: tlsCert === undefined
        ? undefined
        : listen({ hostname, port: tlsPort, tcpBacklog: BACKLOG }),
      metrics: metricsPort === 0
        ? undefined
        : forMetrics(() => listen({ hostname: metricsHostname, port: metricsPort })),
    };
  }

  readonly #wall = (): number => this.#clock.wall?.() ?? Date.now();

  #openTls(): TlsPort | undefined {
    const { tlsCert: certificate, tlsKey: key } = this.settings;
    if (certificate === undefined || key === undefined) return undefined;
    return new TlsPort({ certificate, key }, {
      clock: this.#clock,
      log: this.log,
    });
  }

  #openStatus(): Status {
    const health = new Health([
      () => this.draining ? "draining" : undefined,
      () => this.moderator?.isLockedDown ? "locked down" : undefined,
      () => this.#door.isFull(this.#connections.size) ? "full" : undefined,
      () => this.#history?.problem,
    ]);
    const metrics = serverMetrics({
      version: this.version,
      counters: this.counters,
      statistics: () => this.hub.statistics(),
      rooms: () => this.hub.roomCount,
      sockets: () => this.#connections.size,
      stalled: () => [...this.#connections].filter(({ isStalled }) => isStalled).length,
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

  #openPorts({ chat, tls, metrics }: Listeners): AcceptLoop[] {
    const entrance = new Acceptor({
      context: this,
      door: this.#door,
      connections: this.#connections,
    });
    const ports = [this.#open(chat, (conn) => entrance.enter(conn))];
    const side = this.#tls;
    if (tls !== undefined && side !== undefined) {
      ports.push(this.#open(tls, (conn) => entrance.enterSecurely(conn, side)));
    }
    if (metrics !== undefined) {
      ports.push(this.#open(metrics, (conn) => entrance.enterForMetrics(conn)));
    }
    return ports;
  }

  #open(listener: Deno.TcpListener, enter: (conn: Deno.TcpConn) => void): AcceptLoop {
    return new AcceptLoop(listener, {
      clock: this.#clock,
      enter: (conn) => {
        this.counters.accepted++;
        this.#time.update();
        enter(conn);
      },
      failed: (error) => {
        this.#time.update();
        this.#acceptFailures.note(error, this.time);
      },
    });
  }

  #sweep = (): void => {
    this.#time.update();
    this.#trusted.now(); // a jump of the wall clock is logged when it happens, not when somebody is banned
    const now = this.#clock.now();
    this.counters.lag.observe(Math.max(0, now - this.#sweptAt - this.#sweepInterval) / 1000);
    this.#sweptAt = now;
    for (const connection of this.#connections) connection.tick(this.time);
    for (const connection of this.#drain?.due(this.time) ?? []) connection.handler.end("shutdown");
    this.#tickHub();
    this.refusals.tick(this.time);
    this.#acceptFailures.tick(this.time);
    this.#slowClients.tick(this.time);
    this.#logLimiter.tick(this.time);
  };

  #tickHub = (): void => {
    if (this.hub.tick()) this.#cancelTick = this.#clock.after(TICK_PAUSE, this.#tickHub);
  };

  /** Tells everybody, and sees those who are here off one by one, until all have gone or the time is over. */
  async #drainAll(): Promise<void> {
    const length = this.settings.drain * 1000;
    this.#time.update();
    this.#drain = new Drain(this.#connections, this.time, length, this.#random);
    this.hub.announceEnd();
    const cancel = this.#clock.after(length, this.#drained.resolve);
    await this.#drained.promise;
    cancel();
  }

  async #close(): Promise<void> {
    this.#unlisten();
    if (this.settings.drain > 0 && this.#connections.size > 0) await this.#drainAll();
    this.#isClosed = true;
    for (const port of this.#ports) port.close();
    await Promise.all(this.#ports.map(({ finished }) => finished)); // one may be letting in a last one
    this.#sniffing.close();
    this.throttle.close();
    this.workQueue.close();
    this.hub.close();
    for (const connection of [...this.#connections]) connection.handler.end("shutdown");
    if (this.#connections.size > 0) {
      const cancel = this.#clock.after(SHUTDOWN_TIMEOUT, this.#cutAll);
      await this.#empty.promise;
      cancel();
    }
    this.#cancelSweep();
    this.#cancelTick();
    await this.#tls?.close();
    this.#history?.close();
    (await this.#probe).close();
    this.#logLimiter.close();
  }

  #cutAll = (): void => {
    for (const connection of [...this.#connections]) {
      connection.cause ??= "shutdown";
      connection.close();
    }
  };

  #appoint({ token, isExposed }: TokenFile): ModerationService {
    if (isExposed) {
      const message = "Others on this machine can read the operator token file, try chmod 600";
      this.log({ level: "warn", topic: "operator", message });
    }
    return new ModerationService({
      token,
      log: this.log,
      store: this.#history,
      time: () => this.time,
      now: this.#wall,
      elapsed: this.#trusted,
      evict: this.#evict,
      drain: () => void this.shutdown(),
      drainTime: this.settings.drain,
    });
  }

  /** A trusted proxy stays: the clients that it names are looked at when it names them. */
  #evict = (isUnwanted: (ip: string) => boolean, words: string): void => {
    for (const connection of [...this.#connections]) {
      if (this.#door.isAside(connection) || connection.isProxy) continue;
      if (isUnwanted(connection.ip)) connection.handler.end("kicked", words);
    }
  };
}

/** Says which port is taken. */
function forMetrics<T>(listen: () => T): T {
  try {
    return listen();
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    throw new Deno.errors.AddrInUse("the metrics port is in use", { cause: error });
  }
}

/** Often enough that the shortest deadline is missed by little. */
function sweepInterval(settings: Settings): number {
  const { idleTimeout, lineIdleTimeout, heartbeat, pongTimeout, writeTimeout, drain } = settings;
  const shortest = Math.min(
    ...[idleTimeout, lineIdleTimeout, heartbeat, pongTimeout, writeTimeout, drain]
      .filter((wait) => wait > 0),
  );
  return Math.max(10, Math.min(SWEEP_INTERVAL, shortest * 1000 / SWEEPS_PER_DEADLINE));
}
