import { assert, assertEquals } from "@std/assert";
import {
  detect,
  type DetectedProtocol,
  detectStalled,
  MAX_REQUEST_LINE,
} from "../../lib/protocol/detect.ts";
import { utf8 } from "./reading.ts";

/** What is decided, which must be the same for every beginning that is enough, and its shortest length. */
function decide(text: string): { speech: DetectedProtocol; at: number } {
  const bytes = utf8(text);
  let speech: DetectedProtocol = "more", at = 0;
  for (let length = 0; length <= bytes.length; length++) {
    const said = detect(bytes.subarray(0, length));
    if (speech === "more" && said !== "more") at = length;
    assert(speech === "more" || said === speech, `${speech} after ${at}, ${said} after ${length}`);
    speech = said;
  }
  return { speech, at };
}

Deno.test("detect() reports HTTP at the end of a request line and not before", () => {
  const lines = [
    "GET / HTTP/1.1\r\n",
    "GET / HTTP/1.1\n",
    "GET /chat?room=1&x=%20 HTTP/1.0\r\n",
    "GET http://127.0.0.1:8080/ HTTP/1.1\r\n",
    "GET /caf\u00e9 HTTP/1.1\r\n",
    "POST / HTTP/1.1\r\n",
    "OPTIONS * HTTP/1.1\r\n",
    "CONNECT example.org:443 HTTP/1.1\r\n",
    "M-SEARCH * HTTP/1.1\r\n",
    "UPDATEREDIRECTREF / HTTP/1.1\r\n",
    "PRI * HTTP/2.0\r\n",
  ];
  for (const line of lines) {
    const end = utf8(line).length;
    assertEquals(decide(line), { speech: "http", at: end }, line);
    assertEquals(decide(`${line}Host: a\r\n\r\nmore`), { speech: "http", at: end }, line);
  }
});

Deno.test("detect() reports lines for text that a person may type", () => {
  const lines = [
    "GET well soon\n",
    "GET well soon",
    "get well soon\n",
    "Get used to HTTP/1.1\n",
    "I love HTTP/1.1\n",
    "post it on https://example.org\n",
    "get /docs from https://example.org\n",
    "Post /r/rust or http\n",
    "head over heels\n",
    "options / settings\n",
    "GET\n",
    "GET\r\n",
    "GET \n",
    "GET /\n",
    "GET /\r\n",
    "GET / HTTP/1.1 please\n",
    "GET / HTTP/1.1\rx\n",
    "delete that\n",
    "see / http/1.1\n",
    "hello\n",
    "hello everybody\n",
    "/name Alice\n",
    "\n\nhello\n",
    `${"\n".repeat(65)}GET / HTTP/1.1\n`,
    "\0",
    "\u00e9",
    "\uff28ello\n",
    "\x16hello\n",
    "\x16\n",
  ];
  for (const line of lines) assertEquals(decide(line).speech, "lines", JSON.stringify(line));
});

/**
 * An empty line in front, a letter too many or small ones made a chat line of a request, and the lobby was told the whole
 * head, Authorization included.
 */
Deno.test("detect() reports HTTP for request lines with mistakes", () => {
  const lines = [
    "\r\nGET / HTTP/1.1\r\n",
    "\n\r\n\nGET / HTTP/1.1\n",
    " GET / HTTP/1.1\r\n",
    "\t\r\n GET / HTTP/1.1\r\n",
    "\ufeffGET / HTTP/1.1\r\n",
    "GET  / HTTP/1.1\r\n",
    "GET\t/ HTTP/1.1\n",
    "GET / HTTP/1.1 \r\n",
    "GET / HTTP/1.1\r\r\n",
    "GET /x HTTP/1.1x\r\n",
    "GET / HTTP/11\n",
    "GET / HTTP/1\n",
    "GET / HTTP/x.1\n",
    "GET / HTTP/1.x\n",
    "GET / HTTP/1.10\n",
    "GET / HTTP1.1\n",
    "GET / HTTPS/1.1\n",
    "GET / HTTQ/1.1\n",
    "GET / http/1.1\n",
    "GET / RTSP/1.0\n",
    "get / http/1.1\r\n",
    "get / HTTP/1.1\r\n",
    "Get / HTTP/1.1\r\n",
    "post http://chat.example/ http/1.1\n",
    "get chat http/1.1\n",
    "GET chat HTTP/1.1\n",
    "GET HTTP/1.1\n",
    "GET /a b HTTP/1.1\n",
    "GET /a\tb HTTP/1.1\n",
    "GET /\x7f HTTP/1.1\n",
    "GET /\0 HTTP/1.1\n",
    "G3T / HTTP/1.1\r\n",
    "FOO / HTTQ/1.1\r\n",
    "OPTIONS * http/1.1\n",
  ];
  for (const line of lines) {
    assertEquals(
      decide(`${line}Authorization: Bearer secret\r\n\r\n`).speech,
      "http",
      JSON.stringify(line),
    );
  }
});

Deno.test("detect() waits after empty lines, which may precede a request or be typed", () => {
  for (const text of ["\n", "\r", "\r\n\r\n", " ", "\ufeff", "\r\nG", "\nget /x"]) {
    assertEquals(detect(utf8(text)), "more", JSON.stringify(text));
  }
  assertEquals(detect(utf8("\n".repeat(64))), "more");
  assertEquals(detect(utf8("\n".repeat(65))), "lines");
});

Deno.test("detect() reports lines as soon as a word in capitals is too long for a method", () => {
  assertEquals(detect(utf8("A".repeat(20))), "more");
  assertEquals(decide("A".repeat(30)), { speech: "lines", at: 21 });
  assertEquals(decide(`${"A".repeat(20)} / HTTP/1.1\r\n`).speech, "http");
  assertEquals(decide(`${"A".repeat(21)} / HTTP/1.1\r\n`).speech, "lines");
});

Deno.test("detect() recognizes a TLS record by its second byte", () => {
  assertEquals(detect(Uint8Array.of(0x16)), "more");
  assertEquals(detect(Uint8Array.of(0x16, 0x03)), "tls");
  assertEquals(detect(Uint8Array.of(0x16, 0x03, 0x01, 0x02, 0x00, 0x01)), "tls");
  assertEquals(detect(Uint8Array.of(0x16, 0x02)), "lines");
});

Deno.test("detect() needs at least one byte", () => {
  assertEquals(detect(new Uint8Array(0)), "more");
});

Deno.test("detect() waits for a long target up to the limit, and then reports HTTP", () => {
  const target = (length: number) => utf8("GET /".padEnd(length, "x"));
  assertEquals(detect(target(MAX_REQUEST_LINE - 1)), "more");
  assertEquals(detect(target(MAX_REQUEST_LINE)), "http");
  assertEquals(detect(target(3 * MAX_REQUEST_LINE)), "http");
});

Deno.test("detect() reports HTTP after a target over the limit, whatever follows", () => {
  for (const rest of ["", " HTTP/1.1\r\n", " well soon\n", "\n"]) {
    const bytes = utf8("GET /".padEnd(MAX_REQUEST_LINE, "x") + rest);
    assertEquals(detect(bytes), "http", JSON.stringify(rest));
  }
});

Deno.test("detectStalled() reports HTTP for a method and a space, and lines for a word", () => {
  for (
    const text of ["GET ", "GET /", "POST /chat HTTP/1.", "GET / HTTP/1.1\r", "get /", "\r\nGET "]
  ) {
    assertEquals(detect(utf8(text)), "more", text);
    assertEquals(detectStalled(utf8(text)), "http", text);
  }
  for (const text of ["", "G", "HELLO", "\x16", "\r\n", "get ", "get well"]) {
    assertEquals(detect(utf8(text)), "more", text);
    assertEquals(detectStalled(utf8(text)), "lines", text);
  }
});
