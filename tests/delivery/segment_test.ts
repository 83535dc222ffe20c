import { assert, assertEquals } from "@std/assert";
import {
  type Encode,
  encodeAlone,
  Segment,
  SEGMENT_BYTES,
  SegmentWriter,
} from "../../lib/delivery/segment.ts";
import { eachSeed } from "../random.ts";

const encoder = new TextEncoder();

/** A record is `[text]`. */
const encode: Encode = (text, target, at) => {
  const { written } = encoder.encodeInto(`[${text}]`, target.subarray(at));
  return at + written;
};
const OVERHEAD = 2;

function last({ segment, record }: SegmentWriter): string {
  return new TextDecoder().decode(segment.view(record, record + 1));
}

Deno.test("Segment.of() returns a segment of one record", () => {
  const segment = Segment.of(Uint8Array.of(1, 2, 3));
  assertEquals(segment.length, 3);
  assertEquals(segment.size(0, 1), 3);
  assertEquals(segment.view(0, 1), Uint8Array.of(1, 2, 3));
  assertEquals(Segment.of(new Uint8Array(0)).view(0, 1).length, 0);
});

Deno.test("Segment.view() returns runs of records without a copy, and the same view for the same run", () => {
  const log = new SegmentWriter(encode, OVERHEAD);
  for (const text of ["a", "bc", ""]) log.append(text);
  const { segment } = log;
  const text = (from: number, to: number) => new TextDecoder().decode(segment.view(from, to));
  assertEquals([text(0, 3), text(1, 2), text(2, 3), text(1, 1)], ["[a][bc][]", "[bc]", "[]", ""]);
  assertEquals([segment.size(0, 3), segment.size(1, 3), segment.length], [9, 6, 9]);
  const view = segment.view(0, 2);
  assert(view.buffer === segment.bytes.buffer);
  log.append("more");
  assert(segment.view(0, 2) === view);
});

Deno.test("SegmentWriter.append() puts records behind each other and says where", () => {
  const log = new SegmentWriter(encode, OVERHEAD);
  log.append("a");
  const { segment } = log;
  assertEquals(log.record, 0);
  log.append("b");
  assert(log.segment === segment);
  assertEquals([log.record, last(log)], [1, "[b]"]);
});

Deno.test("SegmentWriter.append() fills a segment to the last byte and then starts another one", () => {
  const log = new SegmentWriter(encode, OVERHEAD);
  log.append("x".repeat(SEGMENT_BYTES - OVERHEAD - 10));
  const { segment } = log;
  log.append("12345678");
  assert(log.segment === segment);
  assertEquals(segment.length, SEGMENT_BYTES);
  log.append("");
  assert(log.segment !== segment);
  assertEquals([log.record, last(log)], [0, "[]"]);
});

Deno.test("SegmentWriter.append() makes a segment as large as a large record needs", () => {
  const log = new SegmentWriter(encode, OVERHEAD);
  for (const character of ["x", "\u00e9", "\u20ac", "\u{1f600}", "\ud800"]) {
    const text = character.repeat(SEGMENT_BYTES);
    log.append(text);
    assertEquals(log.record, 0);
    assertEquals(last(log), `[${text.toWellFormed()}]`);
  }
});

Deno.test("SegmentWriter.append() never changes written bytes", () =>
  eachSeed(20, (random) => {
    const log = new SegmentWriter(encode, OVERHEAD);
    const views: [view: Uint8Array, text: string][] = [];
    for (let i = 0; i < 300; i++) {
      const character = random.pick(["x", "\u00e9", "\u20ac", "\u{1f600}"]);
      const length = random.oneIn(20) ? random.below(20_000) : random.below(300);
      const text = `${i} ${character.repeat(length)}`;
      log.append(text);
      views.push([log.segment.view(log.record, log.record + 1), `[${text}]`]);
      assert(log.segment.length <= log.segment.bytes.length);
    }
    for (const [view, text] of views) assertEquals(new TextDecoder().decode(view), text);
  }));

Deno.test("encodeAlone() returns a record in memory of its own", () => {
  for (const text of ["", "abc", "\u00e9\u20ac", "\u{1f600}".repeat(100), "\ud800"]) {
    const bytes = encodeAlone(encode, OVERHEAD, text);
    assertEquals(new TextDecoder().decode(bytes), `[${text.toWellFormed()}]`);
  }
  assertEquals(encodeAlone(encode, OVERHEAD, "\u20acx").buffer.byteLength, 6);
});
