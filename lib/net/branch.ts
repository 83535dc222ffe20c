/**
 * Peek and branch: the first handler of every connection. It looks at the first bytes, loses none of them, and hands
 * over to the chat or to HTTP.
 *
 * A client that sends nothing is in the chat all the same, since others may talk while it listens: it has joined when it
 * was accepted, and what is said waits in its ring until the branch is taken or `SNIFF_TIMEOUT` is over.
 * @module
 */
import type { Farewell } from "../chat/events.ts";
import { detect, detectStalled } from "../protocol/detect.ts";
import { ChatSession } from "./chat_session.ts";
import type { Connection, Handler } from "./connection.ts";
import type { Context } from "./context.ts";
import { HEAD_TIMEOUT, HttpExchange } from "./http_exchange.ts";
import { announcing, LINES } from "./transport.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * How long a silent client is left the choice, in ms. Clients that speak first do so at once, a round trip apart at the
 * most; a person does not see a tenth of a second.
 */
export const SNIFF_TIMEOUT = 100;

/**
 * How long what is said waits for somebody who has sent one word without a space behind it, in ms: `GET`, or `HELLO` of a
 * person who thinks. Whoever hears something then is a line client; as long as nothing is said it may still be HTTP.
 */
const WORD_TIMEOUT = 1_000;

export class Branch implements Handler {
  readonly #context: Context;
  readonly #connection: Connection;
  readonly #session: ChatSession;
  #peeked: Bytes | undefined;
  #deadline = Infinity;
  /** When a word that is still without a space is one of a person. */
  #wordDeadline = Infinity;
  /** Something was written, so it can only be a line client. */
  #wrote = false;
  /** Nothing more came in time to what looked like HTTP. */
  #isLines = false;

  constructor(context: Context, connection: Connection) {
    this.#context = context;
    this.#connection = connection;
    connection.held = true;
    const transport = context.settings.announce ? announcing(LINES) : LINES;
    this.#session = new ChatSession(context, connection, transport);
  }

  /** `SNIFF_TIMEOUT` is over. Who has begun to speak is let finish; who has not gets what was said meanwhile. */
  release(): void {
    const connection = this.#connection;
    if (connection.handler !== this || this.#peeked !== undefined || connection.hasInput) return;
    this.#letListen();
  }

  received(bytes: Bytes): void {
    if (this.#peeked === undefined) {
      this.#deadline = this.#context.time + HEAD_TIMEOUT;
      this.#wordDeadline = this.#context.time + WORD_TIMEOUT;
    }
    this.#peeked = concat(this.#peeked, bytes);
    if (this.#isLines) return this.#becomeChat();
    switch (detect(this.#peeked)) {
      case "more":
        return this.#connection.readOn();
      case "lines":
        return this.#becomeChat();
      case "http":
        return this.#becomeHttp(this.#peeked);
      case "tls":
        this.#context.log({
          level: "info",
          topic: "protocol",
          address: this.#connection.address,
          message: "Closed: TLS on a plain port",
        });
        return this.#connection.close();
    }
  }

  ended(): void {
    this.#becomeChat();
    this.#connection.handler.ended();
  }

  resumed(): void {
    this.#session.resumed();
  }

  take(): Bytes | undefined {
    const bytes = this.#session.take();
    if (bytes !== undefined && !this.#wrote) {
      this.#wrote = true;
      this.#session.admit();
    }
    return bytes;
  }

  end(reason: Farewell): void {
    this.#session.end(reason);
  }

  gone(reason: string | undefined): void {
    this.#session.gone(reason);
  }

  tick(now: number): void {
    if (this.#peeked === undefined) return this.#session.tick(now);
    const isWord = detectStalled(this.#peeked) === "lines";
    if (isWord && now >= this.#wordDeadline) this.#letListen();
    if (now < this.#deadline) return;
    if (this.#isLines || this.#wrote || isWord) {
      this.#isLines = true; // for the chat with the next bytes: a read is under way, and these end no line
      this.#letListen();
      return this.#session.tick(now);
    }
    this.#becomeHttp(this.#peeked);
    this.#connection.handler.tick(now);
  }

  #letListen(): void {
    this.#connection.held = false;
    this.#connection.flush();
  }

  #becomeChat(): void {
    const { held } = this.#connection;
    this.#connection.handler = this.#session;
    this.#connection.held = false;
    if (this.#peeked !== undefined) {
      this.#session.admit();
      this.#session.received(this.#peeked);
    }
    if (held) this.#connection.flush();
  }

  /** Nobody ever knew of the line client that this might have been. */
  #becomeHttp(peeked: Bytes): void {
    this.#session.retract();
    // What was written to it would be the beginning of the answer: the client has to come again.
    if (this.#wrote) {
      return this.#connection.close("spoke HTTP after it was greeted as a line client");
    }
    const exchange = new HttpExchange(this.#context, this.#connection, this.#deadline);
    this.#connection.handler = exchange;
    this.#connection.held = false;
    exchange.received(peeked);
  }
}

function concat(first: Bytes | undefined, second: Bytes): Bytes {
  if (first === undefined) return second.slice();
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
