/**
 * A client of the chat for Deno, Bun, Node 22 and browsers, without dependencies. It reconnects, resumes its rooms without
 * a gap, and delivers every message once.
 *
 * @example
 * ```ts
 * import { connect } from "./lib/client/mod.ts";
 *
 * const client = connect("ws://127.0.0.1:8080", { name: "clock" });
 * for await (const { room, text, missed } of client.events("message")) {
 *   if (text === "!time" && !missed) await client.send(room, new Date().toISOString());
 * }
 * ```
 * @module
 */
export { Client, connect } from "./client.ts";
export type { ConnectionState } from "./connection.ts";
export type { Unsubscribe } from "./emitter.ts";
export type {
  ClientClock,
  ClientEnvironment,
  CreateSocket,
  Memory,
  Socket,
} from "./environment.ts";
export { ChatError, type ClientErrorCode } from "./errors.ts";
export type {
  ByType,
  ClientEvent,
  ClientEvents,
  DeliveryEvent,
  GapEvent,
  IdRange,
  JoinedEvent,
  LeftEvent,
  LocalEvent,
  LoginFailedEvent,
  NameNeededEvent,
  ReadyEvent,
  ReceivedMessage,
  StateEvent,
  UserEvent,
} from "./events.ts";
export type { LoginProblem, LoginRequest, LoginSource } from "./login.ts";
export type { ClientOptions, HistoryRange, RequestOptions, SendOptions, Sent } from "./options.ts";
export type { Unsent, UnsentRequest } from "./outbox.ts";
export type { AnswerTo, Request, WithoutId } from "./requests.ts";
export type * from "../wire/protocol.ts";
