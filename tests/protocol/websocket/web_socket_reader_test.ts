import { assert, assertEquals } from "@std/assert";
import type { Incoming } from "../../../lib/protocol/incoming.ts";
import { WebSocketReader } from "../../../lib/protocol/websocket/web_socket_reader.ts";
import { eachSeed, type Random } from "../../random.ts";
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
} from "../client_frames.ts";
import { concat, drain, feed, readChunks, readEveryWay, utf8 } from "../reading.ts";

const MAX_PAYLOAD = 70_000;
const NOT_UTF8 = failed(1007, "Text is not valid UTF-8");

function failed(code: number, reason: string): Incoming {
  return { type: "failed", code, reason };
}

function close(code: number, reason = ""): Incoming {
  return { type: "close", code, reason };
}

function binary(...bytes: number[]): Incoming {
  return { type: "binary", bytes: Uint8Array.from(bytes) };
}

function ping(text = ""): Incoming {
  return { type: "ping", payload: utf8(text) };
}

const pong: Incoming = { type: "pong" };

/** Reads frames in chunks of any size. */
function read(frames: readonly Uint8Array[], maxPayload = MAX_PAYLOAD): Incoming[] {
  return readEveryWay(() => new WebSocketReader(maxPayload), concat(...frames));
}

/** Asserts that `wrong` returns `expected` and ends the reading, at the beginning and after a message. */
function assertFails(wrong: Uint8Array, expected: Incoming): void {
  assertEquals(read([wrong, frame(TEXT, "never")]), [expected]);
  assertEquals(read([frame(TEXT, "before"), wrong, frame(TEXT, "never")]), ["before", expected]);
}

Deno.test("WebSocketReader.next() returns text and binary messages in order", () => {
  const frames = [frame(TEXT, "one"), frame(BINARY, Uint8Array.of(0, 255)), frame(TEXT, "three")];
  assertEquals(read(frames), ["one", binary(0, 255), "three"]);
});

Deno.test("WebSocketReader.next() accepts every encoding of a length", () => {
  for (const length of [0, 1, 125, 126, 127, 128, 65_535, 65_536]) {
    const text = "x".repeat(length);
    assertEquals(read([frame(TEXT, text), frame(TEXT, "next")]), [text, "next"], `${length} bytes`);
  }
  const bytes = Uint8Array.from({ length: 65_536 }, (_, i) => i);
  assertEquals(read([frame(BINARY, bytes)]), [{ type: "binary", bytes }]);
});

Deno.test("WebSocketReader.next() accepts empty messages and fragments", () => {
  assertEquals(read([frame(TEXT), frame(BINARY)]), ["", binary()]);
  assertEquals(read(fragments(TEXT, "", "", "")), [""]);
  assertEquals(read(fragments(BINARY, "", "")), [binary()]);
  assertEquals(read(fragments(TEXT, "", "ab", "", "c", "")), ["abc"]);
});

Deno.test("WebSocketReader.next() unmasks with every key", () => {
  for (const key of [[0, 0, 0, 0], [255, 255, 255, 255], [1, 2, 3, 4], [0, 255, 0, 128]]) {
    assertEquals(read([frame(TEXT, "h\u00e9llo, world", { key })]), ["h\u00e9llo, world"]);
  }
});

Deno.test("WebSocketReader.next() joins the fragments of a message", () => {
  assertEquals(read([...fragments(TEXT, "a", "b", "c"), frame(TEXT, "d")]), ["abc", "d"]);
  assertEquals(read([...fragments(BINARY, "\x01", "\xff"), ...fragments(TEXT, "e", "f")]), [
    binary(1, 0xc3, 0xbf),
    "ef",
  ]);
});

Deno.test("WebSocketReader.next() returns control frames between the fragments of a message", () => {
  const [first, second, third] = fragments(TEXT, "\xe9a", "b", "c") as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const frames = [first, frame(PING, "?"), second, frame(PONG, "!"), frame(PING), third];
  assertEquals(read([...frames, frame(TEXT, "d")]), [ping("?"), pong, ping(), "\xe9abc", "d"]);
});

Deno.test("WebSocketReader.next() ends at a close frame between fragments", () => {
  const [first, second] = fragments(TEXT, "a", "b") as [Uint8Array, Uint8Array];
  assertEquals(read([first, closeFrame(1001), second]), [close(1001)]);
});

Deno.test("WebSocketReader.next() returns a ping's payload, up to 125 bytes", () => {
  for (const length of [0, 1, 125]) {
    const text = "p".repeat(length);
    assertEquals(read([frame(PING, text), frame(PONG, text)]), [ping(text), pong]);
  }
});

Deno.test("WebSocketReader.next() copies a ping's payload", () => {
  const reader = new WebSocketReader(MAX_PAYLOAD);
  const chunk = frame(PING, "mine");
  reader.push(chunk);
  const items = drain(reader);
  chunk.fill(0);
  assertEquals(items, [ping("mine")]);
});

Deno.test("WebSocketReader.next() fails on a length that is not minimal", () => {
  const wrong = failed(1002, "Length is not minimal");
  for (const length of [0, 1, 125]) {
    for (const extended of [2, 8]) assertFails(frame(TEXT, "", { length, extended }), wrong);
  }
  for (const length of [126, 65_535]) {
    assertFails(frame(BINARY, "", { length, extended: 8 }), wrong);
  }
  const begun = frame(TEXT, "a", { fin: false });
  assertEquals(read([begun, frame(CONTINUATION, "", { length: 5, extended: 2 })]), [wrong]);
});

Deno.test("WebSocketReader.next() fails on a length with the highest bit set", () => {
  for (const length of [2n ** 63n, 2n ** 63n + 5n, 2n ** 64n - 1n]) {
    assertFails(frame(TEXT, "", { length }), failed(1002, "Length is out of range"));
  }
});

Deno.test("WebSocketReader.next() fails on an unmasked frame", () => {
  for (const opcode of [TEXT, BINARY, CLOSE, PING, PONG]) {
    const wrong = frame(opcode, "", { key: null });
    assertEquals(read([wrong]), [failed(1002, "Frame is not masked")]);
  }
  const empty = frame(TEXT, "", { key: null });
  assertEquals(feed(new WebSocketReader(9), empty), [failed(1002, "Frame is not masked")]);
});

Deno.test("WebSocketReader.next() fails on reserved bits", () => {
  for (let reserved = 1; reserved < 8; reserved++) {
    for (const opcode of [TEXT, BINARY, CLOSE, PING, PONG]) {
      assertFails(frame(opcode, "x", { reserved }), failed(1002, "Reserved bit set"));
    }
  }
});

Deno.test("WebSocketReader.next() fails on reserved opcodes at the first byte", () => {
  for (const opcode of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) {
    const wrong = failed(1002, "Reserved opcode");
    assertFails(frame(opcode, "x"), wrong);
    assertEquals(feed(new WebSocketReader(9), Uint8Array.of(0x80 | opcode)), [wrong]);
  }
});

Deno.test("WebSocketReader.next() fails on a continuation without a message", () => {
  const wrong = failed(1002, "Continuation of nothing");
  for (const fin of [true, false]) {
    assertEquals(read([frame(CONTINUATION, "x", { fin })]), [wrong]);
    assertEquals(read([frame(TEXT, "a"), frame(CONTINUATION, "x", { fin })]), ["a", wrong]);
    assertEquals(read([...fragments(TEXT, "a", "b"), frame(CONTINUATION, "x", { fin })]), [
      "ab",
      wrong,
    ]);
  }
});

Deno.test("WebSocketReader.next() fails on a new message within a message", () => {
  for (const opcode of [TEXT, BINARY]) {
    for (const fin of [true, false]) {
      const frames = [frame(TEXT, "a", { fin: false }), frame(PING), frame(opcode, "x", { fin })];
      assertEquals(read(frames), [ping(), failed(1002, "Message inside a message")]);
    }
  }
});

Deno.test("WebSocketReader.next() fails on control frames that are fragmented or too long", () => {
  for (const opcode of [CLOSE, PING, PONG]) {
    assertFails(frame(opcode, "", { fin: false }), failed(1002, "Control frame is fragmented"));
    for (const length of [126, 65_536]) {
      assertFails(frame(opcode, "", { length }), failed(1002, "Control frame is too long"));
    }
  }
});

Deno.test("WebSocketReader.next() returns the code and reason of a close frame, and nothing after it", () => {
  const next = [frame(TEXT, "never"), frame(PING), closeFrame(1001)];
  assertEquals(read([frame(CLOSE), ...next]), [close(1005)]);
  assertEquals(read([closeFrame(1000, "b\xefe"), ...next]), [close(1000, "b\xefe")]);
  const longest = "r".repeat(123);
  assertEquals(read([closeFrame(4999, longest), ...next]), [close(4999, longest)]);
});

Deno.test("WebSocketReader.next() accepts exactly the close codes that a peer may send", () => {
  // deno-fmt-ignore
  const valid = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999];
  const edges = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535];
  for (const code of valid) assertEquals(read([closeFrame(code)]), [close(code)], `${code}`);
  for (const code of edges) assertFails(closeFrame(code), failed(1002, "Invalid close code"));
  assertFails(frame(CLOSE, "\x03"), failed(1002, "Invalid close code"));
});

Deno.test("WebSocketReader.next() fails on a close reason that is not UTF-8", () => {
  for (const reason of [[0xff], [0xe2, 0x82], [0xed, 0xa0, 0x80]]) {
    assertFails(closeFrame(1000, Uint8Array.from(reason)), NOT_UTF8);
  }
});

Deno.test("WebSocketReader.next() accepts characters that are split across fragments", () => {
  const bytes = utf8("\u00b5\u20ac\u{1f600}\ufffd\ufeff");
  const each = fragments(TEXT, ...Array.from(bytes, (byte) => Uint8Array.of(byte)));
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  assertEquals(read([...each, frame(TEXT, "next")]), [text, "next"]);
  assertEquals(read(each.flatMap((part) => [frame(PONG), part])), [...each.map(() => pong), text]);
});

Deno.test("WebSocketReader.next() fails on text that is not UTF-8, and accepts the same bytes as binary", () => {
  const wrong = [[0xff], [0x80], [0xc0, 0xaf], [0xe2, 0x82], [0xed, 0xa0, 0x80], [
    0xf4,
    0x90,
    0x80,
    0x80,
  ]];
  for (const bytes of wrong) {
    const payload = Uint8Array.from(bytes);
    assertEquals(read([frame(TEXT, payload), frame(TEXT, "never")]), [NOT_UTF8]);
    assertEquals(read([...fragments(TEXT, "a", payload, ""), frame(TEXT)]), [NOT_UTF8]);
    assertEquals(read(fragments(BINARY, "a", payload)), [binary(0x61, ...bytes)]);
  }
});

Deno.test("WebSocketReader.next() fails on text that ends within a character", () => {
  assertEquals(read(fragments(TEXT, "a", Uint8Array.of(0xe2), Uint8Array.of(0x82))), [NOT_UTF8]);
  // The next message must not continue it.
  assertEquals(read([...fragments(TEXT, "\u20ac", ""), frame(TEXT, "\u20ac")]), [
    "\u20ac",
    "\u20ac",
  ]);
});

Deno.test("WebSocketReader.next() fails at the first byte that makes the text invalid", () => {
  const begin = utf8("\u03ba\u1f79");
  for (const wrong of [[0xff], [0xed, 0xa0], [0xf4, 0x90], [0xc3, 0x28]]) {
    const payload = concat(begin, Uint8Array.from(wrong), new Uint8Array(500));
    for (const fin of [true, false]) {
      const bytes = frame(TEXT, payload, { fin });
      const reader = new WebSocketReader(MAX_PAYLOAD);
      const end = bytes.length - 500;
      assertEquals(feed(reader, bytes.subarray(0, end - 1)), []);
      assertEquals(feed(reader, bytes.subarray(end - 1, end)), [NOT_UTF8]);
      assertEquals(feed(reader, bytes.subarray(end)), []);
    }
  }
});

Deno.test("WebSocketReader.next() accepts messages up to maxPayload, all fragments together", () => {
  const wrong = failed(1009, "Message is longer than 300 bytes");
  const text = (length: number) => "x".repeat(length);
  assertEquals(read([frame(TEXT, text(300))], 300), [text(300)]);
  assertEquals(read([frame(TEXT, text(301))], 300), [wrong]);
  assertEquals(read(fragments(TEXT, text(100), text(199), text(1)), 300), [text(300)]);
  assertEquals(read(fragments(TEXT, text(100), text(200), text(1)), 300), [wrong]);
  assertEquals(read(fragments(BINARY, text(300), "", "x"), 300), [wrong]);
  assertEquals(read([frame(TEXT, text(300)), frame(TEXT, text(300))], 300), [text(300), text(300)]);
  assertEquals(read([frame(TEXT), frame(TEXT, "x")], 0), [
    "",
    failed(1009, "Message is longer than 0 bytes"),
  ]);
});

Deno.test("WebSocketReader.next() does not count control frames towards maxPayload", () => {
  const [first, second] = fragments(TEXT, "abc", "d") as [Uint8Array, Uint8Array];
  assertEquals(read([first, frame(PING, "0123456789"), second], 4), [ping("0123456789"), "abcd"]);
});

Deno.test("WebSocketReader.next() checks a length before the payload and the key arrive", () => {
  const wrong = failed(1009, "Message is longer than 300 bytes");
  for (const length of [301, 65_536, 2n ** 40n, 2n ** 63n - 1n]) {
    const header = frame(TEXT, "", { length, key: [] });
    assertEquals(feed(new WebSocketReader(300), header), [wrong], `${length}`);
  }
  const reader = new WebSocketReader(300);
  assertEquals(feed(reader, frame(TEXT, "x".repeat(299), { fin: false })), []);
  assertEquals(feed(reader, frame(CONTINUATION, "", { length: 2, key: [] }).subarray(0, 2)), [
    wrong,
  ]);
});

Deno.test("WebSocketReader.next() returns one message at a time", () => {
  const reader = new WebSocketReader(MAX_PAYLOAD);
  reader.push(concat(frame(TEXT, "one"), frame(PING), frame(TEXT, "two")));
  assertEquals(reader.next(), "one");
  assertEquals(reader.next(), ping());
  assertEquals(reader.next(), "two");
  assertEquals(reader.next(), undefined);
  assertEquals(feed(reader, frame(TEXT, "three")), ["three"]);
});

Deno.test("WebSocketReader.next() keeps no reference to a chunk that was read", () => {
  const bytes = concat(...fragments(TEXT, "ab", "cd"), frame(PING, "ef"), frame(TEXT, "gh"));
  const reader = new WebSocketReader(MAX_PAYLOAD);
  const items: Incoming[] = [];
  for (let at = 0; at < bytes.length; at += 3) {
    const chunk = bytes.slice(at, at + 3);
    reader.push(chunk);
    items.push(...drain(reader));
    chunk.fill(0xff);
  }
  assertEquals(items, ["abcd", ping("ef"), "gh"]);
});

Deno.test("WebSocketReader.next() returns nothing for an unfinished frame at end()", () => {
  assertEquals(read([frame(TEXT, "a"), frame(TEXT, "unfinished").subarray(0, -1)]), ["a"]);
  assertEquals(read([frame(TEXT, "unfinished", { fin: false })]), []);
  assertEquals(read([frame(TEXT, "abc").subarray(0, 4)]), []);
});

/** The frames of a random valid conversation, and the expected items. */
function conversation(random: Random): { frames: Uint8Array[]; items: Incoming[] } {
  const frames: Uint8Array[] = [], items: Incoming[] = [];
  const key = () => [...random.bytes(4)];
  const control = () => {
    const text = "c".repeat(random.pick([0, 1, 7, 125]));
    const opcode = random.pick([PING, PONG]);
    frames.push(frame(opcode, text, { key: key() }));
    items.push(opcode === PING ? ping(text) : pong);
  };
  const message = () => {
    const opcode = random.pick([TEXT, BINARY]);
    const characters = ["a", "\u00e9", "\u20ac", "\u{1f600}", "\ufffd", "\ufeff"];
    const length = random.pick([0, 1, 5, 40, 125, 126, 200, 700]);
    const text = Array.from({ length }, () => random.pick(characters)).join("");
    const payload = opcode === TEXT ? utf8(text) : random.bytes(length);
    const count = random.pick([1, 1, 2, 5]);
    let from = 0;
    for (let i = 1; i <= count; i++) {
      const fin = i === count;
      const to = fin ? payload.length : random.between(from, payload.length);
      const part = payload.subarray(from, to);
      frames.push(frame(i === 1 ? opcode : CONTINUATION, part, { fin, key: key() }));
      if (!fin && random.oneIn(2)) control();
      from = to;
    }
    items.push(opcode === TEXT ? text : { type: "binary", bytes: payload });
  };
  for (let i = random.between(1, 8); i > 0; i--) random.oneIn(3) ? control() : message();
  return { frames, items };
}

Deno.test("WebSocketReader.next() decodes random conversations in chunks of any size", () =>
  eachSeed(200, (random) => {
    const { frames, items } = conversation(random);
    for (const longest of [3, 100, 5000]) {
      const chunks = random.cut(concat(...frames), longest);
      assertEquals(readChunks(new WebSocketReader(MAX_PAYLOAD), chunks), items);
    }
  }));

Deno.test("WebSocketReader.next() returns only documented results for damaged frames, in chunks of any size", () =>
  eachSeed(1000, (random) => {
    const bytes = concat(...conversation(random).frames);
    for (let i = random.below(4); i >= 0; i--) {
      bytes[random.below(random.oneIn(2) ? bytes.length : 6)] = random.below(256);
    }
    const maxPayload = random.pick([0, 100, 1000, MAX_PAYLOAD]);
    const items = readChunks(new WebSocketReader(maxPayload), [bytes]);
    items.forEach((item, i) => assertDocumented(item, maxPayload, i === items.length - 1));
    const chunks = random.cut(bytes, random.pick([1, 10, 100]));
    assertEquals(readChunks(new WebSocketReader(maxPayload), chunks), items);
  }));

function assertDocumented(item: Incoming, maxPayload: number, isLast: boolean): void {
  if (typeof item === "string") return assert(utf8(item).length <= maxPayload);
  switch (item.type) {
    case "binary":
      return assert(item.bytes.length <= maxPayload);
    case "ping":
      return assert(item.payload.length <= 125);
    case "pong":
      return;
    case "close":
      return assert(isLast && item.code >= 1000 && item.code < 5000);
    case "failed":
      return assert(isLast && [1002, 1007, 1009].includes(item.code));
    case "refused":
      throw new Error("A WebSocket message is not refused");
  }
}
