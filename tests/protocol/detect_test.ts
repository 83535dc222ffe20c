import { assert, assertEquals } from "@std/assert";
import {
  detect,
  type DetectedProtocol,
  detectEnded,
  detectStalled,
  MAX_REQUEST_LINE,
} from "../../lib/protocol/detect.ts";
import { MAX_REQUEST_HEAD } from "../../lib/protocol/http/request_head.ts";
import { utf8 } from "./reading.ts";

/** Returns the decision, which must be the same for every longer prefix, and the length of the shortest prefix with it. */
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
    "delete that\n",
    "see / http/1.1\n",
    "hello\n",
    "hello everybody\n",
    "/name Alice\n",
    "\n\nhello\n",
    `${"\n".repeat(65)}GET / HTTP/1.1\n`,
    "\0hello\n",
    "\x1b[Ahello\n",
    "\x1bGET / HTTP/1.1\n",
    "\u20acGET / HTTP/1.1\n",
    "GET/POST requests\n",
    "GET/ it is\n",
    "GET / HTTP\n",
    "GET / HTTP please\n",
    "I said GET / HTTP/1.1\n",
    "\u00e9",
    "\uff28ello\n",
    "\x16hello\n",
    "\x16\n",
  ];
  for (const line of lines) assertEquals(decide(line).speech, "lines", JSON.stringify(line));
});

/**
 * An empty line in front, an extra letter or lower case once made a request a chat line. The whole head, Authorization
 * included, was sent to the lobby.
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
    "GET / HTTP 1.1\r\n",
    "GET / HTTP 1\n",
    "GET/ HTTP/1.1\r\n",
    "POST/login HTTP/1.1\n",
    "GET /HTTP/1.1\r\n",
    "GET /x?y=HTTP/1.0\n",
    "GET / HTTP/1.1\rHost: chat.example\r\n",
    "GET chat HTTP/1.1\rHost: chat.example\r\n",
    "GET/ HTTP/1.1\rHost: chat.example\r\n",
  ];
  for (const line of lines) {
    assertEquals(
      decide(`${line}Authorization: Bearer secret\r\n\r\n`).speech,
      "http",
      JSON.stringify(line),
    );
  }
});

/** An arrow key, a NUL or a mark without width in front, and the lobby was told the head. */
Deno.test("detect() reports HTTP behind what nobody sees", () => {
  const unseen = [
    ..."\0\x01\b\v\x7f\x85\x9b\u00a0\u00ad\u200b\u200d\u200e\u2028\u202e\u2060\u2066\ufeff",
    ...["\x1b[A", "\x1b[1;5C", "\x1b[200~", "\x1bOA", "\r\n\ufeff \x1b[A\0"],
  ];
  for (const before of unseen) {
    assertEquals(decide(`${before}GET / HTTP/1.1\r\nCookie: a\r\n`).speech, "http", escape(before));
    assertEquals(decide(`${before}hello\n`).speech, "lines", escape(before));
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

Deno.test("MAX_REQUEST_LINE is the limit of the whole head, so that HTTP refuses a longer line", () => {
  assertEquals(MAX_REQUEST_LINE, MAX_REQUEST_HEAD);
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

/** `printf 'GET /?token=... HTTP/1.1' | nc` told the lobby the token. */
Deno.test("detectEnded() reports HTTP for a request line without its end", () => {
  const lines = [
    "GET /",
    "GET well soon",
    "POST /login",
    "G",
    "GET",
    "GET /a H b",
    "I love HTTP",
    "",
  ];
  const requests = [
    ...["GET /?token=a HTTP/1.1", "GET /?token=a HTTP/1.", "GET /?token=a HT", "get / http/1.1"],
    ...[
      "GET / HTTP/1.1\rHost: a\r\r",
      "\x1b[AGET / HTTP/1.1",
      "GET/ HTTP/1.1",
      "GET chat HTTP/1.1",
    ],
  ];
  for (const text of requests) {
    assertEquals(detect(utf8(text)), "more", text);
    assertEquals(detectEnded(utf8(text)), "http", text);
  }
  for (const text of lines) assertEquals(detectEnded(utf8(text)), "lines", text);
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
