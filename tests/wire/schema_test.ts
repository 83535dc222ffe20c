import { assertEquals } from "@std/assert";
import { EVENTS } from "../../lib/wire/events.ts";
import {
  constant,
  flag,
  integer,
  list,
  mark,
  membersWriterOf,
  nullable,
  object,
  optional,
  problemOf,
  quote,
  text,
  writerOf,
} from "../../lib/wire/schema.ts";
import { eachSeed } from "../random.ts";
import { sampleOf } from "./samples.ts";

const point = object({
  x: [integer({ max: 9, expected: "a digit" }), ""],
  label: [optional(text(3)), ""],
}, { expected: "a point" });

Deno.test("problemOf() says what is wrong with a value", () => {
  const { node } = point;
  assertEquals(problemOf(node, { x: 1, more: 2 }, "p"), undefined);
  assertEquals(problemOf(node, { x: 1, label: "abc" }, "p"), undefined);
  for (
    const wrong of [null, 1, "x", [], {}, { x: 10 }, { x: -1 }, { x: 1.5 }, { x: 1, label: 1 }]
  ) {
    assertEquals(problemOf(node, wrong, "p"), "p is not a point");
  }
  assertEquals(problemOf(text(3).node, "abcd", "t"), "t is not a string of up to 3 characters");
  assertEquals(problemOf(nullable(text()).node, null, "t"), undefined);
  assertEquals(problemOf(list(flag).node, [true, 1], "l"), "l is not a list, each true or false");
});

Deno.test("problemOf() takes no member from a prototype", () => {
  const { node } = object({ toString: [optional(text()), ""] });
  assertEquals(problemOf(node, {}, "o"), undefined);
});

Deno.test("writerOf() writes what is handed in, and nothing that the schema does not name", () => {
  const { node } = object({
    kind: [constant("k"), ""],
    name: [nullable(text()), ""],
    away: [optional(text()), ""],
    done: [mark, ""],
    at: [list(point), ""],
  });
  const write = writerOf(node);
  assertEquals(
    write({ name: undefined, done: false, at: [{ x: 1, secret: 2 }], secret: 3 }),
    '{"kind":"k","name":null,"at":[{"x":1}]}',
  );
  assertEquals(
    write({ name: "n", away: "", done: true, at: [] }),
    '{"kind":"k","name":"n","away":"","done":true,"at":[]}',
  );
});

Deno.test("The writers of all events write what JSON.stringify() would", async () => {
  await eachSeed(200, (random) => {
    for (const { fields } of Object.values(EVENTS)) {
      const members = sampleOf(fields, random);
      assertEquals(`{${membersWriterOf(fields)(members).slice(1)}}`, JSON.stringify(members));
    }
  });
});

Deno.test("quote() is JSON.stringify() for every text", async () => {
  for (const text of ["", '"', "\\", "\n", "\x7f", "\u2028", "\ud800", "\0", "~ !"]) {
    assertEquals(quote(text), JSON.stringify(text));
  }
  await eachSeed(200, (random) => {
    const text = String.fromCharCode(...random.bytes(random.below(20)));
    assertEquals(quote(text), JSON.stringify(text));
  });
});
