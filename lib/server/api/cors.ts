/**
 * Requests of pages from other origins (Fetch Standard 3.2, "CORS protocol"). No page gets anything without a token, which
 * its script has to have: cookies and the like are not used, and so credentials in that sense are never allowed.
 * @module
 */
import type { RequestHead } from "../../protocol/http/request_head.ts";
import type { HttpResponse } from "../../protocol/http/response.ts";
import type { AllowedOrigins } from "../http/origin.ts";
import type { RequestOrigin } from "../http/request_origin.ts";
import { API_FIELDS } from "./problem.ts";

type Fields = ReadonlyArray<readonly [name: string, value: string]>;

/** The methods that scripts may use. */
const METHODS = "GET, HEAD, POST";

/** The header fields that scripts may send, besides those that they always may. */
const REQUEST_FIELDS = "authorization, content-type, idempotency-key, last-event-id";

/** The header fields of responses that scripts may read, besides those that they always may. */
const RESPONSE_FIELDS = "retry-after, www-authenticate, allow";

/** How long a browser may keep the answer to a preflight, in seconds. Chromium keeps none for longer than two hours. */
const MAX_AGE = 7_200;

/** The origin of the page that sent a request; `undefined` if it was no page, or one of this server. */
export function originField({ fields }: RequestHead): string | undefined {
  return fields.get("origin")?.join(", ");
}

/** Whether a request asks on behalf of a page what that page may send. It has no token. */
export function isPreflight({ method, fields }: RequestHead): boolean {
  return method === "OPTIONS" && fields.has("origin") &&
    fields.has("access-control-request-method");
}

/** The answer to a preflight from an allowed origin, without the fields that every response to such a page has. */
export function preflightResponse(): HttpResponse {
  return {
    status: 204,
    fields: [
      ...API_FIELDS,
      ["access-control-allow-methods", METHODS],
      ["access-control-allow-headers", REQUEST_FIELDS],
      ["access-control-max-age", String(MAX_AGE)],
    ],
  };
}

/** The fields with which a page from an allowed origin may read the response; none for any other request. */
export function corsFields(
  head: RequestHead,
  target: RequestOrigin | undefined,
  origins: AllowedOrigins,
): Fields {
  const origin = originField(head);
  if (origin === undefined || target === undefined) return [];
  if (!origins.allows(origin, target.host, target.scheme)) return [];
  return [
    ["access-control-allow-origin", origin],
    ["access-control-expose-headers", RESPONSE_FIELDS],
  ];
}
