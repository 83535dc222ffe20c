/**
 * The input of one HTTP connection that has not been handled: the head of a request as far as it has arrived, and what was
 * sent behind it.
 * @module
 */
import { countEmptyLines, findHeadEnd } from "../../protocol/http/request_head.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const NOTHING: Bytes = new Uint8Array(0);

const HEAD = new TextEncoder().encode("HEAD ");

export class RequestBuffer {
  #memory = NOTHING;
  #length = 0;
  /** The number of bytes that were searched for the end of a head. */
  #searched = 0;

  /** The number of bytes. */
  get length(): number {
    return this.#length;
  }

  /** The bytes, which stay as they are until more are added. */
  get bytes(): Bytes {
    return this.#memory.subarray(0, this.#length);
  }

  /** Whether it begins like a request that gets no body, not even in an error (RFC 9110 9.3.2). */
  get isHead(): boolean {
    return HEAD.every((byte, i) => this.#memory[i] === byte);
  }

  add(bytes: Bytes): void {
    const length = this.#length + bytes.length;
    if (length > this.#memory.length) {
      const grown = new Uint8Array(this.#length === 0 ? length : 2 * length); // most heads come whole
      grown.set(this.bytes);
      this.#memory = grown;
    }
    this.#memory.set(bytes, this.#length);
    this.#length = length;
  }

  /** Keeps `rest` and nothing else. It must be a copy of its own: a quiet connection keeps no memory. */
  keep(rest: Bytes = NOTHING): void {
    this.#memory = rest;
    this.#length = rest.length;
    this.#searched = 0;
  }

  /** Drops empty lines at the beginning, which some clients send after a request (RFC 9112 2.2). */
  skipEmptyLines(): void {
    const empty = countEmptyLines(this.bytes);
    if (empty > 0) this.keep(this.bytes.slice(empty));
  }

  /** The index at which the head ends, or -1 if its end has not arrived. */
  findHeadEnd(): number {
    const end = findHeadEnd(this.bytes, this.#searched);
    this.#searched = this.#length;
    return end;
  }
}
