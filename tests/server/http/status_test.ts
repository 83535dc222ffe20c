import { assertEquals } from "@std/assert";
import type { RequestHead } from "../../../lib/protocol/http/request_head.ts";
import { Health, isLocalRequest } from "../../../lib/server/http/status.ts";

function head(target: string, fields: Record<string, string> = {}): RequestHead {
  const entries = Object.entries(fields).map(([name, value]) => [name, [value]] as const);
  return { method: "GET", target, version: "HTTP/1.1", fields: new Map(entries) };
}

Deno.test("Health.problems has the current problem of each check", () => {
  const failures: string[] = [];
  const health = new Health([() => undefined, () => failures[0], () => "draining"]);
  assertEquals(health.problems, ["draining"]);
  failures.push("history failing: disk full");
  assertEquals(health.problems, ["history failing: disk full", "draining"]);
  assertEquals(new Health([]).problems, []);
});

Deno.test("isLocalRequest() accepts requests from this machine", () => {
  for (const address of ["127.0.0.1:1", "127.9.9.9:65535", "[::1]:8080"]) {
    for (const host of ["localhost", "LOCALHOST:80", "127.0.0.1:8080", "[::1]", "[::1]:1"]) {
      assertEquals(isLocalRequest(address, head("/", { host })), true, `${address} ${host}`);
    }
    assertEquals(isLocalRequest(address, head("/")), true, "HTTP/1.0 needs no Host");
  }
});

Deno.test("isLocalRequest() accepts no requests from elsewhere", () => {
  const host = { host: "localhost" };
  for (const address of ["192.0.2.1:80", "1127.0.0.1:1", "[::2]:1", "[fe80::1]:1", "unknown"]) {
    assertEquals(isLocalRequest(address, head("/", host)), false, address);
  }
});

Deno.test("isLocalRequest() accepts no requests that a proxy forwarded", () => {
  const names = ["x-forwarded-for", "x-forwarded-proto", "forwarded", "via", "x-real-ip"];
  for (const name of names) {
    const fields = { host: "localhost", [name]: "127.0.0.1" };
    assertEquals(isLocalRequest("127.0.0.1:1", head("/", fields)), false, name);
  }
});

/** Regression: a page whose host name resolves to 127.0.0.1 could read the metrics of its visitors' machines. */
Deno.test("isLocalRequest() accepts no requests for another host", () => {
  for (const host of ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", ""]) {
    assertEquals(isLocalRequest("127.0.0.1:1", head("/", { host })), false, host);
  }
  // RFC 9112 3.2.2: the authority of an absolute target counts, and Host does not.
  const target = "http://evil.example/metrics";
  assertEquals(isLocalRequest("127.0.0.1:1", head(target, { host: "localhost" })), false);
  assertEquals(
    isLocalRequest("127.0.0.1:1", head("http://localhost/", { host: "localhost" })),
    true,
  );
});
