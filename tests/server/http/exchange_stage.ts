/**
 * An exchange of HTTP over a connection whose reads and writes a test completes.
 * @module
 */
import { Account } from "../../../lib/limits/budget.ts";
import type { HttpResponse } from "../../../lib/protocol/http/response.ts";
import { Connection } from "../../../lib/server/connection/connection.ts";
import { BufferPool } from "../../../lib/server/connection/read_buffers.ts";
import {
  type Answer,
  CollectBody,
  type HttpRequest,
  type ResponseStream,
} from "../../../lib/server/http/answer.ts";
import { HttpExchange } from "../../../lib/server/http/http_exchange.ts";
import { errorResponse } from "../../../lib/server/http/responses.ts";
import { type CloseCause, Counters } from "../../../lib/server/observability/counters.ts";
import { utf8 } from "../../protocol/reading.ts";
import { FakeConn, settled } from "../../support/conn.ts";
import { eachInTurn } from "../../support/patience.ts";

type Bytes = Uint8Array<ArrayBuffer>;

export const decoder = new TextDecoder();

export function ok(body: string): HttpResponse {
  return { status: 200, fields: [], body };
}

/** An exchange on a fake connection. */
export class Stage {
  readonly conn = new FakeConn();
  readonly time = { now: 0 };
  readonly counters = new Counters();
  readonly logged: string[] = [];
  readonly requests: HttpRequest[] = [];
  readonly connection: Connection;
  isDraining = false;

  constructor(answer: (request: HttpRequest) => Answer) {
    const { time, counters } = this;
    this.connection = new Connection(this.conn, {
      time,
      scheduler: { add: (source) => source.handleInput(), resume: () => {} },
      throttle: { hold: () => {} },
      buffers: new BufferPool(),
      openAccount: () => new Account(undefined, []),
      isTrustedProxy: () => false,
      counters,
      log: ({ message }) => void this.logged.push(message),
      writeTimeout: 60,
      rate: 0,
      burst: 1,
      onClosed: () => {},
    });
    const exchange = new HttpExchange(this.connection, {
      time,
      scheduler: { resume: (source) => queueMicrotask(() => source.handleInput()) },
      requests: {
        handle: (request) => {
          this.requests.push(request);
          return answer(request);
        },
        renderError: (_, { status, message }) => errorResponse(status, message),
        renderRefusal: (_, { status, text }) => errorResponse(status, text),
      },
      headTimeout: 10,
      isDraining: () => this.isDraining,
      upgrade: () => {},
    });
    this.connection.handOver(exchange);
  }

  /** Sends input, in parts of the size of the connection's buffer, and writes all that there is. */
  async send(...parts: string[]): Promise<void> {
    await eachInTurn(parts, async (part) => {
      for (let rest = part; rest.length > 0;) {
        if (this.conn.reading === undefined) await this.write();
        const { room } = this.conn;
        if (room === undefined) throw new Error(`Nobody reads ${JSON.stringify(rest)}`);
        await this.conn.receive(rest.slice(0, room));
        rest = rest.slice(room);
      }
      await this.write();
    });
  }

  /** Lets the connection write all that there is. */
  async write(): Promise<void> {
    await settled();
    while (this.conn.writing !== undefined) await this.conn.take();
  }

  passTime(ms: number): Promise<void> {
    this.time.now += ms;
    this.connection.tick(this.time.now);
    return this.write();
  }

  /** Everything that was written, without dates. */
  get sent(): string {
    return this.conn.sent.join("").replace(/date: .* GMT\r\n/g, "");
  }

  /** The statuses of all responses. */
  get statuses(): number[] {
    return Array.from(this.sent.matchAll(/^HTTP\/1\.1 (\d+)/gm), ([, status]) => Number(status));
  }

  get cause(): CloseCause | undefined {
    return (Object.entries(this.counters.closed) as Array<[CloseCause, number]>)
      .find(([, count]) => count > 0)?.[0];
  }
}

export function post(body: string, ...fields: string[]): string {
  return [`POST / HTTP/1.1`, "Host: a", ...fields, "", body].join("\r\n");
}

export function sized(body: string, ...fields: string[]): string {
  return post(body, `Content-Length: ${body.length}`, ...fields);
}

export const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
export const CHUNKED = "Transfer-Encoding: chunked";

/** Answers with the body of the request. */
export function collecting(maxLength = 100): () => Answer {
  return () => new CollectBody(maxLength, (body) => ok(`<${decoder.decode(body)}>`));
}

/** A stream that a test fills. */
export class TestStream implements ResponseStream {
  state: "open" | "ended" | "failed" = "open";
  readonly calls: string[] = [];
  readonly #parts: string[] = [];
  #flush = () => {};

  constructor(
    readonly length?: number,
    readonly isEndless = false,
    readonly words?: string,
  ) {}

  start(flush: () => void): void {
    this.calls.push("start");
    this.#flush = flush;
  }

  give(...parts: string[]): void {
    this.#parts.push(...parts);
    this.#flush();
  }

  finish(state: "ended" | "failed" = "ended"): void {
    this.state = state;
    this.#flush();
  }

  take(): Bytes | undefined {
    const part = this.#parts.shift();
    return part === undefined ? undefined : utf8(part);
  }

  end(reason: string): void {
    this.calls.push(`end ${reason}`);
    if (this.words !== undefined) this.#parts.push(this.words);
    this.state = "ended";
  }

  closed(): void {
    this.calls.push("closed");
  }
}

export function streaming(stream: ResponseStream): () => Answer {
  return () => ({ status: 200, fields: [], stream });
}
