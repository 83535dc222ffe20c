import { assertEquals, assertThrows } from "@std/assert";
import {
  countEmptyLines,
  findHeadEnd,
  hasBody,
  MAX_FIELDS,
  MAX_REQUEST_HEAD,
  parseRequestHead,
  persists,
  RequestError,
  type RequestHead,
} from "../../../lib/protocol/http/request_head.ts";
import { eachSeed } from "../../random.ts";
import { assertProportional } from "../../support/growth.ts";
import { concat, utf8 } from "../reading.ts";

const START = "GET / HTTP/1.1";
const HOST = "Host: localhost:8080";

function parse(...lines: string[]): RequestHead {
  return parseRequestHead(utf8([...lines, "", ""].join("\r\n")));
}

function assertRefused(status: number, lines: string[], message = ""): void {
  const error = assertThrows(() => parse(...lines), RequestError, message);
  assertEquals(error.status, status, JSON.stringify(lines));
}

Deno.test("findHeadEnd() finds the empty line, with CRLF and with a bare LF", () => {
  for (const head of ["a\r\nb\r\n\r\n", "a\nb\n\n", "a\r\nb\n\r\n", "a\r\nb\r\n\n", "\n\n"]) {
    assertEquals(findHeadEnd(utf8(`${head}rest\r\n\r\n`)), head.length, JSON.stringify(head));
  }
  for (
    const text of ["", "\n", "\r\n", "a\r\n", "a\r\nb\r\n", "a\n\r", "a\r\r", "a\n\r\r\n", "a\rb"]
  ) {
    assertEquals(findHeadEnd(utf8(text)), -1, JSON.stringify(text));
  }
});

Deno.test("findHeadEnd() resumes at any position searched before", () => {
  for (const head of ["GET / HTTP/1.1\r\nA: b\r\n\r\n", "GET / HTTP/1.1\nA: b\n\n", "a\n\r\n"]) {
    const bytes = utf8(`${head}rest`);
    for (let length = 0; length < head.length; length++) {
      assertEquals(findHeadEnd(bytes.subarray(0, length)), -1);
      assertEquals(findHeadEnd(bytes, length), head.length, `${JSON.stringify(head)} at ${length}`);
    }
  }
});

Deno.test("parseRequestHead() returns the parts of a request", () => {
  const { method, target, version, fields } = parse(
    "GET /chat?room=1 HTTP/1.1",
    HOST,
    "X-Empty:",
    "ACCEPT:text/html",
    "x-padded: \t a b \t ",
    "X-Opaque: caf\u00e9",
    "Accept: */*",
    "!#$%&'*+-.^_`|~09: token",
  );
  assertEquals([method, target, version], ["GET", "/chat?room=1", "HTTP/1.1"]);
  assertEquals([...fields], [
    ["host", ["localhost:8080"]],
    ["x-empty", [""]],
    ["accept", ["text/html", "*/*"]],
    ["x-padded", ["a b"]],
    ["x-opaque", ["caf\xc3\xa9"]],
    ["!#$%&'*+-.^_`|~09", ["token"]],
  ]);
});

Deno.test("parseRequestHead() trims only spaces and tabs", () => {
  const head = concat(utf8(`${START}\r\n${HOST}\r\nX: `), Uint8Array.of(0xa0), utf8(" \r\n\r\n"));
  assertEquals(parseRequestHead(head).fields.get("x"), ["\xa0"]);
});

Deno.test("parseRequestHead() accepts bare LF in all lines, and rejects a mix of LF and CRLF", () => {
  assertEquals(parseRequestHead(utf8(`${START}\n${HOST}\nA: b\n\n`)).fields.get("a"), ["b"]);
  const mixed = [
    `${START}\r\n${HOST}\nA: b\r\n\r\n`,
    `${START}\r\n${HOST}\r\nA: b\n\n`,
    `${START}\r\n${HOST}\r\n\n`,
    `${START}\n${HOST}\n\r\n`,
    `${START}\n${HOST}\nA: b\r\n\n`,
  ];
  for (const head of mixed) {
    const error = assertThrows(
      () => parseRequestHead(utf8(head)),
      RequestError,
      "CRLF and with LF",
    );
    assertEquals(error.status, 400, JSON.stringify(head));
  }
});

Deno.test("parseRequestHead() rejects a lone CR", () => {
  assertRefused(400, [START, HOST, "A: b\rC: d"], "header field");
  assertRefused(400, [`${START}\rX`, HOST], "request line");
});

Deno.test("parseRequestHead() accepts fields named like properties of objects", () => {
  const { fields } = parse(START, HOST, "__proto__: a", "constructor: b");
  assertEquals([fields.get("__proto__"), fields.get("constructor")], [["a"], ["b"]]);
});

Deno.test("parseRequestHead() rejects a malformed request line", () => {
  const wrong = [
    "",
    "GET",
    "GET /",
    "GET  / HTTP/1.1",
    "GET / HTTP/1.1 ",
    " GET / HTTP/1.1",
    "GET / HTTP/1",
    "GET / HTTP/1.10",
    "GET / http/1.1",
    "GET /a b HTTP/1.1",
    "GET /\t HTTP/1.1",
    "GET /\x7f HTTP/1.1",
    "get / HTTP/1.1",
  ];
  for (const line of wrong) assertRefused(400, [line, HOST], "Malformed request line");
});

Deno.test("parseRequestHead() reads any later minor version of HTTP/1 as HTTP/1.1", () => {
  assertEquals(parse("GET / HTTP/1.0", HOST).version, "HTTP/1.0");
  for (const minor of [1, 2, 9]) {
    assertEquals(parse(`GET / HTTP/1.${minor}`, HOST).version, "HTTP/1.1");
  }
});

Deno.test("parseRequestHead() rejects other major versions", () => {
  for (const version of ["0.9", "2.0", "3.0"]) assertRefused(505, [`GET / HTTP/${version}`, HOST]);
  assertRefused(505, ["PRI * HTTP/2.0"]);
});

Deno.test("parseRequestHead() rejects fields that are used to smuggle requests", () => {
  const wrong = [
    "Accept : */*",
    "Accept\t: */*",
    " Accept: */*",
    " folded",
    "\tfolded: value",
    "no colon",
    "nothing",
    ": no name",
    ":",
    "a b: c",
    "a(b): c",
    "caf\u00e9: c",
    "A: b\0c",
    "A: b\x01c",
    "A: b\x7fc",
    "A: b\vc",
  ];
  for (const line of wrong) {
    assertRefused(400, [START, HOST, line], "Malformed header field");
    assertRefused(400, [START, HOST, line, "B: c"], "Malformed header field");
  }
});

Deno.test("parseRequestHead() requires one well-formed Host", () => {
  assertRefused(400, [START], "Host is missing");
  assertRefused(400, [START, HOST, HOST], "Host is given twice");
  assertRefused(400, [START, HOST, "host: other"], "Host is given twice");
  assertRefused(400, ["GET / HTTP/1.0", HOST, HOST], "Host is given twice");
  for (const host of ["a b", "a/b", "a@b", "a?b", "a#b", "a,b", "a\\b", "<a>", "\u00e9"]) {
    assertRefused(400, [START, `Host: ${host}`], "Malformed Host");
  }
  for (const host of ["", "localhost", "127.0.0.1:8080", "[::1]:8080", "a-b.example", "%41_~!"]) {
    assertEquals(parse(START, `Host: ${host}`).fields.get("host"), [host]);
  }
  assertEquals(parse("GET / HTTP/1.0").fields.size, 0);
});

Deno.test("parseRequestHead() rejects a head over the limit, which is inclusive", () => {
  const head = (length: number) => {
    const begin = `${START}\r\n${HOST}\r\nX: `;
    return utf8(`${begin}${"x".repeat(length - begin.length - 4)}\r\n\r\n`);
  };
  assertEquals(parseRequestHead(head(MAX_REQUEST_HEAD)).method, "GET");
  const error = assertThrows(() => parseRequestHead(head(MAX_REQUEST_HEAD + 1)), RequestError);
  assertEquals(error.status, 431);
});

Deno.test("parseRequestHead() takes time in proportion to the blanks in a field", () => {
  // A trimming expression that is tried at every blank of a long row would block the server.
  assertProportional({
    make: (length) => utf8(`${START}\r\n${HOST}\r\nX: a${" ".repeat(length)}b\r\n\r\n`),
    run: parseRequestHead,
    length: 16_000,
  }, "blanks");
});

Deno.test("parseRequestHead() returns a head or throws a RequestError for damaged heads", () =>
  eachSeed(2000, (random) => {
    const head = utf8(`${START}\r\n${HOST}\r\nUpgrade: websocket\r\nAccept: */*\r\n\r\n`);
    for (let i = random.below(4); i >= 0; i--) {
      head[random.below(head.length)] = random.pick([0x0a, 0x0d, 0x20, 0x3a, random.below(256)]);
    }
    try {
      parseRequestHead(head);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
    }
  }));

Deno.test("countEmptyLines() counts the bytes of empty lines before a request line (RFC 9112 2.2)", () => {
  const cases = { "": 0, "GET": 0, "\r\nGET": 2, "\n\r\n\nGET": 4, "\r": 0, "\rG": 0, "\n\r": 1 };
  for (const [text, count] of Object.entries(cases)) {
    assertEquals(countEmptyLines(utf8(text)), count, JSON.stringify(text));
  }
});

Deno.test("parseRequestHead() requires the form of target that the method has (RFC 9112 3.2)", () => {
  const right = [
    "GET /",
    "GET //",
    "GET /a?b=/c#".slice(0, -1),
    "GET http://chat.example",
    "GET HTTPS://chat.example:8443/x?y",
    "GET http://[::1]:80/",
    "POST http://chat.example?x",
    "OPTIONS *",
    "OPTIONS /",
    "CONNECT chat.example:443",
    "CONNECT [::1]:443",
  ];
  for (const line of right) assertEquals(parse(`${line} HTTP/1.1`, HOST).version, "HTTP/1.1", line);
  const wrong = [
    "GET chat",
    "GET *",
    "GET ?x",
    "GET chat.example:443",
    "GET /#x",
    "GET ftp://chat.example/",
    "GET http://",
    "GET http:///x",
    "GET http://a@chat.example/",
    "GET http://a:b:c/",
    "GET http:/x",
    "OPTIONS *x",
    "CONNECT /",
    "CONNECT chat.example",
    "CONNECT http://chat.example:443",
  ];
  for (const line of wrong) {
    assertRefused(400, [`${line} HTTP/1.1`, HOST], "Malformed request target");
  }
});

Deno.test("parseRequestHead() rejects a body of ambiguous length (RFC 9112 6)", () => {
  for (const length of ["abc", "-1", "+1", "1.0", "0x1", "", "1 2", "5, 5"]) {
    assertRefused(400, [START, HOST, `Content-Length: ${length}`], "Malformed Content-Length");
  }
  assertRefused(400, [START, HOST, "Content-Length: 5", "Content-Length: 5"], "given twice");
  assertRefused(
    400,
    [START, HOST, "Content-Length: 5", "Transfer-Encoding: chunked"],
    "exclude each other",
  );
  assertRefused(400, ["GET / HTTP/1.0", "Transfer-Encoding: chunked"], "HTTP/1.1");
  for (const coding of ["", "gzip", "chunked, gzip", "chunked, chunked", "xchunked", "chunked,"]) {
    assertRefused(
      400,
      [START, HOST, `Transfer-Encoding: ${coding}`],
      "Malformed Transfer-Encoding",
    );
  }
  assertRefused(501, [START, HOST, "Transfer-Encoding: gzip, chunked"]);
  for (
    const field of [
      "Content-Length: 0",
      "Content-Length: 99999999999999999999",
      "Transfer-Encoding: Chunked",
    ]
  ) {
    assertEquals(parse(START, HOST, field).method, "GET");
  }
});

Deno.test("parseRequestHead() answers 431 to too many fields, and 414 to a long request line", () => {
  const fields = (count: number) => Array.from({ length: count }, (_, i) => `A${i}: b`);
  assertEquals(parse(START, HOST, ...fields(MAX_FIELDS - 1)).fields.size, MAX_FIELDS);
  assertRefused(431, [START, HOST, ...fields(MAX_FIELDS)]);
  assertRefused(414, [`GET /${"x".repeat(MAX_REQUEST_HEAD)} HTTP/1.1`, HOST]);
  assertRefused(431, [START, HOST, `A: ${"x".repeat(MAX_REQUEST_HEAD)}`]);
});

function isPersistent(fields: readonly string[], version = "HTTP/1.1"): boolean {
  return persists(parse(`GET / ${version}`, "Host: a", ...fields));
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

Deno.test("persists() is false for HTTP/1.0, and for close anywhere in the list", () => {
  assertEquals(isPersistent([], "HTTP/1.0"), false);
  assertEquals(isPersistent(["Connection: keep-alive"], "HTTP/1.0"), false);
  const last = [
    ["Connection: close"],
    ["Connection: x, CLOSE"],
    ["Connection: x", "Connection: close"],
  ];
  for (const fields of last) assertEquals(isPersistent(fields), false, fields.join());
});

Deno.test("hasBody() is true for a length over 0 and for a transfer coding", () => {
  const has = (...fields: string[]) => hasBody(parse("POST / HTTP/1.1", "Host: a", ...fields));
  for (const field of ["Content-Length: 1", "Content-Length: 005", "Transfer-Encoding: chunked"]) {
    assertEquals(has(field), true, field);
  }
  assertEquals([has(), has("Content-Length: 00")], [false, false]);
});
