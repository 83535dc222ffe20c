/**
 * The error of a request or of a client.
 * @module
 */
import type { ErrorCode, ErrorEvent } from "../wire/protocol.ts";

/** What goes wrong at the client, besides the refusals of the server. */
export type ClientErrorCode =
  /** There is no connection, or it was lost before the answer came. */
  | "disconnected"
  /** The client was closed. */
  | "closed"
  /** Too many messages wait to be sent. */
  | "outbox_full"
  /** A loop over events reads so slowly that too many wait. */
  | "events_full"
  /** The server does not speak the subprotocol of this client. */
  | "incompatible"
  /** The answer is not the one that belongs to the request. */
  | "unexpected_answer"
  /** The server ended the connection for good: an operator kicked the client, or it sent far too much. */
  | "disconnected_by_server";

/** A request that was refused, or a client that cannot go on. */
export class ChatError extends Error {
  /** Always `ChatError`. */
  override readonly name = "ChatError";
  /** What went wrong, for programs: a code of the server or of the client. New codes may appear. */
  readonly code: ErrorCode | ClientErrorCode;

  /** `message` is for people; `options.cause` is the error behind this one. */
  constructor(code: ErrorCode | ClientErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** The error of a request that the server refused. */
export function refusal({ code, text }: Pick<ErrorEvent, "code" | "text">): ChatError {
  return new ChatError(code, text.replace(/^Error: /, ""));
}

/** The error of a request without a connection. */
export function notConnected(): ChatError {
  return new ChatError("disconnected", "Cannot get an answer: there is no connection");
}

/** The error of a request whose answer belongs to another one. */
export function unexpectedAnswer(): ChatError {
  return new ChatError("unexpected_answer", "The answer does not belong to the request");
}
