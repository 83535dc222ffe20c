/**
 * Wires the handlers of connections to the parts of their server. Each handler gets only what it needs.
 * @module
 */
import config from "../../deno.json" with { type: "json" };
import type { Hub } from "../chat/hub.ts";
import type { Authenticator } from "../identity/identity.ts";
import { readRequestUser } from "../identity/user_header.ts";
import { Budgets } from "../limits/budget.ts";
import { Rate } from "../limits/token_bucket.ts";
import type { ModerationService } from "../moderation/moderation_service.ts";
import { JSON_PROTOCOL } from "../wire/json.ts";
import { Acceptor } from "./acceptor.ts";
import { Api } from "./api/api.ts";
import { CallRates } from "./api/call_rates.ts";
import { createEventFormat } from "./api/event_format.ts";
import { EventStreams } from "./api/event_streams.ts";
import { describeApi } from "./api/openapi.ts";
import type { AdmissionControl } from "./admission/admission_control.ts";
import { LOCKED_DOWN, type Refusal, type RefusalLog } from "./admission/refusals.ts";
import type { Clock, TimeSource } from "./connection/clock.ts";
import type { Connection, ConnectionOptions } from "./connection/connection.ts";
import { BufferPool } from "./connection/read_buffers.ts";
import type { Connections } from "./connections.ts";
import { LocalClients } from "./embedding/local_clients.ts";
import type { PathHandler } from "./http/answer.ts";
import type { Assets } from "./http/asset.ts";
import type { AllowedHosts } from "./http/host.ts";
import type { HttpExchangeOptions } from "./http/http_exchange.ts";
import type { AllowedOrigins } from "./http/origin.ts";
import type { PathPrefix } from "./http/path_prefix.ts";
import { RequestHandler } from "./http/request_handler.ts";
import type { Status } from "./http/status.ts";
import type { Handshake } from "./http/upgrade.ts";
import type { InputControl } from "./input_control.ts";
import type { Counters } from "./observability/counters.ts";
import type { Logger } from "./observability/log.ts";
import type { SlowClients } from "./observability/slow_clients.ts";
import { ChatSession, type ChatSessionOptions } from "./session/chat_session.ts";
import { authenticateInTime } from "./session/deadline.ts";
import { Outbox } from "./session/outbox.ts";
import { announcing, JSON_WEBSOCKET, LINES, WEBSOCKET } from "./session/transport.ts";
import type { Settings } from "./settings.ts";

/** The parts of a server that its handlers are wired to. */
export interface ServerParts {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly time: TimeSource;
  /** The wall clock, in ms of Unix time. */
  readonly wall: () => number;
  readonly hub: Hub;
  readonly input: InputControl;
  readonly admission: AdmissionControl;
  readonly refusals: RefusalLog;
  readonly connections: Connections;
  readonly moderation: ModerationService | undefined;
  /** `undefined` if no way to authenticate is configured. */
  readonly authenticator: Authenticator | undefined;
  /** Whether there are tokens for the HTTP API. */
  readonly hasApi: boolean;
  readonly assets: Assets;
  /** The prefix of the paths of the chat. */
  readonly prefix: PathPrefix;
  /** What answers all that is not for the chat. */
  readonly application: PathHandler | undefined;
  readonly hosts: AllowedHosts;
  readonly origins: AllowedOrigins;
  readonly status: Status;
  readonly counters: Counters;
  readonly log: Logger;
  readonly slowClients: SlowClients;
  /** The wall clock, in ms of Unix time. */
  readonly now: () => number;
  readonly random: () => number;
  readonly isTrustedProxy: (hostname: string) => boolean;
  readonly isDraining: () => boolean;
  /** Why no new clients are admitted to the chat at the moment. */
  readonly closedFor: () => Refusal | undefined;
}

/** Creates the acceptor of a server. */
export function createAcceptor(parts: ServerParts): Acceptor {
  const { settings, time, input, admission, connections, counters, moderation, authenticator } =
    parts;
  const { headTimeout, handshakeTimeout, announce } = settings;
  const sessions = sessionOptions(parts);
  // In a lockdown operators may still get in: who is one is known when they have logged in.
  const closedFor = () => {
    const refusal = parts.closedFor();
    return refusal === LOCKED_DOWN && authenticator?.required ? undefined : refusal;
  };
  const checkToken = moderation &&
    ((token: string, client: Deno.NetAddr) => moderation.check(token, client));
  const http: HttpExchangeOptions = {
    time,
    scheduler: input.scheduler,
    requests: new RequestHandler({
      time,
      assets: parts.assets,
      hasPrivateAssets: settings.static !== undefined,
      status: parts.status,
      prefix: parts.prefix,
      application: parts.application,
      handlers: parts.hasApi ? [createApi(parts)] : [],
      hosts: parts.hosts,
      origins: parts.origins,
      isTrustedProxy: parts.isTrustedProxy,
      admission,
      closedFor,
      refusals: parts.refusals,
      checkToken,
      authenticator: parts.authenticator,
      subprotocol: JSON_PROTOCOL,
    }),
    headTimeout,
    isDraining: parts.isDraining,
    upgrade: upgradeTo(sessions, announce),
  };
  const { authorize } = parts.hub;
  return new Acceptor({
    admission,
    connections,
    connection: connectionOptions(parts),
    sniffing: {
      time,
      timeouts: input.sniffTimeouts,
      headTimeout,
      admission,
      closedFor,
      refusals: parts.refusals,
      checkToken,
      lines: announce ? announcing(LINES) : LINES,
      isGated: authenticator?.required === true || authorize !== undefined,
      sessions,
      http,
    },
    timeouts: input.sniffTimeouts,
    http,
    counters,
    handshakeTimeout,
  });
}

/** Creates the clients inside the process. */
export function createLocalClients(parts: ServerParts): LocalClients {
  return new LocalClients({ ...sessionOptions(parts), nextTurn: setImmediate });
}

/** Seconds' worth of its rate that a caller of the API may use at once: a script that posts what has piled up. */
const API_BURST = 3;

function createApi(parts: ServerParts): Api {
  const { settings, hub, authenticator, time, counters } = parts;
  if (authenticator === undefined) throw new Error("Cannot open the API: nobody can authenticate");
  const { apiRate: rate, apiStreams, maxPayload, heartbeat } = settings;
  const streams = new EventStreams({
    hub,
    format: createEventFormat(hub.epoch),
    time,
    now: parts.now,
    random: parts.random,
    counters,
    slowClients: parts.slowClients,
    log: parts.log,
    heartbeat,
    isDraining: parts.isDraining,
    closedFor: parts.closedFor,
    maxStreams: apiStreams,
  });
  const describe = () => JSON.stringify(describeApi(config.version, parts.prefix.text));
  return new Api({
    services: { hub, streams, describe },
    authenticator,
    rates: new CallRates(
      rate === 0 ? undefined : new Rate(rate, Math.max(1, rate * API_BURST)),
      time,
    ),
    origins: parts.origins,
    refusals: parts.refusals,
    time,
    counters,
    maxBody: maxPayload,
  });
}

function connectionOptions(parts: ServerParts): ConnectionOptions {
  const { settings, time, input, admission, connections, counters, log } = parts;
  const { rate, burst, echo, cpuPerIp, writeTimeout } = settings;
  const budgets = new Budgets({ rate: echo ? 0 : rate, cpuPerIp });
  return {
    time,
    scheduler: input.scheduler,
    throttle: input.throttle,
    buffers: new BufferPool(),
    openAccount: (ip, now) => budgets.open(ip, now),
    isTrustedProxy: parts.isTrustedProxy,
    counters,
    log,
    writeTimeout,
    rate,
    burst,
    onClosed(connection) {
      admission.remove(connection);
      connections.delete(connection);
    },
  };
}

function sessionOptions(parts: ServerParts): ChatSessionOptions {
  const { settings, time, hub, input, counters, log, slowClients, isDraining } = parts;
  const { rate, burst, idleTimeout, lineIdleTimeout, heartbeat, pongTimeout } = settings;
  const { maxPayload, maxMessage, historyLimit, echo } = settings;
  return {
    hub,
    time,
    scheduler: input.scheduler,
    throttle: input.throttle,
    workQueue: input.workQueue,
    counters,
    log,
    slowClients,
    login: parts.authenticator && {
      authenticator: authenticateInTime(parts.authenticator, parts.clock),
      wall: parts.wall,
    },
    rate: rate === 0 ? undefined : new Rate(rate, burst),
    keepAlive: { idleTimeout, heartbeat, pongTimeout },
    lineKeepAlive: { idleTimeout: lineIdleTimeout, heartbeat: 0, pongTimeout },
    maxPayload,
    maxMessage,
    historyLimit,
    echo,
    version: config.version,
    isDraining,
  };
}

/** Returns a function that starts the session of a WebSocket client. */
function upgradeTo(sessions: ChatSessionOptions, announce: boolean) {
  const textTransport = announce ? announcing(WEBSOCKET) : WEBSOCKET;
  const { hub, login } = sessions;
  // A handshake may say who the client is, even where nobody has to log in.
  const isGated = login !== undefined || hub.authorize !== undefined;
  return (connection: Connection, handshake: Handshake, rest: Uint8Array<ArrayBuffer>): void => {
    const { protocol, fields } = handshake;
    const transport = protocol === undefined ? textTransport : JSON_WEBSOCKET;
    const user = login &&
      readRequestUser(fields, login.authenticator.userHeader, connection.client.isTrusted);
    const outbox = new Outbox(connection, transport.format, sessions, !isGated);
    const session = new ChatSession(connection, transport, outbox, sessions, user);
    outbox.send(handshake.response); // before all messages
    session.begin();
    connection.handOver(session, rest);
  };
}
