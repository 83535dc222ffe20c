/**
 * Somebody who is not let in: told why, and seen off. Nobody in the chat ever knew of them.
 * @module
 */
import type { Connection, Handler } from "../connection/connection.ts";

type Bytes = Uint8Array<ArrayBuffer>;

export class FinalReply implements Handler {
  readonly #connection: Connection;
  #words: Bytes | undefined;

  /** @param words What goes over the wire before the end. */
  constructor(connection: Connection, words: Bytes) {
    this.#connection = connection;
    this.#words = words;
  }

  /** Whatever it says is read, since bytes that nobody reads would end the connection with a reset. */
  received(_bytes: Bytes): void {
    this.#connection.readOn();
  }

  take(): Bytes | undefined {
    const words = this.#words;
    this.#words = undefined;
    return words;
  }

  ended(): void {}
  resumed(): void {}
  end(): void {}
  gone(): void {}
  tick(): void {}
}
