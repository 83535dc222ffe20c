/**
 * detect(): the decision agrees with a few regular expressions at every length, and never changes.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import {
  detect,
  type DetectedProtocol,
  detectEnded,
  detectStalled,
  hasBegun,
  MAX_REQUEST_LINE,
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
  "\r\n\r\nGET / HTTP/1.1\r\n",
  "\ufeff GET  /a b HTTQ/1.1x\r\n",
  "get / http/1.1\r\n",
  "get chat http/1.1\n",
  "GET HTTP/1.1\n",
  "post /r/rust https://example.org\n",
  "I love HTTP/1.1\n",
  "\x1b[A\0GET / HTTP/1.1\r\n",
  "\x1bOA\u200bGET/ HTTP/1.1\r\n",
  "GET /HTTP/1.1\n",
  "GET / HTTP 1.1\n",
  "GET / HTTP/1.1\rHost: x\r",
  "GET/ HTTP/1.1\rHost: x\r\n",
];

const METHOD = /^[A-Z][A-Z\d-]{0,19}$/;
const KNOWN = /^(?:GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH|PRI)$/i;
/** A known method in part, in any case. */
const BEGUN_METHOD =
  /^(?:g|ge|h|he|hea|p|po|pos|pu|pr|pat?|patc|de?|del|dele|delet|co?|con|conn|conne|connec|op?|opt|opti|optio|option|t|tr|tra|trac)?$/i;
const TARGET = /^(?:\/.*|https?:\/\/.*|\*)$/is;
const VERSION = /^(?:htt[a-z]{0,2}(?:\/(?!\/)|\d))/i;
const OTHER_PROTOCOL = /^[A-Z]{3,5}\/\d/;
const BEGUN_VERSION = /^(?:H|HT|HTT|HTTP|HTTP\/(?:\d.*)?)?$/is;
const BEGUN_WHOLE_VERSION = /^(?:H|HT|HTT|HTTP|HTTP\/(?:\d\.?)?)?$/i;
const WHOLE_VERSION = /^HTTP\/\d\.\d$/;
const METHOD_AND_TARGET = /^(?:GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH|PRI)\//;
/** Bytes that may stand in front of a request line. */
const MARGIN =
  // deno-lint-ignore no-control-regex -- what may stand there
  /^(?:\x1b\[[0-?]*[ -.]*(?:[@-~]|$)|\x1b(?:O(?:[A-Za-z]|$)|$)|[\0-\x1a\x1c-\x20\x7f]|\xc2(?:[\x80-\xa0\xad]|$)|\xe2(?:\x80(?:[\x8b-\x8f\xa8-\xae]|$)|\x81(?:[\xa0-\xaf]|$)|$)|\xef(?:\xbb(?:\xbf|$)|$))*/;

function isMethod(word: string): boolean {
  return METHOD.test(word) || KNOWN.test(word);
}

function model(text: string): DetectedProtocol {
  if (text.startsWith("\x16\x03")) return "tls";
  if (text === "" || text === "\x16") return "more";
  if (text.startsWith("\x16")) return "lines";
  const margin = MARGIN.exec(text.slice(0, 65))?.[0].length ?? 0;
  if (margin > 64) return "lines";
  const [line = "", ...others] = text.slice(margin).split("\n");
  const isWhole = others.length > 0 && line.length < MAX_REQUEST_LINE;
  const known = isWhole ? line : line.slice(0, MAX_REQUEST_LINE);
  const [first, ...behind] = known.split("\r");
  const endsAtCr = behind.length > 0 && isRequest(first!);
  if (isWhole) return isRequest(known) || endsAtCr ? "http" : "lines";
  if (!endsAtCr && !mayBecome(known)) return "lines";
  return known.length < MAX_REQUEST_LINE ? "more" : "http";
}

function mayBecome(line: string): boolean {
  const [method = "", ...words] = line.split(/[ \t\r]+/);
  const [target = "", version = "", more = ""] = words;
  if (METHOD_AND_TARGET.test(method)) {
    if (words.length === 0) return true;
    return version === "" && (WHOLE_VERSION.test(target) || BEGUN_WHOLE_VERSION.test(target));
  }
  if (words.length === 0) {
    return method.length <= 20 && (BEGUN_METHOD.test(method) || isMethod(method) || method === "");
  }
  return isMethod(method) && (words.length === 1 || TARGET.test(target) ||
    (KNOWN.test(method) && BEGUN_VERSION.test(version) && more === ""));
}

function isRequest(line: string): boolean {
  const [method = "", ...words] = line.split(/[ \t\r]+/);
  const rest = words.filter((word) => word !== "");
  const last = rest.at(-1) ?? "";
  const isCapital = KNOWN.test(method) && method === method.toUpperCase();
  if (METHOD_AND_TARGET.test(method)) return rest.length === 1 && WHOLE_VERSION.test(last);
  if (!isMethod(method)) return false;
  if (rest.length === 1 && isCapital && /^(?:\/.*)?HTTP\/\d\.\d$/s.test(last)) return true;
  if (rest.length >= 2 && TARGET.test(rest[0]!)) {
    if (VERSION.test(last) || OTHER_PROTOCOL.test(last)) return true;
    return isCapital && rest[1] === "HTTP" && /^\d+(?:\.\d+)?$/.test(last);
  }
  return rest.length === 2 && KNOWN.test(method) && /^HTTP\/\d/i.test(last);
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
    let decided: DetectedProtocol = "more";
    // For a long input, only lengths near the limit of a request line, where the decision can change.
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
    if (decided === "more") {
      const whole = detect(concat(input, utf8("\n")));
      if (whole === "http") assertEquals(detectEnded(input), "http");
    }
  },
};
