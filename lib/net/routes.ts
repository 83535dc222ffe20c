/**
 * What is served over HTTP to people: the page and its files, embedded in the program. What programs ask stands in
 * `status.ts`.
 * @module
 */
import { createHash } from "node:crypto";
import { WEBSOCKET_VERSION } from "../protocol/handshake.ts";
import type { RequestHead } from "../protocol/request_head.ts";
import type { HttpResponse } from "../protocol/response.ts";
import { FILES } from "./files.ts";

const CLOSE = ["connection", "close"] as const;

/** Said with every answer. The page loads nothing from elsewhere, and nobody may frame it. */
const COMMON_FIELDS: ReadonlyArray<readonly [string, string]> = [
  ["x-content-type-options", "nosniff"],
  ["referrer-policy", "no-referrer"],
];

const PAGE_FIELDS: ReadonlyArray<readonly [string, string]> = [
  [
    "content-security-policy",
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' ws: wss:; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  ],
  // Asked for again each time, answered with 304 as long as it is the same: a new server means a new page.
  ["cache-control", "no-cache"],
];

interface Page {
  readonly type: string;
  readonly body: string;
  readonly etag: string;
}

const PAGES: ReadonlyMap<string, Page> = new Map(
  Object.entries(FILES).map(([path, { type, body }]) => [
    path,
    { type, body, etag: `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"` },
  ]),
);

/** The answer to a request that is no WebSocket handshake. */
export function respond({ method, target, fields }: RequestHead): HttpResponse {
  const page = isRead(method) ? PAGES.get(pathOf(target)) : undefined;
  if (page === undefined) return respondNowhere({ method });
  const common = [CLOSE, ...COMMON_FIELDS, ...PAGE_FIELDS, ["etag", page.etag] as const];
  if (matches(fields.get("if-none-match"), page.etag)) return { status: 304, fields: common };
  return { status: 200, fields: [...common, ["content-type", page.type]], body: page.body };
}

/** The answer to a request for what is not there, or cannot be done. */
export function respondNowhere({ method }: Pick<RequestHead, "method">): HttpResponse {
  if (isRead(method)) return errorResponse(404, "There is nothing here");
  return errorResponse(405, "Only GET and HEAD are answered");
}

/** Whether a method asks for something and changes nothing: there are no others here. */
export function isRead(method: string): boolean {
  return method === "GET" || method === "HEAD";
}

/** The answer to a request that cannot be served; not before `retryAfter` seconds, if it can be then. */
export function errorResponse(
  status: number,
  message: string,
  retryAfter?: number,
): HttpResponse {
  const fields: Array<[string, string]> = [];
  if (status === 401) fields.push(["www-authenticate", "Bearer"]); // RFC 9110 15.5.2, RFC 6750 3
  if (status === 405) fields.push(["allow", "GET, HEAD"]); // RFC 9110 15.5.6
  if (status === 426) { // RFC 6455 4.4, RFC 9110 15.5.22
    fields.push(["upgrade", "websocket"], ["sec-websocket-version", WEBSOCKET_VERSION]);
  }
  if (retryAfter !== undefined) fields.push(["retry-after", String(retryAfter)]); // RFC 9110 10.2.3
  return textResponse(status, message, fields);
}

/** A line of text. */
export function textResponse(
  status: number,
  text: string,
  fields: ReadonlyArray<readonly [string, string]>,
  contentType = "text/plain; charset=utf-8",
): HttpResponse {
  const type = ["content-type", contentType] as const;
  // RFC 9110 7.8: who sends Upgrade says so in Connection.
  const connection = status === 426 ? ["connection", "upgrade, close"] as const : CLOSE;
  return { status, fields: [connection, ...COMMON_FIELDS, type, ...fields], body: `${text}\n` };
}

/** The path of a target in origin or absolute form (RFC 9112 3.2), without its query. */
export function pathOf(target: string): string {
  return target.replace(/^https?:\/\/[^/?#]*/i, "").replace(/[?#].*$/s, "") || "/";
}

/** Whether one of the tags in If-None-Match is this one, weak or not (RFC 9110 13.1.2). */
function matches(values: readonly string[] | undefined, etag: string): boolean {
  if (values === undefined) return false;
  return values.join(",").split(",").some((tag) =>
    ["*", etag].includes(tag.trim().replace(/^W\//, ""))
  );
}
