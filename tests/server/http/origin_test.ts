import { assertEquals, assertThrows } from "@std/assert";
import { AllowedOrigins } from "../../../lib/server/http/origin.ts";

type Case = readonly [origin: string | undefined, host: string | undefined, allowed: boolean];

function assertAllows(list: string | undefined, cases: readonly Case[]): void {
  const origins = new AllowedOrigins(list);
  for (const [origin, host, allowed] of cases) {
    assertEquals(origins.allows(origin, host), allowed, `${origin} at ${host}`);
  }
}

Deno.test("AllowedOrigins allows the server's own pages", () => {
  assertAllows(undefined, [
    ["http://127.0.0.1:8080", "127.0.0.1:8080", true],
    ["http://[::1]:8080", "[::1]:8080", true],
    ["http://chat.example", "chat.example", true],
    ["http://chat.example", "chat.example:80", true],
    ["http://chat.example", "CHAT.example", true],
    ["https://chat.example", "chat.example", true],
    ["https://chat.example", "chat.example:443", true],
    ["https://chat.example:8443", "chat.example:8443", true],
  ]);
});

Deno.test("AllowedOrigins refuses pages from other origins", () => {
  assertAllows(undefined, [
    ["http://evil.example", "chat.example", false],
    ["http://evil.example:8080", "127.0.0.1:8080", false],
    ["http://127.0.0.1:8081", "127.0.0.1:8080", false],
    ["http://127.0.0.1", "127.0.0.1:8080", false],
    ["http://localhost:8080", "127.0.0.1:8080", false],
    ["http://chat.example.evil.example", "chat.example", false],
    ["http://evil-chat.example", "chat.example", false],
    ["https://chat.example", "chat.example:80", false],
    ["http://chat.example@evil.example", "chat.example", false],
    ["http://evil.example/chat.example", "chat.example", false],
    ["ftp://chat.example", "chat.example", false],
    ["chat.example", "chat.example", false],
    ["null", "chat.example", false],
    ["null", "null", false],
    ["", "chat.example", false],
    ["", "", false],
    ["http://", "", false],
    ["http://chat.example, http://chat.example", "chat.example", false],
    ["http://chat.example", undefined, false],
    ["http://chat.example", "", false],
  ]);
});

Deno.test("AllowedOrigins allows clients that are not browsers", () => {
  assertAllows(undefined, [[undefined, "chat.example", true], [undefined, undefined, true]]);
});

Deno.test("AllowedOrigins allows listed origins, in any form", () => {
  assertAllows("https://App.example:443, http://localhost:4200,capacitor://localhost", [
    ["https://app.example", "chat.example", true],
    ["https://app.example:443", "chat.example", true],
    ["http://localhost:4200", "chat.example", true],
    ["capacitor://localhost", "chat.example", true],
    ["http://chat.example", "chat.example", true],
    ["http://app.example", "chat.example", false],
    ["https://localhost:4200", "chat.example", false],
    ["http://localhost", "chat.example", false],
    ["null", "chat.example", false],
    ["*", "chat.example", false],
  ]);
});

Deno.test("AllowedOrigins allows opaque origins, or all, if listed", () => {
  assertAllows("null", [["null", "chat.example", true], ["http://evil.example", "x", false]]);
  assertAllows("*", [["null", "x", true], ["http://evil.example", "x", true], ["", "x", true]]);
});

Deno.test("AllowedOrigins rejects a list with something else in it", () => {
  const wrong = [
    "chat.example",
    "https://chat.example/",
    "https://chat.example/page",
    "",
    "a,,b",
    "https://",
  ];
  for (const list of [...wrong, "https://a b", "none", "*,null", "https://*.example"]) {
    assertThrows(() => new AllowedOrigins(list), TypeError, "Cannot allow origin '");
  }
});

/** Behind a proxy that terminates TLS, only the proxy knows how the page was loaded. */
Deno.test("AllowedOrigins compares the scheme where it is known", () => {
  const origins = new AllowedOrigins();
  const cases: ReadonlyArray<readonly [string, string, "http" | "https", boolean]> = [
    ["https://chat.example", "chat.example", "https", true],
    ["https://chat.example:443", "chat.example", "https", true],
    ["https://chat.example:8443", "chat.example:8443", "https", true],
    ["HTTP://chat.example", "chat.example:80", "http", true],
    ["http://chat.example", "chat.example", "https", false],
    ["https://chat.example", "chat.example", "http", false],
    ["https://evil.example", "chat.example", "https", false],
  ];
  for (const [origin, host, scheme, expected] of cases) {
    assertEquals(
      origins.allows(origin, host, scheme),
      expected,
      `${origin} at ${scheme}://${host}`,
    );
  }
});
