import { assertEquals } from "@std/assert";
import {
  asksStatus,
  isLocal,
  respondStatus,
  type Status,
} from "../../../lib/server/http/status.ts";
import type { RequestHead } from "../../../lib/protocol/http/request_head.ts";
import type { HttpResponse } from "../../../lib/protocol/http/response.ts";

const WELL: Status = { problems: [], metrics: () => "n 1\n" };
const ILL: Status = { ...WELL, problems: ["draining", "history failing: disk full"] };

function head(target: string, fields: Record<string, string> = {}, method = "GET"): RequestHead {
  const entries = Object.entries(fields).map(([name, value]) => [name, [value]] as const);
  return { method, target, version: "HTTP/1.1", fields: new Map(entries) };
}

const field = (response: HttpResponse | undefined, name: string) =>
  [...response?.fields ?? []].find(([key]) => key === name)?.[1];

function ask(target: string, status = WELL, trusted = true) {
  const response = respondStatus(head(target), status, trusted);
  return [response?.status, response?.body];
}

Deno.test("respondStatus() says that a server lives, whatever else is wrong", () => {
  assertEquals(ask("/healthz"), [200, "ok\n"]);
  assertEquals(ask("/healthz", ILL), [200, "ok, but draining, but history failing: disk full\n"]);
});

Deno.test("respondStatus() says whether a server is ready, and if not, why", () => {
  assertEquals(ask("/readyz"), [200, "ready\n"]);
  assertEquals(ask("/readyz?x", ILL), [503, "not ready: draining, history failing: disk full\n"]);
});

Deno.test("respondStatus() tells strangers what is wrong, and not where files are", () => {
  const problems = [
    "draining",
    "Cannot use history '/home/ann/it's here/chat.db': the disk is full",
  ];
  const status = { ...WELL, problems };
  const told = ["draining", "Cannot use history: the disk is full"];
  assertEquals(ask("/healthz", status, false), [200, `ok, but ${told.join(", but ")}\n`]);
  assertEquals(ask("/readyz", status, false), [503, `not ready: ${told.join(", ")}\n`]);
  assertEquals(ask("/readyz", status), [503, `not ready: ${problems.join(", ")}\n`]);
});

Deno.test("respondStatus() gives the metrics to who may see them", () => {
  const response = respondStatus(head("/metrics"), WELL, true);
  assertEquals([response?.status, response?.body], [200, "n 1\n"]);
  assertEquals(field(response, "content-type"), "text/plain; version=0.0.4; charset=utf-8");
  assertEquals(ask("/metrics", WELL, false), [
    403,
    "Metrics are for this machine and for operators\n",
  ]);
});

Deno.test("respondStatus() has nothing to say to other paths and methods", () => {
  for (const target of ["/", "/metric", "/metrics/", "/readyz/x"]) {
    assertEquals(respondStatus(head(target), WELL, true), undefined, target);
  }
  assertEquals(respondStatus(head("/metrics", {}, "POST"), WELL, true), undefined);
  assertEquals(respondStatus(head("/metrics", {}, "HEAD"), WELL, true)?.status, 200);
});

Deno.test("respondStatus() answers OPTIONS as a load balancer means it", () => {
  const ask = (target: string, status: typeof WELL) =>
    respondStatus(head(target, {}, "OPTIONS"), status, false)?.status;
  for (const target of ["/healthz", "/readyz", "/metrics"]) assertEquals(ask(target, WELL), 204);
  assertEquals([ask("/readyz", ILL), ask("/healthz", ILL), ask("/", WELL)], [503, 204, undefined]);
});

Deno.test("respondStatus() lets nothing be cached", () => {
  for (const target of ["/healthz", "/readyz", "/metrics"]) {
    for (const status of [WELL, ILL]) {
      const response = respondStatus(head(target), status, true);
      assertEquals(field(response, "cache-control"), "no-store");
    }
  }
});

Deno.test("asksStatus() knows by the first line what respondStatus() answers", () => {
  for (
    const target of ["/healthz", "/readyz?x", "/metrics", "http://a/healthz", "/", "/healthz/"]
  ) {
    for (const method of ["GET", "HEAD", "OPTIONS", "POST"]) {
      const answers = respondStatus(head(target, {}, method), WELL, true) !== undefined;
      const line = `${method} ${target} HTTP/1.1\r\n`;
      for (const rest of ["", "Host: a\r\n\r\n"]) {
        assertEquals(asksStatus(new TextEncoder().encode(line + rest)), answers, line);
      }
    }
  }
});

Deno.test("isLocal() takes requests of this machine", () => {
  for (const address of ["127.0.0.1:1", "127.9.9.9:65535", "[::1]:8080"]) {
    for (const host of ["localhost", "LOCALHOST:80", "127.0.0.1:8080", "[::1]", "[::1]:1"]) {
      assertEquals(isLocal(address, head("/", { host })), true, `${address} ${host}`);
    }
    assertEquals(isLocal(address, head("/")), true, "HTTP/1.0 needs no Host");
  }
});

Deno.test("isLocal() takes nobody else's", () => {
  const host = { host: "localhost" };
  for (const address of ["192.0.2.1:80", "1127.0.0.1:1", "[::2]:1", "[fe80::1]:1", "unknown"]) {
    assertEquals(isLocal(address, head("/", host)), false, address);
  }
});

Deno.test("isLocal() takes nothing that a proxy passed on", () => {
  const names = ["x-forwarded-for", "x-forwarded-proto", "forwarded", "via", "x-real-ip"];
  for (const name of names) {
    const fields = { host: "localhost", [name]: "127.0.0.1" };
    assertEquals(isLocal("127.0.0.1:1", head("/", fields)), false, name);
  }
});

/** A page whose name was made to lead to 127.0.0.1 could read the metrics of its visitors' machines. */
Deno.test("isLocal() takes no request that was meant for another host", () => {
  for (const host of ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", ""]) {
    assertEquals(isLocal("127.0.0.1:1", head("/", { host })), false, host);
  }
  // RFC 9112 3.2.2: the authority of an absolute target counts, and Host does not.
  const target = "http://evil.example/metrics";
  assertEquals(isLocal("127.0.0.1:1", head(target, { host: "localhost" })), false);
  assertEquals(isLocal("127.0.0.1:1", head("http://localhost/", { host: "localhost" })), true);
});
