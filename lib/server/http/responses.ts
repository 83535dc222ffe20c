/**
 * Responses that several routes share: errors, text, and the answer to OPTIONS.
 * @module
 */
import type { RequestHead } from "../../protocol/http/request_head.ts";
import type { HttpResponse } from "../../protocol/http/response.ts";
import { WEBSOCKET_VERSION } from "../../protocol/websocket/handshake.ts";

type Fields = ReadonlyArray<readonly [name: string, value: string]>;

/** Fields of every response. */
export const COMMON_FIELDS: Fields = [
  ["x-content-type-options", "nosniff"],
  ["referrer-policy", "no-referrer"],
];

/** The methods that are answered, as Allow lists them (RFC 9110 10.2.1). */
const ALLOWED = "GET, HEAD, OPTIONS";

/** Known methods that are not allowed here (RFC 9110 9.3, RFC 5789). Any other method is unknown. */
const OTHER_METHODS: ReadonlySet<string> = new Set([
  "POST",
  "PUT",
  "DELETE",
  "CONNECT",
  "TRACE",
  "PATCH",
]);

/** Whether a method reads a resource. */
export function isRead(method: string): boolean {
  return method === "GET" || method === "HEAD";
}

/** Whether a method is one that HTTP defines (RFC 9110 9.3, RFC 5789). */
export function isKnownMethod(method: string): boolean {
  return isRead(method) || method === "OPTIONS" || OTHER_METHODS.has(method);
}

/** The response to a request for a path that does not exist, or with a method that is not allowed. */
export function notFound({ method }: Pick<RequestHead, "method">): HttpResponse {
  if (isRead(method) || method === "OPTIONS") return errorResponse(404, "There is nothing here");
  if (OTHER_METHODS.has(method)) return errorResponse(405, "Only GET and HEAD are answered");
  return errorResponse(501, "Unknown method, only GET and HEAD are answered"); // RFC 9110 9.1
}

/** The response to OPTIONS (RFC 9110 9.3.7), which some load balancers use as a health check. */
export function optionsResponse(): HttpResponse {
  return { status: 204, fields: [...COMMON_FIELDS, ["allow", ALLOWED]] };
}

/** An error; `retryAfter` is when the request may succeed, in seconds. */
export function errorResponse(
  status: number,
  message: string,
  retryAfter?: number,
): HttpResponse {
  const fields: Array<[string, string]> = [];
  if (status === 401) fields.push(["www-authenticate", "Bearer"]); // RFC 9110 15.5.2, RFC 6750 3
  if (status === 405) fields.push(["allow", ALLOWED]); // RFC 9110 15.5.6
  if (status === 426) { // RFC 6455 4.4, RFC 9110 15.5.22
    fields.push(["upgrade", "websocket"], ["sec-websocket-version", WEBSOCKET_VERSION]);
  }
  if (retryAfter !== undefined) fields.push(["retry-after", String(retryAfter)]); // RFC 9110 10.2.3
  return textResponse(status, message, fields);
}

/** A permanent redirect that keeps the method (RFC 9110 15.4.9). */
export function redirect(location: string): HttpResponse {
  return { status: 308, fields: [...COMMON_FIELDS, ["location", location]] };
}

/** A line of text. */
export function textResponse(
  status: number,
  text: string,
  fields: Fields,
  contentType = "text/plain; charset=utf-8",
): HttpResponse {
  const type = ["content-type", contentType] as const;
  return { status, fields: [...COMMON_FIELDS, type, ...fields], body: `${text}\n` };
}

/** The path of a target in origin or absolute form (RFC 9112 3.2), without its query. */
export function pathOf(target: string): string {
  return target.replace(/^https?:\/\/[^/?#]*/i, "").replace(/[?#].*$/s, "") || "/";
}
