import { assertEquals } from "@std/assert";
import { Random } from "../../random.ts";
import * as markup from "../../../static/src/model/markup.ts";

/** The links in a text, as they are shown. */
function links(text: string): string[] {
  return markup.parse(text).filter(({ type }) => type === "link").map((piece) => piece.text);
}

Deno.test("markup.parse() finds links and keeps the text around them", () => {
  assertEquals(markup.parse("see https://a.example/x?y=1#z, please"), [
    { type: "text", text: "see " },
    { type: "link", text: "https://a.example/x?y=1#z", href: "https://a.example/x?y=1#z" },
    { type: "text", text: ", please" },
  ]);
});

Deno.test("markup.parse() finds the end of a link", () => {
  const cases: Array<[string, string[]]> = [
    ["http://a.example.", ["http://a.example"]],
    ["(http://a.example/b_(c))", ["http://a.example/b_(c)"]],
    ["http://a.example/b_(c)", ["http://a.example/b_(c)"]],
    ["[http://a.example/?]!", ["http://a.example/"]],
    ['"http://a.example/b"', ["http://a.example/b"]],
    ["<http://a.example>", ["http://a.example"]],
    ["http://a.example/\u05D0 http://b.example", ["http://a.example/\u05D0", "http://b.example"]],
    ["http://a.example/\u202Egpj.exe", ["http://a.example/"]],
    ["HTTPS://A.EXAMPLE", ["HTTPS://A.EXAMPLE"]],
    ["http://[::1]:8080/x", ["http://[::1]:8080/x"]],
    ["((http://a.example/x)))", ["http://a.example/x"]],
    ["http://a.example/b_(c)).", ["http://a.example/b_(c)"]],
    // Quotation marks of other languages, and U+2019, which is an apostrophe too.
    ["\u201chttp://a.example/b\u201d", ["http://a.example/b"]],
    ["\u201ehttp://a.example/b\u201c, he said", ["http://a.example/b"]],
    ["\u2018http://a.example/b\u2019", ["http://a.example/b"]],
    ["\u00abhttp://a.example/b\u00bb", ["http://a.example/b"]],
    ["\u00bbhttp://a.example/b\u00ab.", ["http://a.example/b"]],
    ["\u2039http://a.example/b\u203a", ["http://a.example/b"]],
    ["\u300chttp://a.example/b\u300d\u3068", ["http://a.example/b"]],
    ["\u300ahttp://a.example/b\u300b", ["http://a.example/b"]],
    ["http://a.example/Ender\u2019s_Game", ["http://a.example/Ender\u2019s_Game"]],
    ["http://a.example/b\u2026", ["http://a.example/b"]],
    // In scripts without spaces the text goes on.
    ["\u770bhttp://a.example/b\uff0c\u5f88\u597d", ["http://a.example/b"]],
    ["\u770b\uff08http://a.example/b\uff09\u5f88\u597d", ["http://a.example/b"]],
    ["http://a.example/b\u3002http://b.example", ["http://a.example/b", "http://b.example"]],
    ["\uff08http://a.example\uff09\uff08http://b.example\uff09", [
      "http://a.example",
      "http://b.example",
    ]],
  ];
  for (const [text, found] of cases) assertEquals(links(text), found, text);
});

Deno.test("markup.parse() makes no links from unsafe or incomplete addresses", () => {
  const texts = [
    "javascript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "ftp://a.example",
    "www.a.example",
    "http://",
    "http://:8080",
    "https://bank.example@evil.example/",
    "https://user:word@a.example/",
    "xhttp://a.example",
    `http://a.example/${"x".repeat(3_000)}`,
  ];
  for (const text of texts) assertEquals(links(text), [], text);
});

Deno.test("markup.parse() finds the user's name where it is a separate word", () => {
  const mentioned = ["Ann", "hi ann!", "@Ann: yes", "(ANN)", "Ann's", "well, Ann.", "Ann."];
  const others = ["Anna", "Joann", "Ann-Marie", "ann_1", "Ann.b", "", "http://a.example/Ann"];
  for (const text of mentioned) {
    assertEquals(markup.parse(text, "Ann").some(({ type }) => type === "mention"), true, text);
  }
  for (const text of others) {
    assertEquals(markup.parse(text, "Ann").some(({ type }) => type === "mention"), false, text);
  }
  assertEquals(markup.mentions("hello a.b-c", "a.b-c"), true);
  assertEquals(markup.mentions("hello axb-c", "a.b-c"), false);
  assertEquals(markup.mentions("anything", null), false);
});

Deno.test("markup.mentions() finds a name in a text without spaces", () => {
  const cases: Array<[string, string, boolean]> = [
    ["田中", "@田中さん", true],
    ["田中", "こんにちは@田中さん、元気？", true],
    ["田中", "ねえ田中さん", true],
    ["田中", "@田中san", true],
    ["田中", "小田中さん", false],
    ["田中", "田中央", false],
    ["田中", "@田中2", false],
    ["サーバー", "@サーバーさん", true],
    ["サーバー", "サーバーラック", false],
    ["王伟", "你好@王伟请看", true],
    ["민수", "@민수님 안녕", true],
    ["민수", "민수야", false],
    ["สมชาย", "@สมชายครับ", true],
    ["Ann", "Annさん", true],
    ["Ann", "こんにちは@Annさん", true],
    ["Ann", "@Anna", false],
    ["Ann", "@Ann\u0301", false],
    ["ann", "bob@ann.example", false],
    ["田中", "@田中\u0301", false],
  ];
  for (const [name, text, is] of cases) assertEquals(markup.mentions(text, name), is, text);
});

Deno.test("markup.parse() returns pieces that join to the text, for any text", () => {
  const random = new Random(4);
  const parts = [
    "http://",
    "https://a.b/",
    "Ann",
    "@",
    ".",
    ")",
    "(",
    " ",
    "\n",
    "\u{1F642}",
    "\u201d",
    "\uff09",
    "田",
    "\ud83d",
    "<b>",
  ];
  for (let turn = 0; turn < 2_000; turn++) {
    const text = Array.from({ length: random.below(12) }, () => parts[random.below(parts.length)])
      .join("");
    assertEquals(markup.parse(text, "Ann").map((piece) => piece.text).join(""), text);
  }
});
