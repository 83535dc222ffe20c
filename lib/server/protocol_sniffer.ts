/**
 * Peek and branch: the first handler of every connection. It looks at the first bytes, loses none of them, and hands
 * over to the chat or to HTTP.
 *
 * A client that stays silent listens all the same: the connection is subscribed when it is accepted, and messages wait in
 * its queue until the branch is taken or `sniffTimeout` is over.
 * @module
 */
import type { DisconnectReason } from "../chat/events.ts";
import { readLine } from "../chat/commands/command_line.ts";
import { detect, detectEnded, detectStalled, hasBegun } from "../protocol/detect.ts";
import {
  type ProxyHeader,
  ProxyHeaderError,
  readProxyHeader,
} from "../protocol/proxy/proxy_header.ts";
import { DRAINING, LOCKED_DOWN, type Refusal } from "./admission/address_limits.ts";
import { concat } from "./connection/bytes.ts";
import { ChatSession } from "./session/chat_session.ts";
import type { Connection, Handler } from "./connection/connection.ts";
import type { Context } from "./context.ts";
import { HttpExchange } from "./http/http_exchange.ts";
import { FinalReply } from "./admission/final_reply.ts";
import { encodeError } from "./admission/rejection.ts";
import { createRejection } from "./admission/rejecting.ts";
import { announcing, LINES, renderFarewell } from "./session/transport.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * How long messages wait for a client that has sent one word without a space behind it, in ms: `HELLO` of a person who
 * thinks. A client that is written to is a line client from then on; until then it may still be HTTP. The beginning of a
 * known method or of a TLS record is no such word: it has `headTimeout`.
 */
const WORD_TIMEOUT = 1_000;

/** What an operator says first whom a lockdown is not to keep out. */
const OPER = /^\/oper\s+(\S+)\s*$/i;

/** The longest that this may be, in bytes: a token, and some. */
const MAX_OPER = 2_048;

const LF = 0x0a;

const decoder = new TextDecoder();

export class ProtocolSniffer implements Handler {
  readonly #context: Context;
  readonly #connection: Connection;
  readonly #session: ChatSession;
  /** Why nobody was let in when it came: then only HTTP is answered. */
  readonly #shut: Refusal | undefined;
  #peeked: Bytes | undefined;
  #deadline = Infinity;
  /** When a word that is still without a space is one of a person. */
  #wordDeadline = Infinity;
  /** Something was written, so it can only be a line client. */
  #wrote = false;
  /** Nothing more came in time to what looked like HTTP. */
  #isLines = false;
  /** The first bytes may be a trusted proxy's, which says whom it speaks for. */
  #mayBeProxy: boolean;

  constructor(context: Context, connection: Connection) {
    this.#context = context;
    this.#connection = connection;
    connection.held = true;
    this.#shut = context.shut;
    this.#mayBeProxy = connection.isTrusted;
    const transport = context.settings.announce ? announcing(LINES) : LINES;
    this.#session = new ChatSession(context, connection, transport);
  }

  /** `sniffTimeout` is over. Who has begun to speak is let finish; who has not gets what was said meanwhile. */
  release(): void {
    const connection = this.#connection;
    if (connection.handler !== this || this.#peeked !== undefined || connection.hasInput) return;
    if (this.#shut !== undefined) return this.#seeOff(this.#shut);
    this.#letListen();
  }

  received(bytes: Bytes): void {
    if (this.#peeked === undefined) {
      this.#deadline = this.#context.time + this.#context.settings.headTimeout * 1000;
      this.#wordDeadline = this.#context.time + WORD_TIMEOUT;
    }
    this.#peeked = concat(this.#peeked, bytes);
    if (this.#isLines) return this.#becomeChat();
    if (this.#mayBeProxy) this.#readProxyHeader(this.#peeked);
    else this.#branch(this.#peeked);
  }

  #branch(peeked: Bytes): void {
    switch (detect(peeked)) {
      case "more":
        return this.#connection.readOn();
      case "lines":
        if (isProxiedRequest(peeked)) return this.#becomeHttp(peeked);
        return this.#awaitsToken(peeked) ? this.#connection.readOn() : this.#becomeChat();
      case "http":
        return this.#becomeHttp(peeked);
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

  /** The client's own words, and its time to say what it is, begin behind the header. */
  #takeProxyHeader({ source }: ProxyHeader, rest: Bytes): void {
    if (source !== undefined) {
      this.#connection.setPeer(source.hostname, source.port);
      const refusal = this.#context.admit(this.#connection);
      if (refusal !== undefined) return this.#reject(refusal, rest);
      this.#session.relocate();
    }
    this.#peeked = rest.length === 0 ? undefined : rest;
    if (rest.length > 0) return this.#branch(rest);
    this.#context.sniff(this);
    this.#connection.readOn();
  }

  /** Whom the proxy speaks for is not let in. */
  #reject(refusal: Refusal, rest: Bytes): void {
    this.#session.retract();
    const rejection = createRejection(this.#context, this.#connection, refusal);
    this.#connection.handler = rejection;
    this.#context.sniff(rejection);
    if (rest.length > 0) rejection.received(rest);
    else this.#connection.readOn();
  }

  ended(): void {
    if (this.#hasHalfAHeader) return this.#connection.breakOff("PROXY header, cut off");
    const isRequest = this.#peeked !== undefined && detectEnded(this.#peeked) === "http";
    if (isRequest) this.#becomeHttp(this.#peeked!);
    else this.#becomeChat();
    this.#connection.handler.ended();
  }

  resumed(): void {
    this.#session.resumed();
  }

  take(): Bytes | undefined {
    const bytes = this.#session.take();
    if (bytes !== undefined && !this.#wrote) {
      this.#wrote = true;
      this.#session.connect();
    }
    return bytes;
  }

  end(reason: DisconnectReason, words?: string): void {
    if (this.#shut !== undefined) return this.#seeOff(this.#shut);
    this.#session.end(reason, words);
  }

  gone(reason: string | undefined): void {
    this.#session.gone(reason);
  }

  tick(now: number): void {
    if (this.#peeked === undefined) return this.#session.tick(now);
    const isWord = detectStalled(this.#peeked) === "lines";
    if (
      isWord && now >= this.#wordDeadline && !this.#hasHalfAHeader && this.#shut === undefined &&
      !hasBegun(this.#peeked)
    ) this.#letListen();
    if (now < this.#deadline) return;
    if (this.#hasHalfAHeader) {
      return this.#connection.breakOff("PROXY header, not finished in time");
    }
    this.#mayBeProxy = false;
    if (this.#isLines || this.#wrote || isWord) {
      if (this.#shut !== undefined) return this.#seeOff(this.#shut);
      this.#isLines = true; // for the chat with the next bytes: a read is under way, and these end no line
      this.#letListen();
      return this.#session.tick(now);
    }
    this.#becomeHttp(this.#peeked);
    this.#connection.handler.tick(now);
  }

  get #hasHalfAHeader(): boolean {
    const peeked = this.#peeked;
    return this.#mayBeProxy && peeked !== undefined && readProxyHeader(peeked) === "begun";
  }

  #letListen(): void {
    this.#connection.held = false;
    this.#connection.flush();
  }

  #becomeChat(): void {
    if (this.#shut !== undefined && !this.#hasToken) return this.#seeOff(this.#shut);
    const { held } = this.#connection;
    this.#connection.handler = this.#session;
    this.#connection.held = false;
    if (this.#peeked !== undefined) {
      this.#session.connect();
      this.#session.received(this.#peeked);
    }
    if (held) this.#connection.flush();
  }

  /** Whether this may be the beginning of what an operator says in a lockdown. */
  #awaitsToken(peeked: Bytes): boolean {
    if (this.#shut !== LOCKED_DOWN || peeked.length > MAX_OPER || peeked.includes(LF)) return false;
    return "/oper ".startsWith(decoder.decode(peeked.subarray(0, "/oper ".length)));
  }

  /** Whether an operator comes in spite of a lockdown: the first line shows the token. */
  get #hasToken(): boolean {
    if (this.#shut !== LOCKED_DOWN || this.#peeked === undefined) return false;
    const end = this.#peeked.subarray(0, MAX_OPER).indexOf(LF);
    if (end < 0) return false;
    const typed = readLine(decoder.decode(this.#peeked.subarray(0, end)));
    const [, token] = ("command" in typed && OPER.exec(typed.command)) || [];
    return token !== undefined &&
      this.#context.moderator?.check(token, this.#connection.client) === "granted";
  }

  /** Sees a line client off who came when nobody is let in. */
  #seeOff(why: Refusal): void {
    const connection = this.#connection;
    this.#session.retract();
    this.#context.refusals.note(why.cause, connection.address, this.#context.time);
    connection.cause = "refused";
    const words = why === DRAINING ? renderFarewell(LINES, "shutdown") : encodeError(why.text);
    connection.handler = new FinalReply(connection, words);
    connection.finish();
    connection.readOn();
  }

  /** Nobody ever knew of the line client that this might have been. */
  #becomeHttp(peeked: Bytes): void {
    this.#session.retract();
    // What was written to it would be the beginning of the answer: the client has to come again.
    if (this.#wrote) {
      return this.#connection.breakOff("spoke HTTP after it was greeted as a line client");
    }
    const exchange = new HttpExchange(this.#context, this.#connection, this.#deadline);
    this.#connection.handler = exchange;
    this.#connection.held = false;
    exchange.received(peeked);
  }
}

/**
 * Whether these bytes are a PROXY header that is not believed, and an HTTP request behind it: a proxy that the operator did
 * not list, whose requests are no lines for a room.
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
