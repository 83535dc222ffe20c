import { assertEquals } from "@std/assert";
import { incoming, message, outgoing, prefix } from "./wire.ts";

/** Decodes the text of a masked frame of up to 65,535 bytes. */
function unmask(frame: Uint8Array): string {
  const length = frame[1]! & 0x7f;
  const start = length < 126 ? 2 : 4;
  const mask = frame.subarray(start, start + 4);
  const payload = frame.subarray(start + 4).map((byte, i) => byte ^ mask[i % 4]!);
  return new TextDecoder().decode(payload);
}

Deno.test("message() makes every dialect deliver equally many bytes", () => {
  for (const dialect of ["relay", "backchannel"] as const) {
    const arriving = prefix(dialect, "c00001") + message(dialect, "c00001", 64);
    assertEquals(arriving.length, 64);
    assertEquals(incoming("ws", arriving).length, 2 + 64);
    assertEquals(incoming("tcp", arriving).length, 64 + 1);
  }
});

Deno.test("outgoing() masks a text frame, and a mask of zeros is none", () => {
  const frame = outgoing("ws", "hello");
  assertEquals([...frame.subarray(0, 2)], [0x81, 0x80 | 5]);
  assertEquals(unmask(frame), "hello");
  assertEquals(frame.subarray(2, 6).every((byte) => byte !== 0), true);
});

Deno.test("outgoing() writes the length in two bytes from 126 on", () => {
  assertEquals([...outgoing("ws", "x".repeat(125)).subarray(1, 2)], [0x80 | 125]);
  assertEquals([...outgoing("ws", "x".repeat(126)).subarray(1, 4)], [0x80 | 126, 0, 126]);
  assertEquals(unmask(outgoing("ws", "x".repeat(60_000))), "x".repeat(60_000));
});
