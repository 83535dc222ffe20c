/**
 * The client library as the page uses it: its core, which tells events at once and in order.
 * @module
 */
export { ClientCore } from "../../../lib/client/core.ts";
export type { ConnectionState } from "../../../lib/client/connection.ts";
export type { ClientEnvironment, Memory } from "../../../lib/client/environment.ts";
export type {
  ClientEvents,
  DeliveryEvent,
  GapEvent,
  JoinedEvent,
  LeftEvent,
  NameNeededEvent,
  ReceivedMessage,
  UserEvent,
} from "../../../lib/client/events.ts";
export type { LoginRequest } from "../../../lib/client/login.ts";
export type { Unsent } from "../../../lib/client/outbox.ts";
export { roomKey } from "../../../lib/client/requests.ts";
export { RUNTIME } from "../../../lib/client/runtime.ts";
