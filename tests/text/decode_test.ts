import { assert, assertEquals } from "@std/assert";
import { decodeUtf8, Utf8Validator } from "../../lib/text/decode.ts";
import { eachSeed } from "../random.ts";
import { utf8 } from "../protocol/reading.ts";

/** Both sides of every boundary in table 3-7 of the Unicode Standard. */
// deno-fmt-ignore
const BORDERS = [
  0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf,
  0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff,
];

function oracle(bytes: Uint8Array, stream = false): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes, { stream });
  } catch {
    return undefined;
  }
}

/** Compares with the runtime: the text, whether it is complete, and the first invalid byte. */
function check(bytes: Uint8Array): void {
  const expected = oracle(bytes);
  const shown = `[${bytes}]`;
  assertEquals(decodeUtf8(bytes), expected, shown);

  const validator = new Utf8Validator();
  let length = 0;
  while (length < bytes.length && validator.write(bytes.subarray(length, length + 1))) length++;
  const isWrong = length < bytes.length;
  assertEquals(!isWrong && validator.complete, expected !== undefined, shown);
  assert(oracle(bytes.subarray(0, length), true) !== undefined, `${shown} fails too early`);
  if (isWrong) {
    assertEquals(oracle(bytes.subarray(0, length + 1), true), undefined, `${shown} fails too late`);
  }

  validator.reset();
  assert(validator.complete);
  assertEquals(validator.write(bytes), !isWrong, shown);
}

Deno.test("Utf8Validator and decodeUtf8() agree with TextDecoder on all boundary values", () => {
  for (const a of BORDERS) {
    for (const b of BORDERS) {
      for (const c of BORDERS) check(Uint8Array.of(a, b, c));
      if (a < 0xf0) continue;
      for (const c of [0x7f, 0x80, 0xbf, 0xc0]) {
        for (const d of [0x7f, 0x80, 0xbf, 0xc0]) check(Uint8Array.of(a, b, c, d));
      }
    }
  }
});

Deno.test("Utf8Validator and decodeUtf8() agree with TextDecoder on random bytes", () =>
  eachSeed(500, (random) => {
    check(random.bytes(random.below(8)));
    check(Uint8Array.from({ length: random.below(40) }, () => random.pick(BORDERS)));
  }));

Deno.test("Utf8Validator and decodeUtf8() agree with TextDecoder on text with a byte changed", () =>
  eachSeed(500, (random) => {
    const points = [0x41, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfffd, 0xfeff, 0x10000];
    const text = Array.from({ length: 10 }, () => String.fromCodePoint(random.pick(points)));
    const bytes = utf8(text.join(""));
    check(bytes);
    check(bytes.subarray(0, random.below(bytes.length)));
    bytes[random.below(bytes.length)] = random.below(256);
    check(bytes);
  }));

Deno.test("decodeUtf8() keeps U+FFFD and a BOM in the input", () => {
  assertEquals(decodeUtf8(utf8("\ufeffa\ufffdb")), "\ufeffa\ufffdb");
  assertEquals(decodeUtf8(new Uint8Array(0)), "");
});

Deno.test("Utf8Validator.complete is false within a character", () => {
  const validator = new Utf8Validator();
  const complete = [...utf8("a\u{1f600}")].map((byte) => {
    assert(validator.write(Uint8Array.of(byte)));
    return validator.complete;
  });
  assertEquals(complete, [true, false, false, false, true]);
});

Deno.test("Utf8Validator.reset() makes a validator usable after a failure", () => {
  const validator = new Utf8Validator();
  assertEquals(validator.write(Uint8Array.of(0xed, 0xa0)), false);
  validator.reset();
  assertEquals(validator.write(utf8("\u00e9")), true);
});
