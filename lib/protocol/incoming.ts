/**
 * The items that a byte stream of any wire consists of, and the interface of the readers that find them.
 *
 * Like all of protocol/ it is sans-I/O: bytes in, values out.
 * @module
 */

/** One item of a client's input. A text message (or line) is a plain string, so that the usual case allocates nothing else. */
export type Incoming =
  | string
  /** A WebSocket binary message. `bytes` is only valid until the next call of the reader. */
  | { readonly type: "binary"; readonly bytes: Uint8Array }
  /** A WebSocket ping (RFC 6455 5.5.2), with the pong to send if the connection is not closing. */
  | {
    readonly type: "ping";
    readonly payload: Uint8Array<ArrayBuffer>;
    readonly answer?: Uint8Array<ArrayBuffer>;
  }
  | { readonly type: "pong" }
  /**
   * The peer's close frame (RFC 6455 5.5.1), with the close frame to send if none was sent before; 1005 stands for a frame
   * without a code. Nothing follows it.
   */
  | {
    readonly type: "close";
    readonly code: number;
    readonly reason: string;
    readonly answer?: Uint8Array<ArrayBuffer>;
  }
  /** A telnet command (RFC 854), with the answer to send, if any. */
  | { readonly type: "telnet"; readonly answer?: Uint8Array<ArrayBuffer> }
  /** A message that cannot be accepted. It was skipped; the stream goes on. */
  | { readonly type: "refused"; readonly reason: string }
  /** A message that was ignored because the connection is closing. */
  | { readonly type: "ignored" }
  /**
   * A violation of the protocol (RFC 6455 7.1.7), with its close code and the close frame to send if none was sent before.
   * Nothing follows it.
   */
  | {
    readonly type: "failed";
    readonly code: number;
    readonly reason: string;
    readonly answer?: Uint8Array<ArrayBuffer>;
  };

/**
 * Turns chunks into {@linkcode Incoming}, one at a time, so that the caller can stop in the middle of a chunk.
 *
 * `push` a chunk, then call `next` until it returns `undefined`; only then may the chunk's memory be reused and the next
 * chunk be pushed. After `end`, `next` also returns unterminated input, where the wire has such a thing. The memory that a
 * reader holds between chunks is bounded by the limit that it was created with.
 */
export interface MessageReader {
  push(chunk: Uint8Array<ArrayBuffer>): void;
  next(): Incoming | undefined;
  /**
   * Returns the number of frames or commands since the last call that produced no item, so that these can be charged for
   * too: each takes time, and 64 kB hold 10,000 of the smallest.
   */
  takeExtras(): number;
  end(): void;
  /**
   * Starts the closing handshake, on wires that have one. Returns the close frame to send, or `undefined` if one was sent
   * before. From then on all messages are ignored.
   */
  close?(code: number, reason: string): Uint8Array<ArrayBuffer> | undefined;
}
