/**
 * The responses of one connection as bytes: whole ones, and streams in the framing that fits them (RFC 9112 6).
 * @module
 */
import {
  encodeHead,
  encodeResponse,
  type Framing,
  type HttpResponse,
  mayHaveContent,
} from "../../protocol/http/response.ts";
import type { CloseCause } from "../observability/counters.ts";
import type { Reply, ResponseStream, StreamedResponse } from "./answer.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * The longest body that is written together with its head, in bytes. A longer one is written without a copy: all clients
 * share it, and copies for a hundred clients that request it and do not read would take a hundred times the memory.
 */
const MAX_COPIED = 65_536;

const encoder = new TextEncoder();

const CRLF = encoder.encode("\r\n"), LAST_CHUNK = encoder.encode("0\r\n\r\n");

export class ResponseWriter {
  /** Bytes to be written. */
  readonly #queue: Bytes[] = [];
  #stream: ResponseStream | undefined;
  #framing: Framing = 0;
  /** The number of bytes of content that the stream still has to give, if its length is known. */
  #left = 0;
  #isBroken = false;

  /** The stream that is being written. */
  get stream(): ResponseStream | undefined {
    return this.#stream;
  }

  /** Whether a stream has not given what it promised, so that the client must see that the response is incomplete. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** Queues bytes as they are. */
  writeBytes(bytes: Bytes): void {
    this.#queue.push(bytes);
  }

  /** Queues a whole response. */
  write(response: HttpResponse, withBody: boolean): void {
    const { body } = response;
    const isLong = withBody && body instanceof Uint8Array && body.length > MAX_COPIED;
    this.#queue.push(encodeResponse(dated(response), withBody && !isLong));
    if (isLong) this.#queue.push(body);
  }

  /**
   * Queues the head of a streamed response, and its content as it comes.
   *
   * @param isOld Whether the client speaks HTTP/1.0.
   * @param flush Called when there is more to take.
   */
  writeStream(
    response: StreamedResponse,
    withBody: boolean,
    isOld: boolean,
    flush: () => void,
  ): void {
    const { stream, status } = response;
    this.#framing = framingOf(stream, isOld);
    this.#left = stream.length ?? 0;
    this.#queue.push(encodeHead(dated(response), this.#framing));
    if (!withBody || !mayHaveContent(status)) return stream.closed();
    this.#stream = stream;
    stream.start(flush);
  }

  /** Returns the bytes to write next, or `undefined` if there are none now. */
  take(): Bytes | undefined {
    return this.#queue.shift() ?? (this.#stream && this.#takeContent(this.#stream));
  }

  /** Drops the stream: the client has gone, or the rest is not to be written. */
  drop(cause?: CloseCause): void {
    const stream = this.#stream;
    this.#stream = undefined;
    stream?.closed(cause);
  }

  #takeContent(stream: ResponseStream): Bytes | undefined {
    const bytes = stream.take();
    if (bytes !== undefined) return this.#frame(bytes);
    if (stream.state === "open") return undefined;
    this.#isBroken = stream.state === "failed" || this.#left > 0;
    this.drop();
    return this.#framing === "chunked" && !this.#isBroken ? LAST_CHUNK : undefined;
  }

  #frame(bytes: Bytes): Bytes | undefined {
    if (this.#framing === "close") return bytes;
    if (this.#framing !== "chunked") return this.#count(bytes);
    return bytes.length === 0 ? this.take() : this.#chunk(bytes); // an empty chunk would be the last one
  }

  /** Bytes beyond the stated length would be taken for the next response. */
  #count(bytes: Bytes): Bytes | undefined {
    const fitting = bytes.length > this.#left ? bytes.subarray(0, this.#left) : bytes;
    this.#isBroken = fitting.length < bytes.length;
    this.#left -= fitting.length;
    if (this.#isBroken) this.drop();
    return fitting.length === 0 ? this.take() : fitting;
  }

  /** RFC 9112 7.1. */
  #chunk(bytes: Bytes): Bytes {
    const size = encoder.encode(`${bytes.length.toString(16)}\r\n`);
    if (bytes.length > MAX_COPIED) {
      this.#queue.push(bytes, CRLF);
      return size;
    }
    const chunk = new Uint8Array(size.length + bytes.length + CRLF.length);
    chunk.set(size);
    chunk.set(bytes, size.length);
    chunk.set(CRLF, size.length + bytes.length);
    return chunk;
  }
}

/** Adds when the response was made (RFC 9110 6.6.1). */
function dated<R extends Reply>(response: R): R {
  return { ...response, fields: [...response.fields, ["date", new Date().toUTCString()]] };
}

/** HTTP/1.0 has no chunked coding: the end of the connection ends the content (RFC 9112 6.3). */
function framingOf({ length, isEndless }: ResponseStream, isOld: boolean): Framing {
  return length ?? (isEndless || isOld ? "close" : "chunked");
}
