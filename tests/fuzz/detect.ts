/**
 * The branch: what the first bytes are is what a regular expression says, at every length, and is never taken back.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import {
  detect,
  detectStalled,
  hasBegun,
  MAX_REQUEST_LINE,
  type Speech,
} from "../../lib/protocol/detect.ts";
import { concat, utf8 } from "../protocol/reading.ts";
import type { Random } from "../random.ts";
import { mutate } from "./mutate.ts";
import type { Bytes, Target } from "./target.ts";

const SEEDS = [
  "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
  "POST /a?b=c#d HTTP/1.0\n",
  "M-SEARCH * HTTP/1.1\r\n",
  "UPDATEREDIRECTREF /x HTTP/9.9\r\n",
  "ABCDEFGHIJKLMNOPQRSTU / HTTP/1.1\r\n",
  "GET well soon\n",
  "GET /x HTTP/1.1 \r\n",
  "HELLO",
  "hello everybody\n",
  "/name Alice\n",
  "\x16\x03\x01\x02\x00\x01",
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
];

const HTTP = /^[A-Z-]{1,20} [^\0-\x20\x7f]+ HTTP\/\d\.\d\r?\n/;
/** What can still become a request line. */
const BEGUN =
  /^(?:[A-Z-]{1,20}(?: (?:[^\0-\x20\x7f]+(?: (?:H(?:T(?:T(?:P(?:\/(?:\d(?:\.(?:\d\r?)?)?)?)?)?)?)?)?)?)?)?)?$/;
/** A target that goes on past the longest request line. */
const ENDLESS = /^[A-Z-]{1,20} [^\0-\x20\x7f]+/;

function model(text: string): Speech {
  if (text.startsWith("\x16\x03")) return "tls";
  if (text === "" || text === "\x16") return "more";
  if ((ENDLESS.exec(text)?.[0].length ?? 0) >= MAX_REQUEST_LINE) return "http";
  return HTTP.test(text) ? "http" : BEGUN.test(text) ? "more" : "lines";
}

export const detecting: Target = {
  name: "detect",
  short: 1_000,

  generate(random: Random): Bytes {
    const seed = utf8(random.pick(SEEDS));
    if (!random.oneIn(50)) return mutate(seed, random);
    const long = new Uint8Array(random.between(MAX_REQUEST_LINE - 30, MAX_REQUEST_LINE + 30)).fill(
      0x78,
    );
    return mutate(concat(utf8("GET /"), long, utf8(" HTTP/1.1\r\n")), random);
  },

  check(input: Bytes): void {
    let decided: Speech = "more";
    // Of a long input every length near the end of the longest request line, where something can change.
    const from = Math.max(0, Math.min(input.length, MAX_REQUEST_LINE) - 100);
    for (let length = from; length <= input.length; length++) {
      const bytes = input.subarray(0, length);
      const speech = detect(bytes);
      assertEquals(speech, model(String.fromCharCode(...bytes)), `The first ${length} bytes`);
      assert(decided === "more" || speech === decided, `${decided} turned into ${speech}`);
      decided = speech;
    }
    const beginning = String.fromCharCode(...input.subarray(0, 4));
    if (["\x16", "G", "GE", "GET", "PRI"].includes(beginning)) assert(hasBegun(input));
    if (beginning.startsWith("HEL")) assert(!hasBegun(input));
    assert(["http", "lines"].includes(detectStalled(input)));
  },
};
