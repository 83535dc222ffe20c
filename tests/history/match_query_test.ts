/**
 * The parsing of searches.
 */
import { assert, assertEquals } from "@std/assert";
import { foldedWords, hasPhrase, matchQuery } from "../../lib/history/match_query.ts";

function terms(typed: string): readonly string[] | undefined {
  return matchQuery(typed)?.terms;
}

Deno.test("matchQuery() quotes each distinct word", () => {
  assertEquals(terms("tea"), ['"tea"']);
  assertEquals(terms("  two\twords\n"), ['"two"', '"words"']);
  assertEquals(terms('say "tea"'), ['"say"', '"tea"']);
  assertEquals(terms("a OR b"), ['"a"', '"or"', '"b"']);
  assertEquals(terms("a\0b"), ['"a"', '"b"']);
  assertEquals(terms("tea Tea TEA tea-tea"), ['"tea"']);
});

Deno.test("matchQuery() ignores text without letters and digits", () => {
  assertEquals(matchQuery(""), undefined);
  assertEquals(matchQuery(" - ?! \0 🍵 \ud800"), undefined);
  assertEquals(terms("- 茶 *"), ['"茶"']);
});

Deno.test("matchQuery() bounds its input and the number of words", () => {
  const letters = Array.from({ length: 26 }, (_, i) => String.fromCharCode(97 + i));
  assertEquals(terms(letters.join(" "))?.length, 16);
  assertEquals(terms(letters.join("-"))?.length, 16);
  assert(terms("x".repeat(10_000))!.join("").length < 300);
});

Deno.test("matchQuery() makes one word of a letter and its accent, as the index does", () => {
  assertEquals(terms("e\u0301cole"), ['"ecole"']);
  assertEquals(terms("x\u0302y"), ['"xy"']);
});

/**
 * Regression: `a-a-a-a-a-a-a-a` was a phrase query of FTS5, which held the event loop for 10 s in a room of "a b a b" when
 * 64 connections searched. Now FTS5 is queried for one word, and phrases are compared here.
 */
Deno.test("matchQuery() returns adjacent words as phrases", () => {
  assertEquals(matchQuery("tea-time"), { terms: ['"tea"', '"time"'], phrases: [["tea", "time"]] });
  assertEquals(matchQuery("a-a-a-a-a-a-a-a")?.terms, ['"a"']);
  assertEquals(matchQuery("Ça-va bien")?.phrases, [["ca", "va"]]);
});

Deno.test("matchQuery() splits scripts without spaces into pairs and phrases of characters", () => {
  assertEquals(matchQuery("Deno的运行时"), {
    terms: ['"deno"', '"的运"', '"运行"', '"行时"'],
    phrases: [["deno", "的", "运", "行", "时"]],
  });
  assertEquals(matchQuery("天"), { terms: ['"天"'], phrases: [] });
  assert(hasPhrase(foldedWords("今天天气很好"), ["天", "气"]));
  assert(!hasPhrase(foldedWords("今天天气很好"), ["气", "天"]));
});

Deno.test("hasPhrase() finds adjacent words only", () => {
  const words = foldedWords("It is TEA-time, à la carte; tea");
  assertEquals(words, ["it", "is", "tea", "time", "a", "la", "carte", "tea"]);
  assert(hasPhrase(words, ["tea", "time"]));
  assert(hasPhrase(words, ["carte", "tea"]));
  assert(!hasPhrase(words, ["time", "tea"]));
  assert(!hasPhrase(words, ["tea", "tea"]));
  assert(!hasPhrase([], ["tea"]));
});
