import { assertEquals } from "@std/assert";
import {
  encodeCloseFrame,
  encodeFrame,
  encodeTextFrame,
  isSendableCloseCode,
  MAX_FRAME_OVERHEAD,
} from "../../../lib/protocol/websocket/frame.ts";
import { concat, utf8 } from "../reading.ts";

/** A reference implementation of the header of a final server frame (RFC 6455 5.2). */
function header(opcode: number, length: number): Uint8Array {
  if (length <= 125) return Uint8Array.of(0x80 | opcode, length);
  const bytes = new Uint8Array(length <= 0xffff ? 4 : 10);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 0x80 | opcode);
  view.setUint8(1, length <= 0xffff ? 126 : 127);
  if (length <= 0xffff) view.setUint16(2, length);
  else view.setUint32(6, length);
  return bytes;
}

/** Encodes into the middle of a buffer with exactly the required room, and asserts that nothing around it changes. */
function assertTextFrame(text: string): void {
  const payload = utf8(text);
  const expected = concat(header(1, payload.length), payload);
  const buffer = new Uint8Array(5 + payload.length + MAX_FRAME_OVERHEAD + 3).fill(0xee);
  const room = buffer.subarray(2, -3);
  const end = encodeTextFrame(text, room, 3);
  assertEquals(end, 3 + expected.length);
  assertEquals(room.slice(3, end), expected);
  assertEquals(buffer.slice(0, 5), new Uint8Array(5).fill(0xee));
  assertEquals(buffer.slice(-3), new Uint8Array(3).fill(0xee));
}

Deno.test("encodeTextFrame() writes the shortest header for any characters", () => {
  for (const character of ["a", "\u00e9", "\u20ac", "\u{1f600}", "\ud800", "\udc00"]) {
    const width = utf8(character).length;
    for (const border of [0, 125, 126, 65_535, 65_536]) {
      for (let bytes = Math.max(0, border - 4); bytes <= border + 4; bytes++) {
        // ASCII in front fills the text up to each length.
        const count = Math.floor(bytes / width);
        assertTextFrame("a".repeat(bytes - count * width) + character.repeat(count));
      }
    }
    // The boundaries of the guess from the number of UTF-16 units.
    for (const units of [125, 126, 65_535, 65_536]) assertTextFrame(character.repeat(units));
  }
});

Deno.test("encodeTextFrame() replaces lone surrogates", () => {
  const target = new Uint8Array(20);
  const end = encodeTextFrame("a\ud800b\udc00", target, 0);
  assertEquals(target.slice(0, end), concat(header(1, 8), utf8("a\ufffdb\ufffd")));
});

Deno.test("encodeFrame() writes a whole frame", () => {
  for (const length of [0, 1, 125, 126, 65_535, 65_536]) {
    const payload = new Uint8Array(length).fill(7);
    assertEquals(encodeFrame(0x2, payload), concat(header(2, length), payload));
  }
});

Deno.test("encodeCloseFrame() writes the code and the reason", () => {
  assertEquals(encodeCloseFrame(1000), Uint8Array.of(0x88, 2, 0x03, 0xe8));
  assertEquals(
    encodeCloseFrame(1009, "long"),
    concat(Uint8Array.of(0x88, 6, 0x03, 0xf1), utf8("long")),
  );
});

Deno.test("encodeCloseFrame() truncates a reason between characters", () => {
  const cut = (reason: string) => encodeCloseFrame(1001, reason).slice(4);
  assertEquals(cut("x".repeat(123)), utf8("x".repeat(123)));
  assertEquals(cut("x".repeat(124)), utf8("x".repeat(123)));
  assertEquals(cut("x".repeat(122) + "\u20ac"), utf8("x".repeat(122)));
  assertEquals(cut("\u20ac".repeat(99)), utf8("\u20ac".repeat(41)));
  assertEquals(cut("xx" + "\u{1f600}".repeat(99)), utf8("xx" + "\u{1f600}".repeat(30)));
});

Deno.test("isSendableCloseCode() follows RFC 6455 7.4 and the registry", () => {
  const sendable = Array.from({ length: 65_536 }, (_, code) => code).filter(isSendableCloseCode);
  const range = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, i) => from + i);
  assertEquals(sendable, [...range(1000, 1003), ...range(1007, 1014), ...range(3000, 4999)]);
});
