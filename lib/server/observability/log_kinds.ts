/**
 * The table of log entries: for each kind its level, its topic, its data and the line that people read.
 * @module
 */
import type { AuthFailureCause } from "../../identity/authenticator.ts";
import type { WebhookLogData } from "../../webhook/log_data.ts";
import { CLOSE_REASONS, type CloseCause, type RefusalCause } from "./counters.ts";

/** The levels, the least severe first. */
export const LOG_LEVELS: readonly LogLevel[] = ["info", "warn", "error"];

/** The severity of an entry: a `warn` is worth knowing, an `error` needs attention. */
export type LogLevel = "info" | "warn" | "error";

/** The subject of an entry. `--quiet` suppresses `connection`. */
export type LogTopic =
  | "connection"
  | "slow"
  | "server"
  | "protocol"
  | "history"
  | "operator"
  | "auth"
  | "cluster"
  | "webhook"
  | "application";

/** The data of the entries of each kind, besides what every entry has. */
export type LogData = WebhookLogData & {
  listening: MessageData;
  stopping: object;
  connected: ClientData & {
    readonly transport: string;
    /** The user, if the client has logged in as one. */
    readonly user?: string;
  };
  disconnected: ClientData & {
    readonly cause: CloseCause;
    /** The name of the user, if they had one. */
    readonly user?: string;
    /** More than the cause tells, such as an error of the network. */
    readonly detail?: string;
  };
  stream_opened: ClientData & StreamData;
  stream_closed: ClientData & StreamData & { readonly cause: CloseCause };
  broken_off: ClientData & { readonly cause: CloseCause; readonly reason: string };
  websocket_failed: ClientData & {
    readonly cause: CloseCause;
    readonly code: number;
    readonly reason: string;
  };
  slow: ClientData & { readonly dropped: number };
  recovered: ClientData & { readonly dropped: number };
  internal_error: ClientData & ErrorData & MessageData;
  refusing: ClientData & { readonly refusal: RefusalCause; readonly detail: string };
  refused: CountData & { readonly refusal: RefusalCause; readonly detail: string };
  accept_failing: ErrorData;
  accept_recovered: CountData;
  certificate_reloaded: object;
  certificate_failed: ErrorData;
  clock_doubt: MessageData;
  history_doubt: MessageData;
  history_failed: MessageData;
  history_recovered: object;
  operator_action: ClientData & {
    /** The operator's name or, without one, their address. */
    readonly user: string;
    /** What they did, such as `kicked 'Bob'`. */
    readonly action: string;
    /** Empty if none was given. */
    readonly reason: string;
  };
  token_wrong: ClientData;
  token_limited: ClientData;
  token_exposed: object;
  auth_failed: ClientData & {
    /** The cause as `backchannel_authentication_failures_total` has it. */
    readonly failure: AuthFailureCause;
    readonly reason: string;
  };
  auth_expired: ClientData;
  auth_limited: ClientData;
  secret_exposed: {
    /** What the file is for, and its path. */
    readonly file: string;
  };
  key_unused: { readonly reason: string };
  cluster_lost: ErrorData;
  cluster_failing: ErrorData;
  cluster_recovered: object;
  cluster_refused: ErrorData;
  cluster_fenced: object;
  cluster_gap: object;
  cluster_data_lost: object;
  application_action: {
    /** What the program did, such as `kicked 'Bob'`. */
    readonly action: string;
    /** Empty if none was given. */
    readonly reason: string;
  };
  application_failed: ErrorData & {
    /** The option that has failed, such as `onMessage`. */
    readonly function: string;
    /** The client that it was about, `host:port`. */
    readonly address?: string;
    /** The user that it was about. */
    readonly user?: string;
    readonly room?: string;
    /** The stack trace, if there is one. */
    readonly detail: string;
  };
  log_flood: { readonly topic: LogTopic };
  log_flood_over: CountData & { readonly topic: LogTopic };
};

/** What has happened, for programs: see the table in docs/operate.md. */
export type LogKind = keyof LogData;

/** The data of an entry about a client. */
export interface ClientData {
  /** `host:port`. */
  readonly address: string;
}

/** The data of an entry about a stream of events. */
export interface StreamData {
  /** The program or user that reads it; absent for a user without a name. */
  readonly user?: string;
  /** The room whose events it has. */
  readonly room: string;
}

/** The data of an entry about a failure. */
export interface ErrorData {
  /** What went wrong. */
  readonly error: string;
}

/** The data of an entry that is in words only, or has more in its words than in its data. */
export interface MessageData {
  /** The words. */
  readonly message: string;
}

/** The data of an entry that counts. */
export interface CountData {
  /** How many there were. */
  readonly count: number;
}

interface Row<Data> {
  readonly level: LogLevel;
  readonly topic: LogTopic;
  /** What the entry tells, in one sentence. */
  readonly doc: string;
  /** The line that people read, without the address. */
  readonly text: (data: Data) => string;
}

function row<Data>(
  level: LogLevel,
  topic: LogTopic,
  doc: string,
  text: (data: Data) => string,
): Row<Data> {
  return { level, topic, doc, text };
}

function messageItself({ message }: MessageData): string {
  return message;
}

/** The level, topic and text of each kind. */
export const LOG_KINDS: { readonly [Kind in LogKind]: Row<LogData[Kind]> } = {
  listening: row(
    "info",
    "server",
    "The program has started to listen; `message` says where.",
    messageItself,
  ),
  stopping: row(
    "info",
    "server",
    "A signal has begun to shut the program down.",
    () => "Shutting down",
  ),
  connected: row(
    "info",
    "connection",
    "A client has connected.",
    ({ transport, user }) => {
      const how = transport === "local" ? "inside the process" : `over ${transport}`;
      return `Connected ${how}${user === undefined ? "" : ` as '${user}'`}`;
    },
  ),
  disconnected: row(
    "info",
    "connection",
    "A client has disconnected.",
    ({ cause, detail }) => `Disconnected: ${detail ?? CLOSE_REASONS[cause]}`,
  ),
  stream_opened: row(
    "info",
    "connection",
    "A reader has opened an event stream of the HTTP API.",
    ({ user, room }) =>
      `Event stream of '${room}' opened${user === undefined ? "" : ` by '${user}'`}`,
  ),
  stream_closed: row(
    "info",
    "connection",
    "An event stream of the HTTP API has ended.",
    ({ room, cause }) => `Event stream of '${room}' ended: ${CLOSE_REASONS[cause]}`,
  ),
  broken_off: row(
    "info",
    "protocol",
    "A connection was closed because of what the client sent.",
    ({ reason }) => `Closed: ${reason}`,
  ),
  websocket_failed: row(
    "info",
    "protocol",
    "A WebSocket was closed for a reason that its close frame states (RFC 6455 7.1.7).",
    ({ code, reason }) => `Closed with ${code}: ${reason}`,
  ),
  slow: row(
    "warn",
    "slow",
    "A client reads too slowly and has begun to lose messages.",
    ({ dropped }) => `Slow client, dropped ${dropped} messages`,
  ),
  recovered: row(
    "warn",
    "slow",
    "A slow client keeps up again.",
    ({ dropped }) => `Recovered, dropped ${dropped} messages`,
  ),
  internal_error: row(
    "error",
    "server",
    "A bug in the server has cost a connection.",
    messageItself,
  ),
  refusing: row(
    "warn",
    "server",
    "The server has begun to refuse clients for a reason.",
    ({ detail }) => `Refusing connections: ${detail}`,
  ),
  refused: row(
    "info",
    "server",
    "The server has stopped refusing clients for a reason.",
    ({ count, detail }) => `Connections refused: ${count}, ${detail}`,
  ),
  accept_failing: row(
    "error",
    "server",
    "Connections cannot be accepted, for example because descriptors ran out.",
    ({ error }) => `Cannot accept a connection: ${error}`,
  ),
  accept_recovered: row(
    "info",
    "server",
    "Connections are accepted again.",
    ({ count }) => `Accepting connections again, attempts that failed: ${count}`,
  ),
  certificate_reloaded: row(
    "info",
    "server",
    "The TLS certificate was read again.",
    () => "The certificate was read again",
  ),
  certificate_failed: row(
    "error",
    "server",
    "The new TLS certificate cannot be used.",
    ({ error }) => `Cannot use the certificate, the old one stays: ${error}`,
  ),
  clock_doubt: row("warn", "server", "The wall clock has jumped.", messageItself),
  history_doubt: row(
    "warn",
    "history",
    "The wall clock does not fit the time in the history, or has jumped.",
    messageItself,
  ),
  history_failed: row(
    "error",
    "history",
    "Messages are not stored as they should be.",
    messageItself,
  ),
  history_recovered: row(
    "info",
    "history",
    "Messages are stored again.",
    () => "History works again",
  ),
  operator_action: row(
    "info",
    "operator",
    "An operator did something.",
    ({ user, action, reason }) => `Operator ${user} ${action}${reason === "" ? "" : `: ${reason}`}`,
  ),
  token_wrong: row(
    "warn",
    "operator",
    "A client has shown a wrong operator token.",
    () => "Operator token is wrong",
  ),
  token_limited: row(
    "warn",
    "operator",
    "An operator token was not checked, because too many wrong ones came from the address.",
    () => "Operator token not looked at: too many wrong ones",
  ),
  token_exposed: row(
    "warn",
    "operator",
    "Others on the machine can read the operator token.",
    () => "Others on this machine can read the operator token file, try chmod 600",
  ),
  auth_failed: row(
    "warn",
    "auth",
    "A client has tried to authenticate and was refused.",
    ({ reason }) => `Authentication failed: ${reason}`,
  ),
  auth_expired: row(
    "info",
    "auth",
    "A client has tried to authenticate with a token that has expired.",
    () => "Authentication failed: the token has expired",
  ),
  auth_limited: row(
    "warn",
    "auth",
    "A password or token was not checked, because too many wrong ones came from the address.",
    () => "Password or token not looked at: too many wrong ones",
  ),
  secret_exposed: row(
    "warn",
    "auth",
    "Others on the machine can read a file with secrets.",
    ({ file }) => `Others on this machine can read the ${file}, try chmod 600`,
  ),
  cluster_lost: row(
    "warn",
    "cluster",
    "The connection to the Redis of the cluster has ended; the server connects again.",
    ({ error }) => `Lost the Redis of the cluster: ${error}`,
  ),
  cluster_failing: row(
    "error",
    "cluster",
    "The Redis of the cluster cannot be used.",
    ({ error }) => `Cannot use the Redis of the cluster: ${error}`,
  ),
  cluster_recovered: row(
    "info",
    "cluster",
    "The Redis of the cluster can be used again.",
    () => "The Redis of the cluster is back",
  ),
  cluster_refused: row(
    "error",
    "cluster",
    "The Redis of the cluster answers, but does not write.",
    ({ error }) => `The Redis of the cluster does not write: ${error}`,
  ),
  cluster_fenced: row(
    "warn",
    "cluster",
    "The other servers took this one for dead. Its users have joined again.",
    () => "The other servers took this one for dead; its users join again",
  ),
  cluster_gap: row(
    "warn",
    "cluster",
    "The other servers went on without this one for so long that it missed a part of the log.",
    () => "Missed a part of the cluster's log; clients are told which messages they missed",
  ),
  cluster_data_lost: row(
    "error",
    "cluster",
    "The Redis of the cluster has lost messages that clients have seen. Browsers reconnect.",
    () => "The Redis of the cluster has lost messages; clients reconnect",
  ),
  key_unused: row(
    "info",
    "auth",
    "A key of a JWK Set is not used, because it cannot verify tokens.",
    ({ reason }) => `Key of tokens left out: ${reason}`,
  ),
  webhook_unencrypted: row(
    "warn",
    "webhook",
    "Webhooks go over a network without TLS.",
    ({ endpoint }) => `Webhooks to ${endpoint} can be read on the way, try https`,
  ),
  webhook_failed: row(
    "warn",
    "webhook",
    "A request of the webhook has failed; it is logged again when the reason changes.",
    ({ endpoint, reason }) => `Webhook: cannot deliver to ${endpoint}: ${reason}`,
  ),
  webhook_recovered: row(
    "info",
    "webhook",
    "The webhook works again.",
    ({ count }) => `Webhook: works again, failed requests: ${count}`,
  ),
  webhook_dropping: row(
    "warn",
    "webhook",
    "The queue of the webhook is full, and events begin to be dropped.",
    () => "Webhook: the queue is full, its oldest events are dropped",
  ),
  webhook_dropped: row(
    "warn",
    "webhook",
    "The queue of the webhook is empty again after events were dropped.",
    ({ count }) => `Webhook: the queue is empty again, events dropped: ${count}`,
  ),
  webhook_refused: row(
    "warn",
    "webhook",
    "The receiver of the webhook has refused a batch so often that it was dropped.",
    ({ count, reason }) => `Webhook: a batch was refused (${reason}), events dropped: ${count}`,
  ),
  webhook_gone: row(
    "error",
    "webhook",
    "The receiver of the webhook has asked to get nothing more.",
    ({ endpoint, count }) =>
      `Webhook: ${endpoint} answered 410 Gone, nothing is sent until a restart, events dropped: ${count}`,
  ),
  webhook_undelivered: row(
    "warn",
    "webhook",
    "The server has stopped before the webhook had delivered everything.",
    ({ count }) => `Webhook: events not delivered: ${count}`,
  ),
  application_action: row(
    "info",
    "application",
    "The program that embeds the server did what operators do.",
    ({ action, reason }) => `The application ${action}${reason === "" ? "" : `: ${reason}`}`,
  ),
  application_failed: row(
    "error",
    "application",
    "A function of the program that embeds the server has failed, or has not decided in time.",
    ({ function: name, detail }) => `${name} failed: ${detail}`,
  ),
  // The topic of these two is that of the entries.
  log_flood: row(
    "warn",
    "server",
    "Entries of one topic are left out from now on, because there are too many.",
    ({ topic }) => `Too many log entries (${topic}), leaving some out`,
  ),
  log_flood_over: row(
    "warn",
    "server",
    "Entries of one topic were left out.",
    ({ topic, count }) => `Log entries left out (${topic}): ${count}`,
  ),
};
