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

/**
 * `a-a-a-...-b`, 256 characters, was one phrase of 128 words. In a room whose thousand messages had 4 kB of "a b a b" one
 * such search of 300 bytes took 3 s, in which nobody was served.
 */
Deno.test("matchQuery() looks for few words side by side, and for the rest anywhere", () => {
  assertEquals(matchQuery("tea-time"), '"tea-time"');
  assertEquals(matchQuery("a-b-c-d e-f-g-h i-j k"), '"a-b-c-d" "e-f-g-h" "i" "j" "k"');
  // U+1CF2 is a letter to us and a space to FTS5; U+093F is a mark, behind which it begins another word.
  for (const between of ["-", "\u1cf2", "\u093f", '"', "'", "."]) {
    const query = matchQuery(Array(128).fill("a").join(between));
    assertEquals(query, Array(16).fill('"a"').join(" "), JSON.stringify(between));
  }
});
