import { assertEquals } from "@std/assert";
import { closing, encodeResponse, type HttpResponse } from "../../../lib/protocol/http/response.ts";

function text(response: HttpResponse, withBody?: boolean): string {
  return new TextDecoder().decode(encodeResponse(response, withBody));
}

Deno.test("encodeResponse() writes the status line, the fields in order, the length and the body", () => {
  const fields = [["content-type", "text/plain"], ["x-a", "1"], ["x-a", "2"]] as const;
  assertEquals(
    text({ status: 200, fields, body: "ok\n" }),
    "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nx-a: 1\r\nx-a: 2\r\ncontent-length: 3\r\n\r\nok\n",
  );
});

Deno.test("encodeResponse() counts the body in bytes", () => {
  assertEquals(
    text({ status: 404, fields: [], body: "\u20ac" }),
    "HTTP/1.1 404 Not Found\r\ncontent-length: 3\r\n\r\n\u20ac",
  );
});

Deno.test("encodeResponse() writes a length of 0 without a body", () => {
  assertEquals(
    text({ status: 405, fields: new Headers({ allow: "GET" }) }),
    "HTTP/1.1 405 Method Not Allowed\r\nallow: GET\r\ncontent-length: 0\r\n\r\n",
  );
});

Deno.test("encodeResponse() keeps the length of an omitted body", () => {
  assertEquals(
    text({ status: 200, fields: [], body: "hello" }, false),
    "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n",
  );
});

Deno.test("encodeResponse() writes no length for 101, 204 and 304", () => {
  const reasons = { 101: "Switching Protocols", 204: "No Content", 304: "Not Modified" };
  for (const [status, reason] of Object.entries(reasons)) {
    assertEquals(
      text({ status: Number(status), fields: [["a", "b"]] }),
      `HTTP/1.1 ${status} ${reason}\r\na: b\r\n\r\n`,
    );
  }
});

Deno.test("encodeResponse() writes the reason phrase of every status in use", () => {
  for (
    const status of [
      ...[101, 200, 204, 304, 400, 404, 405, 408, 414, 421, 426, 431, 500, 501, 503, 505],
    ]
  ) {
    assertEquals(/^HTTP\/1\.1 \d{3} [A-Z][A-Za-z ]+\r\n/.test(text({ status, fields: [] })), true);
  }
});

Deno.test("closing() adds Connection: close, and keeps upgrade for 426", () => {
  const fields = [["a", "b"]] as const;
  for (const [status, connection] of [[200, "close"], [426, "upgrade, close"]] as const) {
    assertEquals([...closing({ status, fields }).fields], [["connection", connection], ["a", "b"]]);
  }
});
