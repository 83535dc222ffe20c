/**
 * What is served over HTTP to people: the page and its files, which are embedded in the program or read from a folder.
 * What programs ask stands in `status.ts`.
 * @module
 */
import { createHash } from "node:crypto";
import { WEBSOCKET_VERSION } from "../../protocol/websocket/handshake.ts";
import { splitList } from "../../protocol/http/list_field.ts";
import type { RequestHead } from "../../protocol/http/request_head.ts";
import type { HttpResponse } from "../../protocol/http/response.ts";
import { FILES } from "./embedded_assets.ts";
import { type Assets, compress, createAsset } from "./asset.ts";

/** Said with every answer. The page loads nothing from elsewhere, and nobody may frame it. */
const COMMON_FIELDS: ReadonlyArray<readonly [string, string]> = [
  ["x-content-type-options", "nosniff"],
  ["referrer-policy", "no-referrer"],
];

/** The methods that are answered, as Allow lists them (RFC 9110 10.2.1). */
const ALLOWED = "GET, HEAD, OPTIONS";

/** Methods that are known and do nothing here (RFC 9110 9.3, RFC 5789). All others are not known. */
const OTHER_METHODS: ReadonlySet<string> = new Set([
  "POST",
  "PUT",
  "DELETE",
  "CONNECT",
  "TRACE",
  "PATCH",
]);

/** The scripts within the page itself may run, and no others (CSP 3, 8.3). */
const INLINE_SCRIPTS = Array.from(
  FILES["/index.html"]?.body.matchAll(/<script>([^]*?)<\/script>/g) ?? [],
  ([, script = ""]) => ` 'sha256-${createHash("sha256").update(script).digest("base64")}'`,
).join("");

/** Of the embedded page. */
const POLICY = `default-src 'none'; script-src 'self'${INLINE_SCRIPTS}; ` +
  "style-src 'self'; img-src 'self' data:; connect-src 'self' ws: wss:; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The embedded page. Asked for again each time, answered with 304 as long as it is the same: a new server, a new page. */
export const EMBEDDED_PAGES: Assets = new Map(
  Object.entries(FILES).map(([path, file]) => [
    path,
    createAsset({
      ...file,
      ...compress(file.type, file.body),
      caching: "no-cache",
      policy: POLICY,
    }),
  ]),
);

/** The answer to a request that is no WebSocket handshake. */
export function respond(
  { method, target, fields }: RequestHead,
  pages: Assets = EMBEDDED_PAGES,
): HttpResponse {
  const page = pages.get(decodePath(pathOf(target)));
  if (method === "OPTIONS" && (target === "*" || page !== undefined)) return respondOptions();
  if (page === undefined || !isRead(method)) return respondNowhere({ method });
  const common: Array<readonly [string, string]> = [
    ...COMMON_FIELDS,
    ["content-security-policy", page.policy],
    ["cache-control", page.caching],
  ];
  if (page.compressed !== undefined) common.push(["vary", "accept-encoding"]); // RFC 9110 12.5.5
  const gzip = page.compressed !== undefined && takesGzip(fields.get("accept-encoding"));
  const { body, etag } = gzip ? page.compressed : page;
  common.push(["etag", etag]);
  if (matches(fields.get("if-none-match"), etag)) return { status: 304, fields: common };
  if (gzip) common.push(["content-encoding", "gzip"]);
  return { status: 200, fields: [...common, ["content-type", page.type]], body };
}

/** The answer to a request for what is not there, or cannot be done. */
export function respondNowhere({ method }: Pick<RequestHead, "method">): HttpResponse {
  if (isRead(method) || method === "OPTIONS") return errorResponse(404, "There is nothing here");
  if (OTHER_METHODS.has(method)) return errorResponse(405, "Only GET and HEAD are answered");
  return errorResponse(501, "Unknown method, only GET and HEAD are answered"); // RFC 9110 9.1
}

/** The answer to OPTIONS (RFC 9110 9.3.7), which load balancers ask to see whether a server lives. */
export function respondOptions(): HttpResponse {
  return { status: 204, fields: [...COMMON_FIELDS, ["allow", ALLOWED]] };
}

/** Whether a method asks for something that is there. */
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
  if (status === 405) fields.push(["allow", ALLOWED]); // RFC 9110 15.5.6
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
  return { status, fields: [...COMMON_FIELDS, type, ...fields], body: `${text}\n` };
}

/** The path of a target in origin or absolute form (RFC 9112 3.2), without its query. */
export function pathOf(target: string): string {
  return target.replace(/^https?:\/\/[^/?#]*/i, "").replace(/[?#].*$/s, "") || "/";
}

/** What the percent signs of a path stand for (RFC 3986 2.1); one with others is the path of nothing. */
function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return "";
  }
}

/** Whether Accept-Encoding has gzip, and not with the weight 0 (RFC 9110 12.5.3). */
function takesGzip(values: readonly string[] = []): boolean {
  return splitList(values).some((coding) =>
    /^gzip[\t ]*(;[\t ]*q=(?!0(\.0*)?$).*)?$/i.test(coding)
  );
}

/** Whether one of the tags in If-None-Match is this one, weak or not (RFC 9110 13.1.2). */
function matches(values: readonly string[] = [], etag: string): boolean {
  return splitList(values).some((tag) => tag === "*" || tag.replace(/^W\//, "") === etag);
}
