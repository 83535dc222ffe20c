/**
 * One HTTP request and its answer: the page and its files, health, or the handshake that makes it a WebSocket.
 *
 * One request a connection: a page is a handful of files that are then cached, and the connection that matters is the
 * WebSocket. The answers are made by `routes.ts`.
 * @module
 */
import type { Farewell } from "../chat/events.ts";
import { JSON_PROTOCOL } from "../chat/json_events.ts";
import { checkHandshake, offeredProtocols, wantsWebSocket } from "../protocol/handshake.ts";
import {
  findHeadEnd,
  MAX_REQUEST_HEAD,
  parseRequestHead,
  RequestError,
  type RequestHead,
} from "../protocol/request_head.ts";
import { encodeResponse, type HttpResponse } from "../protocol/response.ts";
import { ChatSession } from "./chat_session.ts";
import type { Connection, Handler } from "./connection.ts";
import type { Context } from "./context.ts";
import { errorResponse, respond } from "./routes.ts";
import { announcing, JSON_WEBSOCKET, type Transport, WEBSOCKET } from "./transport.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** How long a request head may take from its first byte to its last, in ms: a slow phone needs one or two seconds. */
export const HEAD_TIMEOUT = 10_000;

/** The first size of the buffer that collects a head, in bytes: what a browser sends. */
const FIRST_HEAD = 1_024;

export class HttpExchange implements Handler {
  readonly #context: Context;
  readonly #connection: Connection;
  readonly #deadline: number;
  #head: Bytes = new Uint8Array(FIRST_HEAD);
  #length = 0;
  #response: Bytes | undefined;
  #answered = false;

  /** @param deadline When the head must be there whole, in the context's time. */
  constructor(context: Context, connection: Connection, deadline: number) {
    this.#context = context;
    this.#connection = connection;
    this.#deadline = deadline;
  }

  received(bytes: Bytes): void {
    if (this.#answered) return this.#connection.readOn(); // a body, or a second request: neither is wanted
    const searched = this.#length;
    this.#collect(bytes);
    const end = findHeadEnd(this.#head.subarray(0, this.#length), searched);
    if (end < 0 && this.#length <= MAX_REQUEST_HEAD) return this.#connection.readOn();
    try {
      if (end < 0) throw new RequestError(431, "Request head is too long");
      this.#handle(
        parseRequestHead(this.#head.subarray(0, end)),
        this.#head.subarray(end, this.#length),
      );
    } catch (error) {
      this.#refuse(error);
    }
  }

  ended(): void {
    if (!this.#answered) this.#refuse(new RequestError(400, "Request is incomplete"));
  }

  resumed(): void {}

  take(): Bytes | undefined {
    const response = this.#response;
    this.#response = undefined;
    return response;
  }

  end(_reason: Farewell): void {
    if (!this.#answered) this.#refuse(new RequestError(503, "Server is shutting down"));
  }

  gone(_reason: string | undefined): void {}

  tick(now: number): void {
    if (!this.#answered && now >= this.#deadline) {
      this.#refuse(new RequestError(408, "Request head took too long"));
    }
  }

  #collect(bytes: Bytes): void {
    const length = this.#length + bytes.length;
    if (length > this.#head.length) {
      const grown = new Uint8Array(2 * length);
      grown.set(this.#head.subarray(0, this.#length));
      this.#head = grown;
    }
    this.#head.set(bytes, this.#length);
    this.#length = length;
  }

  #handle(head: RequestHead, rest: Bytes): void {
    if (head.method === "GET" && wantsWebSocket(head)) this.#upgrade(head, rest);
    else {
      const { hub: { history }, pages } = this.#context;
      this.#answer(respond(head, history?.problem, pages), head.method !== "HEAD");
    }
  }

  #chooseTransport(head: RequestHead): Transport {
    if (offeredProtocols(head).includes(JSON_PROTOCOL)) return JSON_WEBSOCKET;
    return this.#context.settings.announce ? announcing(WEBSOCKET) : WEBSOCKET;
  }

  /** RFC 6455 4.2.2. From the response on the connection is a chat session, and so are the bytes behind the request. */
  #upgrade(head: RequestHead, rest: Bytes): void {
    checkHandshake(head);
    const transport = this.#chooseTransport(head);
    const { protocol } = transport;
    const { response } = Deno.upgradeWebSocket(
      toRequest(head),
      protocol === undefined ? {} : { protocol },
    );
    const session = new ChatSession(this.#context, this.#connection, transport);
    session.send(encodeResponse({ status: response.status, fields: response.headers }));
    session.greet();
    session.admit();
    this.#connection.handOver(session, rest);
  }

  #refuse(error: unknown): void {
    const { status, message } = error instanceof RequestError
      ? error
      : new RequestError(400, "Request cannot be understood"); // TypeError: Headers or upgradeWebSocket refused it
    this.#answer(errorResponse(status, message), true);
  }

  #answer(response: HttpResponse, withBody: boolean): void {
    this.#answered = true;
    this.#response = encodeResponse(response, withBody);
    this.#connection.finish();
    this.#connection.readOn();
  }
}

/** What `Deno.upgradeWebSocket` looks at. Taking all fields would cost time that grows with the square of their number. */
const HANDSHAKE_FIELDS = [
  "connection",
  "upgrade",
  "sec-websocket-key",
  "sec-websocket-version",
  "sec-websocket-protocol",
];

/** The runtime's form of a request, of which only those fields matter. */
function toRequest({ fields }: RequestHead): Request {
  const headers = new Headers();
  for (const name of HANDSHAKE_FIELDS) {
    const values = fields.get(name);
    if (values !== undefined) headers.set(name, values.join(", "));
  }
  return new Request("http://localhost/", { headers });
}
