import { assertEquals } from "@std/assert";
import type { Incoming } from "../../../lib/protocol/incoming.ts";
import {
  encodeLine,
  LINE_OVERHEAD,
  TextLineStream,
} from "../../../lib/protocol/lines/text_line_stream.ts";
import { eachSeed } from "../../random.ts";
import { concat, drain, feed, readChunks, readEveryWay, utf8 } from "../reading.ts";

const TOO_LONG: Incoming = { type: "refused", reason: "Line is longer than 8 bytes" };
const NOT_UTF8: Incoming = { type: "refused", reason: "Line is not valid UTF-8" };

const make = () => new TextLineStream(8);
const lines = (input: string | Uint8Array) =>
  readEveryWay(make, typeof input === "string" ? utf8(input) : input);

Deno.test("TextLineStream.next() returns lines that end with LF or CRLF", () => {
  assertEquals(lines("one\ntwo\r\n\nfour\r\n\r\n"), ["one", "two", "", "four", ""]);
});

Deno.test("TextLineStream.next() removes only the CR before an LF", () => {
  assertEquals(lines("a\rb\nc\r\r\n\rd\n"), ["a\rb", "c\r", "\rd"]);
});

Deno.test("TextLineStream.next() returns an unterminated last line after end()", () => {
  assertEquals(lines("one\ntwo"), ["one", "two"]);
  assertEquals(lines("one\ntwo\r"), ["one", "two"]);
  assertEquals(lines("one\n"), ["one"]);
  assertEquals(lines(""), []);
});

Deno.test("TextLineStream.next() holds an unterminated line until end()", () => {
  const reader = make();
  assertEquals(feed(reader, utf8("hel")), []);
  assertEquals(feed(reader, utf8("lo")), []);
  reader.end();
  assertEquals(drain(reader), ["hello"]);
  assertEquals(drain(reader), []);
});

Deno.test("TextLineStream.next() accepts a line of the maximum length with either ending", () => {
  for (const end of ["\n", "\r\n"]) {
    assertEquals(lines(`12345678${end}next${end}`), ["12345678", "next"]);
    assertEquals(lines(`123456789${end}next${end}`), [TOO_LONG, "next"]);
  }
  assertEquals(lines("1234567\r\n1234567\rx\nnext\n"), ["1234567", TOO_LONG, "next"]);
  assertEquals(lines("12345678\rx\nnext\n"), [TOO_LONG, "next"]);
  assertEquals(lines("12345678\r\r\nnext\n"), [TOO_LONG, "next"]);
  assertEquals(lines("1234567\r\r\n"), ["1234567\r"]);
});

Deno.test("TextLineStream.next() accepts an unterminated last line up to the limit", () => {
  assertEquals(lines("12345678"), ["12345678"]);
  assertEquals(lines("12345678\r"), ["12345678"]);
  assertEquals(lines("123456789"), [TOO_LONG]);
  assertEquals(lines("12345678\r\r"), [TOO_LONG]);
});

Deno.test("TextLineStream.next() counts bytes, not characters", () => {
  assertEquals(lines("\u20ac\u20ac12\n"), ["\u20ac\u20ac12"]);
  assertEquals(lines("\u20ac\u20ac\u20ac\n"), [TOO_LONG]);
});

Deno.test("TextLineStream.next() refuses a long line once, as soon as possible, and skips the rest", () => {
  const reader = make();
  assertEquals(feed(reader, utf8("12345678")), []);
  assertEquals(feed(reader, utf8("9")), [TOO_LONG]);
  for (let i = 0; i < 1000; i++) assertEquals(feed(reader, utf8("x".repeat(100))), []);
  assertEquals(feed(reader, utf8("end\nnext\n")), ["next"]);
});

Deno.test("TextLineStream.next() returns nothing for the unterminated rest of a refused line", () => {
  const reader = make();
  assertEquals(feed(reader, utf8("123456789 and more")), [TOO_LONG]);
  reader.end();
  assertEquals(drain(reader), []);
});

Deno.test("TextLineStream.next() refuses each of several long lines", () => {
  const long = "x".repeat(50);
  assertEquals(lines(`${long}\n${long}\r\nok\n${long}`), [TOO_LONG, TOO_LONG, "ok", TOO_LONG]);
});

Deno.test("TextLineStream.next() refuses a line that is not UTF-8, and goes on", () => {
  const wrong = [[0xff], [0xc3], [0xe2, 0x82], [0xc0, 0xaf], [0xed, 0xa0, 0x80]];
  for (const bytes of wrong) {
    assertEquals(lines(concat(Uint8Array.from(bytes), utf8("\nnext\n"))), [NOT_UTF8, "next"]);
    assertEquals(lines(Uint8Array.from(bytes)), [NOT_UTF8]);
  }
});

Deno.test("TextLineStream.next() keeps U+FFFD and a BOM in the input", () => {
  assertEquals(lines("\ufffd\n\ufeffhi\n"), ["\ufffd", "\ufeffhi"]);
});

Deno.test("TextLineStream.next() returns one line at a time", () => {
  const reader = make();
  reader.push(utf8("one\ntwo\nth"));
  assertEquals(reader.next(), "one");
  assertEquals(reader.next(), "two");
  assertEquals(reader.next(), undefined);
  assertEquals(feed(reader, utf8("ree\n")), ["three"]);
});

Deno.test("TextLineStream.next() keeps no reference to a chunk that was read", () => {
  const reader = make();
  const chunk = utf8("one\ntw");
  reader.push(chunk);
  drain(reader);
  chunk.fill(0x78);
  assertEquals(feed(reader, utf8("o\n")), ["two"]);
});

Deno.test("TextLineStream.next() returns the same for random bytes in chunks of any size", () =>
  eachSeed(100, (random) => {
    const alphabet = [0x0a, 0x0a, 0x0d, 0x61, 0x62, 0xc3, 0xa9, 0xff];
    const bytes = Uint8Array.from({ length: random.below(80) }, () => random.pick(alphabet));
    const whole = lines(bytes);
    assertEquals(readChunks(make(), random.cut(bytes, 20)), whole);
    assertEquals(whole, model(bytes));
  }));

/** A reference implementation for the whole input: split, strip one CR, check length and UTF-8. */
function model(bytes: Uint8Array): Incoming[] {
  const latin1 = String.fromCharCode(...bytes).split("\n");
  if (latin1.at(-1) === "") latin1.pop();
  return latin1.map((line) => line.replace(/\r$/, "")).map((line) => {
    if (line.length > 8) return TOO_LONG;
    try {
      const codes = Uint8Array.from(line, (unit) => unit.charCodeAt(0));
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(codes);
    } catch {
      return NOT_UTF8;
    }
  });
}

Deno.test("encodeLine() writes UTF-8 and an LF at the position, and nothing else", () => {
  for (const text of ["", "hello", "\u00e9\u20ac\u{1f600}", "a\rb", "\ufeffbom", "\ud800"]) {
    const line = concat(utf8(text), utf8("\n"));
    const target = new Uint8Array(2 + line.length + 2).fill(0xee);
    const room = target.subarray(0, -2);
    assertEquals(encodeLine(text, room, 2), 2 + line.length);
    assertEquals(target, concat(Uint8Array.of(0xee, 0xee), line, Uint8Array.of(0xee, 0xee)));
    assertEquals(line.length, utf8(text).length + LINE_OVERHEAD);
  }
});
