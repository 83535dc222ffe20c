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

/** The most digits of a size that is read without a text: 4 GB. */
const MAX_PLAIN_DIGITS = 8;

const CR = "\r", LF = 0x0a, CR_BYTE = 0x0d;

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const QUOTED = '"(?:[\\t !#-\\[\\]-~\\x80-\\xff]|\\\\[\\t -~\\x80-\\xff])*"';

/** `chunk-size [ chunk-ext ]`, where the white space around `;` and `=` is bad but has to be read (RFC 9112 7.1.1). */
const SIZE_LINE = new RegExp(
  `^([\\da-f]+)((?:[\\t ]*;[\\t ]*${TOKEN}(?:[\\t ]*=[\\t ]*(?:${TOKEN}|${QUOTED}))?)*)$`,
  "i",
);

/** Takes a part of the content: the bytes of `source` from `from` up to but not including `to`. A view would cost more than most chunks. */
export type TakeContent = (source: Bytes, from: number, to: number) => void;

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
   * Decodes the next bytes, and calls `take` with each part of the content. Returns the number of bytes that belong to the
   * body: all of them, unless the body ends before.
   *
   * @throws {RequestError} 400 for an invalid coding, 413 if the content is too long, 431 for a trailer section that is.
   */
  push(bytes: Bytes, take: TakeContent): number {
    let at = 0;
    while (at < bytes.length && !this.#isComplete) {
      if (this.#state === "data") at = this.#pushData(bytes, at, take);
      else at = this.#pushPlainLine(bytes, at) ?? this.#pushLine(bytes, at);
    }
    return at;
  }

  /**
   * Takes a line that is whole and as nearly all clients write it, without a detour over a text: 64 kB may hold ten thousand
   * chunks. Returns the index behind it, or `undefined` if it is another one.
   */
  #pushPlainLine(bytes: Bytes, at: number): number | undefined {
    if (this.#line !== "" || this.#state === "trailer") return undefined;
    let end = at;
    let size = 0;
    if (this.#state === "size") {
      for (let digit = hexDigit(bytes[end]); digit >= 0; digit = hexDigit(bytes[end])) {
        size = size * 16 + digit;
        if (++end - at > MAX_PLAIN_DIGITS) return undefined;
      }
      if (end === at) return undefined;
    }
    if (bytes[end] !== CR_BYTE || bytes[end + 1] !== LF) return undefined;
    if (this.#state === "size") this.#beginChunk(size);
    else this.#state = "size";
    return end + 2;
  }

  #pushData(bytes: Bytes, at: number, take: TakeContent): number {
    const end = Math.min(bytes.length, at + this.#left);
    this.#left -= end - at;
    this.length += end - at;
    take(bytes, at, end);
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
    this.#beginChunk(parseInt(digits, 16));
  }

  #beginChunk(size: number): void {
    this.#left = size;
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

const ZERO = 0x30, NINE = 0x39, SMALL_A = 0x61, SMALL_F = 0x66;

/** The value of a hexadecimal digit, or -1. */
function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= ZERO && byte <= NINE) return byte - ZERO;
  const small = byte | 0x20;
  return small >= SMALL_A && small <= SMALL_F ? small - SMALL_A + 10 : -1;
}

/** The error for a body that is longer than `maxLength` bytes (RFC 9110 15.5.14). */
export function bodyTooLong(maxLength: number): RequestError {
  return new RequestError(413, `Body is longer than ${maxLength} bytes`);
}
