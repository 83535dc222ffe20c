/**
 * Chunked bodies: a body ends at the same position and has the same content in chunks of any size, and what is accepted is
 * what the grammar allows: a second reading, by the letter of RFC 9112, finds the same content and the same end.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { ChunkedDecoder } from "../../lib/protocol/http/chunked.ts";
import { RequestError } from "../../lib/protocol/http/request_head.ts";
import { concat, utf8 } from "../protocol/reading.ts";
import type { Random } from "../random.ts";
import { mutate } from "./mutate.ts";
import type { Bytes, Target } from "./target.ts";

/** Small, so that many inputs exceed it. */
const MAX_LENGTH = 64;

const SEEDS = [
  "4\r\nWiki\r\n7\r\npedia i\r\nB\r\nn \r\nchunks.\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
  '2;a=b; c="d \\" e"\r\nhi\r\n0;x\r\nDigest: sha-256=x\r\nA:\r\n\r\nrest',
  "0\r\n\r\n0\r\n\r\n",
  "000f\r\n0123456789abcde\r\n0\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello",
  "1\r\n\r\r\n1\r\n\n\r\n0\r\n\r\n",
];

/** The content and the length of a body, `more` if it has not ended, or the status that it is refused with. */
type Reading = { readonly content: Bytes; readonly length: number } | "more" | number;

function read(pieces: Iterable<Uint8Array>): Reading {
  const decoder = new ChunkedDecoder(MAX_LENGTH);
  const content: Uint8Array[] = [];
  let length = 0;
  try {
    for (const piece of pieces) {
      const bytes = piece.slice();
      const used = decoder.push(bytes, (source, from, to) => content.push(source.slice(from, to)));
      length += used;
      assert(used === bytes.length || decoder.isComplete, "It uses all bytes until it is complete");
      bytes.fill(0xff); // it keeps no view of them
      if (decoder.isComplete) return { content: concat(...content), length };
    }
    return "more";
  } catch (error) {
    assert(error instanceof RequestError, `Threw ${error}`);
    assert([400, 413, 431].includes(error.status), `Status ${error.status}`);
    return error.status;
  }
}

const TOKEN = "[-!#$%&'*+.^_`|~\\w]+";
const VALUE =
  `(?:${TOKEN}|"(?:[\\t \\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\t\\x20-\\x7e\\x80-\\xff])*")`;
const EXTENSIONS = `(?:[\\t ]*;[\\t ]*${TOKEN}(?:[\\t ]*=[\\t ]*${VALUE})?)*`;
const CHUNK = new RegExp(`([\\dA-Fa-f]+)${EXTENSIONS}\\r\\n`, "y");
const TRAILER = new RegExp(`(?:${TOKEN}:[\\t \\x21-\\x7e\\x80-\\xff]*\\r\\n)*\\r\\n`, "y");

/** Reads a whole body by the grammar; `undefined` if it does not match. */
function readByGrammar(input: Bytes): { content: string; length: number } | undefined {
  const text = latin1(input);
  let content = "";
  for (let at = 0;;) {
    CHUNK.lastIndex = at;
    const [line, digits = ""] = CHUNK.exec(text) ?? [];
    if (line === undefined) return undefined;
    at += line.length;
    const size = parseInt(digits, 16);
    if (size === 0) {
      TRAILER.lastIndex = at;
      const trailer = TRAILER.exec(text);
      return trailer === null ? undefined : { content, length: at + trailer[0].length };
    }
    content += text.slice(at, at + size);
    at += size;
    if (text.slice(at, at + 2) !== "\r\n") return undefined;
    at += 2;
  }
}

function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

export const chunked: Target = {
  name: "chunked",
  short: 3_000,

  generate: (random: Random): Bytes => mutate(utf8(random.pick(SEEDS)), random),

  check(input: Bytes, random: Random): void {
    const whole = read([input]);
    const pieces = read(random.cut(input, random.pick([1, 3, 20])));
    assertEquals(pieces, whole, "However it comes");
    if (typeof whole !== "object") return;
    const { content, length } = whole;
    assert(content.length <= MAX_LENGTH);
    assertEquals(readByGrammar(input), { content: latin1(content), length }, "By the grammar");
  },
};
