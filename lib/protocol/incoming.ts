/**
 * What a stream of bytes can turn out to say, whatever wire it came over, and the reader that finds it out.
 *
 * Sans-I/O like all of protocol/: bytes in, values out. Knows no socket, no timer and no chat.
 * @module
 */

/** One thing that a client said. A text message (or line) is the plain string, so that the usual case costs nothing. */
export type Incoming =
  | string
  /** A WebSocket binary message. `bytes` is only valid until the next call of the reader. */
  | { readonly type: "binary"; readonly bytes: Uint8Array }
  /** A WebSocket ping (RFC 6455 5.5.2); `payload` is owed back in a pong. */
  | { readonly type: "ping"; readonly payload: Uint8Array<ArrayBuffer> }
  | { readonly type: "pong" }
  /** The peer's close frame (RFC 6455 5.5.1); 1005 stands for a frame without a code. Nothing follows it. */
  | { readonly type: "close"; readonly code: number; readonly reason: string }
  /** A command of telnet (RFC 854), and the answer that is owed if any. */
  | { readonly type: "telnet"; readonly answer?: Uint8Array<ArrayBuffer> }
  /** One message could not be taken. It was skipped; the stream goes on. */
  | { readonly type: "refused"; readonly reason: string }
  /** The stream broke the protocol (RFC 6455 7.1.7); `code` is the close code owed. Nothing follows it. */
  | { readonly type: "failed"; readonly code: number; readonly reason: string };

/**
 * Turns chunks into {@linkcode Incoming}, one at a time, so that the caller can stop in the middle of a chunk.
 *
 * `push` a chunk, then call `next` until it returns `undefined`; only then may the chunk's memory be used again and the
 * next chunk be pushed. After `end`, `next` also gives what was left unterminated, where the wire has such a thing.
 * What a reader holds back between chunks is bounded by the limit it was made with.
 */
export interface MessageReader {
  push(chunk: Uint8Array<ArrayBuffer>): void;
  next(): Incoming | undefined;
  /**
   * How many frames or commands were read since this was last asked that gave nothing, so that these can be given a price
   * too: each takes time, and of the smallest there are 10,000 in 64 kB.
   */
  takeExtras(): number;
  end(): void;
}
