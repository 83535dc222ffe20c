/**
 * What people type, as a query.
 */
import { assert, assertEquals } from "@std/assert";
import { foldedWords, hasPhrase, matchQuery } from "../../lib/history/match_query.ts";

function terms(typed: string): readonly string[] | undefined {
  return matchQuery(typed)?.terms;
}

Deno.test("matchQuery() puts each word in quotation marks, once", () => {
  assertEquals(terms("tea"), ['"tea"']);
  assertEquals(terms("  two\twords\n"), ['"two"', '"words"']);
  assertEquals(terms('say "tea"'), ['"say"', '"tea"']);
  assertEquals(terms("a OR b"), ['"a"', '"or"', '"b"']);
  assertEquals(terms("a\0b"), ['"a"', '"b"']);
  assertEquals(terms("tea Tea TEA tea-tea"), ['"tea"']);
});

Deno.test("matchQuery() leaves out what has no letter and no digit", () => {
  assertEquals(matchQuery(""), undefined);
  assertEquals(matchQuery(" - ?! \0 🍵 \ud800"), undefined);
  assertEquals(terms("- 茶 *"), ['"茶"']);
});

Deno.test("matchQuery() takes no more than people type", () => {
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
 * `a-a-a-a-a-a-a-a` was one phrase of FTS5, in a room of "a b a b": from 64 connections it held the loop for 10 s. Now it
 * is one word, and where the words of a phrase stand is looked up here.
 */
Deno.test("matchQuery() keeps words that stand side by side", () => {
  assertEquals(matchQuery("tea-time"), { terms: ['"tea"', '"time"'], phrases: [["tea", "time"]] });
  assertEquals(matchQuery("a-a-a-a-a-a-a-a")?.terms, ['"a"']);
  assertEquals(matchQuery("Ça-va bien")?.phrases, [["ca", "va"]]);
});

Deno.test("matchQuery() takes scripts without spaces apart into pairs, and their characters stand side by side", () => {
  assertEquals(matchQuery("Deno的运行时"), {
    terms: ['"deno"', '"的运"', '"运行"', '"行时"'],
    phrases: [["deno", "的", "运", "行", "时"]],
  });
  assertEquals(matchQuery("天"), { terms: ['"天"'], phrases: [] });
  assert(hasPhrase(foldedWords("今天天气很好"), ["天", "气"]));
  assert(!hasPhrase(foldedWords("今天天气很好"), ["气", "天"]));
});

Deno.test("hasPhrase() finds words side by side, and no others", () => {
  const words = foldedWords("It is TEA-time, à la carte; tea");
  assertEquals(words, ["it", "is", "tea", "time", "a", "la", "carte", "tea"]);
  assert(hasPhrase(words, ["tea", "time"]));
  assert(hasPhrase(words, ["carte", "tea"]));
  assert(!hasPhrase(words, ["time", "tea"]));
  assert(!hasPhrase(words, ["tea", "tea"]));
  assert(!hasPhrase([], ["tea"]));
});
