/**
 * The server: wires its parts together, listens, and shuts down.
 * @module
 */
import config from "../../deno.json" with { type: "json" };
import type { History } from "../chat/history.ts";
import { Hub, type HubOptions } from "../chat/hub.ts";
import type { TimedHistory } from "../history/open_history.ts";
import { TrustedClock } from "../history/trusted_clock.ts";
import { readCredentials } from "../identity/credentials.ts";
import type { Authenticator } from "../identity/identity.ts";
import { isLoopback } from "../ip/ip_address.ts";
import { CidrSet } from "../ip/network.ts";
import { networkOfOrigin } from "../moderation/ban_list.ts";
import { ModerationService } from "../moderation/moderation_service.ts";
import type { TokenFile } from "../moderation/operator_token.ts";
import type { Webhook } from "../webhook/webhook.ts";
import { AcceptFailures, AcceptLoop } from "./accept_loop.ts";
import type { Acceptor } from "./acceptor.ts";
import { AdmissionControl } from "./admission/admission_control.ts";
import { DRAINING, LOCKED_DOWN, type Refusal, RefusalLog } from "./admission/refusals.ts";
import { openAuthentication } from "./authentication.ts";
import { type Cancel, type Clock, SuspendAwareClock, systemClock } from "./connection/clock.ts";
import { Connections } from "./connections.ts";
import { createApplication } from "./embedding/application.ts";
import { createCommands } from "./embedding/commands.ts";
import { Guard } from "./embedding/guard.ts";
import { createAuthentication, createAuthorization } from "./embedding/identity.ts";
import { createHooks } from "./embedding/hooks.ts";
import type { ChatControlsOptions } from "./embedding/chat_methods.ts";
import type { ChatClient } from "./embedding/local_client.ts";
import type { ConnectOptions, LocalClients } from "./embedding/local_clients.ts";
import { readAssetFolder } from "./http/asset_folder.ts";
import { EMBEDDED_ASSETS } from "./http/embedded_assets.ts";
import { AllowedHosts } from "./http/host.ts";
import { PathPrefix } from "./http/path_prefix.ts";
import { AllowedOrigins } from "./http/origin.ts";
import { Health, type Status } from "./http/status.ts";
import { InputControl } from "./input_control.ts";
import { BACKLOG, listen, type Listeners } from "./listeners.ts";
import { Counters, serverMetrics } from "./observability/counters.ts";
import { guarded, logEntry, type Logger } from "./observability/log.ts";
import { LogLimiter } from "./observability/log_limiter.ts";
import { renderMetrics } from "./observability/metrics.ts";
import { SlowClients } from "./observability/slow_clients.ts";
import {
  createServerCluster,
  type ServerCluster,
  sharedUsers,
  shareModeration,
} from "./server_cluster.ts";
import { openServerHistory } from "./server_history.ts";
import { openServerWebhook } from "./server_webhook.ts";
import type { ServeOptions } from "./serve_options.ts";
import type { Settings } from "./settings.ts";
import { Sweeper } from "./sweeper.ts";
import { TlsPort } from "./tls/tls_port.ts";
import type { TlsPair } from "./tls/tls_terminator.ts";
import { historyOf, operatorTokenOf, tlsSourceOf } from "./values.ts";
import { createAcceptor, createLocalClients, type ServerParts } from "./wiring.ts";

/**
 * Clients that are written to in one turn of the event loop. The runtime makes the first 128 reads and writes of a turn at
 * once (Tokio's budget of a task); each further one is queued and tried again later, and its promises outlive the turn. With
 * 1,000 clients in a room, 100 a turn make 1.2 times as many deliveries as all at once, in 30 MB less, and p99 is 0.7 of it.
 */
const WRITES_PER_TURN = 100;

/** How long the loop is left alone between two parts of a large batch of departures, in ms. */
const TICK_PAUSE = 1;

/** How long clients may take to read their last messages when the server shuts down, in ms. */
const SHUTDOWN_TIMEOUT = 1_000;

export class Server {
  readonly addr: Deno.NetAddr;
  readonly tlsAddr: Deno.NetAddr | undefined;
  readonly metricsAddr: Deno.NetAddr | undefined;
  readonly finished: Promise<void>;
  readonly ready: Promise<void>;
  readonly counters = new Counters();
  readonly #settings: Settings;
  readonly #clock: Clock;
  readonly #time: SuspendAwareClock;
  readonly #random: () => number;
  readonly #log: Logger;
  readonly #logLimiter: LogLimiter;
  readonly #slowClients: SlowClients;
  readonly #refusals: RefusalLog;
  readonly #acceptFailures: AcceptFailures;
  readonly #proxies: CidrSet;
  readonly #admission: AdmissionControl;
  readonly #connections = new Connections();
  readonly #tls: TlsPort | undefined;
  readonly #history: History | undefined;
  /** Where bans and users are stored; `undefined` if that is in memory. */
  readonly #store: TimedHistory | undefined;
  readonly #cluster: ServerCluster | undefined;
  /** The clock that bans and mutes end by. */
  readonly #trustedClock: TrustedClock;
  readonly #token: TokenFile | undefined;
  #moderation: ModerationService | undefined;
  readonly #authenticator: Authenticator | undefined;
  readonly #webhook: Webhook | undefined;
  readonly #hub: Hub;
  readonly #input: InputControl;
  readonly #sweeper: Sweeper;
  #cancelTick: Cancel = () => {};
  readonly #ignoreSignal: Cancel;
  /** What the methods for the chat need. */
  readonly controls: ChatControlsOptions;
  readonly #guard: Guard;
  readonly #acceptor: Acceptor;
  readonly #localClients: LocalClients;
  readonly #loops: readonly AcceptLoop[];
  #closing: Promise<void> | undefined;
  /** Whether no connections are taken any more. */
  #isClosed = false;

  constructor(settings: Settings, options: ServeOptions) {
    const { signal, log, clock, random } = options;
    this.#settings = settings;
    const assets = settings.static === undefined
      ? EMBEDDED_ASSETS
      : readAssetFolder(settings.static);
    this.#clock = clock ?? systemClock;
    this.#time = new SuspendAwareClock(this.#clock);
    this.#logLimiter = new LogLimiter({
      log: guarded(log, () => this.counters.logFailures++),
      counters: this.counters,
      now: () => this.#time.now,
    });
    this.#log = (entry) => this.#logLimiter.log(entry);
    this.#slowClients = new SlowClients(this.#log, () => this.#time.now);
    this.#random = random ?? Math.random;
    const guard = this.#guard = new Guard({ clock: this.#clock, log: this.#log });
    const authenticate = createAuthentication(options, guard);
    const application = {
      authorize: createAuthorization(options, guard),
      hooks: createHooks(options, guard),
      customCommands: createCommands(options.commands ?? {}, guard),
    };
    const prefix = new PathPrefix(options.path);
    const requests = createApplication(options, {
      guard,
      userHeader: settings.userHeader?.toLowerCase(),
    });
    this.#proxies = new CidrSet(settings.trustProxy ?? "");
    const origins = new AllowedOrigins(settings.allowOrigin);
    const hosts = new AllowedHosts(settings.allowHost, [
      settings.hostname,
      settings.metricsHostname,
    ]);
    this.#refusals = new RefusalLog(this.counters, this.#log);
    this.#acceptFailures = new AcceptFailures(this.counters, this.#log);
    this.#admission = new AdmissionControl({
      ...settings,
      time: this.#time,
      isTrustedProxy: this.#isTrustedProxy,
      refusals: this.#refusals,
      isBanned: (ip) => this.#moderation?.bans.findByAddress(ip) !== undefined,
    });
    const token = operatorTokenOf(options);
    const credentials = readCredentials({ ...options, ...settings });
    const certificate = tlsSourceOf(options);
    const ownHistory = historyOf(options);
    if (ownHistory !== undefined && settings.cluster !== undefined) {
      throw new TypeError("Cannot use a history of your own: the Redis of the cluster keeps it");
    }
    this.#webhook = openServerWebhook({ ...options, ...settings }, {
      clock: this.#clock,
      random: this.#random,
      log: this.#log,
      counters: this.counters,
      epoch: () => this.#hub.epoch,
    });
    using opened = new DisposableStack(); // closed again if anything else cannot be opened
    const listeners = listen(settings, certificate !== undefined, opened);
    this.addr = listeners.chat.addr;
    this.tlsAddr = listeners.tls?.addr;
    this.metricsAddr = listeners.metrics?.addr;
    this.#tls = certificate && new TlsPort(certificate, { clock: this.#clock, log: this.#log });
    if (this.#tls !== undefined) opened.defer(() => void this.#tls?.close());
    this.#store = ownHistory === undefined
      ? openServerHistory(settings, {
        clock: this.#clock,
        log: this.#log,
        counters: this.counters,
      })
      : undefined;
    opened.defer(() => this.#store?.close());
    this.#cluster = createServerCluster(settings, {
      memory: this.#store,
      scheduler: () => this.#input.scheduler,
      wall: this.#wall,
      log: this.#log,
      counters: this.counters,
    });
    this.#history = ownHistory ?? (this.#store && (this.#cluster?.history ?? this.#store));
    opened.move();
    this.#trustedClock = this.#store?.time ?? new TrustedClock({
      wall: this.#wall,
      monotonic: () => this.#clock.now(),
      onDoubt: (message) => this.#log(logEntry("clock_doubt", { message })),
    });
    this.#authenticator = openAuthentication(settings, credentials, {
      application: authenticate,
      counts: this.counters,
      log: this.#log,
      time: () => this.#time.now,
      now: this.#wall,
    });
    // Users may log in with the rights of operators.
    this.#token = token;
    const hasOperators = token !== undefined || this.#authenticator !== undefined;
    // A program may have banned somebody before the last start.
    const hasBans = (this.#store?.bans().length ?? 0) > 0;
    this.#hub = this.#createHub({ ...application, hasOperators });
    if (hasOperators || hasBans) this.#moderate();
    this.controls = {
      hub: this.#hub,
      moderation: () => this.#moderate(),
      isShared: (ip) => this.#isTrustedProxy(ip) || isLoopback(ip),
      log: this.#log,
    };
    if (this.#authenticator) this.#hub.logins.openPrograms(credentials.apiTokens?.identities ?? []);
    this.#input = new InputControl({
      clock: this.#clock,
      time: this.#time,
      sniffTimeout: settings.sniffTimeout * 1000,
      accepted: () => this.counters.accepted,
      backlog: this.#tls === undefined ? BACKLOG : 2 * BACKLOG, // one queue for each listener
      congested: () => this.#hub.congested,
    });
    this.#sweeper = new Sweeper({
      clock: this.#clock,
      settings,
      counters: this.counters,
      sweep: this.#sweep,
    });
    const abort = () => void this.shutdown();
    signal?.addEventListener("abort", abort);
    this.#ignoreSignal = () => signal?.removeEventListener("abort", abort);
    const parts: ServerParts = {
      settings,
      clock: this.#clock,
      time: this.#time,
      wall: this.#wall,
      hub: this.#hub,
      input: this.#input,
      admission: this.#admission,
      refusals: this.#refusals,
      connections: this.#connections,
      moderation: hasOperators ? this.#moderation : undefined,
      authenticator: this.#authenticator,
      hasApi: credentials.apiTokens !== undefined || credentials.jwtKeys !== undefined,
      now: this.#wall,
      random: this.#random,
      assets,
      prefix,
      application: requests,
      hosts,
      origins,
      status: this.#createStatus(),
      counters: this.counters,
      log: this.#log,
      slowClients: this.#slowClients,
      isTrustedProxy: this.#isTrustedProxy,
      isDraining: this.#isDraining,
      closedFor: this.#closedFor,
    };
    const acceptor = this.#acceptor = createAcceptor(parts);
    this.#localClients = createLocalClients(parts);
    this.ready = this.#joinCluster();
    this.#loops = this.#acceptFrom(listeners, acceptor);
    this.finished = Promise.all(this.#loops.map(({ finished }) => finished))
      .then(() => this.shutdown());
    if (signal?.aborted) abort();
  }

  /** Clients wait in the kernel's queue until the chat of the other servers is known. */
  #joinCluster(): Promise<void> {
    const { replica } = this.#hub;
    if (this.#cluster === undefined || replica === undefined) return Promise.resolve();
    const joined = this.#cluster.node.start(replica);
    joined.catch(() => void this.shutdown());
    return joined;
  }

  shutdown(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  connect(options: ConnectOptions = {}): ChatClient {
    if (options.operator === true && this.#hub.hasOperators) this.#moderate();
    return this.#localClients.connect(options);
  }

  /** See `ChatServer.handle`. */
  handle(conn: Deno.Conn): void {
    if (!isOverNetwork(conn)) throw new TypeError("Cannot handle a connection that is not of TCP");
    if (this.#isClosed) throw new Error("Cannot handle a connection: the server has shut down");
    this.#noteAccepted();
    this.#acceptor.accept(conn, "handshake" in conn);
  }

  async reloadCertificate(next?: TlsPair): Promise<void> {
    await this.#tls?.reload(next);
  }

  readonly #isTrustedProxy = (hostname: string): boolean => this.#proxies.has(hostname);

  readonly #isDraining = (): boolean => this.#connections.isDraining;

  /** Why no new clients are admitted to the chat at the moment. */
  readonly #closedFor = (): Refusal | undefined => {
    if (this.#isDraining()) return DRAINING;
    return this.#moderation?.isLockedDown ? LOCKED_DOWN : undefined;
  };

  readonly #wall = (): number => this.#clock.wall?.() ?? Date.now();

  /** The bans and mutes, which are opened when they are first needed. */
  #moderate(): ModerationService {
    this.#moderation ??= this.#createModeration(this.#token);
    return this.#hub.moderation = this.#moderation;
  }

  #createModeration(file: TokenFile | undefined): ModerationService {
    if (file?.isExposed) this.#log(logEntry("token_exposed", {}));
    return new ModerationService({
      token: file?.token,
      log: (event) => {
        const { kind } = event;
        this.#log(kind === "operator_action" ? logEntry(kind, event) : logEntry(kind, event));
      },
      store: this.#store,
      share: this.#cluster && shareModeration(this.#cluster.node),
      time: () => this.#time.now,
      now: this.#wall,
      elapsed: this.#trustedClock,
      evict: this.#evict,
      drain: () => void this.shutdown(),
      drainTime: this.#settings.drain,
    });
  }

  #createHub(application: Partial<HubOptions>): Hub {
    return new Hub({
      ...this.#settings,
      ...application,
      presenceDelay: this.#settings.presenceDelay * 1000,
      history: this.#history,
      shared: this.#cluster && {
        log: this.#cluster.node,
        history: this.#cluster.history,
        moderation: () => this.#moderation,
        wall: this.#wall,
      },
      moderation: this.#moderation,
      observer: this.#webhook,
      users: this.#authenticator && {
        store: this.#cluster === undefined ? this.#store : sharedUsers(this.#cluster.node),
        accountOf: this.#cluster && ((key) => this.#cluster!.node.accountOf(key)),
        time: this.#trustedClock,
      },
      now: () => this.#clock.now(),
      sourceOf: networkOfOrigin,
      pace: {
        flushes: WRITES_PER_TURN,
        nextTurn: setImmediate,
        whenQuiet: (goOn) => this.#input.scheduler.whenQuiet(goOn),
      },
      flushed: (took) => this.counters.broadcasts.observe(took / 1000),
    });
  }

  #createStatus(): Status {
    const health = new Health([
      () => this.#isDraining() ? "draining" : undefined,
      () => this.#moderation?.isLockedDown ? "locked down" : undefined,
      () => this.#admission.isFull(this.#connections.size) ? "full" : undefined,
      () => this.#history?.problem,
      () => this.#cluster?.node.problem,
    ]);
    const metrics = serverMetrics({
      version: config.version,
      counters: this.counters,
      statistics: () => this.#hub.counted(),
      rooms: () => this.#hub.roomCount,
      sockets: () => this.#connections.size,
      stalled: () => this.#connections.stalled,
      ready: () => health.problems.length === 0,
      cluster: this.#cluster?.node,
      memory: () => Deno.memoryUsage(),
      webhook: this.#webhook,
    });
    return {
      get problems() {
        return health.problems;
      },
      metrics: () => renderMetrics(metrics),
    };
  }

  #acceptFrom({ chat, tls, metrics }: Listeners, acceptor: Acceptor): AcceptLoop[] {
    const loops = [this.#loop(chat, (conn) => acceptor.accept(conn))];
    const tlsPort = this.#tls;
    if (tls !== undefined && tlsPort !== undefined) {
      loops.push(this.#loop(tls, (conn) => acceptor.acceptTls(conn, tlsPort)));
    }
    if (metrics !== undefined) {
      loops.push(this.#loop(metrics, (conn) => acceptor.acceptForMetrics(conn)));
    }
    return loops;
  }

  #loop(listener: Deno.TcpListener, accept: (conn: Deno.TcpConn) => void): AcceptLoop {
    return new AcceptLoop(listener, {
      clock: this.#clock,
      ready: this.#cluster && this.ready,
      onAccepted: (conn) => {
        this.#noteAccepted();
        accept(conn);
      },
      onFailed: (error) => {
        this.#time.update();
        this.#acceptFailures.add(error, this.#time.now);
      },
    });
  }

  #noteAccepted(): void {
    this.counters.accepted++;
    this.#time.update();
  }

  #sweep = (): void => {
    this.#time.update();
    this.#trustedClock.now(); // logs a jump of the wall clock when it happens, not at the next ban
    this.#connections.tick(this.#time.now);
    this.#tickHub();
    this.#refusals.tick(this.#time.now);
    this.#acceptFailures.tick(this.#time.now);
    this.#slowClients.tick(this.#time.now);
    this.#logLimiter.tick(this.#time.now);
  };

  #tickHub = (): void => {
    if (this.#hub.tick()) this.#cancelTick = this.#clock.after(TICK_PAUSE, this.#tickHub);
  };

  /** Notifies all clients, and disconnects them one by one until all have left or the time is over. */
  async #drainAll(): Promise<void> {
    const length = this.#settings.drain * 1000;
    this.#time.update();
    const drained = this.#connections.drain(this.#time.now, length, this.#random);
    this.#hub.announceEnd();
    const timeout = Promise.withResolvers<void>();
    const cancel = this.#clock.after(length, timeout.resolve);
    await Promise.race([drained, timeout.promise]);
    cancel();
  }

  async #close(): Promise<void> {
    this.#ignoreSignal();
    if (this.#settings.drain > 0 && this.#connections.size > 0) await this.#drainAll();
    for (const loop of this.#loops) loop.close();
    await Promise.all(this.#loops.map(({ finished }) => finished)); // one may still pass on a connection
    this.#isClosed = true;
    this.#input.stop();
    // What clients have said is acknowledged before they are disconnected.
    await this.#cluster?.node.drain(SHUTDOWN_TIMEOUT);
    this.#hub.close();
    this.#localClients.end();
    const sent = this.#webhook?.close(); // nothing is published any more
    const ended = this.#connections.end();
    if (this.#connections.size > 0) {
      const cancel = this.#clock.after(SHUTDOWN_TIMEOUT, () => this.#connections.cut());
      await ended;
      cancel();
    }
    await sent;
    await this.#cluster?.node.close();
    this.#sweeper.close();
    this.#cancelTick();
    await this.#tls?.close();
    this.#history?.close();
    await this.#input.close();
    this.#guard.close();
    this.#logLimiter.close();
  }

  /** A trusted proxy stays connected: its clients are checked when it names them. */
  #evict = (isUnwanted: (ip: string) => boolean, message: string): void => {
    this.#connections.evict(
      (connection) =>
        !this.#admission.isOutsideChat(connection) && !connection.client.isProxy &&
        isUnwanted(connection.client.ip),
      message,
    );
  };
}

function isOverNetwork(conn: Deno.Conn): conn is Deno.Conn<Deno.NetAddr> {
  return "hostname" in conn.remoteAddr;
}
