import { assert, assertEquals } from "@std/assert";
import { NameRegistry, normalizeName } from "../../lib/chat/names.ts";
import { eachSeed } from "../random.ts";
import { isReserved } from "../../lib/chat/reserved_names.ts";
import { skeletons } from "../../lib/text/skeleton.ts";

function lookAlike(first: string, second: string): boolean {
  return skeletons(first).some((skeleton) => skeletons(second).includes(skeleton));
}

/** Pairs of different names that look alike. */
const ALIKE = [
  ["Alice", "\u0410lice"],
  ["alice", "\u0430lice"],
  ["ALICE", "\u0410lice"],
  ["Alice", "A1ice"],
  ["Alice", "AIice"],
  ["ALICE", "ALlCE"],
  ["PayPal", "PayPaI"],
  ["Bob", "B0b"],
  ["Bob", "B\u043eb"],
  ["Bob", "B\u03bfb"],
  ["BOB", "\u0412\u041e\u0412"],
  ["scope", "\u0455\u0441\u043e\u0440\u0435"],
  ["Martin", "Mart\u0131n"],
  ["marc", "rnarc"],
  ["Kim", "Kirn"],
  ["Kate", "\u041aate"],
  ["kate", "\u043aate"],
  ["Tom", "\u03a4om"],
  ["Nina", "\u039dina"],
  ["vera", "\u03bdera"],
  ["Zo\u00eb", "Zo\u0451"],
  ["\u041c\u0430\u043c\u0430", "Ma\u043ca"],
  ["\u03a1\u03b1\u03c5\u03bb", "Pau\u03bb"],
  ["Cafe", "\u{1d402}afe"],
  ["Alice", "\uff21\u217cice"],
  ["100", "lOO"],
  ["x\u0661", "xl"],
  ["x\u0966", "xo"],
  ["\u03f2arl", "carl"],
  // Invisible marks: a dot on a dotted letter, bars, the same mark twice, and characters without a glyph.
  ["Alice", "Ali\u0307ce"],
  ["Alice", "\u0410l\u0456\u0307ce"],
  ["Alice", "Al\u0131\u0307ce"],
  ["Benji", "Benj\u0307i"],
  ["Benji", "Ben\u0458\u0307i"],
  ["Alice", "Al\u0335ice"],
  ["Alice", "A\u0338lice"],
  ["Alice", "Al\u20d2ice"],
  ["Alice", "Ali\u0358ce"],
  ["Alice", "Ali\u0740ce"],
  ["Alice", "Al\u200dice"],
  ["Alice", "Ali\ufe0fce"],
  ["Alice", "\u3164Alice"],
  ["Zo\u00eb", "Zo\u00eb\u0308"],
  // Scripts beyond Greek and Cyrillic.
  ["Alice", "\u13aalice"],
  ["Alice", "\ua4eelice"],
  ["Sophia", "\u054fophia"],
  ["look", "l\u0585\u0585k"],
  ["look", "l\u05e1\u05e1k"],
  ["ball", "ba\u3163\u3163"],
  ["ball", "ba\u05df\u05df"],
  ["apple", "\u0430\u0440\u0440\u04cf\u0435"],
  ["\u30ab\u30e1\u30e9", "\u529b\u30e1\u30e9"],
] as const;

/** Pairs that people can tell apart. */
const APART = [
  ["Alice", "Alicia"],
  ["Ian", "Jan"],
  ["Leia", "Lela"],
  ["Mia", "Mla"],
  ["Bob", "Rob"],
  ["Zoe", "Zo\u00eb"],
  ["Anna", "Hanna"],
  ["user-2", "user-3"],
  ["user-10", "user-11"],
  ["\u0418\u0432\u0430\u043d", "Ivan"],
  ["\u4f60\u597d", "\u4f60\u4eec"],
  ["a-b", "a_b"],
  ["Lukasz", "\u0141ukasz"],
  ["Ada", "Ad\u00e1"],
  ["ad\u00e9b\u1ecd\u0300", "ad\u00e9b\u1ecd\u0301"],
] as const;

Deno.test("skeletons() of names that look alike have one in common", () => {
  for (const [first, second] of ALIKE) {
    assert(lookAlike(first, second), `${first} ${second}`);
    assert(lookAlike(second, first), `${second} ${first}`);
  }
});

Deno.test("skeletons() of distinguishable names have none in common", () => {
  for (const [first, second] of APART) assert(!lookAlike(first, second), `${first} ${second}`);
});

Deno.test("skeletons() are the same for all Unicode forms of a name", () => {
  for (const name of [...ALIKE, ...APART].flat()) {
    assertEquals(skeletons(name.normalize("NFD")), skeletons(name));
    assertEquals(skeletons(name.normalize("NFC")), skeletons(name));
  }
});

Deno.test("skeletons() of ASCII agree with the table", () => {
  // ASCII names have a fast path; a letter without a row forces the slow one.
  eachSeed(200, (random) => {
    const name = Array.from({ length: 12 }, () => String.fromCharCode(random.between(0x2d, 0x7a)))
      .join("");
    assertEquals(skeletons(name), skeletons(`${name}\u4e00`).map((long) => long.slice(0, -1)));
  });
});

Deno.test("NameRegistry.claim() refuses a name that looks like one in use, until that is released", () => {
  for (const [first, second] of ALIKE) {
    const registry = new NameRegistry<string>();
    assert(registry.claim(first, "first", undefined));
    assertEquals(registry.claim(second, "second", undefined), false, second);
    assertEquals(registry.lookalike(second, "second"), "first");
    assertEquals(registry.lookalike(second, "first"), undefined);
    assertEquals(registry.owner(first), "first");
    registry.release(first);
    assertEquals(registry.lookalike(second, "second"), undefined);
    assert(registry.claim(second, "second", undefined));
    assertEquals(registry.claim(first, "first", undefined), false);
  }
});

Deno.test("NameRegistry.claim() lets members change to a name that looks like their own", () => {
  const registry = new NameRegistry<string>();
  registry.claim("Alice", "first", undefined);
  assert(registry.claim("\u0410lice", "first", "Alice"));
  assertEquals([registry.owner("Alice"), registry.owner("\u0430lice")], [undefined, "first"]);
  assertEquals(registry.claim("Alice", "second", undefined), false);
  assert(registry.claim("Anna", "first", "\u0410lice"));
  assert(registry.claim("Alice", "second", undefined));
});

Deno.test("isReserved() is true for names that pose as the server, in any spelling", () => {
  const reserved = [
    "server",
    "Server",
    "SERVER",
    "s\u0435rver",
    "5erver".replace("5", "\u0455"),
    "-server-",
    "ser.ver",
    "system",
    "admin",
    "adm1n",
    "ADMlN",
    "adrnin",
    "Administrator",
    "root",
    "r00t",
    "\u0433oot",
    "notice",
    "N0tice",
    "error",
    "whisper",
    "Backchannel",
    "everyone",
    "here",
    "all",
    "a11",
    "AII",
    "operator",
    "moderator",
    "\uff41dmin",
    "guest-4821",
    "Guest-1010",
    "GUEST_lolo",
    "gue\u0455t-123456",
    "127.0.0.1",
    "1O.0.0.l",
    "adm\u0131\u0307n",
    "admi\u0307n",
    "s\u00e9rver",
    "ser\u0338ver",
    "n\u1ecdtice",
    "gue\u015bt-4821",
  ];
  for (const name of reserved) assert(isReserved(name), name);
});

Deno.test("isReserved() is false for names of people", () => {
  const free = [
    "Alice",
    "Rooty",
    "observer",
    "Adam",
    "serverless",
    "Guest",
    "guest-12",
    "guest4821",
    "1.2.3",
    "Allan",
    "-_.",
    "Heremaia",
    "\u4f60\u597d",
  ];
  for (const name of free) {
    assertEquals(normalizeName(name), name);
    assertEquals(isReserved(name), false, name);
  }
});
