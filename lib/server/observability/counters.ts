/**
 * What the server counts and measures, and the metrics that report it. A new metric is a field and a row of the table here,
 * and the place that counts.
 *
 * Counting must cost almost nothing: a counter changes once for a connection, a read, a write or a message of a client,
 * never for a delivery. Values that would have to be watched all the time are sampled by the sweep. The chat statistics
 * that `/stats` shows are counted by the hub alone.
 * @module
 */
import type { AuthFailureCause, AuthMethod } from "../../identity/authenticator.ts";
import type { Statistics } from "../../wire/shapes.ts";
import { Histogram, type Metric } from "./metrics.ts";

/** Why a client was refused. */
export type RefusalCause =
  /** The server is shutting down. */
  | "draining"
  /** The server has `maxClients` connections. */
  | "server_full"
  /** The address has `maxPerIp` connections. */
  | "per_ip"
  /** More than `connectRate` connections came from the address within a minute. */
  | "connect_rate"
  /** The page has another origin, see `allowOrigin`. */
  | "origin"
  /** The requested host is not a name of the server, see `allowHost`. */
  | "host"
  /** An operator banned the address. */
  | "banned"
  /** An operator locked the server down. */
  | "lockdown";

/** Why a connection was closed: the first cause, if one led to another. */
export type CloseCause =
  /** The client closed it in good order. */
  | "peer"
  /** The client sent `/quit`. */
  | "quit"
  /** An operator disconnected the client, or it tried too many wrong tokens. */
  | "kicked"
  /** The client exceeded its rate for too long. */
  | "flood"
  /** The client did not log in in time, or failed too often. */
  | "login"
  /** What the client had logged in with expired. */
  | "expired"
  /** The client continued on another connection. */
  | "replaced"
  /** An HTTP request was answered. */
  | "http"
  /** The client was refused. */
  | "refused"
  /** The client sent nothing before its idle timeout. */
  | "idle"
  /** The client did not answer a ping in time. */
  | "pong"
  /** The client read nothing before the write timeout. */
  | "write"
  /** The client did not finish the request head in time. */
  | "head"
  /** The client did not finish the body of a request in time. */
  | "body"
  /** The client did not finish the TLS handshake in time. */
  | "handshake"
  /** The client's queue was full, with `overflow` set to `disconnect`. */
  | "slow"
  /** The client violated the protocol. */
  | "protocol"
  /** The connection was lost. */
  | "reset"
  /** The server shut down. */
  | "shutdown"
  /** A bug in the server. */
  | "internal";

/** Each cause as log lines state it. */
export const CLOSE_REASONS: Readonly<Record<CloseCause, string>> = {
  peer: "closed by the client",
  quit: "the client quit",
  kicked: "kicked",
  flood: "sent too much",
  login: "did not log in",
  expired: "login expired",
  replaced: "continued on another connection",
  http: "HTTP request answered",
  refused: "refused",
  idle: "idle timeout",
  pong: "ping timeout",
  write: "write timeout",
  head: "request head timeout",
  body: "request body timeout",
  handshake: "TLS handshake timeout",
  slow: "too slow",
  protocol: "protocol error",
  reset: "connection lost",
  shutdown: "server shut down",
  internal: "internal error",
};

/** A write that makes no progress for this long, in ms, has stalled: longer than a round trip, no shorter than the sweep. */
export const STALL = 250;

/** Seconds of work: from the work for one client to a delay that everybody notices. */
const WORK = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1];
/** Seconds for a round trip: from the same room to a phone in a tunnel. */
const TRIP = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
/** Seconds of a stalled write, up to the default of `--write-timeout`. */
const STALLED = [0.5, 1, 2.5, 5, 10, 30, 60];
/** Queued messages: almost always none, at most the default of `--capacity`. */
const QUEUED = [0, 1, 4, 16, 64, 256, 1_024];

/** A count for each key, all zero. */
function zeros<K extends string>(keys: readonly K[]): Record<K, number> {
  return Object.fromEntries(keys.map((key) => [key, 0])) as Record<K, number>;
}

const CLOSE_CAUSES = Object.keys(CLOSE_REASONS) as CloseCause[];
const TRANSPORTS = ["tcp", "websocket"] as const;

/** How a request to the API ended: with a status of 2xx, 4xx or 5xx. */
export type ApiResult = "done" | "refused" | "failed";
const API_RESULTS = ["done", "refused", "failed"] as const;

/** Counts since the server started. All of them only grow, except `activeClients` and `eventStreams`. */
export class Counters {
  /** Accepted connections, refused ones included. */
  accepted = 0;
  /** Failed attempts to accept a connection, usually because descriptors ran out. */
  acceptFailures = 0;
  /** Times that a client exceeded its rate. */
  throttled = 0;
  /** Refused clients, by cause. */
  readonly refused: Record<RefusalCause, number> = {
    draining: 0,
    server_full: 0,
    per_ip: 0,
    connect_rate: 0,
    origin: 0,
    host: 0,
    banned: 0,
    lockdown: 0,
  };
  /** Clients and requests that were authenticated, by the way in which they were. */
  readonly authenticated: Record<AuthMethod, number> = {
    password: 0,
    jwt: 0,
    api_token: 0,
    user_header: 0,
    application: 0,
  };
  /** Failed attempts to authenticate, by cause. */
  readonly authFailures: Record<AuthFailureCause, number> = {
    wrong: 0,
    expired: 0,
    denied: 0,
    limited: 0,
    failed: 0,
  };
  /** Closed connections, by cause. Their sum is the number of accepted connections that are not open any more. */
  readonly closed: Record<CloseCause, number> = zeros(CLOSE_CAUSES);
  /** Clients that have been in the chat, by transport; `local` are those inside the process. `/stats` shows their sum. */
  readonly clients: Record<"tcp" | "websocket", number> & { local?: number } = zeros(TRANSPORTS);
  /** Clients in the chat now, by transport. */
  readonly activeClients: Record<"tcp" | "websocket", number> & { local?: number } = zeros(
    TRANSPORTS,
  );
  /** Streams of events that are read now. */
  eventStreams = 0;
  /** Requests to the API, by the class of their status. */
  readonly apiRequests: Record<ApiResult, number> = zeros(API_RESULTS);
  /** Bytes received. */
  receivedBytes = 0;
  /** Bytes sent. */
  sentBytes = 0;
  /** Lines and WebSocket messages received from clients, commands included. */
  receivedMessages = 0;
  /** Messages and notices delivered to clients, once for each client; replies do not count. */
  sentMessages = 0;
  /** Log entries for which the log function threw, or returned a promise that was rejected. */
  logFailures = 0;
  /** Log entries that were left out because there were too many of their kind. */
  logSuppressed = 0;
  /** Messages queued for each client, at each sweep. */
  readonly queue: Histogram = new Histogram(QUEUED);
  /** Duration of writes that took {@linkcode STALL} or longer, in seconds. */
  readonly stalls: Histogram = new Histogram(STALLED);
  /** Time to hand the messages of one turn of the event loop to all recipients, in seconds. */
  readonly broadcasts: Histogram = new Histogram(WORK);
  /** Delay of the sweep, in seconds. */
  readonly lag: Histogram = new Histogram(WORK);
  /** Time between a ping and its pong, in seconds. */
  readonly roundTrips: Histogram = new Histogram(TRIP);
  /** Time to write a batch of messages to the history, in seconds. */
  readonly historyBatches: Histogram = new Histogram(WORK);
  /** What the clients of this server did in a chat of several servers: the operations that the engine carried out. */
  clusterOperations = 0;
  /** Times that the engine was connected again. */
  clusterReconnects = 0;
  /** Times that the other servers took this one for dead. */
  clusterFenced = 0;
  /** Time until the engine has answered a batch of operations, in seconds. */
  readonly clusterRoundTrips: Histogram = new Histogram(WORK);
  /** Requests of the webhook, and the events in them. */
  readonly webhook: {
    readonly requests: { delivered: number; failed: number };
    readonly events: { delivered: number; dropped: number };
  } = { requests: { delivered: 0, failed: 0 }, events: { delivered: 0, dropped: 0 } };
}

/** A server in a chat of several. */
export interface ClusterSources {
  /** Log entries that were read and are not applied yet. */
  readonly lag: number;
  /** The number of the last entry that was applied. */
  readonly applied: number;
  /** Operations that are under way. */
  readonly pending: number;
  /** Why the engine cannot be used; `undefined` if it can. */
  readonly problem: string | undefined;
}

/** Where the table reads its values at the time of a scrape. */
export interface MetricSources {
  readonly version: string;
  readonly counters: Counters;
  statistics(): Statistics;
  /** Rooms with at least one member, and the lobby. */
  rooms(): number;
  /** Open connections of every kind. */
  sockets(): number;
  /** Connections whose write has stalled. */
  stalled(): number;
  /** Whether new clients may connect. */
  ready(): boolean;
  /** By default this server is the only one. */
  readonly cluster: ClusterSources | undefined;
  memory(): { readonly rss: number; readonly heapUsed: number };
  /** The webhook, if there is one; otherwise it has no metrics. */
  readonly webhook: WebhookState | undefined;
}

/** What the queue of a webhook holds. */
export interface WebhookState {
  /** The number of events that are not delivered. */
  readonly waiting: number;
  /** How long the oldest of them has waited, in ms. */
  readonly age: number;
}

/** The table of metrics, in the order of a scrape. */
export function serverMetrics(server: MetricSources): Metric[] {
  const { version, counters, cluster } = server;
  const stat = (name: keyof Statistics) => () => server.statistics()[name];
  return [
    {
      name: "backchannel_build_info",
      type: "gauge",
      help: "Version of the server.",
      label: "version",
      readEach: () => ({ [version]: 1 }),
    },
    {
      name: "backchannel_uptime_seconds",
      type: "gauge",
      help: "Time since the server started.",
      read: stat("uptime"),
    },
    {
      name: "backchannel_ready",
      type: "gauge",
      help: "Whether new clients may connect, as /readyz reports: 1 or 0.",
      read: () => Number(server.ready()),
    },
    {
      name: "backchannel_connections",
      type: "gauge",
      help: "Clients in the chat now.",
      label: "transport",
      readEach: () => counters.activeClients,
    },
    {
      name: "backchannel_event_streams",
      type: "gauge",
      help: "Event streams of the HTTP API that are read now.",
      read: () => counters.eventStreams,
    },
    {
      name: "backchannel_api_requests_total",
      type: "counter",
      help: "Answered requests to the HTTP API: done, refused (4xx) or failed (5xx).",
      label: "result",
      readEach: () => counters.apiRequests,
    },
    {
      name: "backchannel_connections_total",
      type: "counter",
      help: "Clients that have been in the chat.",
      label: "transport",
      readEach: () => counters.clients,
    },
    {
      name: "backchannel_sockets",
      type: "gauge",
      help: "Open connections, including HTTP and those whose protocol is not known yet.",
      read: server.sockets,
    },
    {
      name: "backchannel_accepts_total",
      type: "counter",
      help: "Accepted connections.",
      read: () => counters.accepted,
    },
    {
      name: "backchannel_accept_failures_total",
      type: "counter",
      help: "Connections that could not be accepted, for example because descriptors ran out.",
      read: () => counters.acceptFailures,
    },
    {
      name: "backchannel_refusals_total",
      type: "counter",
      help: "Refused clients.",
      label: "cause",
      readEach: () => counters.refused,
    },
    {
      name: "backchannel_authentications_total",
      type: "counter",
      help: "Clients and requests that were authenticated.",
      label: "method",
      readEach: () => counters.authenticated,
    },
    {
      name: "backchannel_authentication_failures_total",
      type: "counter",
      help: "Failed attempts to authenticate.",
      label: "cause",
      readEach: () => counters.authFailures,
    },
    {
      name: "backchannel_throttled_total",
      type: "counter",
      help: "Times that a client exceeded its rate.",
      read: () => counters.throttled,
    },
    {
      name: "backchannel_closes_total",
      type: "counter",
      help: "Closed connections. Together with backchannel_sockets, all that were accepted.",
      label: "cause",
      readEach: () => counters.closed,
    },
    {
      name: "backchannel_rooms",
      type: "gauge",
      help: "Rooms with at least one person, and the lobby.",
      read: server.rooms,
    },
    {
      name: "backchannel_messages_total",
      type: "counter",
      help: "Messages sent to rooms.",
      read: stat("totalMessages"),
    },
    {
      name: "backchannel_whispers_total",
      type: "counter",
      help: "Private messages.",
      read: stat("totalWhispers"),
    },
    {
      name: "backchannel_dropped_messages_total",
      type: "counter",
      help: "Messages dropped because clients read too slowly.",
      read: stat("droppedMessages"),
    },
    {
      name: "backchannel_received_messages_total",
      type: "counter",
      help: "Lines and WebSocket messages received from clients, including commands.",
      read: () => counters.receivedMessages,
    },
    {
      name: "backchannel_sent_messages_total",
      type: "counter",
      help:
        "Messages and notices delivered to clients, counted once for each client. Replies do not count.",
      read: () => counters.sentMessages,
    },
    {
      name: "backchannel_received_bytes_total",
      type: "counter",
      help: "Bytes received.",
      read: () => counters.receivedBytes,
    },
    {
      name: "backchannel_sent_bytes_total",
      type: "counter",
      help: "Bytes sent.",
      read: () => counters.sentBytes,
    },
    {
      name: "backchannel_queue_messages",
      type: "histogram",
      help: "Messages queued for a client, sampled for each client at least four times a second.",
      histogram: counters.queue,
    },
    {
      name: "backchannel_write_stall_seconds",
      type: "histogram",
      help: "Duration of writes that took a quarter of a second or longer.",
      histogram: counters.stalls,
    },
    {
      name: "backchannel_stalled_writes",
      type: "gauge",
      help: "Writes that have made no progress for a quarter of a second or longer.",
      read: server.stalled,
    },
    {
      name: "backchannel_broadcast_seconds",
      type: "histogram",
      help: "Time to hand the messages of one turn of the event loop to all recipients.",
      histogram: counters.broadcasts,
    },
    {
      name: "backchannel_event_loop_lag_seconds",
      type: "histogram",
      help: "Delay of a timer that runs at least four times a second.",
      histogram: counters.lag,
    },
    {
      name: "backchannel_ping_rtt_seconds",
      type: "histogram",
      help: "Time between a ping and its pong.",
      histogram: counters.roundTrips,
    },
    {
      name: "backchannel_history_batch_seconds",
      type: "histogram",
      help: "Time to write a batch of messages to the history.",
      histogram: counters.historyBatches,
    },
    {
      name: "backchannel_resident_memory_bytes",
      type: "gauge",
      help: "Resident memory of the process (RSS).",
      read: () => server.memory().rss,
    },
    {
      name: "backchannel_heap_used_bytes",
      type: "gauge",
      help: "Memory used by JavaScript objects.",
      read: () => server.memory().heapUsed,
    },
    {
      name: "backchannel_log_failures_total",
      type: "counter",
      help: "Log entries that could not be written, for example because the disk is full.",
      read: () => counters.logFailures,
    },
    {
      name: "backchannel_log_suppressed_total",
      type: "counter",
      help: "Log entries that were left out because there were too many of their kind.",
      read: () => counters.logSuppressed,
    },
    ...(server.webhook === undefined ? [] : webhookMetrics(server.webhook, counters.webhook)),
    ...(cluster === undefined ? [] : clusterMetrics(counters, cluster)),
  ];
}

function webhookMetrics(
  webhook: WebhookState,
  { requests, events }: Counters["webhook"],
): Metric[] {
  return [
    {
      name: "backchannel_webhook_queue_events",
      type: "gauge",
      help: "Events that the webhook has not delivered yet.",
      read: () => webhook.waiting,
    },
    {
      name: "backchannel_webhook_oldest_event_seconds",
      type: "gauge",
      help: "Time that the oldest of these events has waited; 0 if there is none.",
      read: () => webhook.age / 1000,
    },
    {
      name: "backchannel_webhook_requests_total",
      type: "counter",
      help: "Requests of the webhook.",
      label: "outcome",
      readEach: () => requests,
    },
    {
      name: "backchannel_webhook_events_total",
      type: "counter",
      help: "Events that the webhook delivered or dropped.",
      label: "outcome",
      readEach: () => events,
    },
  ];
}

function clusterMetrics(counters: Counters, cluster: ClusterSources): Metric[] {
  return [
    {
      name: "backchannel_cluster_connected",
      type: "gauge",
      help: "Whether the Redis of the cluster can be used: 1 or 0.",
      read: () => Number(cluster.problem === undefined),
    },
    {
      name: "backchannel_cluster_operations_total",
      type: "counter",
      help: "What clients of this server did, as operations that the Redis carried out.",
      read: () => counters.clusterOperations,
    },
    {
      name: "backchannel_cluster_batch_seconds",
      type: "histogram",
      help: "Time until the Redis has answered a batch of operations.",
      histogram: counters.clusterRoundTrips,
    },
    {
      name: "backchannel_cluster_pending_operations",
      type: "gauge",
      help: "Operations that are under way.",
      read: () => cluster.pending,
    },
    {
      name: "backchannel_cluster_lag_entries",
      type: "gauge",
      help: "Log entries of all servers that this one has read and not applied yet.",
      read: () => cluster.lag,
    },
    {
      name: "backchannel_cluster_log_entry",
      type: "gauge",
      help:
        "Number of the last log entry that this server has applied. Servers that keep up have the same.",
      read: () => cluster.applied,
    },
    {
      name: "backchannel_cluster_reconnects_total",
      type: "counter",
      help: "Times that the Redis was connected again.",
      read: () => counters.clusterReconnects,
    },
    {
      name: "backchannel_cluster_fenced_total",
      type: "counter",
      help: "Times that the other servers took this one for dead.",
      read: () => counters.clusterFenced,
    },
  ];
}
