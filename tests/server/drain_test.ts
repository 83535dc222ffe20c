import { assert, assertEquals } from "@std/assert";
import { Drain } from "../../lib/server/drain.ts";
import { eachSeed } from "../random.ts";

Deno.test("Drain.due() returns each item once, when its moment has come", () => {
  const moments = [0.5, 0, 0.999];
  const drain = new Drain(["a", "b", "c"], 1_000, 100, () => moments.shift()!);
  assertEquals(drain.due(999), []);
  assertEquals(drain.due(1_000), ["b"]);
  assertEquals(drain.due(1_000), []);
  assertEquals(drain.due(1_049), []);
  assertEquals(drain.due(1_050), ["a"]);
  assertEquals(drain.due(2_000), ["c"]);
  assertEquals(drain.due(9_000), []);
});

Deno.test("Drain is done when all items are deleted, due or not", () => {
  const drain = new Drain(["a", "b"], 0, 100, () => 0.5);
  drain.delete("a");
  assertEquals(drain.due(50), ["b"]);
  assert(!drain.done);
  drain.delete("stranger");
  assert(!drain.done);
  drain.delete("b");
  assert(drain.done);
});

Deno.test("Drain spreads its items over the whole time", () =>
  eachSeed(10, (random) => {
    const items = Array.from({ length: 1_000 }, (_, i) => i);
    const drain = new Drain(items, 0, 1_000, () => random.below(2 ** 32) / 2 ** 32);
    let total = 0;
    for (let now = 100; now <= 1_000; now += 100) {
      const { length } = drain.due(now);
      assert(length > 50 && length < 160, `${length} by ${now}`);
      total += length;
    }
    assertEquals(total, items.length);
  }));
