/**
 * The state of a server for programs: whether it runs, whether it accepts clients, and its metrics.
 * @module
 */
import type { RequestHead } from "../../protocol/http/request_head.ts";
import type { HttpResponse } from "../../protocol/http/response.ts";
import { METRICS_TYPE } from "../observability/metrics.ts";
import { originOf } from "./request_origin.ts";
import { errorResponse, textResponse } from "./responses.ts";

export interface Status {
  /** Why new clients should not be sent here at the moment. */
  readonly problems: readonly string[];
  /** Renders the metrics. */
  metrics(): string;
}

/** Returns a problem in a few words, or `undefined` if there is none. */
export type Check = () => string | undefined;

export class Health {
  readonly #checks: readonly Check[];

  constructor(checks: readonly Check[]) {
    this.#checks = checks;
  }

  /** The problems that the checks find at the moment. */
  get problems(): string[] {
    return this.#checks.map((check) => check()).filter((problem) => problem !== undefined);
  }
}

const UNCACHED: ReadonlyArray<readonly [string, string]> = [["cache-control", "no-store"]];

/** Whether the server runs. Only trusted clients see paths of files. */
export function respondHealth(status: Status, isTrusted: boolean): HttpResponse {
  return textResponse(200, ["ok", ...problemsOf(status, isTrusted)].join(", but "), UNCACHED);
}

/** Whether the server accepts clients. */
export function respondReady(status: Status, isTrusted: boolean): HttpResponse {
  const problems = problemsOf(status, isTrusted);
  if (problems.length === 0) return textResponse(200, "ready", UNCACHED);
  return textResponse(503, `not ready: ${problems.join(", ")}`, UNCACHED);
}

/** The metrics, for trusted clients. */
export function respondMetrics(status: Status, isTrusted: boolean): HttpResponse {
  if (!isTrusted) return errorResponse(403, "Metrics are for this machine and for operators");
  return { ...textResponse(200, "", UNCACHED, METRICS_TYPE), body: status.metrics() };
}

/** Leaves out paths: `Cannot use history 'chat.db': the disk is full`. */
function problemsOf({ problems }: Status, isTrusted: boolean): readonly string[] {
  return isTrusted ? problems : problems.map((problem) => problem.replace(/ '.*'/s, ""));
}

/** Fields that proxies add to a request: with one of them it does not come from this machine. */
const PROXY_FIELD = /^(?:x-forwarded-.*|x-real-ip|forwarded|via)$/;

/**
 * Whether a request was made on this machine and meant for it: no proxy passed it on, and it was not sent by a browser for
 * a page whose host name was made to resolve to this machine.
 *
 * @param address The peer, `host:port`.
 */
export function isLocalRequest(address: string, head: RequestHead): boolean {
  if (!/^(?:127(?:\.\d+){3}|\[::1\]):\d+$/.test(address)) return false;
  const { fields } = head;
  const { host = "localhost" } = originOf(head, false);
  if (!/^(?:localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?$/i.test(host)) return false;
  return ![...fields.keys()].some((name) => PROXY_FIELD.test(name));
}
