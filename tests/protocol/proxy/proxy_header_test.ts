import { assertEquals, assertThrows } from "@std/assert";
import {
  MAX_BINARY_HEADER,
  MAX_TEXT_HEADER,
  ProxyHeaderError,
  readProxyHeader,
} from "../../../lib/protocol/proxy/proxy_header.ts";
import { binaryProxyHeader } from "../proxy_headers.ts";
import { concat, utf8 } from "../reading.ts";

const ADDRESSES = Uint8Array.of(192, 0, 2, 1, 198, 51, 100, 1, 0xdc, 0x04, 0x01, 0xbb);
const TCP4 = { hostname: "192.0.2.1", port: 56_324 };
const NOTHING = new Uint8Array(0);

function assertRefused(bytes: string | Uint8Array, message: string): void {
  const given = typeof bytes === "string" ? utf8(bytes) : bytes;
  assertThrows(() => readProxyHeader(given), ProxyHeaderError, message);
}

/** Reads a header, and asserts that it is complete at its last byte, and that data after it changes nothing. */
function read(header: Uint8Array, unmistakable: number) {
  for (let length = 0; length < header.length; length++) {
    const said = readProxyHeader(header.subarray(0, length));
    assertEquals(said, length < unmistakable ? "more" : "begun", `${length} bytes`);
  }
  const result = readProxyHeader(header);
  assertEquals(readProxyHeader(concat(header, utf8("GET / HTTP/1.1\r\n"))), result);
  assertEquals(readProxyHeader(concat(header, header)), result);
  return result;
}

const readText = (line: string) => read(utf8(line), 6);
const readBinary = (bytes: Uint8Array) => read(bytes, 12);

// Version 1

Deno.test("readProxyHeader() reads version 1 with IPv4 and IPv6", () => {
  const v4 = "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n";
  assertEquals(readText(v4), { length: v4.length, source: TCP4 });
  const v6 = "PROXY TCP6 2001:DB8:0::1 ::1 0 65535\r\n";
  assertEquals(readText(v6), { length: v6.length, source: { hostname: "2001:db8::1", port: 0 } });
  const mapped = "PROXY TCP6 ::ffff:192.0.2.1 ::ffff:198.51.100.1 56324 443\r\n";
  assertEquals(readText(mapped), { length: mapped.length, source: TCP4 });
});

Deno.test("readProxyHeader() reads UNKNOWN, whatever follows it", () => {
  for (const rest of ["", " ", " 192.0.2.1", " ffff::1 ::1 1 2", " \xff\x00 "]) {
    const line = `PROXY UNKNOWN${rest}\r\n`;
    assertEquals(readText(line), { length: utf8(line).length });
  }
});

Deno.test("readProxyHeader() accepts a line of version 1 up to the limit", () => {
  const longest = `PROXY UNKNOWN${" x".repeat(46)}\r\n`;
  assertEquals(longest.length, MAX_TEXT_HEADER);
  assertEquals(readText(longest), { length: MAX_TEXT_HEADER });
  assertRefused(longest.replace("x", "xx"), "longer than 107 bytes");
  assertRefused("PROXY ".padEnd(MAX_TEXT_HEADER, "x"), "longer than 107 bytes");
  assertEquals(readProxyHeader(utf8("PROXY ".padEnd(MAX_TEXT_HEADER - 1, "x"))), "begun");
});

Deno.test("readProxyHeader() rejects a malformed version 1", () => {
  const right = "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n";
  const wrong = [
    "PROXY \r\n",
    "PROXY servers are nice\r\n",
    "PROXY UDP4 192.0.2.1 198.51.100.1 56324 443\r\n",
    "PROXY TCP 192.0.2.1 198.51.100.1 56324 443\r\n",
    "PROXY tcp4 192.0.2.1 198.51.100.1 56324 443\r\n",
    "PROXY UNKNOWNS\r\n",
    "PROXY TCP4\r\n",
    right.replace("1 198", "1  198"),
    right.replace("TCP4", "TCP6"),
    right.replace("192.0.2.1", "::1"),
    right.replace("192.0.2.1", "256.0.2.1"),
    right.replace("192.0.2.1", "192.0.02.1"),
    right.replace("198.51.100.1", "here"),
    right.replace("56324", "65536"),
    right.replace("56324", "056324"),
    right.replace("56324", "-1"),
    right.replace("56324", "5e4"),
    right.replace(" 443", ""),
    right.replace(" 443", " "),
    right.replace("443", "443 "),
    right.replace("443", "443 1"),
    "PROXY TCP6 2001:db8::1 192.0.2.1 1 2\r\n",
    "PROXY TCP6 2001:db8::1%eth0 ::1 1 2\r\n",
  ];
  for (const line of wrong) assertRefused(line, "Malformed header");
  assertRefused(right.replace("\r", ""), "CRLF");
  assertRefused(right.replace("\r\n", "\r \n"), "CRLF");
});

// Version 2

Deno.test("readProxyHeader() reads version 2 with IPv4 and IPv6", () => {
  const v4 = binaryProxyHeader(0x21, 0x11, ADDRESSES);
  assertEquals(readBinary(v4), { length: 28, source: TCP4 });
  const v6 = binaryProxyHeader(
    0x21,
    0x21,
    concat(
      Uint8Array.of(0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
      new Uint8Array(16),
      Uint8Array.of(0xff, 0xff, 0, 0),
    ),
  );
  const source = { hostname: "2001:db8::1", port: 65_535 };
  assertEquals(readBinary(v6), { length: 52, source });
});

Deno.test("readProxyHeader() skips the rest of the header after the addresses", () => {
  const bytes = binaryProxyHeader(0x21, 0x11, concat(ADDRESSES, Uint8Array.of(4, 0, 2, 0, 0)));
  assertEquals(readBinary(bytes), { length: 33, source: TCP4 });
});

Deno.test("readProxyHeader() returns no source for LOCAL, UNSPEC, Unix sockets and datagrams", () => {
  assertEquals(readBinary(binaryProxyHeader(0x20, 0x00, NOTHING)), { length: 16 });
  assertEquals(readBinary(binaryProxyHeader(0x20, 0x11, ADDRESSES)), { length: 28 });
  assertEquals(readBinary(binaryProxyHeader(0x21, 0x00, ADDRESSES)), { length: 28 });
  assertEquals(readBinary(binaryProxyHeader(0x21, 0x12, ADDRESSES)), { length: 28 });
  assertEquals(readBinary(binaryProxyHeader(0x21, 0x31, new Uint8Array(216))), { length: 232 });
});

Deno.test("readProxyHeader() accepts a header of version 2 up to the limit", () => {
  const rest = new Uint8Array(MAX_BINARY_HEADER - 28);
  const longest = binaryProxyHeader(0x21, 0x11, concat(ADDRESSES, rest));
  assertEquals(readProxyHeader(longest), { length: MAX_BINARY_HEADER, source: TCP4 });
  const longer = binaryProxyHeader(0x21, 0x11, concat(ADDRESSES, rest, new Uint8Array(1)));
  assertRefused(longer.subarray(0, 16), "longer than 4096 bytes"); // before it has come
});

Deno.test("readProxyHeader() rejects a malformed version 2", () => {
  assertRefused(binaryProxyHeader(0x11, 0x11, ADDRESSES), "Unknown version or command");
  assertRefused(binaryProxyHeader(0x31, 0x11, ADDRESSES), "Unknown version or command");
  assertRefused(binaryProxyHeader(0x22, 0x11, ADDRESSES), "Unknown version or command");
  assertRefused(binaryProxyHeader(0x21, 0x41, ADDRESSES), "Unknown family or protocol");
  assertRefused(binaryProxyHeader(0x21, 0x13, ADDRESSES), "Unknown family or protocol");
  assertRefused(binaryProxyHeader(0x21, 0x11, ADDRESSES.subarray(1)), "too short");
  assertRefused(binaryProxyHeader(0x21, 0x21, ADDRESSES), "too short");
});

// Neither

Deno.test('readProxyHeader() returns "none" for everything else', () => {
  const others = [
    "hello\n",
    "GET / HTTP/1.1\r\n",
    "PROXY\n",
    "PROXIES\n",
    "proxy TCP4",
    "\n",
    "\r\n\r\n\r\n",
    "\r\n\r\n\0\r\nQUIT\r\n",
    "\x16\x03\x01",
  ];
  for (const text of others) assertEquals(readProxyHeader(utf8(text)), "none", text);
  for (const text of ["", "P", "PROXY", "\r\n", "\r\n\r\n\0"]) {
    assertEquals(readProxyHeader(utf8(text)), "more", JSON.stringify(text));
  }
});
