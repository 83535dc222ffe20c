import { assert, assertEquals } from "@std/assert";
import { commandName, mayHaveCommand, readLine } from "../../../lib/chat/commands/command_line.ts";
import { assertProportional } from "../../support/growth.ts";

function read(line: string) {
  return mayHaveCommand(line) ? readLine(line) : { text: line };
}

/** What may stand unseen before a command. */
const UNSEEN = [
  ..."\0\x07\t \r\x1b\x85\x9f\u00a0\u00ad\u034f\u0301\u061c\u115f\u1680\u180e\u200b\u200d\u200e\u202e\u2028",
  ..."\u2060\u2066\u2800\u3000\u3164\ufe0f\ufeff\ufff9\ufffc",
  ...["\u{e0001}", "\u{e0100}", "\ud800", "x\b", "ab\x7f\x7f", "a b\x15", "ab\x17"],
  ...["\x1b[A", "\x1b[1;5C", "\x1b[200~", "\x1bOA", "\x1b[[A", "\x1b[3~", "\x1b]0;x\x07", "\x9bA"],
  ...["\x8fA", "\x1b[", "\x1b(B", " \ufeff \x1b[A"],
];

Deno.test("readLine() recognizes a command behind what nobody sees", () => {
  for (const unseen of UNSEEN) {
    for (const command of ["/oper secret", "/whisper Bob hi", "/nonsense"]) {
      assertEquals(read(unseen + command), { command }, escape(unseen));
    }
  }
});

Deno.test("readLine() takes the marks of a paste and what stands unseen behind a command away", () => {
  assertEquals(read("\x1b[200~/join dev\x1b[201~"), { command: "/join dev" });
  assertEquals(read("/join \x1b[200~dev\x1b[201~"), { command: "/join dev" });
  assertEquals(read("/join dev\x1b[C\0"), { command: "/join dev" });
  assertEquals(read("/me \u2764\ufe0f"), { command: "/me \u2764\ufe0f" });
});

Deno.test("readLine() takes a wide slash for one, and refuses others that look like it", () => {
  assertEquals(read("\uff0flist"), { command: "/list" });
  for (const slash of "\u2044\u2215\u29f8\u2571\u27cb\u0338\u30ce\u4e3f") {
    assert("problem" in read(`${slash}oper x`), slash);
    assert("problem" in read(`\u200b ${slash}list`), slash);
  }
  const texts = [
    "\u30ce\u30fc\u30c8",
    "\u4e3fAce\u4e3f",
    "\uff0f(^o^)\uff3c",
    "1\u20442 cup",
    "a\u0338b",
  ];
  for (const text of texts) assertEquals(read(text), { text });
});

Deno.test("readLine() refuses what would tell a room of a command in another line, or of one that was erased", () => {
  for (const end of "\r\v\f\x85\u2028") {
    assert("problem" in read(`hi${end}/oper x`), escape(end));
    assert("problem" in read(`hi${end} \u200b/list`), escape(end));
  }
  assertEquals(read("a\rb / c"), { text: "a\rb / c" });
  assert("problem" in read("/oper x\x15hello"));
  assertEquals(read("/me back\b\b"), { command: "/me back" });
  assertEquals(read("/me back\b."), { command: "/me back\b." });
  assertEquals(read("/nmae\b\b\b\bname x"), { command: "/name x" });
});

Deno.test("readLine() refuses a text with /oper and a token in it", () => {
  const token = "0123456789abcdef";
  for (const before of ["//", "./", "> /", "x/", "/me /", "/whisper Bob /", "\uff0f\uff0f", ""]) {
    assert("problem" in read(`${before}oper ${token}`), before);
  }
  for (const before of ["//", "///", "// ", " //", "\u200b//"]) {
    assert("problem" in read(`${before}oper x`), before);
  }
  assertEquals(read("//opera x"), { text: "/opera x" });
  assertEquals(read("see /oper"), { text: "see /oper" });
});

/**
 * A slash that was forgotten, or missed by a key, kept a token from the room only at the very beginning of a line: behind an
 * arrow key or a blank it was told. So was a token behind an `/oper` in the middle whose spelling was corrected with
 * Backspace, behind `/ oper`, and behind an `/oper` with a Cyrillic letter if a blank or a line break stood before it.
 */
Deno.test("readLine() refuses a token behind an /oper that is spelt wrong, whatever stands unseen before it", () => {
  const token = "0123456789abcdef";
  // An escape sequence without its end would take the letter.
  const unseen = UNSEEN.filter((text) => !text.endsWith("\x1b") && !text.endsWith("["));
  for (const before of ["", ...unseen]) {
    for (const oper of ["oper", "\\oper", ".oper", "-/oper", "'oper", "> / oper", "./operr\b"]) {
      assert("problem" in read(`${before}${oper} ${token}`), escape(before + oper));
    }
  }
  for (const before of [" ", "\u3000", "\t", "hi\r", "hi\u2028 "]) {
    const typed = read(`${before}/\u043eper ${token}`);
    assert("problem" in typed || "command" in typed, escape(before));
  }
  assertEquals(read(" (o_o) / operator 1234"), { text: " (o_o) / operator 1234" });
  assertEquals(read("\\o/ hi"), { text: "\\o/ hi" });
});

Deno.test("readLine() leaves texts alone, and knows the escape of a slash", () => {
  for (const text of ["a/b", "http://x/", " /* x */", "  // x", "/"]) {
    assertEquals(read(` ${text}`), { text: ` ${text}` });
  }
  assertEquals(read("//shrug"), { text: "/shrug" });
  assertEquals(read("\x1b[200~//shrug"), { text: "/shrug" });
});

/** What each regular expression of this module may meet, alone or with a neighbour that it could be confused with. */
const UNITS = [
  ..."\u0301\u0337\u0338\u20eb\u2800\ufffc\uff0f\u2044\u30ce\u3033\u200b\u034f\b\x17\x9d\x1b /\ro",
  ...[
    "\u0338 ",
    "/\u0338",
    "\u2800\u0301",
    "\u0338\u2800",
    "\x1b[",
    "\x1b]",
    "\x9da",
    "a \x17",
    "oper ",
  ],
  ...["/\u0301oper ", "\r/", "\r\u0338", "\u0301\u0323", "\u0f72\u0f71", "\x1b[0;", "\x8f"],
];

/**
 * 40 bars through letters (U+0338) in one line of 80 bytes stopped the server for good. They are marks and look like slashes,
 * and the search for `/oper` tried both for each of them: 2 to the power of their number.
 */
Deno.test("readLine() takes no longer for signs that could be two things", () => {
  for (const head of ["", " /", "/", "x/", "o"]) {
    for (const unit of UNITS) {
      const make = (length: number) => head + unit.repeat(length);
      assertProportional({ run: readLine, make, length: 24 }, escape(make(1)));
    }
  }
});

/** To put thousands of marks into their order (Unicode normalization) took 17 ms in one line of 16 kB. */
Deno.test("readLine() and commandName() take time in proportion to a line", () => {
  for (const head of [" /", "/list ", "x\r"]) {
    for (const unit of UNITS) {
      const make = (length: number) => head + unit.repeat(length / unit.length);
      assertProportional({ run: readLine, make, length: 8_000 }, escape(make(8)));
    }
  }
  for (const unit of UNITS) {
    const make = (length: number) => `/${unit.repeat(length / unit.length)}`;
    assertProportional({ run: commandName, make, length: 8_000 }, escape(make(8)));
  }
});
