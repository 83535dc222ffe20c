import { assertEquals } from "@std/assert";
import { normalizeName, roomKey, toName } from "../../lib/text/name.ts";

Deno.test("toName() makes a valid name of a text that was not meant as one", () => {
  const cases: Array<[string, string | undefined]> = [
    ["alice", "alice"],
    ["Alice Smith", "Alice-Smith"],
    ["  Zo\u0065\u0308  O'Hara, PhD. ", "Zo\u00eb-O-Hara-PhD."],
    ["\u0301x", "x"],
    ["\u5c71\u7530 \u592a\u90ce", "\u5c71\u7530-\u592a\u90ce"],
    ["al\u200bice\u115f", "al-ice"],
    ["a\x1b[31mb", "a-31mb"],
    ["x".repeat(1000), "x".repeat(32)],
    ["e\u0301".repeat(300), "\u00e9".repeat(32)],
    ["\u0915\u094d\u0937\u093f".repeat(100), "\u0915\u094d\u0937\u093f".repeat(16)],
    ["", undefined],
    ["!?", undefined],
    ["\u{1f600}", undefined],
  ];
  for (const [text, name] of cases) {
    assertEquals(toName(text), name, text);
    if (name !== undefined) assertEquals(normalizeName(name), name);
  }
});

Deno.test("roomKey() is the same for all spellings of a name", () => {
  for (const name of ["dev", "#dev", "DEV", "\uff44\uff45\uff56"]) {
    assertEquals(roomKey(name), "dev");
  }
});
