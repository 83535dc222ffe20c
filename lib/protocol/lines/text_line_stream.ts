/**
 * Decodes and encodes text lines, for `nc`, telnet and bots.
 *
 * The decoder is like `TextLineStream` of @std/streams, but bounded: the memory for a line that never ends is limited.
 * @module
 */
import type { Incoming, MessageReader } from "../incoming.ts";
import { decodeUtf8 } from "../../text/decode.ts";

const LF = 0x0a, CR = 0x0d;
const NOTHING = new Uint8Array(0);
const encoder = new TextEncoder();

/**
 * Reads the lines of a byte stream as strings, without their LF or CRLF.
 *
 * A line of more than `maxLength` bytes (without its ending) is refused once, as soon as it is too long, and the rest of it
 * is skipped. A line that is not valid UTF-8 is refused too. After `end`, an unterminated last line counts as a line.
 */
export class TextLineStream implements MessageReader {
  readonly #maxLength: number;
  /** The chunk that is being read. */
  #chunk: Uint8Array<ArrayBuffer> = NOTHING;
  #at = 0;
  /** The beginning of an unfinished line. It grows with the input, so that short lines need little memory. */
  #held: Uint8Array<ArrayBuffer> = NOTHING;
  #heldLength = 0;
  #skipping = false;
  #ended = false;

  /** @param maxLength The longest line that is accepted, in bytes. */
  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  /** The last three bytes of an unfinished line: as many as a character may have before its last byte. */
  protected get tail(): Uint8Array {
    return this.#held.subarray(Math.max(0, this.#heldLength - 3), this.#heldLength);
  }

  /** Removes the last character of an unfinished line. */
  protected eraseCharacter(): void {
    while (this.#heldLength > 0 && (this.#held[--this.#heldLength]! & 0xc0) === 0x80);
  }

  /** Removes all of an unfinished line. */
  protected eraseLine(): void {
    this.#heldLength = 0;
  }

  push(chunk: Uint8Array<ArrayBuffer>): void {
    this.#chunk = chunk;
    this.#at = 0;
  }

  end(): void {
    this.#ended = true;
  }

  takeExtras(): number {
    return 0;
  }

  next(): Incoming | undefined {
    while (this.#at < this.#chunk.length) {
      const start = this.#at;
      const end = this.#chunk.indexOf(LF, start);
      if (end < 0) {
        this.#at = this.#chunk.length;
        if (!this.#skipping && this.#hold(start)) return this.#tooLong();
      } else {
        this.#at = end + 1;
        if (this.#skipping) this.#skipping = false;
        else return this.#line(start, end);
      }
    }
    this.#chunk = NOTHING;
    this.#at = 0;
    return this.#ended ? this.#lastLine() : undefined;
  }

  /** Keeps the rest of the chunk. Returns whether the line is too long; a last CR may belong to its ending. */
  #hold(start: number): boolean {
    const tail = this.#chunk.subarray(start);
    const length = this.#heldLength + tail.length;
    if (length > this.#maxLength + 1) return true;
    if (length > this.#held.length) {
      const grown = new Uint8Array(Math.min(this.#maxLength + 1, Math.max(2 * length, 64)));
      grown.set(this.#held.subarray(0, this.#heldLength));
      this.#held = grown;
    }
    this.#held.set(tail, this.#heldLength);
    this.#heldLength = length;
    return length > this.#maxLength && tail.at(-1) !== CR;
  }

  #line(start: number, end: number): Incoming {
    if (this.#heldLength === 0) return this.#text(this.#chunk, start, end);
    const tail = end - start;
    if (this.#heldLength + tail > this.#maxLength + 1) {
      this.#release();
      return tooLong(this.#maxLength);
    }
    const whole = new Uint8Array(this.#heldLength + tail);
    whole.set(this.#held.subarray(0, this.#heldLength));
    whole.set(this.#chunk.subarray(start, end), this.#heldLength);
    this.#release();
    return this.#text(whole, 0, whole.length);
  }

  #lastLine(): Incoming | undefined {
    if (this.#heldLength === 0) return undefined;
    const length = this.#heldLength;
    const held = this.#held;
    this.#release();
    return this.#text(held, 0, length);
  }

  #text(bytes: Uint8Array, start: number, end: number): Incoming {
    if (end > start && bytes[end - 1] === CR) end--;
    if (end - start > this.#maxLength) return tooLong(this.#maxLength);
    return decodeUtf8(bytes, start, end) ??
      { type: "refused", reason: "Line is not valid UTF-8" };
  }

  #tooLong(): Incoming {
    this.#skipping = true;
    this.#release();
    return tooLong(this.#maxLength);
  }

  #release(): void {
    this.#held = NOTHING;
    this.#heldLength = 0;
  }
}

function tooLong(maxLength: number): Incoming {
  return { type: "refused", reason: `Line is longer than ${maxLength} bytes` };
}

/** The length of a line's ending, in bytes. */
export const LINE_OVERHEAD = 1;

/**
 * Writes `text` as one line at `at`, and returns the index at which the line ends. `target` must have room for the text in
 * UTF-8 and {@linkcode LINE_OVERHEAD}.
 */
export function encodeLine(text: string, target: Uint8Array, at: number): number {
  const end = at + encoder.encodeInto(text, target.subarray(at)).written;
  target[end] = LF;
  return end + 1;
}
