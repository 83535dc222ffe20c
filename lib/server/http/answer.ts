/**
 * How requests are answered: at once or later, with a response that is whole or a stream, and before or after their body is
 * read. Routes, the API and the application of an embedder all answer in this way.
 *
 * | a route returns               | the server                                                                  |
 * | ----------------------------- | --------------------------------------------------------------------------- |
 * | an `HttpResponse`             | writes it                                                                   |
 * | a `StreamedResponse`          | writes it as it is produced, no faster than the client reads                |
 * | a `CollectBody`               | reads the whole body, and calls `respond` with it                           |
 * | a `StreamBody`                | calls `respond`, and reads the body as fast as its stream is read           |
 * | a promise of one of these     | reads no further request meanwhile                                          |
 *
 * A `RequestError` that is thrown, or rejects the promise, becomes the response, and the last one on its connection.
 * @module
 */
import type { RequestError, RequestHead } from "../../protocol/http/request_head.ts";
import type { HttpResponse } from "../../protocol/http/response.ts";
import type { DisconnectReason } from "../../wire/events.ts";
import type { Connection } from "../connection/connection.ts";
import type { CloseCause } from "../observability/counters.ts";
import type { RequestOrigin } from "./request_origin.ts";
import type { Handshake } from "./upgrade.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A request whose head has been read. */
export class HttpRequest {
  /** Where the client sent it; `undefined` until it is settled what its peer is. */
  origin: RequestOrigin | undefined;
  #controller: AbortController | undefined;
  #isGone = false;

  /** @param head For the chat, its target is without the prefix of the chat's paths. */
  constructor(public head: RequestHead, readonly connection: Connection) {}

  /** Aborted when the connection is closed before the response is complete. It is created when it is first asked for. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#isGone) this.#controller.abort();
    }
    return this.#controller.signal;
  }

  /** Notes that the client has gone. */
  abort(): void {
    this.#isGone = true;
    this.#controller?.abort();
  }
}

/** The content of a response that is produced while it is written. */
export interface ResponseStream {
  /** The length in bytes, if it is known. Otherwise the chunked coding or the end of the connection ends the content. */
  readonly length?: number | undefined;
  /**
   * Whether the stream goes on until one side ends the connection. Its content is not chunked, so that all clients can share
   * its bytes, and the connection does not persist. A client that half-closes ends it.
   */
  readonly isEndless?: boolean;
  /** Whether more will come. After `failed`, the connection is cut, so that the client does not take a part for the whole. */
  readonly state: "open" | "ended" | "failed";
  /** Called once, before anything is taken. `flush` must be called when there is more to take, or the end. */
  start(flush: () => void): void;
  /** Returns the bytes to write next, or `undefined` if there are none now. They must not change any more. */
  take(): Bytes | undefined;
  /** Called at every sweep. */
  tick?(now: number): void;
  /** Called when the server disconnects the client. What can be taken is still written, and then the connection ends. */
  end?(reason: DisconnectReason, message?: string): void;
  /** Called once when nothing will be taken any more: it is at its end, or the connection was closed for a cause. */
  closed(cause?: CloseCause): void;
}

/** A response whose content is a stream. */
export interface StreamedResponse extends Omit<HttpResponse, "body"> {
  readonly stream: ResponseStream;
}

/** A response of either kind. */
export type Reply = HttpResponse | StreamedResponse;

/** Answers a request when its whole body is there. */
export class CollectBody {
  /**
   * @param maxLength The longest body that is read, in bytes; a longer one is answered with 413.
   * @param respond Called once, unless the body is refused. The body may be kept.
   */
  constructor(
    readonly maxLength: number,
    readonly respond: (body: Bytes) => Reply | Promise<Reply>,
  ) {}
}

/** Answers a request while its body arrives. The response may come before the body has ended. */
export class StreamBody {
  /**
   * @param maxLength The longest body that is read, in bytes. The stream of a longer one fails with a `RequestError` of 413.
   * @param respond Called once, at once. The body is read from the connection as it is read from the stream.
   */
  constructor(
    readonly maxLength: number,
    readonly respond: (body: ReadableStream<Bytes>) => Reply | Promise<Reply>,
  ) {}
}

/** What is to be done with a request. */
export type Outcome = Reply | CollectBody | StreamBody | Handshake;

export type Answer = Outcome | Promise<Outcome>;

/** Answers the requests for paths of its own, below the routes and above the files. */
export interface PathHandler {
  /** Whether requests for names that are not the server's are answered. By default they are refused with 421. */
  readonly hasAnyHost?: boolean;
  /** Whether a path belongs to this handler. */
  owns(path: string): boolean;
  /** @throws {RequestError} */
  handle(request: HttpRequest): Answer;
  /** Renders an error as these paths do. By default it is a line of text. */
  renderError?(request: Pick<HttpRequest, "head" | "origin">, error: RequestError): HttpResponse;
}
