import { assertEquals } from "@std/assert";
import type { Incoming, MessageReader } from "../../../lib/protocol/incoming.ts";
import { LineSplitter } from "../../../lib/protocol/lines/line_splitter.ts";
import { drain } from "../reading.ts";

/** A reader whose items are given. */
function readerOf(items: Incoming[]): MessageReader {
  return {
    push() {},
    end() {},
    takeExtras: () => 7,
    next: () => items.shift(),
    close: (code, reason) => new TextEncoder().encode(`${code} ${reason}`),
  };
}

Deno.test("LineSplitter.next() returns lines that end with LF or CRLF, and the text after the last", () => {
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
  for (const text of texts) {
    const lines = drain(new LineSplitter(readerOf([text])));
    assertEquals(lines, text.includes("\n") ? text.split(/\r?\n/) : [text], JSON.stringify(text));
  }
});

Deno.test("LineSplitter passes other items on, in order", () => {
  const splitter = new LineSplitter(readerOf(["a\nb", { type: "pong" }, "c"]));
  assertEquals(drain(splitter), ["a", "b", { type: "pong" }, "c"]);
  assertEquals(splitter.takeExtras(), 7);
});

Deno.test("LineSplitter.close() drops the lines that are left of a message", () => {
  const splitter = new LineSplitter(readerOf(["a\nb\nc", { type: "pong" }]));
  assertEquals(splitter.next(), "a");
  assertEquals(new TextDecoder().decode(splitter.close(1000, "bye")), "1000 bye");
  assertEquals(drain(splitter), [{ type: "pong" }]);
});
