/**
 * The table of routes: paths that are answered by a function. Every other path is looked up among the assets.
 * @module
 */
import { countEmptyLines } from "../../protocol/http/request_head.ts";
import type { HttpResponse } from "../../protocol/http/response.ts";
import { isRead, optionsResponse, pathOf } from "./responses.ts";
import { respondHealth, respondMetrics, respondReady, type Status } from "./status.ts";

export interface Route {
  /** Whether the response holds private data, for trusted clients and operators with their token. */
  readonly isPrivate: boolean;
  /** Answers GET and HEAD. OPTIONS is answered with 204, or with this response if its status is 503. */
  respond(status: Status, isTrusted: boolean): HttpResponse;
}

export const ROUTES: ReadonlyMap<string, Route> = new Map<string, Route>([
  ["/healthz", { isPrivate: false, respond: respondHealth }],
  ["/readyz", { isPrivate: false, respond: respondReady }],
  ["/metrics", { isPrivate: true, respond: respondMetrics }],
]);

function isAnswered(method: string): boolean {
  return isRead(method) || method === "OPTIONS";
}

/** The response of a route; `undefined` if it does not answer this method. */
export function respondWithRoute(
  route: Route,
  method: string,
  status: Status,
  isTrusted: boolean,
): HttpResponse | undefined {
  if (!isAnswered(method)) return undefined;
  const response = route.respond(status, isTrusted);
  return method === "OPTIONS" && response.status !== 503 ? optionsResponse() : response;
}

const LF = 0x0a;

const decoder = new TextDecoder();

/** The method and the target of a request that begins with these bytes, which hold the whole request line. */
export function readRequestLine(
  beginning: Uint8Array,
): { readonly method: string; readonly target: string } {
  const bytes = beginning.subarray(countEmptyLines(beginning));
  const line = decoder.decode(bytes.subarray(0, bytes.indexOf(LF)));
  const [method = "", target = ""] = line.split(" ");
  return { method, target };
}

/** Whether a route answers a request that begins with these bytes. */
export function beginsRouteRequest(beginning: Uint8Array): boolean {
  const { method, target } = readRequestLine(beginning);
  return isAnswered(method) && ROUTES.has(pathOf(target));
}
