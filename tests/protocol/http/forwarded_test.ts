import { assertEquals, assertThrows } from "@std/assert";
import {
  readForwardedFor,
  readForwardedHost,
  readForwardedPort,
  readForwardedProto,
} from "../../../lib/protocol/http/forwarded.ts";
import { CidrSet } from "../../../lib/ip/network.ts";
import { RequestError } from "../../../lib/protocol/http/request_head.ts";

const proxies = new CidrSet("10.0.0.0/8,2001:db8::/32");

function read(...values: string[]): string | undefined {
  return readForwardedFor(values, (address) => proxies.has(address));
}

Deno.test("readForwardedFor() returns the last address that is not a trusted proxy", () => {
  assertEquals(read("192.0.2.1"), "192.0.2.1");
  assertEquals(read("192.0.2.1, 10.0.0.1"), "192.0.2.1");
  assertEquals(read("203.0.113.9, 192.0.2.1, 10.0.0.1,2001:db8::7"), "192.0.2.1");
});

Deno.test("readForwardedFor() ignores the addresses before that", () => {
  assertEquals(read("127.0.0.1, 192.0.2.1"), "192.0.2.1");
  assertEquals(read("10.0.0.5, 192.0.2.1, 10.0.0.1"), "192.0.2.1");
  assertEquals(read("nonsense, 192.0.2.1"), "192.0.2.1");
});

Deno.test("readForwardedFor() reads several fields as one list", () => {
  assertEquals(read("203.0.113.9", "192.0.2.1", "10.0.0.1"), "192.0.2.1");
  assertEquals(read("192.0.2.1", "10.0.0.1, 10.0.0.2"), "192.0.2.1");
});

Deno.test("readForwardedFor() returns the first address if all are trusted proxies", () => {
  assertEquals(read("10.0.0.1, 10.0.0.2"), "10.0.0.1");
});

Deno.test("readForwardedFor() reads addresses in every common notation", () => {
  assertEquals(read("192.0.2.1:4711"), "192.0.2.1");
  assertEquals(read("[2001:DB9::1]:4711"), "2001:db9::1");
  assertEquals(read("[2001:db9::1]"), "2001:db9::1");
  assertEquals(read("2001:db9:0::1"), "2001:db9::1");
  assertEquals(read("::ffff:192.0.2.1"), "192.0.2.1");
  assertEquals(read("\t192.0.2.1  "), "192.0.2.1");
});

Deno.test("readForwardedFor() drops ports and zones", () => {
  assertEquals(read("[2001:db9::1]:65535"), "2001:db9::1");
  assertEquals(read("fe80::1%eth0"), "fe80::1");
  assertEquals(read("[fe80::1%25en0]:4711"), "fe80::1");
});

Deno.test("readForwardedFor() skips empty elements (RFC 9110 5.6.1)", () => {
  assertEquals(read(",192.0.2.1, ,10.0.0.1,\t,"), "192.0.2.1");
  assertEquals(read("192.0.2.1", ""), "192.0.2.1");
});

Deno.test("readForwardedFor() returns undefined without such a field", () => {
  assertEquals(readForwardedFor(undefined, () => true), undefined);
});

/** Such a value was once skipped, and the client counted as the proxy itself, which has no limits on loopback. */
Deno.test("readForwardedFor() rejects an unreadable element in the relevant position", () => {
  const wrong = [
    "",
    ",",
    "unknown",
    "_hidden, 10.0.0.1",
    "192.0.2.1, unknown",
    "localhost",
    "unix:",
    "192.0.2.1 10.0.0.1",
    "[192.0.2.1]",
    "[192.0.2.1",
    "192.0.2.1:x",
    "192.0.2.1:65536",
    "192.0.2.1:123456",
    "192.0.2.256",
    "192.0.2.01",
    "192.0.2.1%eth0",
    "fe80::1%",
    "fe80::1%a b",
    "2001:db9::1]:1",
    "[2001:db9::1]x",
    '"192.0.2.1"',
    "for=192.0.2.1",
    "\u00a0192.0.2.1",
  ];
  for (const value of wrong) {
    const error = assertThrows(() => read(value), RequestError, "X-Forwarded-For");
    assertEquals(error.status, 400);
  }
});

Deno.test("readForwardedHost() returns the host that the last proxy wrote", () => {
  assertEquals(readForwardedHost(undefined), undefined);
  for (const host of ["chat.example", "chat.example:8443", "[::1]:80", "192.0.2.1", "a_b-c"]) {
    assertEquals(readForwardedHost([host]), host);
    assertEquals(readForwardedHost(["evil.example , x y", host]), host);
  }
  for (const host of ["", "a b", "a/b", "a@b", "chat.example:x", "[::1", "\u00e9", "a:1:2"]) {
    assertThrows(() => readForwardedHost([host]), RequestError, "Malformed X-Forwarded-Host");
  }
});

Deno.test("readForwardedProto() tells plain HTTP from HTTPS", () => {
  const protos = { http: "http", HTTPS: "https", ws: "http", wss: "https", "http, https": "https" };
  for (const [value, proto] of Object.entries(protos)) {
    assertEquals(readForwardedProto([value]), proto as "http" | "https");
  }
  assertEquals(readForwardedProto(undefined), undefined);
  for (const value of ["", "ftp", "https:", "on"]) {
    assertThrows(() => readForwardedProto([value]), RequestError, "Malformed X-Forwarded-Proto");
  }
});

Deno.test("readForwardedPort() reads a port number", () => {
  assertEquals([readForwardedPort(["8443"]), readForwardedPort(undefined)], [8443, undefined]);
  for (const value of ["", "x", "-1", "123456"]) {
    assertThrows(() => readForwardedPort([value]), RequestError, "Malformed X-Forwarded-Port");
  }
});
