/**
 * Decodes the chunked transfer coding (RFC 9112 7.1), strictly: a proxy that reads a chunk differently than the server would
 * see other requests than the server does.
 *
 * Every line must end with CRLF, chunk extensions must follow the grammar, and both they and the trailer section are
 * bounded. Extensions and trailer fields are checked and ignored (RFC 9112 7.1.1, RFC 9110 6.5.1).
 * @module
 */
import { decodeLatin1 } from "../../text/decode.ts";
import { MAX_FIELDS, parseFieldLine, RequestError } from "./request_head.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The longest line with the size of a chunk and its extensions, in bytes. No client in use sends extensions at all. */
const MAX_SIZE_LINE = 256;

/** The most bytes of chunk extensions in one body. Without a limit, a body of nothing else could go on for ever. */
const MAX_EXTENSIONS = 4_096;

/** The longest trailer section, in bytes: half of a request head. A digest and a signature take a few hundred. */
export const MAX_TRAILER = 8_192;

/** The most digits of a chunk size. Leading zeros are allowed (RFC 9112 7.1); a size of more digits is a mistake. */
const MAX_SIZE_DIGITS = 16;

const CR = "\r", LF = 0x0a, CR_BYTE = 0x0d;

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const QUOTED = '"(?:[\\t !#-\\[\\]-~\\x80-\\xff]|\\\\[\\t -~\\x80-\\xff])*"';

/** `chunk-size [ chunk-ext ]`, where the white space around `;` and `=` is bad but has to be read (RFC 9112 7.1.1). */
const SIZE_LINE = new RegExp(
  `^([\\da-f]+)((?:[\\t ]*;[\\t ]*${TOKEN}(?:[\\t ]*=[\\t ]*(?:${TOKEN}|${QUOTED}))?)*)$`,
  "i",
);

export class ChunkedDecoder {
  /** The number of bytes of content so far. */
  length = 0;
  #isComplete = false;
  readonly #maxLength: number;
  #state: "size" | "data" | "data-end" | "trailer" = "size";
  /** The number of bytes that the chunk still has. */
  #left = 0;
  /** The beginning of a line whose end has not arrived. */
  #line = "";
  #extensions = 0;
  #trailer = 0;
  #trailerFields = 0;

  /** @param maxLength The most bytes of content. */
  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  /** Whether the body has ended. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /**
   * Decodes the next bytes, and calls `take` with each part of the content, a view of `bytes`. Returns the number of bytes
   * that belong to the body: all of them, unless the body ends before.
   *
   * @throws {RequestError} 400 for an invalid coding, 413 if the content is too long, 431 for a trailer section that is.
   */
  push(bytes: Bytes, take: (content: Bytes) => void): number {
    let at = 0;
    while (at < bytes.length && !this.#isComplete) {
      at = this.#state === "data" ? this.#pushData(bytes, at, take) : this.#pushLine(bytes, at);
    }
    return at;
  }

  #pushData(bytes: Bytes, at: number, take: (content: Bytes) => void): number {
    const end = Math.min(bytes.length, at + this.#left);
    this.#left -= end - at;
    this.length += end - at;
    take(bytes.subarray(at, end));
    if (this.#left === 0) this.#state = "data-end";
    return end;
  }

  #pushLine(bytes: Bytes, at: number): number {
    const lf = bytes.indexOf(LF, at);
    const end = lf < 0 ? bytes.length : lf + 1;
    this.#checkLength(this.#line.length + end - at, bytes[at]);
    this.#line += decodeLatin1(bytes.subarray(at, end));
    if (lf < 0) return end;
    const line = this.#line.slice(0, -2);
    if (!this.#line.endsWith(`${CR}\n`) || line.includes(CR)) {
      throw new RequestError(400, "A line of the chunked body does not end with CRLF");
    }
    this.#line = "";
    this.#takeLine(line);
    return end;
  }

  /** A line is refused when it is too long, not when it ends: it might never end. */
  #checkLength(length: number, first: number | undefined): void {
    if (this.#state === "trailer") {
      if (this.#trailer + length > MAX_TRAILER) {
        throw new RequestError(431, "Trailer section is too long");
      }
    } else if (this.#state === "size" && length > MAX_SIZE_LINE) {
      throw new RequestError(400, "Chunk size is too long");
    } else if (
      this.#state === "data-end" && (this.#line === "" && first !== CR_BYTE || length > 2)
    ) {
      throw new RequestError(400, "A chunk is longer than its size");
    }
  }

  #takeLine(line: string): void {
    if (this.#state === "size") this.#takeSize(line);
    else if (this.#state === "data-end") this.#state = "size";
    else if (line === "") this.#isComplete = true;
    else this.#takeTrailerField(line);
  }

  #takeSize(line: string): void {
    const [, digits = "", extensions = ""] = SIZE_LINE.exec(line) ?? [];
    if (digits === "" || digits.length > MAX_SIZE_DIGITS) {
      throw new RequestError(400, "Malformed chunk size");
    }
    this.#extensions += extensions.length;
    if (this.#extensions > MAX_EXTENSIONS) throw new RequestError(400, "Too many chunk extensions");
    this.#left = parseInt(digits, 16);
    if (this.#left > this.#maxLength - this.length) throw bodyTooLong(this.#maxLength);
    this.#state = this.#left === 0 ? "trailer" : "data";
  }

  #takeTrailerField(line: string): void {
    parseFieldLine(line);
    this.#trailer += line.length + 2;
    if (++this.#trailerFields > MAX_FIELDS) {
      throw new RequestError(431, `Trailer section has more than ${MAX_FIELDS} fields`);
    }
  }
}

/** The error for a body that is longer than `maxLength` bytes (RFC 9110 15.5.14). */
export function bodyTooLong(maxLength: number): RequestError {
  return new RequestError(413, `Body is longer than ${maxLength} bytes`);
}
