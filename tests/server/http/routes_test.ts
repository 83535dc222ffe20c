import { assertEquals } from "@std/assert";
import { beginsRouteRequest, respondWithRoute, ROUTES } from "../../../lib/server/http/routes.ts";
import { pathOf } from "../../../lib/server/http/responses.ts";
import type { Status } from "../../../lib/server/http/status.ts";
import type { HttpResponse } from "../../../lib/protocol/http/response.ts";

const HEALTHY: Status = { problems: [], metrics: () => "n 1\n" };
const UNHEALTHY: Status = { ...HEALTHY, problems: ["draining", "history failing: disk full"] };

/** The response of the route of `target`, if there is one. */
function request(target: string, status = HEALTHY, isTrusted = true, method = "GET") {
  const route = ROUTES.get(pathOf(target));
  return route && respondWithRoute(route, method, status, isTrusted);
}

const field = (response: HttpResponse | undefined, name: string) =>
  [...response?.fields ?? []].find(([key]) => key === name)?.[1];

function ask(target: string, status = HEALTHY, isTrusted = true) {
  const response = request(target, status, isTrusted);
  return [response?.status, response?.body];
}

Deno.test("/healthz answers with 200 whatever is wrong", () => {
  assertEquals(ask("/healthz"), [200, "ok\n"]);
  assertEquals(ask("/healthz", UNHEALTHY), [
    200,
    "ok, but draining, but history failing: disk full\n",
  ]);
});

Deno.test("/readyz says whether a server is ready, and if not, why", () => {
  assertEquals(ask("/readyz"), [200, "ready\n"]);
  assertEquals(ask("/readyz?x", UNHEALTHY), [
    503,
    "not ready: draining, history failing: disk full\n",
  ]);
});

Deno.test("/healthz and /readyz show strangers the problems without paths of files", () => {
  const problems = [
    "draining",
    "Cannot use history '/home/ann/it's here/chat.db': the disk is full",
  ];
  const status = { ...HEALTHY, problems };
  const shown = ["draining", "Cannot use history: the disk is full"];
  assertEquals(ask("/healthz", status, false), [200, `ok, but ${shown.join(", but ")}\n`]);
  assertEquals(ask("/readyz", status, false), [503, `not ready: ${shown.join(", ")}\n`]);
  assertEquals(ask("/readyz", status), [503, `not ready: ${problems.join(", ")}\n`]);
});

Deno.test("/metrics shows the metrics to trusted clients", () => {
  const response = request("/metrics");
  assertEquals([response?.status, response?.body], [200, "n 1\n"]);
  assertEquals(field(response, "content-type"), "text/plain; version=0.0.4; charset=utf-8");
  assertEquals(ask("/metrics", HEALTHY, false), [
    403,
    "Metrics are for this machine and for operators\n",
  ]);
});

Deno.test("Routes do not answer other paths and methods", () => {
  for (const target of ["/", "/metric", "/metrics/", "/readyz/x"]) {
    assertEquals(request(target), undefined, target);
  }
  assertEquals(request("/metrics", HEALTHY, true, "POST"), undefined);
  assertEquals(request("/metrics", HEALTHY, true, "HEAD")?.status, 200);
});

Deno.test("Routes answer OPTIONS as load balancers need it", () => {
  const ask = (target: string, status: typeof HEALTHY) =>
    request(target, status, false, "OPTIONS")?.status;
  for (const target of ["/healthz", "/readyz", "/metrics"]) assertEquals(ask(target, HEALTHY), 204);
  assertEquals([ask("/readyz", UNHEALTHY), ask("/healthz", UNHEALTHY), ask("/", HEALTHY)], [
    503,
    204,
    undefined,
  ]);
});

Deno.test("Responses of routes are not cached", () => {
  for (const target of ["/healthz", "/readyz", "/metrics"]) {
    for (const status of [HEALTHY, UNHEALTHY]) {
      const response = request(target, status);
      assertEquals(field(response, "cache-control"), "no-store");
    }
  }
});

Deno.test("beginsRouteRequest() knows by the request line whether a route answers", () => {
  for (
    const target of ["/healthz", "/readyz?x", "/metrics", "http://a/healthz", "/", "/healthz/"]
  ) {
    for (const method of ["GET", "HEAD", "OPTIONS", "POST"]) {
      const answers = request(target, HEALTHY, true, method) !== undefined;
      const line = `${method} ${target} HTTP/1.1\r\n`;
      for (const rest of ["", "Host: a\r\n\r\n"]) {
        assertEquals(beginsRouteRequest(new TextEncoder().encode(line + rest)), answers, line);
      }
    }
  }
});
