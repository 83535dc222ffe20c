import { assertEquals, assertThrows } from "@std/assert";
import {
  checkHandshake,
  offeredProtocols,
  wantsWebSocket,
} from "../../../lib/protocol/websocket/handshake.ts";
import {
  parseRequestHead,
  RequestError,
  type RequestHead,
} from "../../../lib/protocol/http/request_head.ts";
import { utf8 } from "../reading.ts";

const KEY = "dGhlIHNhbXBsZSBub25jZQ==";

/** The fields of a correct handshake. Given fields replace those of the same name; `undefined` removes one. */
function handshake(
  fields: Readonly<Record<string, string | readonly string[] | undefined>> = {},
  start = "GET /chat HTTP/1.1",
): RequestHead {
  const all = {
    "Host": "localhost",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": KEY,
    ...fields,
  };
  const lines = Object.entries(all).flatMap(([name, values]) =>
    [values ?? []].flat().map((value) => `${name}: ${value}\r\n`)
  );
  return parseRequestHead(utf8(`${start}\r\n${lines.join("")}\r\n`));
}

function assertRefused(status: number, message: string, ...head: Parameters<typeof handshake>) {
  const error = assertThrows(() => checkHandshake(handshake(...head)), RequestError, message);
  assertEquals(error.status, status);
}

Deno.test("wantsWebSocket() looks for websocket in the Upgrade list", () => {
  const upgrades = ["websocket", "WebSocket", "h2c, websocket", " ,websocket,", [
    "h2c",
    "websocket",
  ]];
  for (const value of upgrades) {
    assertEquals(wantsWebSocket(handshake({ Upgrade: value })), true, String(value));
  }
  for (const value of [undefined, "", "h2c", "websockets", "web socket", "websocket/13"]) {
    assertEquals(wantsWebSocket(handshake({ Upgrade: value })), false, String(value));
  }
});

Deno.test("wantsWebSocket() is true for an incorrect handshake too", () => {
  const fields = { "Connection": undefined, "Sec-WebSocket-Key": undefined };
  assertEquals(wantsWebSocket(handshake(fields, "GET / HTTP/1.0")), true);
});

Deno.test("checkHandshake() accepts the handshakes of browsers and libraries", () => {
  checkHandshake(handshake());
  checkHandshake(handshake({ Connection: "keep-alive, Upgrade" }));
  checkHandshake(handshake({ Connection: ["keep-alive", "UPGRADE"] }));
  for (const key of ["AAAAAAAAAAAAAAAAAAAAAA==", "/////////////////////w==", KEY]) {
    checkHandshake(handshake({ "Sec-WebSocket-Key": key }));
  }
});

Deno.test("checkHandshake() answers 400 to an HTTP version before 1.1", () => {
  assertRefused(400, "HTTP/1.1", {}, "GET /chat HTTP/1.0");
});

Deno.test("checkHandshake() accepts a later HTTP/1 version (RFC 6455 4.2.1)", () => {
  checkHandshake(handshake({}, "GET /chat HTTP/1.2"));
});

Deno.test("checkHandshake() answers 400 to a Connection without upgrade", () => {
  for (const value of [undefined, "", "keep-alive", "upgraded", "keep-alive upgrade"]) {
    assertRefused(400, "Connection", { Connection: value });
  }
});

Deno.test("checkHandshake() answers 426 to any version but 13", () => {
  for (
    const value of [undefined, "", "0", "7", "8", "12", "14", "113", "013", "13.0", "13, 8", "x"]
  ) {
    assertRefused(426, "version 13", { "Sec-WebSocket-Version": value });
  }
});

Deno.test("checkHandshake() answers 400 to a version that is given twice", () => {
  for (const value of [["13", "13"], ["8", "13"]]) {
    assertRefused(400, "twice", { "Sec-WebSocket-Version": value });
  }
});

Deno.test("checkHandshake() answers 400 to a missing, repeated or malformed key", () => {
  assertRefused(400, "missing", { "Sec-WebSocket-Key": undefined });
  assertRefused(400, "twice", { "Sec-WebSocket-Key": [KEY, KEY] });
  const malformed = [
    "",
    "dGhl",
    KEY.slice(1),
    `A${KEY}`,
    KEY.replace("==", ""),
    KEY.replace("Q==", "QQ="),
    `${KEY}, ${KEY}`,
    `${KEY}=`,
    KEY.replace("d", "-"),
    KEY.replace("d", " "),
    "A".repeat(24),
    // Fewer and more than 16 bytes.
    btoa("x".repeat(15)),
    btoa("x".repeat(17)),
    // Padding bits that are set.
    KEY.replace("Q==", "R=="),
  ];
  for (const value of malformed) assertRefused(400, "Malformed", { "Sec-WebSocket-Key": value });
});

/** A proxy that reads Content-Length takes the bytes after the head as a body, a server that does not as frames. */
Deno.test("checkHandshake() answers 400 to a handshake with a body", () => {
  assertRefused(400, "no body", { "Content-Length": "1" });
  assertRefused(400, "no body", { "Transfer-Encoding": "chunked" });
  checkHandshake(handshake({ "Content-Length": "0" }));
});

/** npm's `ws` and Python's aiohttp write no space after the comma, and the runtime read the list as one long name. */
Deno.test("offeredProtocols() reads the list in every notation", () => {
  const lists = ["a,b", "a, b", "a ,\tb,", [",a", "b"]];
  for (const list of lists) {
    assertEquals(offeredProtocols(handshake({ "Sec-WebSocket-Protocol": list })), ["a", "b"]);
  }
  for (const none of [undefined, "", ","]) {
    assertEquals(offeredProtocols(handshake({ "Sec-WebSocket-Protocol": none })), []);
  }
});

Deno.test("offeredProtocols() rejects malformed and repeated subprotocols (RFC 6455 4.1)", () => {
  for (const list of ["a b", "a;b", "a, b/c", '"a"', "a,\u00e9"]) {
    const head = handshake({ "Sec-WebSocket-Protocol": list });
    assertEquals(assertThrows(() => offeredProtocols(head), RequestError, "Malformed").status, 400);
  }
  for (const list of ["a,a", ["a", "b", "a"]]) {
    const head = handshake({ "Sec-WebSocket-Protocol": list });
    assertEquals(assertThrows(() => offeredProtocols(head), RequestError, "twice").status, 400);
  }
});
