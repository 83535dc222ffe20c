import { assertEquals } from "@std/assert";
import { Random } from "../random.ts";
import { page } from "./page.ts";

const { markup } = page;

/** The links in a text, as they are shown. */
function links(text: string): string[] {
  return markup.parse(text).filter(({ type }) => type === "link").map((piece) => piece.text);
}

Deno.test("markup.parse() finds links, and leaves what is around them", () => {
  assertEquals(markup.parse("see https://a.example/x?y=1#z, please"), [
    { type: "text", text: "see " },
    { type: "link", text: "https://a.example/x?y=1#z", href: "https://a.example/x?y=1#z" },
    { type: "text", text: ", please" },
  ]);
});

Deno.test("markup.parse() knows where a link ends", () => {
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
  ];
  for (const [text, found] of cases) assertEquals(links(text), found, text);
});

Deno.test("markup.parse() makes no link of what is unsafe or none", () => {
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

Deno.test("markup.parse() finds the reader's name where it is a word", () => {
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

Deno.test("markup.parse() loses and invents nothing, whatever the text", () => {
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
    "\ud83d",
    "<b>",
  ];
  for (let turn = 0; turn < 2_000; turn++) {
    const text = Array.from({ length: random.below(12) }, () => parts[random.below(parts.length)])
      .join("");
    assertEquals(markup.parse(text, "Ann").map((piece) => piece.text).join(""), text);
  }
});

Deno.test("markup.parse() takes its time in proportion to the text", () => {
  const text = `${"https://a.example/".repeat(2_000)}${"(".repeat(2_000)}${")".repeat(2_000)}...`;
  assertEquals(markup.parse(text, "Ann").map((piece) => piece.text).join(""), text);
});
