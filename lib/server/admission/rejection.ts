/**
 * A connection that is not let in: it is told so in its own language, and closed.
 *
 * Cheap on purpose: no session, no room, nothing of the chat. A silent client has as long as everybody to say what it speaks.
 * @module
 */
import { detect, detectStalled } from "../../protocol/detect.ts";
import { closing, encodeResponse } from "../../protocol/http/response.ts";
import type { Refusal } from "./address_limits.ts";
import { concat } from "../connection/bytes.ts";
import type { Connection, Handler } from "../connection/connection.ts";
import { errorResponse } from "../http/routes.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * How long a client that has begun to speak may take until it is clear what it speaks, in ms: a slow round trip and a lost
 * packet. Meanwhile it holds one of the few places of those who are told why they are refused.
 */
const BEGUN_TIMEOUT = 2_000;

const encoder = new TextEncoder();

/** What went wrong, as a line client is told. */
export function encodeError(text: string): Bytes {
  return encoder.encode(`Error: ${text}\n`);
}

/** Answers HTTP requests in the place of a rejection. `peeked` is what was read so far, the request line whole. */
export interface Stand {
  isWanted(peeked: Bytes): boolean;
  take(peeked: Bytes): void;
}

export class Rejection implements Handler {
  readonly #connection: Connection;
  readonly #refusal: Refusal;
  readonly #stand: Stand | undefined;
  #peeked: Bytes | undefined;
  #answer: Bytes | undefined;
  #answered = false;
  /** When the client must have said what it speaks, if it has begun. */
  #deadline: number | undefined;

  /** @param stand Answers those requests that are answered all the same, if there are any. */
  constructor(connection: Connection, refusal: Refusal, stand?: Stand) {
    this.#connection = connection;
    this.#refusal = refusal;
    this.#stand = stand;
    connection.cause = "refused";
  }

  /** The time to say something is over. A client that has begun to speak may finish. */
  release(): void {
    if (this.#peeked === undefined && !this.#connection.hasInput) this.#refuse("lines");
  }

  received(bytes: Bytes): void {
    if (this.#answered) return this.#connection.readOn();
    this.#peeked = concat(this.#peeked, bytes);
    const speech = detect(this.#peeked);
    if (speech === "more") this.#connection.readOn();
    else if (speech === "tls") this.#connection.close();
    else if (speech === "http" && this.#stand?.isWanted(this.#peeked)) {
      this.#answered = true;
      this.#stand.take(this.#peeked);
    } else this.#refuse(speech);
  }

  ended(): void {
    this.#refuse("lines");
  }

  resumed(): void {}

  take(): Bytes | undefined {
    const answer = this.#answer;
    this.#answer = undefined;
    return answer;
  }

  end(): void {
    this.#connection.close();
  }

  gone(): void {}

  tick(now: number): void {
    if (this.#peeked === undefined) return;
    this.#deadline ??= now + BEGUN_TIMEOUT;
    if (now >= this.#deadline) this.#refuse(detectStalled(this.#peeked));
  }

  #refuse(speech: "http" | "lines"): void {
    if (this.#answered) return;
    this.#answered = true;
    const { status, text, retryAfter } = this.#refusal;
    this.#answer = speech === "http"
      ? encodeResponse(closing(errorResponse(status, text, retryAfter)))
      : encodeError(text);
    this.#connection.finish();
  }
}
