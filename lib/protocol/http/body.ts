/**
 * The body of a request (RFC 9112 6): how long it is, and its content.
 * @module
 */
import { bodyTooLong, ChunkedDecoder, type TakeContent } from "./chunked.ts";
import { elementsOf } from "./list_field.ts";
import { hasBody, RequestError, type RequestHead } from "./request_head.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Finds the end of a body, and its content. */
export interface BodyDecoder {
  /** Whether the body has ended. */
  readonly isComplete: boolean;
  /**
   * Decodes the next bytes, and calls `take` with each part of the content. Returns the number of bytes that belong to the
   * body: all of them, unless the body ends before.
   *
   * @throws {RequestError} If the body is invalid or too long.
   */
  push(bytes: Bytes, take: TakeContent): number;
}

/** A body whose length is known (RFC 9112 6.2). */
class LengthDecoder implements BodyDecoder {
  #left: number;

  constructor(length: number) {
    this.#left = length;
  }

  get isComplete(): boolean {
    return this.#left === 0;
  }

  push(bytes: Bytes, take: TakeContent): number {
    const length = Math.min(bytes.length, this.#left);
    this.#left -= length;
    if (length > 0) take(bytes, 0, length);
    return length;
  }
}

/** The length of a request's body, in bytes; `undefined` if only its end will tell. */
export function bodyLength({ fields }: RequestHead): number | undefined {
  return fields.has("transfer-encoding")
    ? undefined
    : Number(fields.get("content-length")?.[0] ?? 0);
}

/**
 * Creates the decoder of a request's body.
 *
 * @throws {RequestError} 413 if the body says that it is longer than `maxLength` bytes.
 */
export function createBodyDecoder(head: RequestHead, maxLength: number): BodyDecoder {
  const length = bodyLength(head);
  if (length === undefined) return new ChunkedDecoder(maxLength);
  if (length > maxLength) throw bodyTooLong(maxLength);
  return new LengthDecoder(length);
}

/**
 * Whether the client waits for an interim response before it sends the body (RFC 9110 10.1.1). HTTP/1.0 has none.
 *
 * @throws {RequestError} 417 if the client expects something else.
 */
export function expectsContinue(head: RequestHead): boolean {
  const expectations = elementsOf(head, "expect");
  if (expectations.length === 0 || head.version === "HTTP/1.0") return false;
  if (expectations.some((expectation) => expectation.toLowerCase() !== "100-continue")) {
    throw new RequestError(417, "Only 100-continue can be expected here");
  }
  return hasBody(head);
}

const encoder = new TextEncoder();

/** The interim response that asks for the body (RFC 9110 15.2.1). */
export const CONTINUE: Bytes = encoder.encode("HTTP/1.1 100 Continue\r\n\r\n");
