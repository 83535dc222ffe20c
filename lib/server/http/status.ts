/**
 * What programs ask a server over HTTP: whether it lives, whether it is ready for more, and its metrics.
 * @module
 */
import { countEmptyLines, type RequestHead } from "../../protocol/http/request_head.ts";
import type { HttpResponse } from "../../protocol/http/response.ts";
import { METRICS_TYPE } from "../observability/metrics.ts";
import { originOf } from "./request_origin.ts";
import { errorResponse, isRead, pathOf, respondOptions, textResponse } from "./routes.ts";

const LF = 0x0a;

const decoder = new TextDecoder();

/** Who is asked. */
export interface Status {
  /** Why no new client should be sent here at the moment; none if one may. */
  readonly problems: readonly string[];
  /** The metrics as of now, as text. */
  metrics(): string;
}

const HEALTH_PATHS: ReadonlySet<string> = new Set(["/healthz", "/readyz"]);

const PATHS: ReadonlySet<string> = new Set([...HEALTH_PATHS, "/metrics"]);

/** Whether a path is one of a health check, which tells nothing private. */
export function isHealthPath(path: string): boolean {
  return HEALTH_PATHS.has(path);
}

/** Whether a request that begins like this, its first line whole, is one that {@linkcode respondStatus} answers. */
export function asksStatus(beginning: Uint8Array): boolean {
  const bytes = beginning.subarray(countEmptyLines(beginning));
  const [method = "", target = ""] = decoder.decode(bytes.subarray(0, bytes.indexOf(LF))).split(
    " ",
  );
  return (isRead(method) || method === "OPTIONS") && PATHS.has(pathOf(target));
}

/** As of this moment. */
const FRESH: ReadonlyArray<readonly [string, string]> = [["cache-control", "no-store"]];

/**
 * The answer to a GET, HEAD or OPTIONS of one of these paths, `undefined` to others.
 *
 * @param trusted Whether whoever asks may see the metrics, and where files are.
 */
export function respondStatus(
  { method, target }: RequestHead,
  status: Status,
  trusted: boolean,
): HttpResponse | undefined {
  const path = pathOf(target);
  if (method === "OPTIONS") {
    const isReady = path !== "/readyz" || status.problems.length === 0; // a load balancer means this
    if (PATHS.has(path) && isReady) return respondOptions();
  } else if (!isRead(method)) return undefined;
  const problems = trusted ? status.problems : status.problems.map(withoutPaths);
  switch (path) {
    case "/healthz":
      return textResponse(200, ["ok", ...problems].join(", but "), FRESH);
    case "/readyz":
      if (problems.length === 0) return textResponse(200, "ready", FRESH);
      return textResponse(503, `not ready: ${problems.join(", ")}`, FRESH);
    case "/metrics":
      if (!trusted) return errorResponse(403, "Metrics are for this machine and for operators");
      return { ...textResponse(200, "", FRESH, METRICS_TYPE), body: status.metrics() };
    default:
      return undefined;
  }
}

/** `Cannot use history 'chat.db': the disk is full` without the name of the file. */
function withoutPaths(problem: string): string {
  return problem.replace(/ '.*'/s, "");
}

/** What proxies add to a request: whoever it is from, it is not from this machine. */
const PROXY_FIELD = /^(?:x-forwarded-.*|x-real-ip|forwarded|via)$/;

/**
 * Whether a request was made on this machine and meant for it: no proxy passed it on, and no page of somebody else's,
 * whose name was made to lead here, had a browser send it.
 *
 * @param address The peer, `host:port`.
 */
export function isLocal(address: string, head: RequestHead): boolean {
  if (!/^(?:127(?:\.\d+){3}|\[::1\]):\d+$/.test(address)) return false;
  const { fields } = head;
  const { host = "localhost" } = originOf(head, false);
  if (!/^(?:localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?$/i.test(host)) return false;
  return ![...fields.keys()].some((name) => PROXY_FIELD.test(name));
}
