import { assertEquals } from "@std/assert";
import { median, percentile } from "./stats.ts";

Deno.test("percentile() is the smallest value that the share does not exceed", () => {
  const values = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  assertEquals(percentile(values, 0.5), 5);
  assertEquals(percentile(values, 0.99), 10);
  assertEquals(percentile(values, 1), 10);
  assertEquals(percentile(values, 0), 1);
  assertEquals(percentile([], 0.5), NaN);
});

Deno.test("median() is the middle value, or the mean of the two in the middle", () => {
  assertEquals(median([9, 1, 5]), 5);
  assertEquals(median([4, 1, 3, 2]), 2.5);
  assertEquals(median([7]), 7);
  assertEquals(median([]), NaN);
});
