/**
 * The HTTP handler of the program that embeds the server: it answers the requests that are not for the chat.
 * @module
 */
import { FAILED } from "../../chat/hooks.ts";
import { hasBody, RequestError, type RequestHead } from "../../protocol/http/request_head.ts";
import type { HttpResponse } from "../../protocol/http/response.ts";
import {
  type Answer,
  type HttpRequest,
  type PathHandler,
  type Reply,
  StreamBody,
} from "../http/answer.ts";
import { errorResponse, isRead } from "../http/responses.ts";
import {
  ApplicationStream,
  type ApplicationStreamOptions,
  fieldsOf,
  lengthOf,
} from "./application_stream.ts";
import { checkFunction, DecisionError, describeValue, type Guard } from "./guard.ts";

/** The longest body of a request by default, in bytes: a photo or a short recording. It is streamed, not kept in memory. */
export const MAX_BODY = 16_777_216;

/** The greatest limit for bodies, in bytes: 1 TiB. */
const MOST_BODY = 1_099_511_627_776;

/** How long a handler may take for its response by default, in seconds. Proxies in front give up after as long. */
export const HANDLER_TIMEOUT = 60;

/** The longest such time, in seconds: a day. */
const MAX_HANDLER_TIMEOUT = 86_400;

/** Methods that a `Request` cannot have (Fetch 2.2.1). */
const FORBIDDEN_METHODS = /^(?:CONNECT|TRACE|TRACK)$/i;

/** What is known of a request besides its head. It fits the second parameter of a handler of `Deno.serve()`. */
export interface RequestInfo {
  /** The client, as a trusted proxy gives it. */
  readonly remoteAddr: Deno.NetAddr;
  /** Resolves when the response has been written, and rejects if it was not. Handlers need not look at it. */
  readonly completed: Promise<void>;
}

/** Options of `serve()` for an application that shares the port with the chat. */
export interface ServeApplication {
  /**
   * Answers the HTTP requests that are not for the chat, as a handler of `Deno.serve()` does. The chat answers `/healthz`,
   * `/readyz` and `/metrics`; and with `path` everything below that, else `/api`, the files of its page, and all WebSocket
   * handshakes. Bodies are streamed in both directions. If it throws, the response is 500, and the log has an entry.
   */
  readonly handler?: (request: Request, info: RequestInfo) => Response | Promise<Response>;
  /** The path of the chat's page, WebSocket and API, such as `/chat`. @default "/" */
  readonly path?: string;
  /** The longest body of a request to `handler`, in bytes; a longer one is answered with 413. @default 16,777,216 */
  readonly maxBody?: number;
  /**
   * How long `handler` may take for its response, in seconds; after that the client gets 503. The content may take as long as
   * it will. 0 for no limit. @default 60
   */
  readonly handlerTimeout?: number;
}

export interface ApplicationOptions {
  readonly guard: Guard;
  /** The header field in which trusted proxies name users, in lower case. It is taken from everybody else's requests. */
  readonly userHeader: string | undefined;
}

/**
 * Returns what answers requests that are not for the chat; `undefined` if there is no handler.
 *
 * @throws {TypeError} If the handler is not a function.
 * @throws {RangeError} If a limit is out of bounds.
 */
export function createApplication(
  { handler, maxBody = MAX_BODY, handlerTimeout = HANDLER_TIMEOUT }: ServeApplication,
  options: ApplicationOptions,
): PathHandler | undefined {
  checkLimit("maxBody", maxBody, MOST_BODY);
  checkLimit("handlerTimeout", handlerTimeout, MAX_HANDLER_TIMEOUT);
  if (handler === undefined) return undefined;
  checkFunction("handler", handler);
  return new Application(handler, maxBody, handlerTimeout * 1000, options);
}

function checkLimit(name: string, value: number, max: number): void {
  if (typeof value === "number" && value >= 0 && value <= max) return;
  throw new RangeError(`Cannot set ${name} to ${value}: not a number from 0 to ${max}`);
}

class Application implements PathHandler {
  /** The application decides itself which names it has. */
  readonly hasAnyHost = true;
  readonly #handler: NonNullable<ServeApplication["handler"]>;
  readonly #maxBody: number;
  readonly #timeout: number;
  readonly #options: ApplicationOptions;

  constructor(
    handler: NonNullable<ServeApplication["handler"]>,
    maxBody: number,
    timeout: number,
    options: ApplicationOptions,
  ) {
    this.#handler = handler;
    this.#maxBody = maxBody;
    this.#timeout = timeout;
    this.#options = options;
  }

  owns(path: string): boolean {
    return path !== "*"; // OPTIONS * asks the server itself (RFC 9110 9.3.7)
  }

  handle(request: HttpRequest): Answer {
    const { head } = request;
    if (FORBIDDEN_METHODS.test(head.method)) {
      throw new RequestError(501, `${head.method} is not answered here`);
    }
    // A body of GET or HEAD has no meaning (RFC 9110 9.3.1), and a `Request` cannot have one.
    if (!hasBody(head) || isRead(head.method)) return this.#respond(request, null);
    return new StreamBody(this.#maxBody, (body) => this.#respond(request, body));
  }

  async #respond(request: HttpRequest, body: ReadableStream<Uint8Array> | null): Promise<Reply> {
    const { guard } = this.#options;
    const { address, client } = request.connection;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    promise.catch(() => {}); // a handler that does not look at it must not end the process
    const call = new Call(this.#handler, this.#toRequest(request, body), {
      remoteAddr: client.net,
      completed: promise,
    });
    const timeout = this.#timeout === 0 ? Infinity : this.#timeout;
    const run = () => call.run();
    const response = await guard.call("handler", { address }, run, readResponse, timeout);
    if (response === FAILED) {
      reject(new Error("There is no response"));
      return call.isUnderWay ? call.giveUp() : INTERNAL_ERROR;
    }
    return toReply(response, {
      onFailed: (error) => guard.failed("handler", { address }, error),
      onClosed: (whole) => whole ? resolve() : reject(new Error("The client has gone")),
    });
  }

  #toRequest(request: HttpRequest, body: ReadableStream<Uint8Array> | null): Request {
    const { head, signal } = request;
    try {
      return new Request(urlOf(request), {
        method: head.method,
        headers: this.#toHeaders(head, request.connection.client.isTrusted),
        signal,
        redirect: "manual",
        ...(body === null ? {} : { body, duplex: "half" }),
      });
    } catch {
      throw new RequestError(400, "Request cannot be understood");
    }
  }

  #toHeaders({ fields }: RequestHead, isTrusted: boolean): Headers {
    const { userHeader } = this.#options;
    const headers = new Headers();
    for (const [name, values] of fields) {
      if (name === userHeader && !isTrusted) continue;
      for (const value of values) headers.append(name, value);
    }
    return headers;
  }
}

const INTERNAL_ERROR = errorResponse(500, "The application has failed");
const UNAVAILABLE = errorResponse(503, "The application has not answered in time");

/** One call of a handler. */
class Call {
  readonly #handler: NonNullable<ServeApplication["handler"]>;
  readonly #request: Request;
  readonly #info: RequestInfo;
  #result: Response | Promise<Response> | undefined;
  #isUnderWay = true;

  constructor(
    handler: NonNullable<ServeApplication["handler"]>,
    request: Request,
    info: RequestInfo,
  ) {
    this.#handler = handler;
    this.#request = request;
    this.#info = info;
  }

  /** Whether there is neither a response nor an error yet. */
  get isUnderWay(): boolean {
    return this.#isUnderWay;
  }

  async run(): Promise<Response> {
    try {
      this.#result = this.#handler(this.#request, this.#info);
      return await this.#result;
    } finally {
      this.#isUnderWay = false;
    }
  }

  /** Gives up waiting: a response that comes later is dropped. */
  giveUp(): HttpResponse {
    Promise.resolve(this.#result).then((response) => response?.body?.cancel()).catch(() => {});
    return UNAVAILABLE;
  }
}

function readResponse(result: unknown): Response {
  if (!(result instanceof Response)) {
    throw new DecisionError(`returned ${describeValue(result)}, not a Response`);
  }
  if (result.status < 200) {
    throw new DecisionError(`returned a response of status ${result.status}`);
  }
  if (result.bodyUsed || result.body?.locked) {
    throw new DecisionError("returned a response whose content was read");
  }
  return result;
}

function toReply(
  response: Response,
  options: Omit<ApplicationStreamOptions, "length">,
): Reply {
  const { status, body } = response;
  const fields = fieldsOf(response);
  if (body === null) {
    options.onClosed(true);
    return { status, fields };
  }
  return {
    status,
    fields,
    stream: new ApplicationStream(body, { ...options, length: lengthOf(response) }),
  };
}

/** The address of a request as its client sees it. */
function urlOf({ head: { target }, origin, connection }: HttpRequest): string {
  const scheme = origin?.scheme ?? (connection.isSecure ? "https" : "http");
  const path = target.replace(/^https?:\/\/[^/?#]*/i, "");
  return `${scheme}://${origin?.host || "localhost"}${path.startsWith("/") ? path : `/${path}`}`;
}
