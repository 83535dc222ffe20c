/**
 * Backchannel, the library: a chat server for raw TCP line clients, WebSocket clients and browsers on one port.
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
export { type ChatServer, serve } from "./lib/net/server.ts";
export type { ServeOptions, Settings } from "./lib/net/options.ts";
export {
  formatLogEntry,
  formatLogEntryAsJson,
  type LogEntry,
  type Logger,
  type LogLevel,
} from "./lib/net/operate/log.ts";
export type { CloseCause, Counters, RefusalCause } from "./lib/net/operate/counters.ts";
export type { Histogram } from "./lib/net/operate/metrics.ts";
export type { Cancel, Clock } from "./lib/net/clock.ts";
export type { Overflow } from "./lib/chat/ring_buffer.ts";
export { OperatorTokenError } from "./lib/net/operate/operator_token.ts";
export { HistoryError } from "./lib/history/problems.ts";
