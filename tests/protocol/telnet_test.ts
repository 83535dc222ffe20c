import { assertEquals } from "@std/assert";
import { detect } from "../../lib/protocol/detect.ts";
import type { Incoming } from "../../lib/protocol/incoming.ts";
import { MAX_SUBNEGOTIATION, TelnetLineStream } from "../../lib/protocol/telnet.ts";
import { TextLineStream } from "../../lib/protocol/text_line_stream.ts";
import { eachSeed } from "../random.ts";
import { concat, readChunks, readEveryWay, utf8 } from "./reading.ts";

const SE = 240, NOP = 241, IP = 244, GA = 249, SB = 250, WILL = 251, WONT = 252, DO = 253;
const DONT = 254, IAC = 255;
const NOT_UTF8: Incoming = { type: "refused", reason: "Line is not valid UTF-8" };

const make = () => new TelnetLineStream(100);

/** Lines out of texts and bytes, however these are cut. */
function lines(...parts: ReadonlyArray<string | readonly number[]>): Incoming[] {
  const bytes = parts.map((part) => typeof part === "string" ? utf8(part) : Uint8Array.from(part));
  return readEveryWay(make, concat(...bytes));
}

Deno.test("TelnetLineStream swallows what is negotiated", () => {
  for (const verb of [WILL, WONT, DO, DONT]) {
    for (const option of [0, 1, 10, 24, 31, 34, SB, IAC]) {
      assertEquals(lines("he", [IAC, verb, option], "llo\n"), ["hello"]);
    }
  }
});

Deno.test("TelnetLineStream swallows commands without an option, wherever they stand", () => {
  for (const command of [236, 239, SE, NOP, IP, GA]) {
    assertEquals(lines([IAC, command], "a", [IAC, command], "b\r", [IAC, command], "\nc"), [
      "ab",
      "c",
    ]);
  }
});

Deno.test("TelnetLineStream swallows subnegotiations to their end, line breaks and all", () => {
  assertEquals(lines([IAC, SB, 24, 0], "xterm\r\n", [IAC, SE], "hello\n"), ["hello"]);
  assertEquals(lines("a", [IAC, SB, 31, 0, IAC, IAC, 0, 24, IAC, SE], "b\n"), ["ab"]);
  assertEquals(lines("a", [IAC, SB, 31, IAC, WILL, IAC, SE], "b\n"), ["ab"]);
});

Deno.test("TelnetLineStream reads what PuTTY says first", () => {
  const first = [
    IAC,
    WILL,
    31,
    IAC,
    WILL,
    32,
    IAC,
    WILL,
    24,
    IAC,
    WILL,
    39,
    IAC,
    DO,
    1,
    IAC,
    WILL,
    3,
    IAC,
    DO,
    3,
  ];
  assertEquals(lines(first, "/name Alice\r\n"), ["/name Alice"]);
  assertEquals(detect(Uint8Array.from(first)), "lines");
  assertEquals(detect(Uint8Array.of(IAC)), "lines");
});

Deno.test("TelnetLineStream refuses a line with a byte 255 that is no command", () => {
  assertEquals(lines("a", [IAC], "b\nnext\n"), [NOT_UTF8, "next"]);
  assertEquals(lines("a", [IAC], "\nnext\n"), [NOT_UTF8, "next"]);
  assertEquals(lines([IAC, 235], "\nnext\n"), [NOT_UTF8, "next"]);
  assertEquals(lines("a", [IAC, IAC], "b\nnext\n"), [NOT_UTF8, "next"]);
  assertEquals(lines([0xfe, 0x80], "\nnext\n"), [NOT_UTF8, "next"]);
});

Deno.test("TelnetLineStream keeps nothing of a command that the end cuts off", () => {
  assertEquals(lines("hello", [IAC]), ["hello"]);
  assertEquals(lines("hello", [IAC, WILL]), ["hello"]);
  assertEquals(lines("hello\n", [IAC, SB, 1, 2]), ["hello"]);
});

Deno.test("TelnetLineStream gives up a subnegotiation that has no end, and says so", () => {
  const longest = Array<number>(MAX_SUBNEGOTIATION).fill(1);
  assertEquals(lines("a", [IAC, SB, ...longest, IAC, SE], "b\n"), [NOT_UTF8]);
  assertEquals(lines("a", [IAC, SB, ...longest.slice(1), IAC, SE], "b\n"), ["ab"]);
  assertEquals(lines([IAC, SB, ...longest, 1], "\nnext\n"), [NOT_UTF8, "next"]);
});

Deno.test("TelnetLineStream counts only text against the limit of a line", () => {
  const noise = Array.from({ length: 100 }, () => [IAC, WILL, 1]).flat();
  assertEquals(lines("x".repeat(50), noise, "x".repeat(50), "\n"), ["x".repeat(100)]);
});

Deno.test("TelnetLineStream is a TextLineStream where there is no telnet", () =>
  eachSeed(200, (random) => {
    const alphabet = [0x0a, 0x0d, 0x61, 0xc3, 0xa9, 0xf0, 0xfe];
    const bytes = Uint8Array.from({ length: random.below(300) }, () => random.pick(alphabet));
    const chunks = random.cut(bytes, 40);
    assertEquals(readChunks(make(), chunks), readChunks(new TextLineStream(100), chunks));
  }));

Deno.test("TelnetLineStream gives the same however random telnet is cut", () =>
  eachSeed(300, (random) => {
    const alphabet = [0x0a, 0x61, 0x62, IAC, IAC, IAC, SB, SE, WILL, DO, NOP, 1];
    const bytes = Uint8Array.from({ length: random.below(60) }, () => random.pick(alphabet));
    readEveryWay(make, bytes);
  }));
