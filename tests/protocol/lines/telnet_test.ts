import { assertEquals } from "@std/assert";
import { detect } from "../../../lib/protocol/detect.ts";
import type { Incoming } from "../../../lib/protocol/incoming.ts";
import { MAX_SUBNEGOTIATION, TelnetLineStream } from "../../../lib/protocol/lines/telnet.ts";
import { TextLineStream } from "../../../lib/protocol/lines/text_line_stream.ts";
import { eachSeed } from "../../random.ts";
import { assertProportional } from "../../support/growth.ts";
import { concat, readChunks, readEveryWay, utf8 } from "../reading.ts";

const EOF = 236, SUSP = 237, ABORT = 238, EOR = 239, SE = 240, NOP = 241, DM = 242, BRK = 243;
const IP = 244, AO = 245, AYT = 246, EC = 247, EL = 248, GA = 249, SB = 250, WILL = 251, WONT = 252;
const DO = 253, DONT = 254, IAC = 255;
const TIMING_MARK = 6;
const NOT_UTF8: Incoming = { type: "refused", reason: "Line is not valid UTF-8" };

const make = () => new TelnetLineStream(100);

type Parts = ReadonlyArray<string | readonly number[]>;

function bytesOf(parts: Parts): Uint8Array<ArrayBuffer> {
  return concat(
    ...parts.map((part) => typeof part === "string" ? utf8(part) : Uint8Array.from(part)),
  );
}

/** The lines of texts and bytes, in chunks of any size. */
function lines(...parts: Parts): Incoming[] {
  return readEveryWay(make, bytesOf(parts)).filter((item) =>
    typeof item === "string" || item.type !== "telnet"
  );
}

/** The lines and the answers, in order. */
function answers(...parts: Parts): unknown[] {
  return readEveryWay(make, bytesOf(parts)).flatMap((item): unknown[] => {
    if (typeof item === "string" || item.type !== "telnet") return [item];
    return item.answer === undefined ? [] : [Array.from(item.answer)];
  });
}

Deno.test("TelnetLineStream removes option negotiation from the text", () => {
  for (const verb of [WILL, WONT, DO, DONT]) {
    for (const option of [0, 1, 10, 24, 31, 34, SB, IAC]) {
      assertEquals(lines("he", [IAC, verb, option], "llo\n"), ["hello"]);
    }
  }
});

Deno.test("TelnetLineStream removes commands without an option anywhere in the text", () => {
  for (const command of [EOF, SUSP, ABORT, EOR, SE, NOP, DM, BRK, IP, AO, AYT, GA]) {
    assertEquals(lines([IAC, command], "a", [IAC, command], "b\r", [IAC, command], "\nc"), [
      "ab",
      "c",
    ]);
  }
});

Deno.test("TelnetLineStream removes subnegotiations, line breaks included", () => {
  assertEquals(lines([IAC, SB, 24, 0], "xterm\r\n", [IAC, SE], "hello\n"), ["hello"]);
  assertEquals(lines("a", [IAC, SB, 31, 0, IAC, IAC, 0, 24, IAC, SE], "b\n"), ["ab"]);
});

Deno.test("TelnetLineStream reads the first bytes of PuTTY", () => {
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

Deno.test("TelnetLineStream refuses every option, and does not answer refusals", () => {
  for (let option = 0; option < 256; option++) {
    const done = option === TIMING_MARK;
    assertEquals(answers([IAC, DO, option]), [[IAC, done ? WILL : WONT, option]]);
    assertEquals(answers([IAC, WILL, option]), [[IAC, DONT, option]]);
    assertEquals(answers([IAC, WONT, option, IAC, DONT, option]), []);
  }
});

/** After Ctrl-C, Debian's telnet drops all output until its TIMING-MARK is answered. */
Deno.test("TelnetLineStream answers each TIMING-MARK after the lines before it", () => {
  const mark = [IAC, DO, TIMING_MARK], answer = [IAC, WILL, TIMING_MARK];
  assertEquals(answers("one\ntwo\n", [IAC, IP], mark, "three\n", mark, mark), [
    "one",
    "two",
    answer,
    "three",
    answer,
    answer,
  ]);
  assertEquals(answers("on", mark, "e\n"), [answer, "one"]);
});

Deno.test("TelnetLineStream answers AYT with a line and AO with a data mark", () => {
  const here = Array.from(utf8("Notice: The server is here\n"));
  assertEquals(answers("a", [IAC, AYT], "b\n"), [here, "ab"]);
  assertEquals(answers("a", [IAC, AO], "b\n"), [[IAC, DM], "ab"]);
  const silent = [EOF, SUSP, ABORT, EOR, SE, NOP, DM, BRK, IP, GA];
  for (const command of silent) assertEquals(answers([IAC, command]), [], `${command}`);
});

Deno.test("TelnetLineStream returns an item for each command, so that it can be charged for", () => {
  const commands = [IAC, NOP, IAC, SB, 24, 0, IAC, SE, IAC, WONT, 1, IAC, IP];
  assertEquals(
    readEveryWay(make, Uint8Array.from(commands)),
    Array.from({ length: 4 }, () => ({ type: "telnet" })),
  );
});

Deno.test("TelnetLineStream erases a character on EC, and the unfinished line on EL", () => {
  const erase = [IAC, EC];
  assertEquals(lines("one\nab", erase, "c", [IAC, EL], "d\n"), ["one", "d"]);
  assertEquals(lines("a\u20ac\u{1f600}", erase, "b\n", erase, "c\n"), ["a\u20acb", "c"]);
  assertEquals(lines("ab", erase, erase, erase, "c\n"), ["c"]);
  const tooLong: Incoming = { type: "refused", reason: "Line is longer than 100 bytes" };
  assertEquals(lines("x".repeat(200), erase, [IAC, EL], "a\nb\n"), [tooLong, "b"]);
});

Deno.test("TelnetLineStream ends a line at CR NUL, which clients in character mode send", () => {
  assertEquals(lines("a\r\0b\r\nc\r\0\r\0", "d"), ["a", "b", "c", "", "d"]);
  assertEquals(lines("a\r", [IAC, NOP], "\0b\n"), ["a", "b"]);
  assertEquals(lines("a\0b\r\r\0c\n"), ["a\0b\r", "c"]);
  assertEquals(lines("\0a\n\0\n"), ["\0a", "\0"]);
  const tooLong: Incoming = { type: "refused", reason: "Line is longer than 100 bytes" };
  assertEquals(lines("x".repeat(200), "\r\0b\n"), [tooLong, "b"]);
});

/** Debian's telnet takes the bytes 83, 8F, 9A and 9C for Ctrl-C, Ctrl-O, Ctrl-Z and Ctrl-\, and sends their commands. */
Deno.test("TelnetLineStream restores bytes of characters that a client turned into commands", () => {
  const mark = [IAC, DO, TIMING_MARK];
  const cases: [typed: string, command: number, byte: number][] = [
    ["\u03c3", IP, 0x83],
    ["\u0103", IP, 0x83],
    ["\u044f", AO, 0x8f],
    ["\u{1f60f}", AO, 0x8f],
    ["\u672c", BRK, 0x9c],
    ["\u672c", ABORT, 0x9c],
    ["\u045a", SUSP, 0x9a],
    ["\u00c4", EOF, 0x84],
    ["\u0448", EC, 0x88],
    ["\u00d4", AYT, 0x94],
    ["\u0415", EL, 0x95],
  ];
  for (const [typed, command, byte] of cases) {
    const bytes = Array.from(utf8(typed));
    const at = bytes.indexOf(byte);
    const sent = [...bytes.slice(0, at), IAC, command, ...mark, ...bytes.slice(at + 1)];
    assertEquals(answers("a", sent, "b\n"), [[IAC, WILL, TIMING_MARK], `a${typed}b`], typed);
  }
  // A byte is not restored where it would be invalid, nor after a complete character.
  for (const parts of [["a", [0xe0, IAC, IP]], ["a", [0xf4, IAC, BRK]], ["a", [0x83, IAC, IP]]]) {
    assertEquals(lines(...parts as Parts, "\n"), [NOT_UTF8]);
  }
  assertEquals(lines("\u044f", [IAC, AO], "\n", [IAC, IP], "b\n"), ["\u044f", "b"]);
});

/** `telnet> send synch`: the DM is urgent data, which a socket does not deliver in line. */
Deno.test("TelnetLineStream ignores the IAC of a Synch whose DM is lost", () => {
  const mark = [IAC, DO, TIMING_MARK];
  for (const interrupt of [IP, AO, AYT, BRK, SUSP, ABORT]) {
    assertEquals(lines([IAC, interrupt, ...mark, IAC], "hello\n"), ["hello"]);
    assertEquals(lines([IAC, interrupt, IAC], "hello\n"), ["hello"]);
    assertEquals(lines([IAC, interrupt, IAC, IAC, WILL, 1], "hello\n"), ["hello"]);
    assertEquals(lines([IAC, interrupt, IAC], "\n", [IAC], "a\n"), ["", NOT_UTF8]);
  }
});

Deno.test("TelnetLineStream answers a request that interrupts a subnegotiation", () => {
  assertEquals(answers([IAC, SB, 24, 1, IAC, DO, TIMING_MARK], "a\n"), [
    [IAC, WILL, TIMING_MARK],
    "a",
  ]);
  assertEquals(answers([IAC, SB, 24, IAC, SB, 31, 0, IAC, SE], "a\n"), ["a"]);
});

Deno.test("TelnetLineStream takes time in proportion to its input", () => {
  for (const piece of [[IAC, NOP], [0x61, IAC, NOP], [0x0d, 0], [0], [IAC, IAC], [0xd1, IAC, AO]]) {
    assertProportional({
      make: (length) => Uint8Array.from({ length }, (_, i) => piece[i % piece.length]!),
      run: (bytes) => readChunks(new TelnetLineStream(1_000_000), [bytes]),
      length: 100_000,
    }, String(piece));
  }
});

Deno.test("TelnetLineStream refuses a line with a byte 255 outside a command", () => {
  assertEquals(lines("a", [IAC], "b\nnext\n"), [NOT_UTF8, "next"]);
  assertEquals(lines("a", [IAC], "\nnext\n"), [NOT_UTF8, "next"]);
  assertEquals(lines([IAC, 235], "\nnext\n"), [NOT_UTF8, "next"]);
  assertEquals(lines("a", [IAC, IAC], "b\nnext\n"), [NOT_UTF8, "next"]);
  assertEquals(lines([0xfe, 0x80], "\nnext\n"), [NOT_UTF8, "next"]);
});

Deno.test("TelnetLineStream drops an unfinished command at the end", () => {
  assertEquals(lines("hello", [IAC]), ["hello"]);
  assertEquals(lines("hello", [IAC, WILL]), ["hello"]);
  assertEquals(lines("hello\n", [IAC, SB, 1, 2]), ["hello"]);
});

Deno.test("TelnetLineStream gives up an endless subnegotiation, and refuses the line", () => {
  const longest = Array<number>(MAX_SUBNEGOTIATION).fill(1);
  assertEquals(lines("a", [IAC, SB, ...longest, IAC, SE], "b\n"), [NOT_UTF8]);
  assertEquals(lines("a", [IAC, SB, ...longest.slice(1), IAC, SE], "b\n"), ["ab"]);
  assertEquals(lines([IAC, SB, ...longest, 1], "\nnext\n"), [NOT_UTF8, "next"]);
});

Deno.test("TelnetLineStream counts only text towards the limit of a line", () => {
  const noise = Array.from({ length: 100 }, () => [IAC, WILL, 1]).flat();
  assertEquals(lines("x".repeat(50), noise, "x".repeat(50), "\n"), ["x".repeat(100)]);
});

Deno.test("TelnetLineStream equals TextLineStream for text without telnet commands", () =>
  eachSeed(200, (random) => {
    const alphabet = [0x0a, 0x0d, 0x61, 0xc3, 0xa9, 0xf0, 0xfe];
    const bytes = Uint8Array.from({ length: random.below(300) }, () => random.pick(alphabet));
    const chunks = random.cut(bytes, 40);
    assertEquals(readChunks(make(), chunks), readChunks(new TextLineStream(100), chunks));
  }));

Deno.test("TelnetLineStream returns the same for random input in chunks of any size", () =>
  eachSeed(300, (random) => {
    const alphabet = [0x0a, 0x0d, 0, 0x61, 0xd1, 0x8f, IAC, IAC, IAC, SB, SE, WILL, DO, NOP, AO, 6];
    const bytes = Uint8Array.from({ length: random.below(60) }, () => random.pick(alphabet));
    readEveryWay(make, bytes);
  }));
