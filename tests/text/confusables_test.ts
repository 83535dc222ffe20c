import { assertEquals } from "@std/assert";
import { prototypeOf } from "../../lib/text/confusables.ts";
import { confusables, moduleText } from "../generate/confusables.ts";

Deno.test("lib/text/confusables.ts is what `deno task confusables` makes", async () => {
  const file = new URL("../../lib/text/confusables.ts", import.meta.url);
  const isCurrent = await Deno.readTextFile(file) === moduleText();
  assertEquals(isCurrent, true, "Run `deno task confusables`");
});

Deno.test("prototypeOf() returns exactly the rows of the table", () => {
  const expected = confusables();
  for (let code = 0; code <= 0x10ffff; code++) {
    const letter = String.fromCodePoint(code);
    const found = prototypeOf(letter);
    // assertEquals() alone is too slow for a million calls.
    if (found !== expected.get(letter)) assertEquals(found, expected.get(letter), escape(letter));
  }
  assertEquals(expected.size > 1_500, true, String(expected.size));
});

Deno.test("prototypeOf() returns prototypes that have no prototype", () => {
  for (const prototype of confusables().values()) {
    for (const letter of prototype) assertEquals(prototypeOf(letter), undefined, escape(prototype));
  }
});
