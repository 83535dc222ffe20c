import { assertEquals } from "@std/assert";
import { persists } from "../../../lib/protocol/http/persistence.ts";
import { parseRequestHead } from "../../../lib/protocol/http/request_head.ts";
import { utf8 } from "../reading.ts";

function isPersistent(fields: readonly string[], version = "HTTP/1.1"): boolean {
  return persists(
    parseRequestHead(utf8([`GET / ${version}`, "Host: a", ...fields, "", ""].join("\r\n"))),
  );
}

Deno.test("persists() is true for HTTP/1.1 without close", () => {
  for (
    const fields of [[], ["Connection: keep-alive"], ["Connection: closed, x"], [
      "Content-Length: 00",
    ]]
  ) {
    assertEquals(isPersistent(fields), true, fields.join());
  }
});

Deno.test("persists() is false for HTTP/1.0, for close anywhere in the list, and with a body", () => {
  assertEquals(isPersistent([], "HTTP/1.0"), false);
  assertEquals(isPersistent(["Connection: keep-alive"], "HTTP/1.0"), false);
  const last = [
    ["Connection: close"],
    ["Connection: x, CLOSE"],
    ["Connection: x", "Connection: close"],
    ["Content-Length: 1"],
    ["Content-Length: 005"],
    ["Transfer-Encoding: chunked"],
  ];
  for (const fields of last) assertEquals(isPersistent(fields), false, fields.join());
});
