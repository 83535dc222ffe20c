import { assertEquals } from "@std/assert";
import { TextLines } from "../../../lib/protocol/lines/text_lines.ts";

function linesOf(text: string): string[] {
  const lines = new TextLines(text);
  const all: string[] = [];
  for (let line = lines.next(); line !== undefined; line = lines.next()) all.push(line);
  assertEquals(lines.next(), undefined, "The end is the end");
  return all;
}

Deno.test("TextLines gives the lines that end with LF or CRLF, and what is behind the last", () => {
  const texts = [
    "",
    "a",
    "a\nb",
    "a\r\nb\n",
    "\n",
    "\r\n",
    "\n\r\n\n",
    "a\rb\r",
    "\r\r\n\r",
    "ж\r\n\n",
  ];
  for (const text of texts) assertEquals(linesOf(text), text.split(/\r?\n/), JSON.stringify(text));
});
