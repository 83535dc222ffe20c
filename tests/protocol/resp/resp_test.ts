import { assertEquals, assertThrows } from "@std/assert";
import {
  encodeCommand,
  RespError,
  RespParser,
  RespPush,
  type RespValue,
} from "../../../lib/protocol/resp/resp.ts";
import { eachSeed, type Random } from "../../random.ts";
import { utf8 } from "../reading.ts";

/** Parses the pieces of a stream. */
function parse(...pieces: readonly Uint8Array[]): RespValue[] {
  const parser = new RespParser();
  const values: RespValue[] = [];
  for (const piece of pieces) {
    parser.push(piece);
    for (let value = parser.next(); value !== undefined; value = parser.next()) values.push(value);
  }
  return values;
}

Deno.test("encodeCommand() counts bytes of UTF-8", () => {
  const encoded = new TextDecoder().decode(encodeCommand(["SET", "é", 42, "𝄞", ""]));
  assertEquals(encoded, "*5\r\n$3\r\nSET\r\n$2\r\né\r\n$2\r\n42\r\n$4\r\n𝄞\r\n$0\r\n\r\n");
});

Deno.test("encodeCommand() replaces lone surrogates, and counts what it sends", () => {
  for (const text of ["\ud800", "a\udc00b", "\ud800\ud800", "\udc00\ud800"]) {
    assertEquals(parse(encodeCommand([text])), [[text.toWellFormed()]]);
  }
});

Deno.test("RespParser.next() returns every type of RESP3", () => {
  const stream =
    "+OK\r\n-ERR no\r\n:-12\r\n$5\r\na\r\nbc\r\n$0\r\n\r\n*2\r\n:1\r\n*0\r\n_\r\n#t\r\n#f\r\n" +
    ",1.5\r\n,-inf\r\n(12345678901234567890\r\n!7\r\nSYNTAX!\r\n=6\r\ntxt:hi\r\n" +
    "%1\r\n+a\r\n*1\r\n_\r\n~2\r\n+x\r\n+y\r\n>2\r\n+message\r\n+hi\r\n$-1\r\n*-1\r\n";
  assertEquals(parse(utf8(stream)), [
    "OK",
    new RespError("ERR no"),
    -12,
    "a\r\nbc",
    "",
    [1, []],
    null,
    true,
    false,
    1.5,
    -Infinity,
    "12345678901234567890",
    new RespError("SYNTAX!"),
    "hi",
    new Map([["a", [null]]]),
    ["x", "y"],
    new RespPush(["message", "hi"]),
    null,
    null,
  ]);
});

Deno.test("RespParser.next() ignores attributes, wherever they stand", () => {
  assertEquals(parse(utf8("|1\r\n+ttl\r\n:3\r\n*2\r\n|1\r\n+a\r\n%0\r\n+x\r\n+y\r\n")), [[
    "x",
    "y",
  ]]);
});

Deno.test("RespError.code is the first word", () => {
  assertEquals(new RespError("NOSCRIPT No matching script").code, "NOSCRIPT");
});

Deno.test("RespParser.next() returns the same values however the stream is cut", async () => {
  await eachSeed(30, (random) => {
    const values = Array.from({ length: 20 }, () => randomValue(random, 3));
    const bytes = utf8(values.map(encode).join(""));
    assertEquals(parse(...random.cut(bytes, random.pick([1, 7, 1_000]))), values);
  });
});

Deno.test("RespParser.next() reads a string that is longer than its buffer", () => {
  const text = "x".repeat(1_000_000);
  assertEquals(
    parse(utf8(`$${text.length}\r\n`), utf8(text.slice(7)), utf8(`${text.slice(0, 7)}\r\n+y\r\n`)),
    [
      text,
      "y",
    ],
  );
});

Deno.test("RespParser.next() throws SyntaxError for what is not RESP3, and for too much of it", () => {
  const wrong = [
    "HTTP/1.1 400 Bad Request\r\n",
    "$x\r\n",
    "$-2\r\n",
    "$99999999999\r\n",
    "*99999999999\r\n",
    ":1.5\r\n",
    ":\r\n",
    ",x\r\n",
    "#y\r\n",
    "$2\r\nabcd\r\n",
    "*1\r\n".repeat(17),
    "+".padEnd(70_000, "x"),
  ];
  for (const stream of wrong) {
    assertThrows(() => parse(utf8(stream)), SyntaxError, undefined, stream);
  }
});

Deno.test("RespParser.next() throws nothing but SyntaxError", async () => {
  await eachSeed(200, (random) => {
    const bytes = utf8([randomValue(random, 3), randomValue(random, 3)].map(encode).join(""));
    for (let i = random.below(4); i > 0; i--) {
      bytes[random.below(bytes.length)] = random.pick([...utf8("$*%|>~-+:_#,(!=\r\n019x")]);
    }
    try {
      parse(bytes);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  });
});

function randomValue(random: Random, depth: number): RespValue {
  switch (random.below(depth === 0 ? 4 : 7)) {
    case 0:
      return random.between(-1000, 1000);
    case 1:
      return null;
    case 2:
      return random.oneIn(2);
    case 3:
      return random.pick(["", "é\r\n", "x".repeat(random.below(300))]);
    case 4:
      return new RespPush([randomValue(random, depth - 1)]);
    case 5:
      return new Map([[randomValue(random, 0), randomValue(random, depth - 1)]]);
    default:
      return Array.from({ length: random.below(4) }, () => randomValue(random, depth - 1));
  }
}

function encode(value: RespValue): string {
  if (value === null) return "_\r\n";
  if (typeof value === "number") return `:${value}\r\n`;
  if (typeof value === "boolean") return value ? "#t\r\n" : "#f\r\n";
  if (typeof value === "string") return `$${utf8(value).length}\r\n${value}\r\n`;
  if (value instanceof RespError) return `-${value.message}\r\n`;
  if (value instanceof RespPush) {
    return `>${value.items.length}\r\n${value.items.map(encode).join("")}`;
  }
  if (value instanceof Map) {
    return `%${value.size}\r\n${
      [...value].flat().map((item) => encode(item as RespValue)).join("")
    }`;
  }
  const items = value as readonly RespValue[];
  return `*${items.length}\r\n${items.map(encode).join("")}`;
}
