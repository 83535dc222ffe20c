import { assert, assertEquals } from "@std/assert";
import { cleanLine, cleanText, isBlank } from "../../lib/text/sanitize.ts";
import { eachSeed, type Random } from "../random.ts";
import { assertProportional } from "../support/growth.ts";

/** Forbidden characters, defined independently of the code under test. */
function isForbidden(code: number): boolean {
  return (code < 0x20 && code !== 0x0a) || (code >= 0x7f && code <= 0x9f) ||
    (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x206f) ||
    (code >= 0xfff9 && code <= 0xfffb) || (code >= 0xd800 && code <= 0xdfff) ||
    code === 0xe0001;
}

function forbiddenIn(text: string): string[] {
  return Array.from(text).filter((character) => isForbidden(character.codePointAt(0)!)).map(escape);
}

/** The input, and the expected text and single line. */
const CASES: ReadonlyArray<readonly [typed: string, text: string, line?: string]> = [
  // Plain.
  ["", ""],
  [
    "hello, \u00e9 \u4f60\u597d \u0645\u0631\u062d\u0628\u0627",
    "hello, \u00e9 \u4f60\u597d \u0645\u0631\u062d\u0628\u0627",
  ],
  ["one\ntwo\n\n", "one\ntwo\n\n", "one two "],
  // Complete escape sequences.
  ["a\x1b[31mred\x1b[0mb", "aredb", "a red b"],
  ["a\x1b[2J\x1b[1;1Hb", "ab", "a b"],
  ["a\x1b[?25lb", "ab", "a b"],
  ["a\x1b[>0 qb", "ab", "a b"],
  ["a\x1b]0;title\x07b", "ab", "a b"],
  ["a\x1b]8;;http://x/\x1b\\link\x1b]8;;\x1b\\b", "alinkb", "a link b"],
  ["a\x1bP1$r0m\x1b\\b", "ab", "a b"],
  ["a\x1b_Gf=24;AAAA\x1b\\b", "ab", "a b"],
  ["a\x1b^private\x1b\\b", "ab", "a b"],
  ["a\x1bXstring\x1b\\b", "ab", "a b"],
  ["a\x1bcb", "ab", "a b"],
  ["a\x1b(0b", "ab", "a b"],
  ["a\x1b#8b", "ab", "a b"],
  ["a\x9b31mb", "ab", "a b"],
  ["a\x9d0;title\x9cb", "ab", "a b"],
  ["a\x90q\x9cb", "ab", "a b"],
  // Incomplete ones: the control characters go, the text stays.
  ["a\x1b", "a", "a "],
  ["a\x1b[", "a", "a "],
  ["a\x1b[31", "a31", "a 31"],
  ["a\x1b]0;no end", "a0;no end", "a 0;no end"],
  ["a\x1b]0;no end\nb\x07c", "a0;no end\nbc", "a 0;no end b c"],
  ["\u00e2\u20ac\x9d he said", "\u00e2\u20ac he said", "\u00e2\u20ac  he said"],
  ["a\x1b\x1b[31mb", "ab", "a b"],
  ["a\x1b[3\x1b[31m1mb", "a31mb", "a 3 1mb"],
  // Controls.
  ["a\0b\x07c\x08d\x7fe\x80f\x9fg", "abcdefg", "a b c d e f g"],
  ["a\tb\t\tc", "a b  c", "a b c"],
  // Line breaks.
  ["a\r\nb\rc\n\rd", "a\nb\nc\n\nd", "a b c d"],
  ["a\vb\fc\x85d\u2028e\u2029f", "a\nb\nc\nd\ne\nf", "a b c d e f"],
  // Direction.
  ["a\u202ab\u202bc\u202cd\u202de\u202ef", "abcdef", "a b c d e f"],
  ["a\u2066b\u2067c\u2068d\u2069e\u206af\u206fg", "abcdefg", "a b c d e f g"],
  ["a\u200eb\u200fc\u061cd", "a\u200eb\u200fc\u061cd"],
  // Invisible.
  ["a\ufff9b\ufffac\ufffb", "abc", "a b c "],
  ["a\u{e0001}\u{e0068}\u{e0069}b", "ab", "a b"],
  ["a\ufeffb\u200bc\u200dd\u00ade", "a\ufeffb\u200bc\u200dd\u00ade"],
  [
    "\u{1f468}\u200d\u{1f469}\u200d\u{1f467} \u2764\ufe0f",
    "\u{1f468}\u200d\u{1f469}\u200d\u{1f467} \u2764\ufe0f",
  ],
  [
    "\u0915\u094d\u200d\u0937 \u0915\u094d\u200c\u0937",
    "\u0915\u094d\u200d\u0937 \u0915\u094d\u200c\u0937",
  ],
  [
    "a\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}b",
    "a\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}b",
  ],
  ["\u{1f3f4}\u{e0067}\u{e0062}b", "\u{1f3f4}b", "\u{1f3f4} b"],
  ["\u{1f600}\ufffd", "\u{1f600}\ufffd"],
  ["a\ud83db\ude00c\ude00\ud83d", "a\ufffdb\ufffdc\ufffd\ufffd"],
];

Deno.test("cleanText() and cleanLine() keep text and remove control sequences", () => {
  for (const [typed, text, line = text] of CASES) {
    assertEquals(cleanText(typed), text, escape(typed));
    assertEquals(cleanLine(typed), line, escape(typed));
  }
});

Deno.test("cleanText() removes exactly the forbidden characters", () => {
  for (let code = 0; code <= 0x10ffff; code++) {
    if (code === 0x0d || code === 0x1b) continue;
    const character = String.fromCodePoint(code);
    const isTag = code >= 0xe0000 && code <= 0xe007f;
    const text = cleanText(`a${character}b`);
    const isSame = text === `a${character}b`;
    if (isSame === (isForbidden(code) || isTag)) assertEquals(text, "...", code.toString(16));
  }
});

Deno.test("cleanText() returns plain text unchanged", () => {
  const text = "hello \u00e9 \u4f60 ".repeat(1_000);
  assertEquals(cleanText(text), text);
});

/** Parts of control sequences, to be mixed at random. */
const PIECES = [
  ..."ab0;[]()\\mJHPX^_ #?\x07\x1b\x1b\x1b\x90\x98\x9b\x9c\x9d\x9e\x9f\0\r\n\t\v\x7f\x85\u2028\u2029\u202e\u2066\u2069",
  "\x1b[",
  "\x1b]",
  "\ud83d",
  "\ude00",
  "\u{1f3f4}",
  "\u{e0067}",
  "\u{e007f}",
  "\u200d",
];

function mixture(random: Random): string {
  return Array.from({ length: random.below(40) }, () => random.pick(PIECES)).join("");
}

Deno.test("cleanText() leaves nothing forbidden in random mixtures, and changes nothing the second time", () =>
  eachSeed(3_000, (random) => {
    const typed = mixture(random);
    const text = cleanText(typed), line = cleanLine(typed);
    assertEquals(forbiddenIn(text), [], escape(typed));
    assertEquals(forbiddenIn(line), [], escape(typed));
    assert(!line.includes("\n"), escape(typed));
    assertEquals(cleanText(text), text, escape(typed));
    assertEquals(text.isWellFormed(), true, escape(typed));
  }));

Deno.test("cleanText() and cleanLine() handle long texts of unfinished sequences", () => {
  for (const piece of ["\x9d", "\x1b]x", "\x9b1", "\x1b ", "\r", "\ud800", "\u{e0061}"]) {
    const typed = piece.repeat(65_536 / piece.length);
    assertEquals(forbiddenIn(cleanText(typed)).length, 0, escape(piece));
    assertEquals(forbiddenIn(cleanLine(typed)).length, 0, escape(piece));
  }
});

Deno.test("cleanText() and cleanLine() take time in proportion to unfinished sequences", () => {
  for (const piece of ["\x9d", "\x1b]x", "\x9b1", "\x1b ", "\r", "\ud800", "\u{e0061}"]) {
    const make = (length: number) => piece.repeat(length / piece.length);
    assertProportional({ make, run: cleanText, length: 16_384 }, `cleanText(), ${escape(piece)}`);
    assertProportional({ make, run: cleanLine, length: 16_384 }, `cleanLine(), ${escape(piece)}`);
  }
});

Deno.test("isBlank() is true for invisible text", () => {
  for (
    const text of ["", " ", "\n", "\u3000", "\u200b\u200d", "\ufeff", "\u3164", "\u00ad", "\ufe0f"]
  ) {
    assertEquals(isBlank(text), true, escape(text));
  }
  for (const text of ["a", " a", ".", "\u00e9", "\u{1f600}", "\u200ba", "\ufffd", "~", "!"]) {
    assertEquals(isBlank(text), false, escape(text));
  }
});

Deno.test("isBlank() is true for letters and signs that fonts draw as nothing", () => {
  const blank = [
    "\u2800", // an empty Braille pattern
    ..."\u115f\u1160\u3164\uffa0", // Hangul fillers
    "\u17b4\u17b5", // Khmer vowels that are not written
    ..."\u180b\u180e\u061c\u2061\u00ad",
    "\ufe0f\u{e0100}", // variation selectors
    "\u{e0061}\u{e007f}", // tags
    "\u0301\u0308\u20dd\u064e", // marks on nothing
    "\u{1d159}", // a null notehead
    "\u{13441}\u{13442}", // blanks of hieroglyphs
    "\u{16fe4}", // a Khitan filler
    "\u{1bca0}", // a format character of shorthand
    "\ufffc\ufffe\ufdd0\u{1ffff}",
  ];
  for (const text of blank) {
    assertEquals(isBlank(text), true, escape(text));
    assertEquals(isBlank(` ${text}\u200b${text}\n`), true, escape(text));
    assertEquals(isBlank(`${text}a`), false, escape(text));
  }
  const visible = [
    "\u2801",
    "a\u0301",
    "\u{1d15a}",
    "\u06dd",
    "\u0600",
    "\u0903", // a mark with a width of its own
    "\ue000",
    "\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
    "\u4e00",
    "1\ufe0f\u20e3",
    "\u{1f1e6}",
    "\u{1f3fd}",
  ];
  for (const text of visible) assertEquals(isBlank(text), false, escape(text));
});
