import { assertEquals } from "@std/assert";
import {
  MAX_NAME_LENGTH,
  NAME_RULES,
  nameKey,
  NameRegistry,
  normalizeName,
} from "../../lib/chat/names.ts";

/** All characters that a name may have after the first one. */
function* nameCharacters(): Generator<string> {
  for (let code = 0; code <= 0x10ffff; code++) {
    const character = String.fromCodePoint(code);
    if (normalizeName(`a${character}`) !== undefined) yield character;
  }
}

Deno.test("normalizeName() accepts letters and digits of any script, hyphens, underscores and dots", () => {
  const names = [
    "A",
    "alice",
    "7",
    "-_.",
    "a.b-c_d",
    "\u00c5sa",
    "\u0391\u03bb\u03af\u03ba\u03b7",
    "\u0417\u043e\u044f",
    "\u6f22\u5b57",
    "\u0905\u0928\u0940\u0924\u093e",
    "\u0664\u0662",
    "\u{1d4d0}",
  ];
  for (const name of names) assertEquals(normalizeName(name), name.normalize("NFC"));
});

Deno.test("normalizeName() accepts 1 to 32 characters", () => {
  assertEquals(normalizeName(""), undefined);
  for (const character of ["a", "\u6f22", "\u{1d4d0}"]) {
    const longest = character.repeat(MAX_NAME_LENGTH);
    assertEquals(normalizeName(longest), longest);
    assertEquals(normalizeName(longest + character), undefined);
  }
  const decomposed = "e\u0301".repeat(MAX_NAME_LENGTH);
  assertEquals(normalizeName(decomposed), "\u00e9".repeat(MAX_NAME_LENGTH));
});

Deno.test("normalizeName() counts graphemes, within a bound of code points", () => {
  const hindi = "\u0936\u094d\u0930\u0940"; // one character of four code points
  assertEquals(normalizeName(hindi.repeat(16)), hindi.repeat(16));
  assertEquals(normalizeName(hindi.repeat(17)), undefined);
  const yoruba = "\u1ecd\u0301"; // one of two, in NFC
  assertEquals(normalizeName(yoruba.repeat(32)), yoruba.repeat(32));
  assertEquals(normalizeName(yoruba.repeat(33)), undefined);
});

Deno.test("normalizeName() refuses spaces, symbols, controls and everything that looks like an address", () => {
  const wrong = [
    "a b",
    " a",
    "a ",
    "a\tb",
    "a\nb",
    "a\0",
    "a\u00a0b",
    "a\u2028b",
    "a/b",
    "10.0.0.1:80",
    "[a]",
    "a'b",
    "a@b",
    "\u{1f600}",
    "\ud800",
    "\u0301a",
  ];
  for (const name of wrong) assertEquals(normalizeName(name), undefined, JSON.stringify(name));
});

Deno.test("normalizeName() refuses invisible characters", () => {
  // Fillers are letters and variation selectors are marks, but both are invisible.
  const invisible = [
    "\u3164",
    "\uffa0",
    "\u115f",
    "\u1160",
    "a\ufe0f",
    "a\u034f",
    "a\u200d",
    "\u200b",
  ];
  for (const name of invisible) assertEquals(normalizeName(name), undefined, escape(name));
  for (const character of nameCharacters()) {
    const isIgnorable = /\p{Default_Ignorable_Code_Point}/u.test(character);
    assertEquals(isIgnorable, false, escape(character));
  }
});

Deno.test("nameKey() is the same for names that differ only in case or Unicode form", () => {
  for (const character of nameCharacters()) {
    const name = `a${character}`, key = nameKey(name);
    const forms = ["NFC", "NFD", "NFKC", "NFKD"].map((form) => name.normalize(form));
    for (const same of [name.toUpperCase(), name.toLowerCase(), key, ...forms]) {
      // assertEquals() is too slow for 140,000 of them.
      if (nameKey(same) !== key) assertEquals(nameKey(same), key, escape(name));
    }
  }
});

Deno.test("nameKey() is different for different names", () => {
  const names = ["a", "b", "ab", "a.b", "a-b", "a_b", "\u00e4", "e", "\u00e9", "\u0430"];
  assertEquals(new Set(names.map(nameKey)).size, names.length);
});

Deno.test("NameRegistry.claim() gives a name to one owner, and frees the previous one", () => {
  const registry = new NameRegistry<string>();
  assertEquals(registry.claim("Bob", "first", undefined), true);
  assertEquals(registry.claim("BOB", "second", undefined), false);
  assertEquals(registry.claim("BOB", "first", "Bob"), true);
  assertEquals(registry.owner("bob"), "first");
  assertEquals(registry.claim("Rob", "first", "BOB"), true);
  assertEquals([registry.owner("Bob"), registry.owner("rob")], [undefined, "first"]);
  assertEquals(registry.claim("bob", "second", undefined), true);
});

Deno.test("NameRegistry.claim() keeps the previous name if the new one is taken", () => {
  const registry = new NameRegistry<string>();
  registry.claim("Alice", "first", undefined);
  registry.claim("Bob", "second", undefined);
  assertEquals(registry.claim("Bob", "first", "Alice"), false);
  assertEquals([registry.owner("Alice"), registry.owner("Bob")], ["first", "second"]);
});

Deno.test("NameRegistry.release() frees a name in any form", () => {
  const registry = new NameRegistry<string>();
  registry.claim("Caf\u00e9", "owner", undefined);
  registry.release("CAFE\u0301");
  assertEquals(registry.owner("caf\u00e9"), undefined);
});

Deno.test("NAME_RULES states the maximum length of a name", () => {
  assertEquals(NAME_RULES.includes(String(MAX_NAME_LENGTH)), true);
});

Deno.test("normalizeName() and NameRegistry.owner() do not read far into a text that is too long for a name", () => {
  // Normalizing 32,000 combining marks in the wrong order took 780 ms, and any client could request it.
  const long = "a" + "\u0301".repeat(16_000) + "\u0323".repeat(16_000);
  assertEquals(normalizeName(long), undefined);
  assertEquals(new NameRegistry<string>().owner(long), undefined);
  assertEquals(nameKey(long).length < 1_000, true);
});
