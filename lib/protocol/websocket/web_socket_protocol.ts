/**
 * The server's side of RFC 6455 as a state machine: frames in, messages and the frames that are owed for them out. It owns
 * the closing handshake.
 * @module
 */
import type { Incoming, MessageReader } from "../incoming.ts";
import { encodeCloseFrame, encodeFrame, OPCODE } from "./frame.ts";
import { WebSocketReader } from "./web_socket_reader.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const IGNORED: Incoming = { type: "ignored" };

export class WebSocketProtocol implements MessageReader {
  readonly #reader: WebSocketReader;
  /** Whether the close frame was sent (RFC 6455 5.5.1). After it, only the peer's close frame matters. */
  #isClosing = false;

  /** @param maxPayload The longest message that is accepted, in bytes, all its fragments counted. */
  constructor(maxPayload: number) {
    this.#reader = new WebSocketReader(maxPayload);
  }

  push(chunk: Bytes): void {
    this.#reader.push(chunk);
  }

  next(): Incoming | undefined {
    const item = this.#reader.next();
    if (item === undefined) return undefined;
    if (typeof item === "string") return this.#isClosing ? IGNORED : item;
    switch (item.type) {
      case "ping":
        if (this.#isClosing) return IGNORED;
        return { ...item, answer: encodeFrame(OPCODE.pong, item.payload) };
      case "binary":
        return this.#isClosing ? IGNORED : item;
      case "close": // RFC 6455 5.5.1: answered with a close frame, unless it is the answer to one
        return { ...item, ...answerWith(this.close(item.code)) };
      case "failed":
        return { ...item, ...answerWith(this.close(item.code, item.reason)) };
      default:
        return item;
    }
  }

  takeExtras(): number {
    return this.#reader.takeExtras();
  }

  end(): void {
    this.#reader.end();
  }

  close(code: number, reason = ""): Bytes | undefined {
    if (this.#isClosing) return undefined;
    this.#isClosing = true;
    return encodeCloseFrame(code, reason);
  }
}

function answerWith(answer: Bytes | undefined): { readonly answer?: Bytes } {
  return answer === undefined ? {} : { answer };
}
