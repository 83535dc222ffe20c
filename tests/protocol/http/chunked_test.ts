import { assertEquals, assertThrows } from "@std/assert";
import { ChunkedDecoder, MAX_TRAILER } from "../../../lib/protocol/http/chunked.ts";
import { MAX_FIELDS, RequestError } from "../../../lib/protocol/http/request_head.ts";
import { eachSeed } from "../../random.ts";
import { assertProportional } from "../../support/growth.ts";
import { concat, utf8 } from "../reading.ts";

interface Decoded {
  readonly content: string;
  readonly isComplete: boolean;
  /** What follows the body. */
  readonly rest: string;
}

function decode(input: string | Uint8Array, { size = Infinity, maxLength = 1_000 } = {}): Decoded {
  const bytes = typeof input === "string" ? latin1(input) : Uint8Array.from(input);
  const decoder = new ChunkedDecoder(maxLength);
  const content: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length && !decoder.isComplete) {
    at += decoder.push(
      bytes.subarray(at, at + size),
      (source, from, to) => content.push(source.slice(from, to)),
    );
  }
  const rest = new TextDecoder("latin1").decode(bytes.subarray(at));
  return {
    content: new TextDecoder().decode(concat(...content)),
    isComplete: decoder.isComplete,
    rest,
  };
}

function latin1(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function assertRefused(status: number, input: string, message = "", maxLength = 1_000): void {
  for (const size of [Infinity, 1]) {
    const error = assertThrows(() => decode(input, { size, maxLength }), RequestError, message);
    assertEquals(error.status, status, JSON.stringify(input));
  }
}

Deno.test("ChunkedDecoder joins chunks, and leaves what follows the body", () => {
  const body = "4\r\nWiki\r\n7\r\npedia i\r\nB\r\nn \r\nchunks.\r\n0\r\n\r\n";
  for (const size of [Infinity, 1, 2, 3, 5, 7, 11]) {
    assertEquals(decode(`${body}GET / HTTP/1.1\r\n`, { size }), {
      content: "Wikipedia in \r\nchunks.",
      isComplete: true,
      rest: "GET / HTTP/1.1\r\n",
    });
  }
  assertEquals(decode(body.slice(0, -1)).isComplete, false);
});

Deno.test("ChunkedDecoder reads sizes in any case and with leading zeros", () => {
  assertEquals(decode("00000a\r\n0123456789\r\n000\r\n\r\n").content, "0123456789");
  assertEquals(decode("0A\r\n0123456789\r\n0\r\n\r\n").content, "0123456789");
});

Deno.test("ChunkedDecoder ignores chunk extensions and trailer fields (RFC 9112 7.1.1, 7.1.2)", () => {
  const extensions = [
    ";a",
    ";a=b",
    ';a="b c"',
    ';a="\\"; \\\\"',
    ";a;b=c",
    "\t; a = b",
    ';a="\xe9"',
  ];
  for (const extension of extensions) {
    const { content, isComplete } = decode(
      `2${extension}\r\nhi\r\n0${extension}\r\nA: b\r\nDigest: x=\r\n\r\n`,
      { size: 3 },
    );
    assertEquals([content, isComplete], ["hi", true], extension);
  }
});

/** Every one of these has been read differently by two programs in a chain (request smuggling). */
Deno.test("ChunkedDecoder refuses what others may read differently", () => {
  const bodies = {
    "Bare LF behind the size": "2\nhi\r\n0\r\n\r\n",
    "Bare LF behind the data": "2\r\nhi\n0\r\n\r\n",
    "Bare LF in an extension": "2;a\nb\r\nhi\r\n0\r\n\r\n",
    "Bare CR in an extension": "2;a\rb\r\nhi\r\n0\r\n\r\n",
    "Bare LF at the end": "2\r\nhi\r\n0\r\n\n",
    "CR CR LF": "2\r\r\nhi\r\n0\r\n\r\n",
    "No size": "\r\nhi\r\n0\r\n\r\n",
    "No size but an extension": ";a\r\nhi\r\n0\r\n\r\n",
    "Hexadecimal prefix": "0x2\r\nhi\r\n0\r\n\r\n",
    "A sign": "+2\r\nhi\r\n0\r\n\r\n",
    "Negative": "-2\r\nhi\r\n0\r\n\r\n",
    "Space before the size": " 2\r\nhi\r\n0\r\n\r\n",
    "Space behind the size": "2 \r\nhi\r\n0\r\n\r\n",
    "Underscore": "1_0\r\nhi\r\n0\r\n\r\n",
    "Not hexadecimal": "g\r\nhi\r\n0\r\n\r\n",
    "17 digits": "00000000000000002\r\nhi\r\n0\r\n\r\n",
    "Extension without a name": "2;\r\nhi\r\n0\r\n\r\n",
    "Extension without a value": "2;a=\r\nhi\r\n0\r\n\r\n",
    "Quoted string that does not end": '2;a="\r\nhi\r\n0\r\n\r\n',
    "Control character in an extension": '2;a="\x01"\r\nhi\r\n0\r\n\r\n',
    "Data longer than its size": "2\r\nhi!\r\n0\r\n\r\n",
    "Data longer by a line break": "2\r\nhi\r\r\n0\r\n\r\n",
    "Data shorter than its size": "3\r\nhi\r\n0\r\n\r\n",
    "Trailer without a colon": "0\r\nhello\r\n\r\n",
    "Trailer with a space before the colon": "0\r\nA : b\r\n\r\n",
    "Folded trailer": "0\r\nA: b\r\n c\r\n\r\n",
    "A request as a trailer": "0\r\nGET / HTTP/1.1\r\n\r\n",
  };
  for (const [what, body] of Object.entries(bodies)) {
    try {
      assertRefused(400, body);
    } catch (cause) {
      throw new Error(what, { cause });
    }
  }
});

Deno.test("ChunkedDecoder answers 413 before it reads a chunk that is too long", () => {
  assertEquals(decode("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", { maxLength: 5 }).content, "abcde");
  assertRefused(413, "6\r\n", "Body is longer than 5 bytes", 5);
  assertRefused(413, "3\r\nabc\r\n3\r\n", "Body is longer than 5 bytes", 5);
  assertRefused(413, "ffffffffffffffff\r\n");
  assertRefused(413, "fffffffffffffff\r\n");
});

Deno.test("ChunkedDecoder bounds the lines that carry no content, before they end", () => {
  assertRefused(400, `${"0".repeat(1_000)}`, "Chunk size is too long");
  assertRefused(400, `1;${"a".repeat(1_000)}`, "Chunk size is too long");
  const extended = `1;${"a".repeat(200)}\r\nx\r\n`;
  assertRefused(400, extended.repeat(100), "Too many chunk extensions");
  assertRefused(431, `0\r\nA: ${"b".repeat(MAX_TRAILER)}`, "Trailer section is too long");
  assertRefused(
    431,
    `0\r\n${`A: ${"b".repeat(200)}\r\n`.repeat(50)}`,
    "Trailer section is too long",
  );
  assertRefused(431, `0\r\n${"A: b\r\n".repeat(MAX_FIELDS + 1)}`, "Trailer section has more than");
});

Deno.test("ChunkedDecoder decodes any chunks however they arrive", async () => {
  await eachSeed(200, (random) => {
    const data = utf8(
      Array.from({ length: random.below(200) }, () => random.pick(["a", "\r", "\n", "0"])).join(""),
    );
    const chunks = data.length === 0 ? [] : random.cut(data, random.pick([1, 10, 100]));
    const body = chunks.map((chunk) =>
      concat(utf8(`${chunk.length.toString(16)}\r\n`), chunk, utf8("\r\n"))
    );
    const input = concat(...body, utf8("0\r\n\r\nrest"));
    const { content, isComplete, rest } = decode(input, { size: random.between(1, 20) });
    assertEquals([content, isComplete, rest], [new TextDecoder().decode(data), true, "rest"]);
  });
});

Deno.test("ChunkedDecoder takes time in proportion to its input", () => {
  const run = (body: string) => decode(body, { maxLength: Infinity });
  assertProportional(
    { run, length: 50_000, make: (length) => "1\r\nx\r\n".repeat(length / 6) },
    "chunks",
  );
  const make = (length: number) => `${"1;a\r\nx\r\n".repeat(length / 8)}`;
  assertProportional({ run, length: 16_000, make }, "extensions");
});
