/**
 * HTTP: a head ends at the same position in chunks of any size, and parses to a checked structure or a documented status.
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  checkHandshake,
  offeredProtocols,
  wantsWebSocket,
} from "../../lib/protocol/websocket/handshake.ts";
import {
  readForwardedFor,
  readForwardedHost,
  readForwardedPort,
  readForwardedProto,
} from "../../lib/protocol/http/forwarded.ts";
import { parseIpAddress } from "../../lib/ip/ip_address.ts";
import {
  findHeadEnd,
  MAX_FIELDS,
  MAX_REQUEST_HEAD,
  parseRequestHead,
  RequestError,
  type RequestHead,
} from "../../lib/protocol/http/request_head.ts";
import { concat, utf8 } from "../protocol/reading.ts";
import type { Random } from "../random.ts";
import { handshake } from "../support/client.ts";
import { mutate } from "./mutate.ts";
import type { Bytes, Target } from "./target.ts";

const SEEDS = [
  handshake(),
  handshake({ "Sec-WebSocket-Protocol": "chat, backchannel.v1.json", "Origin": "http://a" }),
  handshake({ "Connection": ["keep-alive", "Upgrade"], "Upgrade": "h2c, WebSocket" }),
  "GET / HTTP/1.1\r\nHost: localhost:8080\r\nAccept: */*\r\nCookie: a=b; c=d\r\n\r\n",
  "GET /a%20b?c=d HTTP/1.0\n\n",
  "HEAD http://localhost/healthz HTTP/1.1\nhost:localhost\nx:\t y \t\n\n",
  "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
  "POST / HTTP/1.1\r\nHost: [::1]:80\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
  "OPTIONS * HTTP/1.1\r\nHost: \r\nContent-Length: 0\r\n\r\n",
  "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n",
  "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: unknown, [2001:db8::1]:80,, 10.0.0.1%x\r\n" +
  "X-Forwarded-Host: a, b:1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Port: 443\r\n\r\n",
];

function parse(head: Bytes): RequestHead | undefined {
  try {
    return parseRequestHead(head);
  } catch (error) {
    assert(error instanceof RequestError, `Threw ${error}`);
    assert([400, 414, 431, 501, 505].includes(error.status), `Status ${error.status}`);
    return undefined;
  }
}

function checkStructure(head: RequestHead): void {
  assertMatch(head.method, /^[A-Z][A-Z0-9-]*$/);
  assertMatch(head.target, /^[^\0-\x20\x7f#]+$/);
  assertMatch(head.target, /^(?:\/|https?:\/\/[^/?]|\*$|[^/]+:\d+$)/i);
  assert(head.fields.size <= MAX_FIELDS);
  const [length = "0", ...lengths] = head.fields.get("content-length") ?? [];
  assertMatch(length, /^\d+$/);
  assert(lengths.length === 0);
  assert(!head.fields.has("content-length") || !head.fields.has("transfer-encoding"));
  assertMatch(head.version, /^HTTP\/1\.[01]$/);
  for (const [name, values] of head.fields) {
    assertMatch(name, /^[!#$%&'*+\-.^_`|~0-9a-z]+$/);
    assert(values.length > 0);
    for (const value of values) assertMatch(value, /^(?![\t ])[\t\x20-\x7e\x80-\xff]*(?<![\t ])$/);
  }
}

/** The same head in canonical form. */
function write({ method, target, version, fields }: RequestHead): Bytes {
  const lines = [...fields].flatMap(([name, values]) =>
    values.map((value) => `${name}: ${value}\r\n`)
  );
  const text = `${method} ${target} ${version}\r\n${lines.join("")}\r\n`;
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** The result of `read`, or `undefined` if it throws a documented error. */
function tried<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    assert(error instanceof RequestError && [400, 426].includes(error.status), `Threw ${error}`);
    return undefined;
  }
}

/** Asserts that every address, host, scheme and port from a proxy is valid. */
function checkForwarded({ fields }: RequestHead): void {
  const client = tried(() => readForwardedFor(fields.get("x-forwarded-for"), (it) => it < "5"));
  if (client !== undefined) assert(parseIpAddress(client) !== undefined, client);
  const host = tried(() => readForwardedHost(fields.get("x-forwarded-host")));
  if (host !== undefined) {
    assert(URL.canParse(`http://${host}/`) || /:\d{5}$|^[\w.~-]+$|\[/.test(host), host);
  }
  tried(() => readForwardedProto(fields.get("x-forwarded-proto")));
  const port = tried(() => readForwardedPort(fields.get("x-forwarded-port")));
  assert(port === undefined || Number.isInteger(port));
}

function checkUpgrade(head: RequestHead): void {
  const offered = tried(() => offeredProtocols(head));
  assert(offered === undefined || new Set(offered).size === offered.length);
  if (!wantsWebSocket(head)) return;
  if (tried(() => checkHandshake(head) ?? true) === undefined) return;
  assertEquals([head.version, head.fields.get("sec-websocket-version")], ["HTTP/1.1", ["13"]]);
  assertEquals(atob(head.fields.get("sec-websocket-key")![0]!).length, 16);
}

export const httpHead: Target = {
  name: "http-head",
  short: 1_500,

  generate(random: Random): Bytes {
    const seed = mutate(utf8(random.pick(SEEDS)), random);
    const many = random.oneIn(100)
      ? utf8("a: b\r\n".repeat(random.between(2_500, 3_000)))
      : utf8("");
    return concat(seed.subarray(0, 16), many, seed.subarray(16));
  },

  check(input: Bytes, random: Random): void {
    const end = findHeadEnd(input);
    assertEquals(end, input.length === 0 ? -1 : searched(input, random), "However it comes");
    if (end < 0) return;
    assertMatch(String.fromCharCode(...input.subarray(Math.max(0, end - 3), end)), /\n\r?\n$/);
    const head = parse(input.slice(0, end));
    if (head === undefined) return;
    assert(end <= MAX_REQUEST_HEAD);
    checkStructure(head);
    checkUpgrade(head);
    checkForwarded(head);
    const again = write(head);
    if (again.length <= MAX_REQUEST_HEAD) {
      assertEquals(fieldsOf(parseRequestHead(again)), fieldsOf(head), "Written and read again");
    }
  },
};

/** The end of the head when the search resumes after each chunk. */
function searched(input: Bytes, random: Random): number {
  let length = 0;
  for (const piece of random.cut(input, random.pick([1, 5, 100]))) {
    const end = findHeadEnd(input.subarray(0, length + piece.length), length);
    if (end >= 0) return end;
    length += piece.length;
  }
  return -1;
}

function fieldsOf({ method, target, version, fields }: RequestHead) {
  return { method, target, version, fields: [...fields] };
}
