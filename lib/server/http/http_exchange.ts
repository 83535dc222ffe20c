/**
 * HTTP on one connection: reads requests and writes responses, one after the other, until one side closes or a handshake
 * makes the connection a WebSocket.
 * @module
 */
import type { DisconnectReason } from "../../wire/events.ts";
import {
  countEmptyLines,
  findHeadEnd,
  headTooLong,
  MAX_REQUEST_HEAD,
  parseRequestHead,
  persists,
  RequestError,
  type RequestHead,
} from "../../protocol/http/request_head.ts";
import { closing, encodeResponse, type HttpResponse } from "../../protocol/http/response.ts";
import { BANNED, DRAINING, type Refusal } from "../admission/refusals.ts";
import type { TimeSource } from "../connection/clock.ts";
import type { Connection, Handler } from "../connection/connection.ts";
import type { InputScheduler } from "../connection/input_scheduler.ts";
import type { CloseCause } from "../observability/counters.ts";
import { RefusedRequest, type RequestHandler, type Site } from "./request_handler.ts";
import { errorResponse, isRead } from "./responses.ts";
import { Handshake } from "./upgrade.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * How long a connection is kept without a request, in ms. A page requests its files at most a round trip apart; a later
 * request can use another connection, and an idle one counts like any other until then.
 */
export const KEEP_ALIVE_TIMEOUT = 2_000;

/** The most requests on one connection: some page loads. Proxies and clients that share one are admitted anew after them. */
export const MAX_REQUESTS = 100;

const NOTHING: Bytes = new Uint8Array(0);

/**
 * The longest body that is written together with its head, in bytes. A longer one is written without a copy: all clients
 * share it, and copies for a hundred clients that request it and do not read would take a hundred times the memory.
 */
const MAX_COPIED = 65_536;

const HEAD = new TextEncoder().encode("HEAD ");

/** What exchanges need of their server. All exchanges share one object. */
export interface HttpExchangeOptions {
  readonly time: TimeSource;
  readonly scheduler: Pick<InputScheduler, "resume">;
  readonly requests: Pick<RequestHandler, "handle">;
  /** How long a client may take for a request head, in seconds. */
  readonly headTimeout: number;
  /** Whether the server shuts down, so that connections are closed after the next response. */
  readonly isDraining: () => boolean;
  /** Makes a connection a WebSocket: writes the response to its handshake, and handles `rest`, the bytes after the request. */
  readonly upgrade: (connection: Connection, handshake: Handshake, rest: Bytes) => void;
}

export class HttpExchange implements Handler {
  readonly #connection: Connection;
  readonly #options: HttpExchangeOptions;
  readonly #site: Site;
  /** Why handshakes are refused, on a site without the chat. */
  readonly #refusal: Refusal | undefined;
  /** When a head must be complete or, while nothing of it has arrived, must have begun. */
  #deadline: number;
  /** The request head so far and the bytes after it: their number, and how many were searched for the end of the head. */
  #head = NOTHING;
  #length = 0;
  #searched = 0;
  /** Number of requests answered. */
  #requests = 0;
  /** Bytes to be written. */
  readonly #response: Bytes[] = [];
  /** Whether a response is being written. No input is read meanwhile; it waits in the kernel. */
  #answering = false;
  /** Whether the last response is queued. */
  #answered = false;
  /** Whether the client has ended its side. */
  #ended = false;

  /**
   * @param deadline When the first head must be complete; by default as for any other.
   * @param refusal Why handshakes are refused, on a site without the chat.
   */
  constructor(
    connection: Connection,
    options: HttpExchangeOptions,
    { site = "chat", deadline, refusal }: {
      readonly site?: Site;
      readonly deadline?: number;
      readonly refusal?: Refusal;
    } = {},
  ) {
    this.#connection = connection;
    this.#options = options;
    this.#site = site;
    this.#deadline = deadline ?? this.#headDeadline;
    this.#refusal = refusal;
  }

  get closeCause(): CloseCause | undefined {
    return this.#requests > 0 ? "http" : undefined;
  }

  received(bytes: Bytes): void {
    if (this.#answered) return this.#connection.readOn(); // a body, or one more request; neither is handled
    if (this.#isIdle) this.#deadline = this.#headDeadline;
    this.#collect(bytes);
    this.#proceed();
  }

  ended(): void {
    this.#ended = true;
    if (!this.#answered) this.#proceed();
  }

  /** Called when a response has been written. */
  resumed(): void {
    if (!this.#answered && !this.#answering) this.#proceed();
  }

  take(): Bytes | undefined {
    const bytes = this.#response.shift();
    if (bytes === undefined && this.#answering && !this.#answered) this.#awaitRequest();
    return bytes;
  }

  end(reason: DisconnectReason): void {
    if (this.#answered) return;
    if (this.#isIdle || this.#answering) return this.#finish(reason);
    const { status, text } = reason === "kicked" ? BANNED : DRAINING;
    this.#refuse(new RequestError(status, text), reason);
  }

  closed(): void {}

  tick(now: number): void {
    if (this.#answered || this.#answering || now < this.#deadline) return;
    if (this.#isIdle) return this.#finish("http");
    this.#refuse(new RequestError(408, "Request head took too long"), "head");
  }

  get #headDeadline(): number {
    return this.#options.time.now + this.#options.headTimeout * 1000;
  }

  /** Whether the connection is between two requests. */
  get #isIdle(): boolean {
    return this.#requests > 0 && this.#length === 0 && !this.#answering;
  }

  /** Handles the next request if its head is complete. Pipelined requests wait for the response to the previous one. */
  #proceed(): void {
    this.#skipEmptyLines();
    const received = this.#head.subarray(0, this.#length);
    const end = findHeadEnd(received, this.#searched);
    this.#searched = this.#length;
    if (end < 0 && !this.#ended && this.#length <= MAX_REQUEST_HEAD) {
      return this.#connection.readOn();
    }
    if (end < 0 && this.#ended && this.#isIdle) return this.#finish("http");
    try {
      if (end < 0 && this.#ended) throw new RequestError(400, "Request is incomplete");
      if (end < 0) throw headTooLong(received);
      this.#handle(parseRequestHead(received.subarray(0, end)), received.subarray(end));
    } catch (error) {
      this.#refuse(error, error instanceof RefusedRequest ? "refused" : "http");
    }
  }

  /** RFC 9112 2.2: some clients send an empty line after a request. */
  #skipEmptyLines(): void {
    const empty = countEmptyLines(this.#head.subarray(0, this.#length));
    if (empty === 0) return;
    this.#head = this.#head.slice(empty, this.#length);
    this.#length -= empty;
    this.#searched = 0;
  }

  /** Goes on to the next request, which may have arrived already. */
  #awaitRequest(): void {
    this.#answering = false;
    this.#deadline = this.#length > 0
      ? this.#headDeadline
      : this.#options.time.now + KEEP_ALIVE_TIMEOUT;
    if (this.#length > 0 || this.#ended) this.#options.scheduler.resume(this.#connection);
    else this.#connection.readOn();
  }

  #finish(cause: CloseCause): void {
    this.#answered = true;
    this.#connection.finish(cause);
  }

  #collect(bytes: Bytes): void {
    const length = this.#length + bytes.length;
    if (length > this.#head.length) {
      const grown = new Uint8Array(this.#length === 0 ? length : 2 * length); // most heads come whole
      grown.set(this.#head.subarray(0, this.#length));
      this.#head = grown;
    }
    this.#head.set(bytes, this.#length);
    this.#length = length;
  }

  #handle(head: RequestHead, rest: Bytes): void {
    const { requests, upgrade } = this.#options;
    const result = requests.handle(head, this.#connection, this.#site, this.#refusal);
    if (result instanceof Handshake) upgrade(this.#connection, result, rest);
    else if (this.#canPersist(head)) this.#answer(result, head, rest);
    else this.#answerAndClose(result, head.method !== "HEAD", "http");
  }

  /**
   * A connection of a trusted proxy may carry requests of several clients. It is closed after one request, so that nothing
   * of the previous request is left. A full server closes connections after one request too, since it has none to spare.
   */
  #canPersist(head: RequestHead): boolean {
    const isSafe = isRead(head.method) || head.method === "OPTIONS";
    const mayStay = this.#site === "chat" || this.#site === "metrics";
    return isSafe && mayStay && persists(head) && this.#requests + 1 < MAX_REQUESTS &&
      !this.#connection.client.isTrusted && !this.#options.isDraining();
  }

  #refuse(error: unknown, cause: CloseCause): void {
    const { status, message, retryAfter } = error instanceof RequestError
      ? error
      : new RequestError(400, "Request cannot be understood"); // TypeError of upgradeWebSocket
    this.#answerAndClose(errorResponse(status, message, retryAfter), !this.#isHead, cause);
  }

  /** RFC 9110 9.3.2: no response to HEAD has a body, not even an error for an invalid head. */
  get #isHead(): boolean {
    return HEAD.every((byte, i) => this.#head[i] === byte);
  }

  /** Writes the last response. */
  #answerAndClose(response: HttpResponse, withBody: boolean, cause: CloseCause): void {
    this.#answered = true;
    this.#write(closing(response), withBody);
    this.#connection.finish(cause);
    this.#connection.readOn();
  }

  /** Writes a response and keeps the connection; `rest` holds the bytes after the request. */
  #answer(response: HttpResponse, { method }: RequestHead, rest: Bytes): void {
    this.#requests++;
    this.#answering = true;
    this.#head = rest.slice(); // so that a quiet connection keeps no memory
    this.#length = rest.length;
    this.#searched = 0;
    this.#write(response, method !== "HEAD");
    this.#connection.flush();
  }

  #write(response: HttpResponse, withBody: boolean): void {
    const date = ["date", new Date().toUTCString()] as const; // RFC 9110 6.6.1
    const { body } = response;
    const isLong = withBody && body instanceof Uint8Array && body.length > MAX_COPIED;
    const whole = { ...response, fields: [...response.fields, date] };
    this.#response.push(encodeResponse(whole, withBody && !isLong));
    if (isLong) this.#response.push(body);
  }
}
