/**
 * What people type, as a query.
 */
import { assert, assertEquals } from "@std/assert";
import { matchQuery } from "../../lib/history/match_query.ts";

Deno.test("matchQuery() puts each word in quotation marks", () => {
  assertEquals(matchQuery("tea"), '"tea"');
  assertEquals(matchQuery("  two\twords\n"), '"two" "words"');
  assertEquals(matchQuery('say "tea"'), '"say" """tea"""');
  assertEquals(matchQuery("a OR b"), '"a" "OR" "b"');
  assertEquals(matchQuery("a\0b"), '"a" "b"');
});

Deno.test("matchQuery() leaves out what has no letter and no digit", () => {
  assertEquals(matchQuery(""), undefined);
  assertEquals(matchQuery(" - ?! \0 🍵 \ud800"), undefined);
  assertEquals(matchQuery("- 茶 *"), '"茶"');
});

Deno.test("matchQuery() takes no more than people type", () => {
  assertEquals(matchQuery("a ".repeat(1_000))?.split(" ").length, 16);
  assert(matchQuery("x".repeat(10_000))!.length < 300);
});
