/**
 * The last handler of a line client that is refused: sends it a message, and ends the connection.
 * @module
 */
import type { Connection, Handler } from "./connection/connection.ts";

type Bytes = Uint8Array<ArrayBuffer>;

export class FinalReply implements Handler {
  readonly #connection: Connection;
  #message: Bytes | undefined;

  constructor(connection: Connection, message: Bytes) {
    this.#connection = connection;
    this.#message = message;
  }

  /** Input is read and ignored, since unread bytes would end the connection with a reset. */
  received(): void {
    this.#connection.readOn();
  }

  take(): Bytes | undefined {
    const message = this.#message;
    this.#message = undefined;
    return message;
  }

  ended(): void {}
  resumed(): void {}
  end(): void {}
  closed(): void {}
  tick(): void {}
}
