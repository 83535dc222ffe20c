/**
 * The handler of a connection that is refused: answers in the client's protocol, and closes.
 *
 * It is cheap on purpose: there is no session and no member. A silent client has as long as any other to speak.
 * @module
 */
import { detect, detectStalled } from "../protocol/detect.ts";
import { closing, encodeResponse, type HttpResponse } from "../protocol/http/response.ts";
import { BANNED, type Refusal, SERVER_FULL } from "./admission/refusals.ts";
import type { TimeSource } from "./connection/clock.ts";
import type { Connection, Handler } from "./connection/connection.ts";
import { concat } from "./connection/read_buffers.ts";
import { HttpExchange, type HttpExchangeOptions } from "./http/http_exchange.ts";
import { errorResponse } from "./http/responses.ts";
import { beginsRouteRequest } from "./http/routes.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * How long a client that has begun to speak may take until its protocol is clear, in ms: a slow round trip and a lost
 * packet. Meanwhile it takes up one of the few refused connections that are answered.
 */
const BEGUN_TIMEOUT = 2_000;

/** How long the head of a request may take that is answered all the same, in ms. Programs and browsers write it at once. */
const HEAD_TIMEOUT = 1_000;

const encoder = new TextEncoder();

/** An error as a line client sees it. */
export function encodeError(text: string): Bytes {
  return encoder.encode(`Error: ${text}\n`);
}

/** Answers HTTP requests that are not refused. `peeked` is the input so far, with the whole request line. */
export interface HttpFallback {
  accepts(peeked: Bytes): boolean;
  take(peeked: Bytes): void;
}

/** Renders a refusal for a request whose first bytes, with the whole request line, are `peeked`. */
export type RenderRefusal = (peeked: Bytes, refusal: Refusal) => HttpResponse;

const renderAsText: RenderRefusal = (_, { status, text, retryAfter }) =>
  errorResponse(status, text, retryAfter);

export class Rejection implements Handler {
  readonly closeCause = "refused";
  readonly #connection: Connection;
  readonly #refusal: Refusal;
  readonly #fallback: HttpFallback | undefined;
  readonly #render: RenderRefusal;
  #peeked: Bytes | undefined;
  #answer: Bytes | undefined;
  #isAnswered = false;
  /** When the protocol of a client that has begun to speak must be clear. */
  #deadline: number | undefined;

  constructor(
    connection: Connection,
    refusal: Refusal,
    fallback?: HttpFallback,
    render: RenderRefusal = renderAsText,
  ) {
    this.#connection = connection;
    this.#refusal = refusal;
    this.#fallback = fallback;
    this.#render = render;
  }

  /** Called when a silent client is taken for a line client. One that has begun to speak may finish. */
  release(): void {
    if (this.#peeked === undefined && !this.#connection.hasInput) this.#refuse("lines");
  }

  received(bytes: Bytes): void {
    if (this.#isAnswered) return this.#connection.readOn();
    this.#peeked = concat(this.#peeked, bytes);
    const protocol = detect(this.#peeked);
    if (protocol === "more") this.#connection.readOn();
    else if (protocol === "tls") this.#connection.close("refused");
    else if (protocol === "http" && this.#fallback?.accepts(this.#peeked)) {
      this.#isAnswered = true;
      this.#fallback.take(this.#peeked);
    } else this.#refuse(protocol);
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
    this.#connection.close("refused");
  }

  closed(): void {}

  tick(now: number): void {
    if (this.#peeked === undefined) return;
    this.#deadline ??= now + BEGUN_TIMEOUT;
    if (now >= this.#deadline) this.#refuse(detectStalled(this.#peeked));
  }

  #refuse(protocol: "http" | "lines"): void {
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    this.#answer = protocol === "http" && this.#peeked !== undefined
      ? encodeResponse(closing(this.#render(this.#peeked, this.#refusal)))
      : encodeError(this.#refusal.text);
    this.#connection.finish("refused");
  }
}

export interface RejectionOptions {
  readonly time: TimeSource;
  readonly http: HttpExchangeOptions;
}

/**
 * Creates the handler of a refused connection. A full server still answers health checks. An address that has used up its
 * connections to the chat can still load files, which have a limit of their own. A banned address gets neither.
 */
export function createRejection(
  connection: Connection,
  refusal: Refusal,
  { time, http }: RejectionOptions,
): Rejection {
  const render: RenderRefusal = (peeked) => http.requests.renderRefusal(peeked, refusal);
  if (refusal === BANNED) return new Rejection(connection, refusal, undefined, render);
  const site = refusal === SERVER_FULL ? "status" : "files";
  const fallback: HttpFallback = {
    accepts: (peeked) => site === "files" || beginsRouteRequest(peeked),
    take(peeked) {
      const deadline = time.now + HEAD_TIMEOUT;
      connection.handOver(new HttpExchange(connection, http, { site, deadline, refusal }), peeked);
    },
  };
  return new Rejection(connection, refusal, fallback, render);
}
