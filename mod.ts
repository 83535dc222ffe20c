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
export { type ChatServer, serve } from "./lib/server/server.ts";
export type { ServeOptions, Settings } from "./lib/server/settings.ts";
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
} from "./lib/server/observability/log_kinds.ts";
export type { CloseCause, Counters, RefusalCause } from "./lib/server/observability/counters.ts";
export type { Histogram } from "./lib/server/observability/metrics.ts";
export type { Cancel, Clock } from "./lib/server/connection/clock.ts";
export type { Overflow } from "./lib/delivery/ring_buffer.ts";
export type { ApiToken } from "./lib/identity/api_tokens.ts";
export type { AuthFailureCause, AuthMethod } from "./lib/identity/authenticator.ts";
export type { JwkOrSet } from "./lib/identity/jwt_keys.ts";
export type { AuthRefusalCause } from "./lib/identity/identity.ts";
export { ClusterError } from "./lib/cluster/engine_error.ts";
export { CredentialError } from "./lib/identity/secret.ts";
export { OperatorTokenError } from "./lib/moderation/operator_token.ts";
export { HistoryError } from "./lib/history/storage_error.ts";
