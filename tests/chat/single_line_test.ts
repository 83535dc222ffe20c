import { assert, assertEquals } from "@std/assert";
import { findExcess, toShortPhrase, toSingleLine } from "../../lib/chat/single_line.ts";

const FAMILY = "\u{1f468}\u200d\u{1f469}\u200d\u{1f467}\u200d\u{1f466}";

Deno.test("findExcess() counts graphemes", () => {
  const characters = [
    "x",
    "\u00e9",
    "e\u0301",
    "\u4f60",
    "\u{1f600}",
    FAMILY,
    "\u0936\u094d\u0930\u0940",
  ];
  for (const character of characters) {
    assertEquals(findExcess(character.repeat(200), 200), undefined, character);
    assertEquals(findExcess(character.repeat(201), 200)?.startsWith("longer than "), true);
  }
  assertEquals(findExcess("\u{1f600}".repeat(201), 200), "longer than 200 characters");
});

Deno.test("findExcess() bounds the bytes of one character", () => {
  const endless = [
    `a${"\u0301".repeat(10_000)}`,
    `${FAMILY}\u200d`.repeat(300),
    "\u0915\u094d".repeat(3_000),
  ];
  for (const text of endless) assertEquals(findExcess(text, 200), "longer than 5000 bytes");
});

Deno.test("toSingleLine() cuts off towers of marks", () => {
  assertEquals(toSingleLine(`a${"\u0301".repeat(10_000)}b`), `a${"\u0301".repeat(8)}b`);
  const usual = "a\u0323\u0302\u0301 \u05e9\u05c1\u05b8\u05bc \u0f66\u0f90\u0fb1\u0f7c\u0f0b";
  assertEquals(toSingleLine(usual), usual);
});

Deno.test("toShortPhrase() cuts off the rest, and splits no character", () => {
  assertEquals(toShortPhrase("x".repeat(300), 200), "x".repeat(200));
  assertEquals(toShortPhrase("\u{1f600}".repeat(300), 200), "\u{1f600}".repeat(200));
  assertEquals(toShortPhrase(FAMILY.repeat(201), 200), FAMILY.repeat(200));
  assertEquals(toShortPhrase(` a\n${"b".repeat(3)}\u2800`, 200), "a bbb\u2800");
  assertEquals(toShortPhrase("\u2800", 200), "");
  const chain = toShortPhrase(`a${`${FAMILY}\u200d`.repeat(10_000)}`, 200);
  assert(chain.length <= 2_500 && chain.isWellFormed(), String(chain.length));
});
