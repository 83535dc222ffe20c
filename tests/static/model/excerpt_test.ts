import { assert, assertEquals } from "@std/assert";
import { excerptOf } from "../../../static/src/model/excerpt.ts";

const plain = (text: string, words: string) =>
  excerptOf(text, words).map(({ text, isFound }) => isFound ? `[${text}]` : text).join("");

Deno.test("excerptOf() marks the words of the search, in any case", () => {
  assertEquals(plain("Green Tea and more tea", "tea"), "Green [Tea] and more [tea]");
  assertEquals(plain("one\n  two", "two one"), "[one] [two]");
  assertEquals(plain("a.b (c) -d", ".b (c) -d"), "a[.b] [(c)] [-d]");
  assertEquals(plain("nothing", "tea"), "nothing");
  assertEquals(plain("", "tea"), "");
});

Deno.test("excerptOf() shows the part of a long text that has the first word", () => {
  const shown = plain(`${"x ".repeat(200)}tea${" y".repeat(200)}`, "tea");
  assert(shown.startsWith("\u2026x x") && /y ?\u2026$/.test(shown), shown);
  assert(shown.includes("[tea]") && shown.length < 160, shown);
});

Deno.test("excerptOf() splits no character", () => {
  for (let before = 30; before < 60; before++) {
    const shown = plain(`${"\u{1f600}".repeat(before)} tea ${"\u{1f600}".repeat(99)}`, "tea");
    assert(shown.isWellFormed(), shown);
  }
});
