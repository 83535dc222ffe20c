/**
 * The intersection of the words of a search.
 */
import { assert, assertEquals } from "@std/assert";
import { findWords } from "../../lib/history/word_search.ts";
import { eachSeed } from "../random.ts";

Deno.test("findWords() intersects words, newest first, with bounded queries", () =>
  eachSeed(200, (random) => {
    const size = random.pick([0, 1, 50, 2_000]);
    const lists = Array.from({ length: random.between(1, 6) }, () => {
      const every = random.pick([1, 2, 3, 50]);
      return Array.from({ length: size }, (_, i) => size - i).filter(() => random.oneIn(every));
    });
    const newest = random.pick([size, Math.ceil(size / 2)]);
    let rows = 0;
    const read = (term: string, to: number, limit: number) => {
      const found = lists[Number(term)]!.filter((offset) => offset <= to).slice(0, limit);
      assert(limit <= 64, `${limit} rows in one query`);
      rows += 1 + found.length;
      return found;
    };
    const found: number[] = [];
    let queries = 0;
    for (const offset of findWords([...lists.keys()].map(String), newest, read)) {
      if (offset === undefined) queries++;
      else found.push(offset);
      assert(rows <= 65, "There is at most one query between two steps");
      rows = 0;
    }
    const [first = []] = lists;
    const all = first.filter((offset) =>
      offset <= newest && lists.every((list) => list.includes(offset))
    );
    assertEquals(found, all);
    assert(queries >= 1);
  }));
