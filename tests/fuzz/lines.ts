/**
 * Lines: the reader agrees with splitting at LF for chunks of any size.
 * @module
 */
import { assertEquals } from "@std/assert";
import type { Incoming } from "../../lib/protocol/incoming.ts";
import { TextLineStream } from "../../lib/protocol/lines/text_line_stream.ts";
import { concat, readChunks, utf8 } from "../protocol/reading.ts";
import type { Random } from "../random.ts";
import { mutate, randomText } from "./mutate.ts";
import type { Bytes, Target } from "./target.ts";

const LF = 0x0a, CR = 0x0d;
const ENDS = ["\n", "\r\n", "\r\r\n", "\n\r", "\r", "\n\n", ""];
const LIMITS = [1, 8, 16, 64, 300];

/** A reference implementation for the complete input. */
function model(input: Bytes, limit: number): Incoming[] {
  const items: Incoming[] = [];
  for (let from = 0; from < input.length;) {
    const end = input.indexOf(LF, from);
    const line = input.subarray(from, end < 0 ? input.length : end);
    items.push(lineOf(line.at(-1) === CR ? line.subarray(0, -1) : line, limit));
    from = end < 0 ? input.length : end + 1;
  }
  return items;
}

function lineOf(line: Bytes, limit: number): Incoming {
  if (line.length > limit) {
    return { type: "refused", reason: `Line is longer than ${limit} bytes` };
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(line);
  } catch {
    return { type: "refused", reason: "Line is not valid UTF-8" };
  }
}

export const lines: Target = {
  name: "lines",
  short: 1_000,

  generate(random: Random): Bytes {
    const parts = Array.from({ length: random.below(12) }, () => {
      const text = random.oneIn(6) ? "x".repeat(random.pick(LIMITS) + random.below(4) - 1) : "";
      return utf8(text + randomText(random, 20) + random.pick(ENDS));
    });
    return mutate(concat(...parts), random);
  },

  check(input: Bytes, random: Random): void {
    for (const limit of LIMITS) {
      const expected = model(input, limit);
      for (const longest of [input.length + 1, 1, 3, 50]) {
        const items = readChunks(new TextLineStream(limit), random.cut(input, longest));
        assertEquals(items, expected, `Limit ${limit}, in pieces of up to ${longest}`);
      }
    }
  },
};
