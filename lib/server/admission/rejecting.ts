/**
 * Selects the HTTP requests that are answered although their sender is not admitted to the chat.
 * @module
 */
import type { Connection } from "../connection/connection.ts";
import type { Context } from "../context.ts";
import { BANNED, type Refusal, SERVER_FULL } from "./address_limits.ts";
import { Rejection } from "./rejection.ts";
import { HttpExchange } from "../http/http_exchange.ts";
import { asksStatus } from "../http/status.ts";

/** How long the head of such a request may take, in ms: programs and browsers write it at once. */
const HEAD_TIMEOUT = 1_000;

/**
 * A full server still answers health checks. An address that has used up its connections to the chat still loads files,
 * which have a budget of their own. A banned address gets neither.
 */
export function createRejection(
  context: Context,
  connection: Connection,
  refusal: Refusal,
): Rejection {
  if (refusal === BANNED) return new Rejection(connection, refusal);
  const site = refusal === SERVER_FULL ? "status" : "files";
  return new Rejection(connection, refusal, {
    isWanted: (peeked) => site === "files" || asksStatus(peeked),
    take: (peeked) => {
      connection.cause = undefined;
      const deadline = context.time + HEAD_TIMEOUT;
      const exchange = new HttpExchange(context, connection, deadline, site, refusal);
      connection.handler = exchange;
      exchange.received(peeked);
    },
  });
}
