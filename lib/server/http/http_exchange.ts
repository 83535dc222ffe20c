/**
 * HTTP on one connection: requests and their answers, one after the other, until one side has had enough or a handshake
 * makes it a WebSocket. The page and its files, health and metrics: the answers are made by `routes.ts` and `status.ts`.
 * @module
 */
import type { DisconnectReason } from "../../chat/events.ts";
import { JSON_PROTOCOL } from "../../wire/json.ts";
import { readForwardedFor } from "../../protocol/http/forwarded.ts";
import {
  checkHandshake,
  offeredProtocols,
  wantsWebSocket,
  WEBSOCKET_VERSION,
} from "../../protocol/websocket/handshake.ts";
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
import { BANNED, DRAINING, LOCKED_DOWN, type Refusal } from "../admission/address_limits.ts";
import { ChatSession } from "../session/chat_session.ts";
import type { Connection, Handler } from "../connection/connection.ts";
import type { Context } from "../context.ts";
import { originOf, type RequestOrigin } from "./request_origin.ts";
import { errorResponse, isRead, pathOf, respond, respondNowhere } from "./routes.ts";
import { isHealthPath, isLocal, respondStatus } from "./status.ts";
import { announcing, JSON_WEBSOCKET, type Transport, WEBSOCKET } from "../session/transport.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * How long a connection is kept without a request, in ms. A page asks for its files a round trip apart at the most; who
 * comes later has no harm from another connection, and an idle one counts like any other until then.
 */
export const KEEP_ALIVE_TIMEOUT = 2_000;

/** The most requests on one connection: some page loads. Proxies and clients that share one come back through the door. */
export const MAX_REQUESTS = 100;

/** How much of an unwanted origin stands in the log, in characters. A domain name has 253 at the most. */
const MAX_SHOWN_ORIGIN = 300;

const NOTHING: Bytes = new Uint8Array(0);

/**
 * The longest body that is written together with its head, in bytes. A longer one is written from where it is: it is the
 * same for all, and copies for a hundred who ask and do not read would be a hundred times as much.
 */
const MAX_COPIED = 65_536;

/**
 * The requests that are answered: all of them (`chat`); one request, except for the chat (`files`); one request for health
 * or metrics (`status`); health and metrics on a port of their own, where everybody may see them (`metrics`).
 */
export type Site = "chat" | "files" | "status" | "metrics";

/** How much of an unwanted host stands in the answer, in characters. */
const MAX_SHOWN_HOST = 253;

const HEAD = new TextEncoder().encode("HEAD ");

export class HttpExchange implements Handler {
  readonly #context: Context;
  readonly #connection: Connection;
  readonly #site: Site;
  /** The reason why handshakes are refused, on a site without the chat. */
  readonly #refusal: Refusal | undefined;
  /** When the head must be there whole; while there is nothing of it, when one must have begun. */
  #deadline: number;
  /** What came of the request, and behind it: so many bytes, of which so many were searched for the head's end. */
  #head = NOTHING;
  #length = 0;
  #searched = 0;
  /** How many requests were answered. */
  #requests = 0;
  /** What is to be written. */
  readonly #response: Bytes[] = [];
  /** An answer is under way. Nothing is read meanwhile: what comes waits in the kernel. */
  #answering = false;
  /** The last answer is given. */
  #answered = false;
  /** Nothing more comes. */
  #ended = false;

  /** @param deadline When the head must be there whole, in the context's time. */
  constructor(
    context: Context,
    connection: Connection,
    deadline: number,
    site: Site = "chat",
    refusal?: Refusal,
  ) {
    this.#context = context;
    this.#connection = connection;
    this.#deadline = deadline;
    this.#site = site;
    this.#refusal = refusal;
  }

  received(bytes: Bytes): void {
    if (this.#answered) return this.#connection.readOn(); // a body, or one more request: neither is wanted
    if (this.#isIdle) this.#deadline = this.#headDeadline;
    this.#collect(bytes);
    this.#proceed();
  }

  ended(): void {
    this.#ended = true;
    if (!this.#answered) this.#proceed();
  }

  /** An answer is written whole. */
  resumed(): void {
    if (!this.#answered && !this.#answering) this.#proceed();
  }

  take(): Bytes | undefined {
    const bytes = this.#response.shift();
    if (bytes === undefined && this.#answering && !this.#answered) this.#goOn();
    return bytes;
  }

  end(reason: DisconnectReason): void {
    if (this.#answered) return;
    this.#connection.cause = reason;
    if (this.#isIdle || this.#answering) return this.#finish();
    const { status, text } = reason === "kicked" ? BANNED : DRAINING;
    this.#refuse(new RequestError(status, text));
  }

  gone(_reason: string | undefined): void {}

  tick(now: number): void {
    if (this.#answered || this.#answering || now < this.#deadline) return;
    if (this.#isIdle) return this.#finish();
    this.#connection.cause = "head";
    this.#refuse(new RequestError(408, "Request head took too long"));
  }

  /** Until when a head that begins now may take. */
  get #headDeadline(): number {
    return this.#context.time + this.#context.settings.headTimeout * 1000;
  }

  /** Whether nothing is asked, after something was. */
  get #isIdle(): boolean {
    return this.#requests > 0 && this.#length === 0 && !this.#answering;
  }

  /** Answers the next request, if its head is there. Of several that came at once each has to wait for the one before. */
  #proceed(): void {
    this.#skipEmptyLines();
    const received = this.#head.subarray(0, this.#length);
    const end = findHeadEnd(received, this.#searched);
    this.#searched = this.#length;
    if (end < 0 && !this.#ended && this.#length <= MAX_REQUEST_HEAD) {
      return this.#connection.readOn();
    }
    if (end < 0 && this.#ended && this.#isIdle) return this.#finish();
    try {
      if (end < 0 && this.#ended) throw new RequestError(400, "Request is incomplete");
      if (end < 0) throw headTooLong(received);
      this.#handle(parseRequestHead(received.subarray(0, end)), received.subarray(end));
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** RFC 9112 2.2: some clients send one too many behind a request. */
  #skipEmptyLines(): void {
    const empty = countEmptyLines(this.#head.subarray(0, this.#length));
    if (empty === 0) return;
    this.#head = this.#head.slice(empty, this.#length);
    this.#length -= empty;
    this.#searched = 0;
  }

  /** The answer is written: what came behind the request is next. */
  #goOn(): void {
    this.#answering = false;
    this.#deadline = this.#length > 0
      ? this.#headDeadline
      : this.#context.time + KEEP_ALIVE_TIMEOUT;
    if (this.#length > 0 || this.#ended) this.#context.inbox.resume(this.#connection);
    else this.#connection.readOn();
  }

  #finish(): void {
    this.#answered = true;
    this.#connection.finish();
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
    const isHandshake = this.#offersChat && head.method === "GET" && wantsWebSocket(head);
    const origin = this.#locate(head);
    if (isHandshake || this.#isPrivate(head)) this.#checkHost(origin);
    this.#admit(isHandshake);
    if (isHandshake) this.#upgrade(head, origin, rest);
    else if (this.#canPersist(head)) this.#answerAndGoOn(this.#respond(head), head, rest);
    else this.#answer(this.#respond(head), head.method !== "HEAD");
  }

  /** Whether handshakes are understood here, to be accepted or refused. */
  get #offersChat(): boolean {
    return this.#site === "chat" || this.#site === "files";
  }

  /**
   * Requests of several people may come on one connection of a trusted proxy. The server closes it after one request, so
   * that nothing of the request before is left. A full server closes after one request too: it has no place to spare.
   */
  #canPersist(head: RequestHead): boolean {
    const isSafe = isRead(head.method) || head.method === "OPTIONS";
    const mayStay = this.#site === "chat" || this.#site === "metrics";
    return isSafe && mayStay && persists(head) && this.#requests + 1 < MAX_REQUESTS &&
      !this.#connection.isTrusted && !this.#context.draining;
  }

  #respond(head: RequestHead): HttpResponse {
    const connection = this.#connection;
    const trusted = this.#site === "metrics" ||
      (isLocal(connection.address, head) && connection.isLocal) ||
      (pathOf(head.target) === "/metrics" && this.#hasToken(head));
    const status = respondStatus(head, this.#context.status, trusted);
    if (status !== undefined) return status;
    return this.#offersChat ? respond(head, this.#context.pages) : respondNowhere(head);
  }

  /**
   * Reads the client and the origin of a request. A trusted proxy names both; the peer was found to be one before anything
   * was read. Requests for health and metrics alone are not limited by address, so their client does not matter.
   */
  #locate(head: RequestHead): RequestOrigin {
    const connection = this.#connection;
    if (!this.#offersChat) return originOf(head, false);
    if (connection.isTrusted) {
      const { proxies } = this.#context;
      const values = head.fields.get("x-forwarded-for");
      const client = readForwardedFor(values, (address) => proxies.has(address));
      if (client !== undefined) connection.setClient(client);
    }
    return originOf(head, connection.isTrusted);
  }

  /**
   * RFC 9110 15.5.20: a request for a name that is not ours was led here by somebody else's. A proxy
   * chooses the names that it passes on, unless the operator has listed them.
   */
  #checkHost({ host, isForwarded }: RequestOrigin): void {
    const { hosts, refusals, time } = this.#context;
    if ((isForwarded && !hosts.isConfigured) || hosts.allows(host)) return;
    const message = `'${
      host?.slice(0, MAX_SHOWN_HOST)
    }' is not a name of this server, see --allow-host`;
    refusals.note("host", this.#connection.address, time, message);
    throw new RequestError(421, message);
  }

  /** Whether the answer may hold private data. On the chat's port, `/metrics` has a stricter check of its own. */
  #isPrivate({ target }: RequestHead): boolean {
    const path = pathOf(target);
    if (this.#site === "metrics") return path === "/metrics";
    return this.#context.settings.static !== undefined && !isHealthPath(path);
  }

  /** Files and the chat have budgets of their own, for each address. */
  #admit(isHandshake: boolean): void {
    if (!this.#offersChat) return;
    const refusal = isHandshake
      ? this.#refusal ?? this.#context.admit(this.#connection)
      : this.#context.admitRequest(this.#connection);
    if (refusal === undefined) return;
    this.#connection.cause = "refused";
    throw new RequestError(refusal.status, refusal.text, refusal.retryAfter);
  }

  #chooseTransport(head: RequestHead): Transport {
    if (offeredProtocols(head).includes(JSON_PROTOCOL)) return JSON_WEBSOCKET;
    return this.#context.settings.announce ? announcing(WEBSOCKET) : WEBSOCKET;
  }

  /** RFC 6455 4.2.2. From the response on the connection is a chat session, and so are the bytes behind the request. */
  #upgrade(head: RequestHead, origin: RequestOrigin, rest: Bytes): void {
    checkHandshake(head);
    this.#checkOrigin(head, origin);
    this.#refuseNewcomers(head);
    const transport = this.#chooseTransport(head);
    const { protocol } = transport;
    const { response } = Deno.upgradeWebSocket(
      toRequest(head, protocol),
      protocol === undefined ? {} : { protocol },
    );
    this.#connection.cause = undefined; // of an answer before
    const session = new ChatSession(this.#context, this.#connection, transport);
    session.send(encodeResponse({ status: response.status, fields: acceptFields(response) }));
    session.connect();
    session.greet();
    this.#connection.handOver(session, rest);
  }

  /** RFC 6455 4.2.2: an origin that is not wanted is answered with 403. */
  #checkOrigin({ fields }: RequestHead, { host, scheme }: RequestOrigin): void {
    const origin = fields.get("origin")?.join(", ");
    const { origins, refusals, time } = this.#context;
    if (origins.allows(origin, host, scheme)) return;
    const shown = origin?.slice(0, MAX_SHOWN_ORIGIN).replace(/[^\x20-\x7e]/g, "?");
    refusals.note("origin", this.#connection.address, time, `pages from ${shown}`);
    throw new RequestError(403, "Pages from this origin are not allowed here, see --allow-origin");
  }

  /** RFC 9110 15.6.4: not now, and perhaps elsewhere. */
  #refuseNewcomers(head: RequestHead): void {
    const { shut, refusals, time } = this.#context;
    if (shut === undefined || (shut === LOCKED_DOWN && this.#hasToken(head))) return;
    refusals.note(shut.cause, this.#connection.address, time);
    this.#connection.cause = "refused";
    throw new RequestError(shut.status, shut.text, shut.retryAfter);
  }

  /** Whether an operator asks (RFC 6750 2.1). Who shows a wrong token is told so. */
  #hasToken({ fields }: RequestHead): boolean {
    const { moderator } = this.#context;
    const [, token] = /^bearer +(\S+)$/i.exec(fields.get("authorization")?.[0] ?? "") ?? [];
    if (moderator === undefined || token === undefined) return false;
    const verdict = moderator.check(token, this.#connection.client);
    if (verdict === "wrong") throw new RequestError(401, "Wrong token");
    if (verdict === "limited") {
      throw new RequestError(429, "Too many wrong tokens, try again later");
    }
    return true;
  }

  #refuse(error: unknown): void {
    const { status, message, retryAfter } = error instanceof RequestError
      ? error
      : new RequestError(400, "Request cannot be understood"); // TypeError: upgradeWebSocket refused it
    this.#answer(errorResponse(status, message, retryAfter), !this.#isHead);
  }

  /** RFC 9110 9.3.2: no answer to HEAD has a body, also one to a request that is refused for what follows. */
  get #isHead(): boolean {
    return HEAD.every((byte, i) => this.#head[i] === byte);
  }

  /** The last answer. */
  #answer(response: HttpResponse, withBody: boolean): void {
    this.#answered = true;
    this.#write(closing(response), withBody);
    this.#connection.finish();
    this.#connection.readOn();
  }

  /** An answer behind which the connection stays; `rest` is what came behind the request. */
  #answerAndGoOn(response: HttpResponse, { method }: RequestHead, rest: Bytes): void {
    this.#requests++;
    this.#answering = true;
    this.#head = rest.slice(); // a quiet connection keeps nothing
    this.#length = rest.length;
    this.#searched = 0;
    this.#write(response, method !== "HEAD");
    this.#connection.flush();
  }

  #write(response: HttpResponse, withBody: boolean): void {
    this.#connection.cause ??= "http";
    const date = ["date", new Date().toUTCString()] as const; // RFC 9110 6.6.1
    const { body } = response;
    const isLong = withBody && body instanceof Uint8Array && body.length > MAX_COPIED;
    const whole = { ...response, fields: [...response.fields, date] };
    this.#response.push(encodeResponse(whole, withBody && !isLong));
    if (isLong) this.#response.push(body);
  }
}

/** What its response has (RFC 6455 4.2.2). */
const ACCEPT_FIELDS = ["upgrade", "connection", "sec-websocket-accept", "sec-websocket-protocol"];

/**
 * The handshake as the runtime's form of a request, in the one form that its parser takes: a list of subprotocols with a
 * comma and no space, which RFC 9110 5.6.1 allows, is one subprotocol to it. The handshake is checked already. The fields
 * are given as a record: with a `Headers` a request leaves 13 kB of garbage instead of 3, which makes the heap of a server
 * grow to whom thousands connect.
 */
function toRequest({ fields }: RequestHead, protocol: string | undefined): Request {
  const headers: Record<string, string> = {
    "connection": "upgrade",
    "upgrade": "websocket",
    "sec-websocket-version": WEBSOCKET_VERSION,
    "sec-websocket-key": fields.get("sec-websocket-key")?.[0] ?? "",
  };
  if (protocol !== undefined) headers["sec-websocket-protocol"] = protocol;
  return new Request("http://localhost/", { headers });
}

/** The fields of the runtime's response, got by name: to walk through a `Headers` leaves 4 kB of garbage. */
function acceptFields({ headers }: Response): Array<[name: string, value: string]> {
  return ACCEPT_FIELDS.flatMap((name) => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value]];
  });
}
