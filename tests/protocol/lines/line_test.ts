import { assertEquals } from "@std/assert";
import { encodeLine, LINE_OVERHEAD } from "../../../lib/protocol/lines/line.ts";
import { concat, utf8 } from "../reading.ts";

Deno.test("encodeLine() writes UTF-8 and an LF at the position, and nothing else", () => {
  for (const text of ["", "hello", "\u00e9\u20ac\u{1f600}", "a\rb", "\ufeffbom", "\ud800"]) {
    const line = concat(utf8(text), utf8("\n"));
    const target = new Uint8Array(2 + line.length + 2).fill(0xee);
    const room = target.subarray(0, -2);
    assertEquals(encodeLine(text, room, 2), 2 + line.length);
    assertEquals(target, concat(Uint8Array.of(0xee, 0xee), line, Uint8Array.of(0xee, 0xee)));
    assertEquals(line.length, utf8(text).length + LINE_OVERHEAD);
  }
});
