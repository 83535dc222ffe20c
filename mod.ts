/**
 * Backchannel as a library: a chat server for TCP line clients, WebSocket clients and browsers on one port.
 *
 * @example
 * ```ts
 * import { serve } from "./mod.ts";
 *
 * const server = serve({ port: 8080 });
 * await server.finished;
 * ```
 * @module
 */
export { type ChatServer, serve } from "./lib/server/serve.ts";
export type { ServeValues } from "./lib/server/values.ts";
export type { TlsPair } from "./lib/server/tls/tls_terminator.ts";
export type {
  History,
  Message as HistoryMessage,
  Page as HistoryPage,
  PageQuery as HistoryQuery,
  RoomSummary,
  SearchResult,
  Steps,
  StoredMessage,
} from "./lib/chat/history.ts";
export type { ServeOptions } from "./lib/server/serve_options.ts";
export type { Settings } from "./lib/server/settings.ts";
export type { RequestInfo, ServeApplication } from "./lib/server/embedding/application.ts";
export type { CommandOptions, CommandReply } from "./lib/server/embedding/commands.ts";
export type { CommandCall } from "./lib/chat/custom_commands.ts";
export type { ChatClient, SayTarget } from "./lib/server/embedding/local_client.ts";
export type {
  ChatMethods,
  HistoryRange,
  SanctionOptions,
  ServerSayOptions,
  UserTarget,
} from "./lib/server/embedding/chat_methods.ts";
export type { ConnectOptions } from "./lib/server/embedding/local_clients.ts";
export type { ServeIdentity } from "./lib/server/embedding/identity.ts";
export type { ServeHooks } from "./lib/server/embedding/hooks.ts";
export type { ChatUser, HookChange, HookRefusal, UserMessage } from "./lib/chat/hooks.ts";
export { WebhookError } from "./lib/server/server_webhook.ts";
export type { WebhookLogData } from "./lib/webhook/log_data.ts";
export {
  formatLogEntry,
  formatLogEntryAsJson,
  type LogData,
  type LogEntry,
  type LogFields,
  type Logger,
  type LogKind,
  type LogLevel,
  type LogTopic,
} from "./lib/server/observability/log.ts";
export type {
  ClientData,
  CountData,
  ErrorData,
  MessageData,
  StreamData,
} from "./lib/server/observability/log_kinds.ts";
export type {
  ApiResult,
  CloseCause,
  Counters,
  RefusalCause,
} from "./lib/server/observability/counters.ts";
export type { Histogram } from "./lib/server/observability/metrics.ts";
export type { Cancel, Clock } from "./lib/server/connection/clock.ts";
export type { Overflow } from "./lib/delivery/ring_buffer.ts";
export type { ApiToken } from "./lib/identity/api_tokens.ts";
export type { AuthFailureCause, AuthMethod } from "./lib/identity/authenticator.ts";
export type { JwkOrSet } from "./lib/identity/jwt_keys.ts";
export { ClusterError } from "./lib/cluster/engine_error.ts";
export type {
  Act,
  AuthAttempt,
  AuthOutcome,
  AuthRefusal,
  AuthRefusalCause,
  Credential,
  Identity,
  RoomRights,
} from "./lib/identity/identity.ts";
export { CredentialError } from "./lib/identity/secret.ts";
export { OperatorTokenError } from "./lib/moderation/operator_token.ts";
export { HistoryError } from "./lib/history/storage_error.ts";
export type * from "./lib/wire/protocol.ts";
