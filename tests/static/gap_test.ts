import { assertEquals } from "@std/assert";
import { page } from "./page.ts";

const { gap } = page;

Deno.test("Gap tells what was missed from the first number after an absence", () => {
  const ids = gap.createGap();
  assertEquals([ids.note(7, false), ids.note(8, false)], [undefined, undefined]);
  ids.open(true);
  assertEquals([ids.note(12, false), ids.note(13, false)], [3, undefined]);
  ids.open(true);
  assertEquals(ids.note(14, false), 0);
});

Deno.test("Gap does not count what one said oneself", () => {
  const ids = gap.createGap();
  ids.note(7, false);
  ids.open(true);
  // Said before the connection broke, though nobody heard that it was; and one that is new.
  assertEquals([ids.note(8, true), ids.note(11, true)], [undefined, undefined]);
  assertEquals(ids.note(12, false), 2);
});

Deno.test("Gap adds up absences in which nothing was heard", () => {
  const ids = gap.createGap();
  ids.note(7, false);
  ids.open(true);
  ids.note(9, true);
  ids.open(true);
  assertEquals(ids.note(12, false), 4);
});

Deno.test("Gap knows nothing of a server that has started anew", () => {
  const ids = gap.createGap();
  ids.note(7, false);
  ids.open(false);
  assertEquals(ids.note(3, false), undefined);
  ids.open(true);
  assertEquals(ids.note(5, false), 1);
});

Deno.test("Gap knows nothing when nothing was heard before", () => {
  const ids = gap.createGap();
  ids.open(true);
  assertEquals(ids.note(40, false), undefined);
});
