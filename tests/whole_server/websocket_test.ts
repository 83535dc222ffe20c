/**
 * WebSocket, byte by byte, against `--echo`: the requirements of RFC 6455 in the categories of the Autobahn suite (whose
 * cases are in `autobahn_test.ts`), and the limits of the server.
 *
 * Each case runs in one piece, frame by frame, and in small pieces.
 * @module
 */
import { assertEquals } from "@std/assert";
import type { ServeOptions } from "../../mod.ts";
import {
  BINARY,
  CLOSE,
  closeFrame,
  CONTINUATION,
  fragments,
  frame,
  PING,
  PONG,
  TEXT,
} from "../protocol/client_frames.ts";
import { concat, utf8 } from "../protocol/reading.ts";
import { closeCode, WebSocketClient } from "../support/client.ts";
import { FakeClock } from "../support/clock.ts";
import { eachInTurn } from "../support/patience.ts";
import { TestServer } from "../support/server.ts";
import {
  binary,
  converse,
  hex,
  pong,
  text,
  type Way,
  type WireCase,
} from "../support/wire_case.ts";

type Bytes = Uint8Array<ArrayBuffer>;

interface Case extends WireCase {
  /** The size of the small pieces, in bytes. @default {1} */
  readonly chop?: number;
  readonly options?: ServeOptions;
}

/** Bytes that are not UTF-8. */
const RAW = Uint8Array.of(0x00, 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0x00, 0xff);

function test(name: string, { chop = 1, options, ...one }: Case): void {
  Deno.test(`WebSocket ${name}`, async () => {
    await using server = new TestServer({ echo: true, ...options });
    const ways: readonly Way[] = ["whole", "frames", chop];
    await eachInTurn(ways, (way) => converse(server.port, one, way));
  });
}

// 1: framing

for (const length of [0, 1, 125, 126, 127, 128, 65_535, 65_536]) {
  const chop = length > 1_000 ? 997 : 1;
  const letters = "*".repeat(length);
  const raw = new Uint8Array(length).fill(0xfe);
  test(`1.1 text of ${length} bytes`, {
    send: [frame(TEXT, letters)],
    expect: [text(letters)],
    chop,
  });
  test(`1.2 binary of ${length} bytes`, {
    send: [frame(BINARY, raw)],
    expect: [binary(raw)],
    chop,
  });
}

test("1.3 every masking key gives the same text", {
  send: [[0, 0, 0, 0], [255, 255, 255, 255], [1, 2, 3, 4], [0x80, 0, 0x7f, 0x20]].map((key) =>
    frame(TEXT, "hello, world", { key })
  ),
  expect: Array(4).fill(text("hello, world")),
});

// 2: pings and pongs

test("2.1 ping without payload", { send: [frame(PING)], expect: [pong()] });
test("2.2 ping with text", { send: [frame(PING, "Hello")], expect: [pong("Hello")] });
test("2.3 ping with bytes", { send: [frame(PING, RAW)], expect: [pong(RAW)] });
test("2.4 ping of 125 bytes", {
  send: [frame(PING, new Uint8Array(125).fill(0xfe))],
  expect: [pong(new Uint8Array(125).fill(0xfe))],
});
test("2.5 ping of 126 bytes", { send: [frame(PING, "x".repeat(126))], code: 1002 });
test("2.5 pong of 126 bytes", { send: [frame(PONG, "x".repeat(126))], code: 1002 });
test("2.5 ping with a 64-bit length", {
  send: [frame(PING, "x", { extended: 8, length: 1 })],
  code: 1002,
});
test("2.7 unasked pong", { send: [frame(PONG)] });
test("2.8 unasked pong with payload", { send: [frame(PONG, "unasked")] });
test("2.9 unasked pong, then ping", {
  send: [frame(PONG, "unasked"), frame(PING, "ping")],
  expect: [pong("ping")],
});
test("2.10 ten pings", {
  send: Array.from({ length: 10 }, (_, i) => frame(PING, `payload-${i}`)),
  expect: Array.from({ length: 10 }, (_, i) => pong(`payload-${i}`)),
});
test("2.11 pings between messages", {
  send: [frame(TEXT, "one"), frame(PING, "p"), frame(TEXT, "two"), frame(PING), frame(BINARY, RAW)],
  expect: [text("one"), pong("p"), text("two"), pong(), binary(RAW)],
});

// 3: reserved bits

for (const reserved of [1, 2, 3, 4, 5, 6, 7]) {
  for (
    const [name, opcode] of [["text", TEXT], ["binary", BINARY], ["ping", PING], [
      "close",
      CLOSE,
    ]] as const
  ) {
    test(`3 reserved bits ${reserved} on ${name}`, {
      send: [frame(TEXT, "before"), frame(opcode, "", { reserved }), frame(PING)],
      expect: [text("before")],
      code: 1002,
    });
  }
}
test("3 reserved bits on a continuation", {
  send: [frame(TEXT, "one", { fin: false }), frame(CONTINUATION, "two", { reserved: 4 })],
  code: 1002,
});

// 4: opcodes

for (const opcode of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) {
  test(`4 reserved opcode ${opcode}`, { send: [frame(opcode)], code: 1002 });
  test(`4 reserved opcode ${opcode} with payload between messages`, {
    send: [frame(TEXT, "before"), frame(opcode, "payload"), frame(PING), frame(TEXT, "behind")],
    expect: [text("before")],
    code: 1002,
  });
}

// 5: fragmentation

test("5.1 fragmented ping", { send: fragments(PING, "one", "two"), code: 1002 });
test("5.2 fragmented pong", { send: fragments(PONG, "one", "two"), code: 1002 });
test("5.2 fragmented close", { send: fragments(CLOSE, "\x03\xe8", ""), code: 1002 });
test("5.3 text of two fragments", {
  send: fragments(TEXT, "fragment1", "fragment2"),
  expect: [text("fragment1fragment2")],
});
test("5.3 binary of five fragments", {
  send: fragments(BINARY, RAW, RAW, RAW, RAW, RAW),
  expect: [binary(concat(RAW, RAW, RAW, RAW, RAW))],
});
test("5.3 text of empty fragments", { send: fragments(TEXT, "", "", ""), expect: [text("")] });
test("5.3 text of fragments some of which are empty", {
  send: fragments(TEXT, "", "a", "", "b", ""),
  expect: [text("ab")],
});
test("5.6 ping between fragments", {
  send: between(fragments(TEXT, "fragment1", "fragment2"), frame(PING, "ping")),
  expect: [pong("ping"), text("fragment1fragment2")],
});
test("5.6 ping of 125 bytes between fragments", {
  send: between(fragments(BINARY, RAW, RAW), frame(PING, "x".repeat(125))),
  expect: [pong("x".repeat(125)), binary(concat(RAW, RAW))],
});
test("5.7 pong between fragments", {
  send: between(fragments(TEXT, "a", "b"), frame(PONG, "pong")),
  expect: [text("ab")],
});
test("5.8 close between fragments", {
  send: [frame(TEXT, "one", { fin: false }), closeFrame(1000), frame(CONTINUATION, "two")],
  code: 1000,
});
for (const fin of [true, false]) {
  const what = fin ? "final" : "unfinished";
  test(`5.9 ${what} continuation of nothing`, {
    send: [frame(CONTINUATION, "nothing", { fin }), frame(TEXT, "hello")],
    code: 1002,
  });
  test(`5.12 ${what} continuation behind a message`, {
    send: [frame(TEXT, "hello"), frame(CONTINUATION, "nothing", { fin }), frame(TEXT, "hello")],
    expect: [text("hello")],
    code: 1002,
  });
  test(`5.15 ${what} continuation behind a finished one`, {
    send: [...fragments(TEXT, "a", "b"), frame(CONTINUATION, "c", { fin }), frame(TEXT, "d")],
    expect: [text("ab")],
    code: 1002,
  });
  for (const [name, opcode] of [["text", TEXT], ["binary", BINARY]] as const) {
    test(`5.18 ${what} ${name} inside a message`, {
      send: [frame(TEXT, "a", { fin: false }), frame(opcode, "b", { fin })],
      code: 1002,
    });
  }
}
test("5.19 five fragments with pings between", {
  send: [
    frame(TEXT, "fragment1", { fin: false }),
    frame(CONTINUATION, "fragment2", { fin: false }),
    frame(PING, "ping1"),
    frame(CONTINUATION, "fragment3", { fin: false }),
    frame(CONTINUATION, "fragment4", { fin: false }),
    frame(PING, "ping2"),
    frame(CONTINUATION, "fragment5"),
  ],
  expect: [pong("ping1"), pong("ping2"), text("fragment1fragment2fragment3fragment4fragment5")],
});
test("5.20 a fragment a byte", {
  send: fragments(TEXT, ..."a message in fragments"),
  expect: [text("a message in fragments")],
});

function between(frames: readonly Bytes[], other: Bytes): Bytes[] {
  return frames.flatMap((frame, i) => i === 0 ? [frame] : [other, frame]);
}

// 6: UTF-8

const VALID = {
  "the Greek word kosme": "cebae1bdb9cf83cebcceb5",
  "the first code point of 1 byte": "00",
  "the first code point of 2 bytes": "c280",
  "the first code point of 3 bytes": "e0a080",
  "the first code point of 4 bytes": "f0908080",
  "the last code point of 1 byte": "7f",
  "the last code point of 2 bytes": "dfbf",
  "the last code point of 3 bytes": "efbfbf",
  "the last code point of 4 bytes": "f48fbfbf",
  "the code point before surrogates": "ed9fbf",
  "the code point behind surrogates": "ee8080",
  "the replacement character": "efbfbd",
  "a byte order mark": "efbbbf61",
  "noncharacters": "efbfbef09fbfbef09fbfbff48fbfbe",
  "all lengths": "48c3a4e282acf09f9880",
};

for (const [name, digits] of Object.entries(VALID)) {
  const payload = hex(digits);
  const all = fragments(TEXT, ...Array.from(payload, (byte) => Uint8Array.of(byte)));
  test(`6 ${name}`, { send: [frame(TEXT, payload)], expect: [text(payload)] });
  test(`6 ${name}, a fragment a byte`, { send: all, expect: [text(payload)] });
}

const INVALID = {
  "a lone continuation byte": "80",
  "the last continuation byte": "bf",
  "many continuation bytes": "808182838485868788898a8b8c8d8e8f",
  "a first byte of 2 and a space": "c020",
  "a first byte of 3 and a space": "e020",
  "a first byte of 4 and a space": "f020",
  "a first byte of 5": "f888808080",
  "a first byte of 6": "fc8480808080",
  "FE": "fe",
  "FF": "ff",
  "an overlong slash of 2 bytes": "c0af",
  "an overlong slash of 3 bytes": "e080af",
  "an overlong slash of 4 bytes": "f08080af",
  "an overlong zero": "c080",
  "the largest overlong of 2 bytes": "c1bf",
  "the largest overlong of 3 bytes": "e09fbf",
  "the largest overlong of 4 bytes": "f08fbfbf",
  "the first surrogate": "eda080",
  "the last surrogate": "edbfbf",
  "a pair of surrogates": "eda080edb080",
  "a code point past the last": "f4908080",
  "a code point far past the last": "f5808080",
  "text, a surrogate and text": "cebae1bdb9cf83cebcceb5eda080656469746564",
};

for (const [name, digits] of Object.entries(INVALID)) {
  const payload = hex(digits);
  const all = fragments(TEXT, ...Array.from(payload, (byte) => Uint8Array.of(byte)));
  test(`6 ${name} is refused`, { send: [frame(TEXT, payload)], code: 1007 });
  test(`6 ${name} is refused, a fragment a byte`, { send: all, code: 1007 });
  test(`6 ${name} may be in a binary message`, {
    send: [frame(BINARY, payload)],
    expect: [binary(payload)],
  });
}

for (const digits of ["c3", "e2", "e282", "f0", "f09f", "f09f98"]) {
  test(`6 text that ends inside a character is refused: ${digits}`, {
    send: [frame(TEXT, concat(utf8("hello"), hex(digits)))],
    code: 1007,
  });
  test(`6 text whose last fragment ends inside a character is refused: ${digits}`, {
    send: fragments(TEXT, "hello", hex(digits), ""),
    code: 1007,
  });
}

test("6.4 wrong UTF-8 fails in the fragment that has it", {
  send: [frame(TEXT, hex("cebae1bdb9f4908080"), { fin: false })],
  code: 1007,
});
test("6.4 wrong UTF-8 fails before the frame is there whole", {
  send: [frame(TEXT, hex("cebae1bdb9f4908080" + "61".repeat(20))).subarray(0, 6 + 7)],
  code: 1007,
});
test("6.4 wrong UTF-8 fails behind a fragment that cut a character", {
  send: [frame(TEXT, hex("f4"), { fin: false }), frame(CONTINUATION, hex("90"), { fin: false })],
  code: 1007,
});
test("6.4 a message before the wrong one is still answered", {
  send: [frame(TEXT, "before"), frame(TEXT, hex("ff")), frame(TEXT, "behind")],
  expect: [text("before")],
  code: 1007,
});

// 7: closing

test("7.1.1 message, then close", { send: [frame(TEXT, "hello")], expect: [text("hello")] });
test("7.1.2 two closes", { send: [closeFrame(1000), closeFrame(1001)], code: 1000 });
test("7.1.3 ping behind a close is not answered", {
  send: [closeFrame(1000), frame(PING)],
  code: 1000,
});
test("7.1.4 message behind a close is not answered", {
  send: [closeFrame(1000), frame(TEXT, "hello")],
  code: 1000,
});
test("7.1.5 close inside a message", {
  send: [frame(TEXT, "one", { fin: false }), closeFrame(1000), frame(CONTINUATION, "two")],
  code: 1000,
});
test("7.1.6 a large message, then close", {
  send: [frame(TEXT, "x".repeat(65_536)), closeFrame(1000)],
  expect: [text("x".repeat(65_536))],
  code: 1000,
  chop: 997,
});
test("7.3.1 close without a code is answered with one without", {
  send: [frame(CLOSE)],
  code: 1005,
});
test("7.3.2 close with half a code", { send: [frame(CLOSE, "\x03")], code: 1002 });
test("7.3.4 close with a reason", { send: [closeFrame(1000, "good bye")], code: 1000 });
test("7.3.5 close with the longest reason", {
  send: [closeFrame(1000, "*".repeat(123))],
  code: 1000,
});
test("7.3.6 close with a longer reason", { send: [closeFrame(1000, "*".repeat(124))], code: 1002 });
test("7.5.1 close with a reason that is not UTF-8", {
  send: [closeFrame(1000, hex("cebae1bdb9cf83cebcceb5eda080656469746564"))],
  code: 1007,
});
for (
  const code of [
    1000,
    1001,
    1002,
    1003,
    1007,
    1008,
    1009,
    1010,
    1011,
    1012,
    1013,
    1014,
    3000,
    3999,
    4000,
    4999,
  ]
) {
  test(`7.7 close with ${code} is answered with it`, { send: [closeFrame(code)], code });
}
for (const code of [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535]) {
  test(`7.9 close with ${code} is refused`, { send: [closeFrame(code)], code: 1002 });
}

// The mask and the length

test("5.1 a frame without a mask", { send: [frame(TEXT, "hello", { key: null })], code: 1002 });
test("5.1 an empty frame without a mask", { send: [frame(TEXT, "", { key: null })], code: 1002 });
test("5.1 a ping without a mask", { send: [frame(PING, "", { key: null })], code: 1002 });
test("5.2 a 16-bit length that fits 7 bits", {
  send: [frame(TEXT, "hello", { extended: 2 })],
  code: 1002,
});
test("5.2 a 64-bit length that fits 16 bits", {
  send: [frame(TEXT, "hello", { extended: 8 })],
  code: 1002,
});
test("5.2 a 64-bit length with the highest bit", {
  send: [frame(TEXT, "", { length: 1n << 63n, extended: 8 })],
  code: 1002,
});

// Limits: a length is checked before the payload is awaited

const SMALL = { maxPayload: 100 };

test("a message of the limit", {
  send: [frame(TEXT, "x".repeat(100)), frame(BINARY, new Uint8Array(100))],
  expect: [text("x".repeat(100)), binary(new Uint8Array(100))],
  options: SMALL,
});
test("a header that announces more than the limit", {
  send: [frame(TEXT, "", { length: 101 })],
  code: 1009,
  options: SMALL,
});
test("a header that announces more than the default limit", {
  send: [frame(BINARY, "", { length: 65_537 })],
  code: 1009,
});
test("a header that announces all there is", {
  send: [frame(BINARY, "", { length: (1n << 63n) - 1n })],
  code: 1009,
});
test("fragments of the limit together", {
  send: fragments(TEXT, "x".repeat(50), "x".repeat(50)),
  expect: [text("x".repeat(100))],
  options: SMALL,
});
test("fragments of more than the limit together", {
  send: [frame(TEXT, "x".repeat(50), { fin: false }), frame(CONTINUATION, "", { length: 51 })],
  code: 1009,
  options: SMALL,
});
test("pings between fragments do not count", {
  send: between(fragments(TEXT, "x".repeat(50), "x".repeat(50)), frame(PING, "y".repeat(125))),
  expect: [pong("y".repeat(125)), text("x".repeat(100))],
  options: SMALL,
});
test("a message of the limit behind another", {
  send: Array(5).fill(frame(TEXT, "x".repeat(100))),
  expect: Array(5).fill(text("x".repeat(100))),
  options: SMALL,
});

test("a binary message in the chat is refused with 1003", {
  send: [frame(BINARY, "hello"), frame(TEXT, "/help")],
  code: 1003,
  options: { echo: false },
});
test("a pong to every ping in the chat", {
  send: between(fragments(TEXT, "/foo", " bar"), frame(PING, "ping")),
  expect: [pong("ping"), text("Error: Unknown command '/foo', try /help")],
  options: { echo: false },
});

// The end of the TCP connection

Deno.test("WebSocket half-closed behind a message still gets the echo", async () => {
  await using server = new TestServer({ echo: true });
  using client = await WebSocketClient.connect(server.port);
  await client.send(frame(TEXT, "hello"), frame(TEXT, "half a").subarray(0, 8));
  await client.halfClose();
  await client.hears("hello");
  assertEquals(await client.socket.rest(), new Uint8Array(0));
});

Deno.test("WebSocket that does not answer a close is closed all the same", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ clock });
  using client = await WebSocketClient.connect(server.port);
  await client.asks("/quit", "Goodbye!");
  assertEquals(closeCode(await client.frame()), 1000);
  clock.advance(60_000);
  assertEquals(await client.socket.rest(), new Uint8Array(0));
});
