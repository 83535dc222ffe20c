/**
 * The first handler of every connection: detects the protocol by the first bytes, loses none of them, and hands over to the
 * chat or to HTTP.
 *
 * A client that stays silent receives messages all the same. The connection is subscribed when it is accepted, and messages
 * wait in its queue until the protocol is known or `sniffTimeout` has passed.
 * @module
 */
import { readLine } from "../chat/commands/command_line.ts";
import type { DisconnectReason } from "../wire/events.ts";
import { detect, detectEnded, detectStalled, hasBegun } from "../protocol/detect.ts";
import {
  type ProxyHeader,
  ProxyHeaderError,
  readProxyHeader,
} from "../protocol/proxy/proxy_header.ts";
import type { AdmissionControl } from "./admission/admission_control.ts";
import { DRAINING, LOCKED_DOWN, type Refusal, type RefusalLog } from "./admission/refusals.ts";
import type { TimeSource } from "./connection/clock.ts";
import type { Connection, Handler } from "./connection/connection.ts";
import { concat } from "./connection/read_buffers.ts";
import { FinalReply } from "./final_reply.ts";
import { HttpExchange, type HttpExchangeOptions } from "./http/http_exchange.ts";
import type { CloseCause } from "./observability/counters.ts";
import { createRejection, encodeError } from "./rejection.ts";
import { ChatSession, type ChatSessionOptions } from "./session/chat_session.ts";
import { Outbox } from "./session/outbox.ts";
import { renderFarewell, type Transport } from "./session/transport.ts";
import type { SniffingHandler, SniffTimeouts } from "./sniff_timeouts.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * How long messages wait for a client that has sent one word without a space after it, in ms: a person who thinks after
 * `HELLO`. A client that messages were written to is a line client from then on; until then it may still be HTTP. The
 * beginning of a known method or of a TLS record is no such word: it has `headTimeout`.
 */
const WORD_TIMEOUT = 1_000;

/** The first line of an operator who connects during a lockdown. */
const OPER = /^\/oper\s+(\S+)\s*$/i;

/** The longest such line, in bytes: a token and a little more. */
const MAX_OPER = 2_048;

const LF = 0x0a;

const decoder = new TextDecoder();

/** What sniffers need of their server. All sniffers share one object. */
export interface ProtocolSnifferOptions {
  readonly time: TimeSource;
  readonly timeouts: Pick<SniffTimeouts, "add">;
  /** How long a client may take for its first line or request head, in seconds. */
  readonly headTimeout: number;
  readonly admission: Pick<AdmissionControl, "admitClient">;
  /** Why no new clients are admitted to the chat at the moment. HTTP requests are still answered. */
  readonly closedFor: () => Refusal | undefined;
  readonly refusals: RefusalLog;
  /** Checks an operator's token; `undefined` without operators. */
  readonly checkToken:
    | ((token: string, client: Deno.NetAddr) => "granted" | "wrong" | "limited")
    | undefined;
  /** The transport of line clients. */
  readonly lines: Transport;
  /** Whether something is decided about clients before they get messages: their login, or whether they may enter the lobby. */
  readonly isGated: boolean;
  readonly sessions: ChatSessionOptions;
  readonly http: HttpExchangeOptions;
}

export class ProtocolSniffer implements Handler, SniffingHandler {
  readonly #connection: Connection;
  readonly #options: ProtocolSnifferOptions;
  readonly #outbox: Outbox;
  /** Why new clients were not admitted when this one connected. */
  readonly #refusal: Refusal | undefined;
  /** The session of a line client, once messages were written to it. */
  #session: ChatSession | undefined;
  #peeked: Bytes | undefined;
  /** Whether another handler has taken over. */
  #isDone = false;
  #deadline = Infinity;
  /** When a word without a space after it is taken for one that a person has typed. */
  #wordDeadline = Infinity;
  /** Whether input that looked like a word was not continued in time. */
  #isLines = false;
  /** Whether the first bytes may be a PROXY header of a trusted proxy. */
  #mayBeProxy: boolean;

  constructor(connection: Connection, options: ProtocolSnifferOptions) {
    this.#connection = connection;
    this.#options = options;
    connection.held = true;
    this.#refusal = options.closedFor();
    this.#mayBeProxy = connection.client.isTrusted;
    const { lines, sessions } = options;
    this.#outbox = new Outbox(connection, lines.format, sessions, !options.isGated);
  }

  /** Called when `sniffTimeout` has passed. A client that has begun to speak may finish; a silent one gets its messages. */
  release(): void {
    const connection = this.#connection;
    if (this.#isDone || connection.closed || this.#peeked !== undefined || connection.hasInput) {
      return;
    }
    if (this.#refusal !== undefined) return this.#refuse(this.#refusal);
    if (this.#options.isGated) {
      // A proxy that has not named its client yet may still speak HTTP.
      if (connection.client.isTrusted) return;
      this.#lineSession.begin();
    }
    this.#release();
  }

  received(bytes: Bytes): void {
    if (this.#peeked === undefined) {
      const { time, headTimeout } = this.#options;
      this.#deadline = time.now + headTimeout * 1000;
      this.#wordDeadline = time.now + WORD_TIMEOUT;
    }
    this.#peeked = concat(this.#peeked, bytes);
    if (this.#isLines) this.#becomeChat();
    else if (this.#mayBeProxy) this.#readProxyHeader(this.#peeked);
    else this.#branch(this.#peeked);
  }

  ended(): void {
    if (this.#hasPartOfProxyHeader) return this.#connection.breakOff("PROXY header, cut off");
    const isRequest = this.#peeked !== undefined && detectEnded(this.#peeked) === "http";
    const handler = isRequest ? this.#becomeHttp(this.#peeked!) : this.#becomeChat();
    handler?.ended();
  }

  resumed(): void {}

  /** A client that messages are written to can only be a line client. */
  take(): Bytes | undefined {
    const bytes = this.#outbox.take();
    if (bytes !== undefined && this.#outbox.isSubscribed) this.#lineSession.connect();
    return bytes;
  }

  end(reason: DisconnectReason, message?: string): void {
    if (this.#refusal !== undefined) this.#refuse(this.#refusal);
    else this.#endSession(reason, message);
  }

  closed(cause: CloseCause, message: string | undefined): void {
    if (this.#session !== undefined) return this.#session.closed(cause, message);
    this.#outbox.unsubscribe();
    this.#outbox.recipient.discard();
  }

  tick(now: number): void {
    if (this.#peeked === undefined) return this.#tickSilent(now);
    const isWord = detectStalled(this.#peeked) === "lines";
    if (
      isWord && now >= this.#wordDeadline && !this.#hasPartOfProxyHeader &&
      this.#refusal === undefined && !hasBegun(this.#peeked)
    ) this.#release();
    if (now < this.#deadline) return;
    if (this.#hasPartOfProxyHeader) {
      return this.#connection.breakOff("PROXY header, not finished in time");
    }
    this.#mayBeProxy = false;
    if (this.#isLines || this.#session !== undefined || isWord) {
      if (this.#refusal !== undefined) return this.#refuse(this.#refusal);
      this.#isLines = true; // the chat takes over with the next bytes: a read is pending, and these end no line
      this.#release();
      return this.#tickSilent(now);
    }
    this.#becomeHttp(this.#peeked)?.tick(now);
  }

  #branch(peeked: Bytes): void {
    switch (detect(peeked)) {
      case "more":
        return this.#connection.readOn();
      case "lines":
        if (isProxiedRequest(peeked)) this.#becomeHttp(peeked);
        else if (this.#mayBeOper(peeked)) this.#connection.readOn();
        else this.#becomeChat();
        return;
      case "http":
        this.#becomeHttp(peeked);
        return;
      case "tls":
        return this.#connection.breakOff("TLS on a plain port");
    }
  }

  #readProxyHeader(peeked: Bytes): void {
    let header: ReturnType<typeof readProxyHeader>;
    try {
      header = readProxyHeader(peeked);
    } catch (error) {
      if (!(error instanceof ProxyHeaderError)) throw error;
      return this.#connection.breakOff(`PROXY header, ${error.message}`);
    }
    if (header === "more" || header === "begun") return this.#connection.readOn();
    this.#mayBeProxy = false;
    if (header === "none") this.#branch(peeked);
    else this.#takeProxyHeader(header, peeked.subarray(header.length));
  }

  /** The client's own input begins after the header, and so does its time to speak. */
  #takeProxyHeader({ source }: ProxyHeader, rest: Bytes): void {
    const { admission, timeouts } = this.#options;
    if (source !== undefined) {
      this.#connection.setPeer(source.hostname, source.port);
      const refusal = admission.admitClient(this.#connection);
      if (refusal !== undefined) return this.#reject(refusal, rest);
      this.#session?.relocate();
    }
    this.#peeked = rest.length === 0 ? undefined : rest;
    if (rest.length > 0) return this.#branch(rest);
    timeouts.add(this);
    this.#connection.readOn();
  }

  /** Refuses the client that a proxy has named. */
  #reject(refusal: Refusal, rest: Bytes): void {
    this.#leave();
    const rejection = createRejection(this.#connection, refusal, this.#options);
    this.#options.timeouts.add(rejection);
    this.#connection.handOver(rejection, rest);
  }

  /** Disconnects a silent client that is idle for too long, or leaves that to its session. */
  #tickSilent(now: number): void {
    if (this.#session !== undefined) return this.#session.tick(now);
    this.#outbox.sample();
    if (this.#connection.hasInput) return;
    const { idleTimeout } = this.#options.sessions.lineKeepAlive;
    const silence = now - this.#connection.lastRead;
    if (idleTimeout > 0 && silence >= idleTimeout * 1000) this.#endSession("idle");
  }

  get #hasPartOfProxyHeader(): boolean {
    const peeked = this.#peeked;
    return this.#mayBeProxy && peeked !== undefined && readProxyHeader(peeked) === "begun";
  }

  get #lineSession(): ChatSession {
    const { lines, sessions } = this.#options;
    return this.#session ??= new ChatSession(this.#connection, lines, this.#outbox, sessions);
  }

  /** Lets queued messages be written. */
  #release(): void {
    this.#connection.held = false;
    this.#connection.flush();
  }

  #becomeChat(): ChatSession | undefined {
    if (this.#refusal !== undefined && !this.#hasToken) {
      this.#refuse(this.#refusal);
      return undefined;
    }
    const connection = this.#connection;
    const session = this.#lineSession;
    const { held } = connection;
    this.#isDone = true;
    connection.held = false;
    if (this.#peeked === undefined) connection.setHandler(session);
    else {
      session.begin(true);
      connection.handOver(session, this.#peeked);
    }
    if (held) connection.flush();
    return session;
  }

  #becomeHttp(peeked: Bytes): HttpExchange | undefined {
    const hasMessages = this.#session !== undefined;
    this.#leave();
    // The messages would be the beginning of the response. The client has to connect again.
    if (hasMessages) {
      this.#connection.breakOff("spoke HTTP after it was greeted as a line client");
      return undefined;
    }
    const { http } = this.#options;
    const exchange = new HttpExchange(this.#connection, http, { deadline: this.#deadline });
    this.#connection.held = false;
    this.#connection.handOver(exchange, peeked);
    return exchange;
  }

  #endSession(reason: DisconnectReason, message?: string): void {
    const session = this.#lineSession;
    this.#isDone = true;
    this.#connection.setHandler(session);
    session.end(reason, message);
  }

  /** Leaves the chat: the connection is no line client, or is refused. */
  #leave(): void {
    this.#isDone = true;
    if (this.#session === undefined) this.#outbox.unsubscribe();
    else this.#session.leave();
  }

  /** Refuses a line client because no new clients are admitted. */
  #refuse(refusal: Refusal): void {
    const connection = this.#connection;
    const { refusals, time } = this.#options;
    this.#leave();
    refusals.add(refusal.cause, connection.address, time.now);
    const message = refusal === DRAINING
      ? renderFarewell(this.#options.lines, "shutdown")
      : encodeError(refusal.text);
    connection.handOver(new FinalReply(connection, message));
    connection.finish("refused");
  }

  /** Whether this may be the beginning of an operator's first line in a lockdown. */
  #mayBeOper(peeked: Bytes): boolean {
    if (this.#refusal !== LOCKED_DOWN || peeked.length > MAX_OPER || peeked.includes(LF)) {
      return false;
    }
    return "/oper ".startsWith(decoder.decode(peeked.subarray(0, "/oper ".length)));
  }

  /** Whether the first line has an operator's token, which opens a server that is locked down. */
  get #hasToken(): boolean {
    if (this.#refusal !== LOCKED_DOWN || this.#peeked === undefined) return false;
    const end = this.#peeked.subarray(0, MAX_OPER).indexOf(LF);
    if (end < 0) return false;
    const line = readLine(decoder.decode(this.#peeked.subarray(0, end)));
    const [, token] = ("command" in line && OPER.exec(line.command)) || [];
    return token !== undefined &&
      this.#options.checkToken?.(token, this.#connection.client.net) === "granted";
  }
}

/**
 * Whether an HTTP request follows a PROXY header that is not trusted. It comes from a proxy that the operator did not list,
 * and must not be sent to a room as lines.
 */
function isProxiedRequest(peeked: Bytes): boolean {
  try {
    const header = readProxyHeader(peeked);
    return typeof header === "object" && detect(peeked.subarray(header.length)) === "http";
  } catch (error) {
    if (error instanceof ProxyHeaderError) return false;
    throw error;
  }
}
