/**
 * HTTP on one connection: reads requests and writes responses, one after the other, until one side closes or a handshake
 * makes the connection a WebSocket.
 * @module
 */
import type { DisconnectReason } from "../../wire/events.ts";
import { CONTINUE, expectsContinue } from "../../protocol/http/body.ts";
import {
  hasBody,
  headTooLong,
  MAX_REQUEST_HEAD,
  parseRequestHead,
  persists,
  RequestError,
  type RequestHead,
} from "../../protocol/http/request_head.ts";
import { closing, type HttpResponse } from "../../protocol/http/response.ts";
import { BANNED, DRAINING, type Refusal } from "../admission/refusals.ts";
import type { TimeSource } from "../connection/clock.ts";
import type { Connection, Handler } from "../connection/connection.ts";
import type { InputScheduler } from "../connection/input_scheduler.ts";
import type { CloseCause } from "../observability/counters.ts";
import {
  type Answer,
  CollectBody,
  HttpRequest,
  type Outcome,
  type Reply,
  StreamBody,
} from "./answer.ts";
import { RefusedRequest, type RequestHandler, type Site } from "./request_handler.ts";
import { RequestBuffer } from "./request_buffer.ts";
import { ResponseWriter } from "./response_writer.ts";
import { isRead } from "./responses.ts";
import { CollectedUpload, StreamedUpload, type Upload } from "./upload.ts";
import { Handshake } from "./upgrade.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * How long a connection is kept without a request, in ms. A page requests its files at most a round trip apart; a later
 * request can use another connection, and an idle one counts like any other until then.
 */
export const KEEP_ALIVE_TIMEOUT = 2_000;

/** The most requests on one connection: some page loads. Proxies and clients that share one are admitted anew after them. */
export const MAX_REQUESTS = 100;

/**
 * How long a body that is collected may take, and how long the next part of one that is streamed, in ms: 64 kB at 2 kB/s. A
 * connection whose body never ends costs a little memory and a place.
 */
export const BODY_TIMEOUT = 30_000;

/** What exchanges need of their server. All exchanges share one object. */
export interface HttpExchangeOptions {
  readonly time: TimeSource;
  readonly scheduler: Pick<InputScheduler, "resume">;
  readonly requests: Pick<RequestHandler, "handle" | "renderError" | "renderRefusal">;
  /** How long a client may take for a request head, in seconds. */
  readonly headTimeout: number;
  /** Whether the server shuts down, so that connections are closed after the next response. */
  readonly isDraining: () => boolean;
  /** Makes a connection a WebSocket: writes the response to its handshake, and handles `rest`, the bytes after the request. */
  readonly upgrade: (connection: Connection, handshake: Handshake, rest: Bytes) => void;
}

type Phase =
  /** A request head is read, or awaited. */
  | "head"
  /** The answer to a request takes time. */
  | "deciding"
  /** The body of a request is read before it is answered. */
  | "body"
  /** A response is written, behind which the next request is handled or the connection ends. */
  | "responding"
  /** The last response is queued. Input is read and ignored. */
  | "closing";

type Settled = { readonly outcome: Outcome } | { readonly error: unknown };

export class HttpExchange implements Handler {
  readonly #connection: Connection;
  readonly #options: HttpExchangeOptions;
  readonly #site: Site;
  /** Why handshakes are refused, on a site without the chat. */
  readonly #refusal: Refusal | undefined;
  #phase: Phase = "head";
  /** When a head must be complete or, while nothing of it has arrived, must have begun; when the body must go on. */
  #deadline: number;
  readonly #input = new RequestBuffer();
  /** The request that is being handled. */
  #request: HttpRequest | undefined;
  /** The body that is being read. */
  #upload: Upload | undefined;
  /** Whether input is being given to it. It stays in its buffer until that is done. */
  #isFeeding = false;
  /** Whether the body of the request was read to its end. */
  #isBodyRead = false;
  /** What a promise of an answer has become, until it is this connection's turn. */
  #settled: Settled | undefined;
  /** Number of requests answered. */
  #requests = 0;
  readonly #writer = new ResponseWriter();
  /** Whether the connection ends behind the response that is being written. */
  #isLast = false;
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
    return this.#requests > 0 && !this.#writer.stream?.isEndless ? "http" : undefined;
  }

  received(bytes: Bytes): void {
    if (this.#upload !== undefined) return this.#receiveBody(this.#upload, bytes);
    if (this.#isOver) return this.#connection.readOn(); // a body, or one more request; neither is handled
    if (this.#isIdle) this.#deadline = this.#headDeadline;
    this.#input.add(bytes);
    if (this.#phase === "head") this.#proceed();
    else this.#readAhead();
  }

  ended(): void {
    this.#ended = true;
    if (this.#phase === "head") return this.#proceed();
    if (this.#upload !== undefined) {
      return this.#refuse(new RequestError(400, "Body is incomplete"), "http");
    }
    if (this.#writer.stream?.isEndless) this.#finish(undefined);
  }

  /** Called when a response has been written, or the answer to a request is there. */
  resumed(): void {
    const settled = this.#settled;
    this.#settled = undefined;
    if (settled === undefined) {
      if (this.#phase === "head") this.#proceed();
      return;
    }
    this.#attempt(() => {
      if ("error" in settled) throw settled.error;
      this.#act(settled.outcome);
    });
  }

  take(): Bytes | undefined {
    const bytes = this.#writer.take();
    if (bytes === undefined) this.#complete();
    return bytes;
  }

  end(reason: DisconnectReason, message?: string): void {
    const { stream } = this.#writer;
    if (this.#phase === "closing") return;
    if (stream?.end !== undefined) {
      stream.end(reason, message); // its last words are written while the connection finishes
      return this.#finish(reason);
    }
    // A shutdown waits for answers, but no longer than for queued messages.
    if (reason === "shutdown" && (this.#phase === "deciding" || stream !== undefined)) {
      this.#isLast = true;
      return;
    }
    this.#writer.drop();
    if (this.#isIdle || this.#phase === "responding") return this.#finish(reason);
    const { status, text } = reason === "kicked" ? BANNED : DRAINING;
    this.#refuse(new RequestError(status, text), reason);
  }

  closed(cause: CloseCause): void {
    this.#phase = "closing";
    if (this.#settled !== undefined) drop(this.#settled);
    this.#settled = undefined;
    this.#writer.drop(cause);
    this.#abandonBody();
    this.#request?.abort();
  }

  tick(now: number): void {
    this.#writer.stream?.tick?.(now);
    if (now < this.#deadline) return;
    if (this.#phase === "head") {
      if (this.#isIdle) return this.#finish("http");
      this.#refuse(new RequestError(408, "Request head took too long"), "head");
    } else if (this.#upload?.wantsInput && this.#phase !== "closing") {
      this.#refuse(new RequestError(408, "Request body took too long"), "body");
    }
  }

  get #headDeadline(): number {
    return this.#options.time.now + this.#options.headTimeout * 1000;
  }

  /** Whether no further request is handled. */
  get #isOver(): boolean {
    return this.#phase === "closing" || (this.#phase === "responding" && this.#isLast);
  }

  /** Whether the connection is between two requests. */
  get #isIdle(): boolean {
    return this.#requests > 0 && this.#input.length === 0 && this.#phase === "head";
  }

  /** Handles the next request if its head is complete. Pipelined requests wait for the response to the previous one. */
  #proceed(): void {
    this.#input.skipEmptyLines();
    const end = this.#input.findHeadEnd();
    const { bytes } = this.#input;
    if (end < 0 && !this.#ended && bytes.length <= MAX_REQUEST_HEAD) {
      return this.#connection.readOn();
    }
    if (end < 0 && this.#ended && this.#isIdle) return this.#finish("http");
    this.#attempt(() => {
      if (end < 0 && this.#ended) throw new RequestError(400, "Request is incomplete");
      if (end < 0) throw headTooLong(bytes);
      this.#handle(parseRequestHead(bytes.subarray(0, end)), bytes.slice(end));
    });
  }

  /** Goes on to the next request, which may have arrived already. */
  #awaitRequest(): void {
    this.#request = undefined;
    this.#phase = "head";
    this.#deadline = this.#input.length > 0
      ? this.#headDeadline
      : this.#options.time.now + KEEP_ALIVE_TIMEOUT;
    if (this.#input.length > 0 || this.#ended) this.#options.scheduler.resume(this.#connection);
    else this.#connection.readOn();
  }

  #finish(cause: CloseCause | undefined): void {
    this.#phase = "closing";
    this.#connection.finish(cause);
    this.#abandonBody();
  }

  /** The rest of the body will not be read. */
  #abandonBody(): void {
    this.#upload?.fail(
      new Error("The client has gone, or the request was answered before its end"),
    );
    this.#upload = undefined;
  }

  /** Reads on while a request is answered, to notice that the client has gone. Pipelined requests wait. */
  #readAhead(): void {
    if (this.#upload === undefined && this.#input.length <= MAX_REQUEST_HEAD) {
      this.#connection.readOn();
    }
  }

  /** The one place where errors become responses. */
  #attempt(act: () => void): void {
    try {
      act();
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      this.#refuse(error, error instanceof RefusedRequest ? "refused" : "http");
    }
  }

  #handle(head: RequestHead, rest: Bytes): void {
    const request = new HttpRequest(head, this.#connection);
    this.#request = request;
    this.#isBodyRead = false;
    this.#input.keep(rest);
    this.#act(this.#options.requests.handle(request, this.#site, this.#refusal));
  }

  #act(answer: Answer): void {
    if (answer instanceof Promise) this.#await(answer);
    else if (answer instanceof Handshake) {
      this.#options.upgrade(this.#connection, answer, this.#input.bytes);
    } else if (answer instanceof CollectBody) this.#collectBody(answer);
    else if (answer instanceof StreamBody) this.#streamBody(answer);
    else this.#respond(answer);
  }

  #await(answer: Promise<Outcome>): void {
    this.#phase = "deciding";
    answer.then(
      (outcome) => this.#settle({ outcome }),
      (error) => this.#settle({ error }),
    );
    this.#readAhead();
  }

  /** The answer waits for its turn like input, so that the work for it is charged and never holds the loop. */
  #settle(settled: Settled): void {
    if (this.#phase === "closing") return drop(settled);
    this.#settled = settled;
    this.#options.scheduler.resume(this.#connection);
  }

  #collectBody(plan: CollectBody): void {
    const { head } = this.#request!;
    const waits = expectsContinue(head);
    const upload = new CollectedUpload(head, plan);
    this.#phase = "body";
    this.#beginBody(upload);
    if (this.#upload === undefined) return;
    if (waits && !upload.hasBegun) this.#askForBody();
    this.#connection.readOn();
  }

  #streamBody({ maxLength, respond }: StreamBody): void {
    const { head } = this.#request!;
    let waits = expectsContinue(head);
    const upload = new StreamedUpload(head, maxLength, () => {
      if (this.#upload !== upload || this.#isFeeding) return;
      if (waits && !upload.hasBegun) this.#askForBody();
      waits = false;
      this.#deadline = this.#bodyDeadline;
      this.#connection.readOn();
    });
    this.#beginBody(upload);
    this.#act(respond(upload.stream));
  }

  /** Takes the bytes behind the head. */
  #beginBody(upload: Upload): void {
    this.#upload = upload;
    this.#deadline = this.#bodyDeadline;
    const { bytes } = this.#input;
    this.#input.keep();
    this.#feed(upload, bytes);
  }

  #askForBody(): void {
    this.#writer.writeBytes(CONTINUE);
    this.#connection.flush();
  }

  get #bodyDeadline(): number {
    return this.#options.time.now + BODY_TIMEOUT;
  }

  /** Gives bytes to a body. The next request may begin behind it. */
  #feed(upload: Upload, bytes: Bytes): void {
    this.#isFeeding = true;
    try {
      const length = upload.push(bytes);
      if (upload.isComplete) this.#input.keep(bytes.slice(length));
    } finally {
      this.#isFeeding = false;
    }
    if (!upload.isComplete) return;
    this.#upload = undefined;
    this.#isBodyRead = true;
    if (upload instanceof CollectedUpload) this.#act(upload.respond());
  }

  #receiveBody(upload: Upload, bytes: Bytes): void {
    this.#attempt(() => this.#feed(upload, bytes));
    if (this.#upload === undefined) return this.#readAhead();
    if (!upload.wantsInput) return;
    if (upload instanceof StreamedUpload) this.#deadline = this.#bodyDeadline;
    this.#connection.readOn();
  }

  /**
   * A connection of a trusted proxy may carry requests of several clients. It is closed after one request, so that nothing
   * of the previous request is left. A full server closes connections after one request too, since it has none to spare.
   */
  #canPersist(head: RequestHead): boolean {
    const isSafe = isRead(head.method) || head.method === "OPTIONS";
    const isRequestRead = this.#isBodyRead || (isSafe && !hasBody(head));
    const mayStay = this.#site === "chat" || this.#site === "metrics";
    return isRequestRead && mayStay && persists(head) && this.#requests + 1 < MAX_REQUESTS &&
      !this.#connection.client.isTrusted && !this.#isLast && !this.#options.isDraining();
  }

  #respond(reply: Reply): void {
    const { head } = this.#request!;
    const { method, version } = head;
    this.#isLast = !this.#canPersist(head) ||
      ("stream" in reply && reply.stream.isEndless === true);
    if (!("stream" in reply)) {
      return this.#isLast ? this.#answerAndClose(reply, "http") : this.#answer(reply, method);
    }
    this.#requests++;
    this.#phase = "responding";
    if (this.#isLast) this.#input.keep();
    const response = this.#isLast ? closing(reply) : reply;
    this.#writer.writeStream(response, method !== "HEAD", version === "HTTP/1.0", this.#flush);
    this.#connection.flush();
    this.#readAhead();
  }

  readonly #flush = (): void => this.#connection.flush();

  /** Called when all bytes that there are have been written. */
  #complete(): void {
    if (this.#writer.isBroken) return this.#connection.cut("internal");
    if (this.#phase !== "responding" || this.#writer.stream !== undefined) return;
    if (this.#isLast) this.#finish("http");
    else this.#awaitRequest();
  }

  #refuse(error: RequestError, cause: CloseCause): void {
    if (this.#phase === "responding") return this.#connection.cut(cause); // half of a response cannot be taken back
    this.#answerAndClose(this.#options.requests.renderError(this.#request, error), cause);
  }

  /** RFC 9110 9.3.2: no response to HEAD has a body, not even an error for an invalid head. */
  get #isHead(): boolean {
    return this.#request === undefined ? this.#input.isHead : this.#request.head.method === "HEAD";
  }

  /** Writes the last response. */
  #answerAndClose(response: HttpResponse, cause: CloseCause): void {
    this.#phase = "closing";
    this.#writer.write(closing(response), !this.#isHead);
    this.#abandonBody();
    this.#connection.finish(cause);
    this.#connection.readOn();
  }

  /** Writes a response and keeps the connection. */
  #answer(response: HttpResponse, method: string): void {
    this.#requests++;
    this.#phase = "responding";
    this.#writer.write(response, method !== "HEAD");
    this.#connection.flush();
  }
}

/** Ends a response that nobody will get. */
function drop(settled: Settled): void {
  if ("outcome" in settled && "stream" in settled.outcome) settled.outcome.stream.closed();
}
