import { assertEquals } from "@std/assert";
import { findDeception } from "../../lib/chat/name_rules.ts";
import { normalizeName } from "../../lib/chat/names.ts";

Deno.test("findDeception() accepts real names, in every script", () => {
  const names = [
    "Alice",
    "Zo\u00eb",
    "\u0141ukasz",
    "\u0130brahim",
    "Nguy\u1ec5n",
    "Ad\u00e9b\u1ecd\u0301l\u00e1", // Yoruba
    "\u0104\u0301", // Navajo
    "G\u0303", // Guaran\u00ed
    "\u0418\u0432\u0430\u043d\u043e\u0432\u0438\u0447",
    "\u0439\u043e\u0433",
    "\u0391\u03bb\u03af\u03ba\u03b7",
    "\u1fb6\u1fb3", // Greek with more marks
    "\u0645\u064f\u062d\u064e\u0645\u0651\u064e\u062f",
    "\u05e9\u05b8\u05dc\u05d5\u05b9\u05dd",
    "\u0905\u0928\u0940\u0924\u093e",
    "\u0936\u094d\u0930\u0940\u0915\u0943\u0937\u094d\u0923",
    "\u0e2a\u0e21\u0e0a\u0e32\u0e22\u0e17\u0e35\u0e48",
    "\u0baa\u0bca\u0ba9\u0bcd",
    "\u1019\u103c\u1014\u103a\u1019\u102c",
    "\u0f56\u0f66\u0f9f\u0f53",
    "\u7530\u4e2d\u3055\u3093",
    "\u30c6\u30b9\u30bf\u30fc",
    "T\u30b7\u30e3\u30c4",
    "\uae40\ucca0\uc218Kim",
    "\u738b\u5c0f\u660e2",
    "\ud55c\uad6d\u97d3",
    "DJ-\u041c\u0430\u0448\u0430",
    "\u0418\u0432\u0430\u043d_2",
    "\u{10330}\u{10331}", // Gothic
    "\u0664\u0662",
    "user_7",
  ];
  for (const name of names) {
    assertEquals(normalizeName(name), name.normalize("NFC"), name);
    assertEquals(findDeception(name.normalize("NFC")), undefined, name);
  }
});

Deno.test("findDeception() names the scripts that a word mixes", () => {
  const mixed = {
    "p\u0430yroll": "mixes Latin letters with Cyrillic in one word",
    "Al\u03b9ce": "mixes Latin letters with Greek in one word",
    "\u0430\u03bd\u0442\u043e": "mixes Cyrillic letters with Greek in one word",
    "l\u0585\u0585k": "mixes Latin letters with Armenian in one word",
    "ba\u05df": "mixes Latin letters with Hebrew in one word",
    "x\u0661": "mixes Latin letters with Arabic in one word",
    "\u13aalice": "mixes Cherokee letters with Latin in one word",
    "\u{10412}ne": "mixes Latin letters with those of another script in one word", // Deseret
    "\u{1d400}\u043b\u0438\u0441\u0430": "mixes Latin letters with Cyrillic in one word", // a bold A
    "ok.p\u0430y-roll": "mixes Latin letters with Cyrillic in one word",
    "ba\u3163\u3163": "mixes Latin letters with Hangul in one word",
    "ba\u4e28": "mixes Latin letters with Han in one word",
    "\u0e01\u0915": "mixes Thai letters with Devanagari in one word",
  };
  for (const [name, expected] of Object.entries(mixed)) {
    assertEquals(normalizeName(name), name);
    assertEquals(findDeception(name), expected, name);
  }
});

Deno.test("findDeception() refuses marks that are hardly visible", () => {
  const hidden = "has a mark that can hardly be seen";
  const marked = {
    "Ali\u0307ce": hidden,
    "Al\u0307ice": hidden,
    "Benj\u0307i": hidden,
    "\u0456\u0307": hidden,
    "Al\u0335ice": hidden,
    "A\u0338lice": hidden,
    "A\u20d2lice": hidden,
    "A\u20ddlice": hidden,
    "\u0418\u0488": hidden,
    "Ali\u0358ce": hidden,
    "a_\u0332b": hidden,
    "a_\u0331b": "has a mark on what is no letter",
    "a-\u0304": "has a mark on what is no letter",
    "a1\u0323": "has a mark on what is no letter",
    "Zo\u00eb\u0308": "has the same mark twice on one letter",
    "a\u0301\u0301": "has the same mark twice on one letter",
    "a\u0300\u0301\u0302\u0303\u0304": "has more than 4 marks on one letter",
    "\u0645\u064e\u064e": "has the same mark twice on one letter",
    "Ali\u0740ce": "mixes Latin letters with Syriac in one word",
    "Ali\u0902ce": "mixes Latin letters with Devanagari in one word",
    "Ali\u0e4dce": "mixes Latin letters with Thai in one word",
    "Ali\u0345ce": "mixes Latin letters with Greek in one word",
  };
  for (const [typed, expected] of Object.entries(marked)) {
    const name = normalizeName(typed) ?? "";
    const found = findDeception(name);
    assertEquals(found?.slice(0, expected.length), expected, escape(typed));
  }
});

Deno.test("findDeception() accepts each letter that Unicode composes", () => {
  for (let code = 0xc0; code < 0x2000; code++) {
    const letter = String.fromCodePoint(code);
    if (!/\p{L}/u.test(letter) || letter.normalize("NFC") !== letter) continue;
    if (normalizeName(letter) === undefined) continue;
    if (findDeception(letter) !== undefined) assertEquals(findDeception(letter), undefined, letter);
  }
});
