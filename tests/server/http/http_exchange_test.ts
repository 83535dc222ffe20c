/**
 * Requests with bodies, and answers that take time, over a connection whose reads and writes the test completes.
 *
 * Whole responses at once, which is what routes and files give, are tested with whole servers.
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Account } from "../../../lib/limits/budget.ts";
import { RequestError } from "../../../lib/protocol/http/request_head.ts";
import type { HttpResponse } from "../../../lib/protocol/http/response.ts";
import { Connection } from "../../../lib/server/connection/connection.ts";
import { BufferPool } from "../../../lib/server/connection/read_buffers.ts";
import {
  type Answer,
  CollectBody,
  type HttpRequest,
  type ResponseStream,
  StreamBody,
} from "../../../lib/server/http/answer.ts";
import { BODY_TIMEOUT, HttpExchange } from "../../../lib/server/http/http_exchange.ts";
import { errorResponse } from "../../../lib/server/http/responses.ts";
import { type CloseCause, Counters } from "../../../lib/server/observability/counters.ts";
import { utf8 } from "../../protocol/reading.ts";
import { FakeConn, settled } from "../../support/conn.ts";
import { eachInTurn } from "../../support/patience.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const decoder = new TextDecoder();

function ok(body: string): HttpResponse {
  return { status: 200, fields: [], body };
}

/** An exchange on a fake connection. */
class Stage {
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

function post(body: string, ...fields: string[]): string {
  return [`POST / HTTP/1.1`, "Host: a", ...fields, "", body].join("\r\n");
}

function sized(body: string, ...fields: string[]): string {
  return post(body, `Content-Length: ${body.length}`, ...fields);
}

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const CHUNKED = "Transfer-Encoding: chunked";

/** Answers with the body of the request. */
function collecting(maxLength = 100): () => Answer {
  return () => new CollectBody(maxLength, (body) => ok(`<${decoder.decode(body)}>`));
}

/** A stream that a test fills. */
class TestStream implements ResponseStream {
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

function streaming(stream: ResponseStream): () => Answer {
  return () => ({ status: 200, fields: [], stream });
}

// Bodies that are collected

Deno.test("A body is collected, by its length and by chunks, however it arrives", async () => {
  const bodies = [
    sized("hello\nworld"),
    post("4\r\nhell\r\n7\r\no\nworld\r\n0\r\n\r\n", CHUNKED),
  ];
  await eachInTurn(bodies, async (request) => {
    await eachInTurn(Array(request.length).keys(), async (at) => {
      const stage = new Stage(collecting());
      await stage.send(...[request.slice(0, at), request.slice(at)].filter((part) => part !== ""));
      assertStringIncludes(stage.sent, "\r\n\r\n<hello\nworld>", `Cut at ${at}`);
      assertEquals(stage.statuses, [200]);
    });
    const stage = new Stage(collecting());
    await stage.send(...request);
    assertStringIncludes(stage.sent, "\r\n\r\n<hello\nworld>");
  });
});

Deno.test("Requests behind a body are answered in order on the same connection", async () => {
  const stage = new Stage(collecting());
  const chunked = post("1\r\nb\r\n0\r\nTrailer: x\r\n\r\n", CHUNKED);
  await stage.send(sized("a") + chunked + sized("") + post("") + sized("c"));
  const bodies = Array.from(stage.sent.matchAll(/<(.*?)>/g), ([, body]) => body);
  assertEquals(bodies, ["a", "b", "", "", "c"]);
  assertEquals(stage.sent.includes("connection: close"), false);
  assertEquals(stage.cause, undefined);
});

Deno.test("A request with a body that nobody reads ends its connection", async () => {
  const stage = new Stage(() => ok("done"));
  await stage.send(sized("GET /secret HTTP/1.1\r\nHost: a\r\n\r\n"));
  assertEquals([stage.statuses, stage.requests.length], [[200], 1]);
  assertStringIncludes(stage.sent, "connection: close");
  assertEquals(stage.conn.writeClosed, true);
});

Deno.test("A body over the limit is answered with 413 as soon as it is known to be", async () => {
  const long = new Stage(collecting(5));
  await long.send(post("", "Content-Length: 6"));
  const chunked = new Stage(collecting(5));
  await chunked.send(post("3\r\nabc\r\n3\r\n", CHUNKED));
  for (const stage of [long, chunked]) {
    assertEquals(stage.statuses, [413]);
    assertStringIncludes(stage.sent, "connection: close");
    assertEquals(stage.conn.writeClosed, true);
  }
  const fits = new Stage(collecting(5));
  await fits.send(sized("abcde"));
  assertEquals(fits.statuses, [200]);
});

Deno.test("An invalid or incomplete body is answered with 400, and what follows is not a request", async () => {
  const invalid = new Stage(collecting());
  await invalid.send(post(`2\nhi\n0\n\n${GET}`, CHUNKED));
  assertEquals([invalid.statuses, invalid.requests.length], [[400], 1]);
  const incomplete = new Stage(collecting());
  await incomplete.send(sized("hello").slice(0, -1));
  await incomplete.conn.receive(null);
  await incomplete.write();
  assertEquals(incomplete.statuses, [400]);
});

Deno.test("A collected body has its time in all, and then is answered with 408", async () => {
  const stage = new Stage(collecting());
  await stage.send(post("h", "Content-Length: 5"));
  await stage.passTime(BODY_TIMEOUT - 1);
  await stage.send("e");
  assertEquals(stage.statuses, []);
  await stage.passTime(1);
  assertEquals(stage.statuses, [408]);
  await stage.conn.receive(null);
  assertEquals(stage.cause, "body");
});

Deno.test("A shutdown and a ban answer a request whose body is still arriving", async () => {
  for (const [reason, status] of [["shutdown", 503], ["kicked", 403]] as const) {
    const stage = new Stage(collecting());
    await stage.send(post("h", "Content-Length: 5"));
    stage.connection.end(reason);
    await stage.write();
    assertEquals(stage.statuses, [status]);
    await stage.send("ello"); // is read and ignored
    assertEquals(stage.requests.length, 1);
  }
});

// Expect: 100-continue

Deno.test("A client that expects 100 gets it once its body is wanted, and not if the body has come", async () => {
  const EXPECT = "Expect: 100-continue";
  const waiting = new Stage(collecting());
  await waiting.send(post("", "Content-Length: 2", EXPECT));
  assertEquals(waiting.sent, "HTTP/1.1 100 Continue\r\n\r\n");
  await waiting.send("hi");
  assertEquals(waiting.statuses, [100, 200]);
  assertStringIncludes(waiting.sent, "<hi>");

  const begun = new Stage(collecting());
  await begun.send(post("h", "Content-Length: 2", EXPECT), "i");
  assertEquals(begun.statuses, [200]);

  const hasting = new Stage(collecting());
  await hasting.send(sized("hi", EXPECT));
  const old = new Stage(collecting());
  await old.send(sized("hi", EXPECT).replace("HTTP/1.1", "HTTP/1.0"));
  const empty = new Stage(collecting());
  await empty.send(sized("", EXPECT));
  for (const stage of [hasting, old, empty]) assertEquals(stage.statuses, [200]);
});

Deno.test("A client that expects 100 gets the final answer if its body is not wanted", async () => {
  const EXPECT = "Expect: 100-continue";
  const refused = new Stage(() => {
    throw new RequestError(401, "Wrong token");
  });
  await refused.send(post("", "Content-Length: 2", EXPECT));
  assertEquals(refused.statuses, [401]);
  const long = new Stage(collecting(1));
  await long.send(post("", "Content-Length: 2", EXPECT));
  assertEquals(long.statuses, [413]);
  const other = new Stage(collecting());
  await other.send(post("", "Content-Length: 2", "Expect: 200-ok"));
  assertEquals(other.statuses, [417]);
});

// Answers that take time

Deno.test("An answer that takes time is written when it is there, and pipelined requests wait for it", async () => {
  const answers = [Promise.withResolvers<HttpResponse>(), Promise.withResolvers<HttpResponse>()];
  let next = 0;
  const stage = new Stage(() => answers[next++]!.promise);
  await stage.send(GET + GET);
  assertEquals([stage.sent, stage.requests.length], ["", 1]);
  await stage.send(GET); // is read, so that the end of the client would be noticed
  assertEquals(stage.requests.length, 1);
  answers[0]!.resolve(ok("first"));
  await stage.write();
  assertEquals([stage.statuses, stage.requests.length], [[200], 2]);
  answers[1]!.resolve(ok("second"));
  await stage.write();
  assertMatch(stage.sent, /first[^]*second/);
});

Deno.test("A promise can decide to read the body", async () => {
  const stage = new Stage(() => Promise.resolve(collecting()()));
  await stage.send(sized("a") + sized("b"));
  assertMatch(stage.sent, /<a>[^]*<b>/);
});

Deno.test("A body can be answered later", async () => {
  const answer = Promise.withResolvers<HttpResponse>();
  const stage = new Stage(() => new CollectBody(10, () => answer.promise));
  await stage.send(sized("a") + GET);
  assertEquals(stage.requests.length, 1);
  answer.resolve(ok("late"));
  await stage.write();
  assertEquals(stage.requests.length, 2);
  assertStringIncludes(stage.sent, "late");
});

Deno.test("A promise that is rejected becomes an error response, or an internal error in the log", async () => {
  const refused = new Stage(() => Promise.reject(new RequestError(403, "Not you")));
  await refused.send(GET);
  assertEquals(refused.statuses, [403]);
  const broken = new Stage(() => Promise.reject(new Error("Oops")));
  await broken.send(GET);
  assertEquals([broken.sent, broken.cause], ["", "internal"]);
  assertMatch(broken.logged.join(), /^Internal error: Error: Oops/);
});

Deno.test("A shutdown waits for an answer, and ends the connection behind it", async () => {
  const answer = Promise.withResolvers<HttpResponse>();
  const stage = new Stage(() => answer.promise);
  await stage.send(GET);
  stage.connection.end("shutdown");
  await stage.write();
  assertEquals([stage.sent, stage.conn.closed], ["", false]);
  answer.resolve(ok("bye"));
  await stage.write();
  assertStringIncludes(stage.sent, "connection: close");
  assertEquals(stage.conn.writeClosed, true);
});

Deno.test("A client that goes before the answer aborts its request, and a stream for it is closed", async () => {
  const stream = new TestStream();
  const answer = Promise.withResolvers<Awaited<Answer>>();
  const stage = new Stage(() => answer.promise);
  await stage.send(GET);
  const { signal } = stage.requests[0]!;
  assertEquals(signal.aborted, false);
  stage.conn.failReading(new Deno.errors.ConnectionReset("reset"));
  await settled();
  assertEquals(signal.aborted, true);
  answer.resolve({ status: 200, fields: [], stream });
  await settled();
  assertEquals(stream.calls, ["closed"]);
});

// Responses that are streams

Deno.test("A stream is chunked in HTTP/1.1, and the connection goes on behind it", async () => {
  const stream = new TestStream();
  const answers = [streaming(stream)(), ok("next")];
  const stage = new Stage(() => answers.shift()!);
  await stage.send(GET);
  assertEquals(stage.sent, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
  stream.give("hello", "");
  stream.give("x".repeat(20));
  await stage.send(GET);
  stream.finish();
  await stage.write();
  const content = `5\r\nhello\r\n14\r\n${"x".repeat(20)}\r\n0\r\n\r\n`;
  assertStringIncludes(stage.sent, `\r\n\r\n${content}HTTP/1.1 200 OK\r\n`);
  assertStringIncludes(stage.sent, "next");
  assertEquals(stream.calls, ["start", "closed"]);
});

Deno.test("A large part of a stream is framed without a copy of it", async () => {
  const stream = new TestStream();
  const stage = new Stage(streaming(stream));
  await stage.send(GET);
  stream.give("y".repeat(100_000));
  stream.finish();
  await stage.write();
  assertStringIncludes(stage.sent, `\r\n\r\n186a0\r\n${"y".repeat(100_000)}\r\n0\r\n\r\n`);
  assertEquals(stage.conn.sent.includes("y".repeat(100_000)), true);
});

Deno.test("A stream of known length has Content-Length, and neither more nor fewer bytes", async () => {
  const right = new TestStream(5);
  const stage = new Stage(streaming(right));
  await stage.send(GET);
  right.give("he", "llo");
  right.finish();
  await stage.write();
  assertEquals(stage.sent, "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
  assertEquals(stage.conn.closed, false);

  for (const [parts, written] of [[["he", "llooo"], "hello"], [["he"], "he"]] as const) {
    const wrong = new TestStream(5);
    const stage = new Stage(streaming(wrong));
    await stage.send(GET);
    wrong.give(...parts);
    wrong.finish();
    await stage.write();
    assert(stage.sent.endsWith(`\r\n\r\n${written}`), stage.sent);
    assertEquals([stage.conn.closed, wrong.calls], [true, ["start", "closed"]]);
  }
});

Deno.test("A stream ends with the connection in HTTP/1.0", async () => {
  const stream = new TestStream();
  const stage = new Stage(streaming(stream));
  await stage.send("GET / HTTP/1.0\r\n\r\n");
  stream.give("hello");
  stream.finish();
  await stage.write();
  assertEquals(stage.sent, "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhello");
  assertEquals(stage.conn.writeClosed, true);
});

Deno.test("A stream that fails cuts the connection, so that nobody takes a part for the whole", async () => {
  const stream = new TestStream();
  const stage = new Stage(streaming(stream));
  await stage.send(GET);
  stream.give("hel");
  stream.finish("failed");
  await stage.write();
  assert(stage.sent.endsWith("3\r\nhel\r\n"), stage.sent);
  assertEquals([stage.conn.closed, stream.calls], [true, ["start", "closed"]]);
});

Deno.test("HEAD and statuses without content get the head of a stream", async () => {
  const head = new TestStream();
  const heads = new Stage(streaming(head));
  await heads.send(GET.replace("GET", "HEAD") + GET.replace("GET", "HEAD"));
  assertEquals(heads.statuses, [200, 200]);
  assertEquals(head.calls, ["closed", "closed"]);
  const none = new TestStream();
  const stage = new Stage(() => ({ status: 204, fields: [], stream: none }));
  await stage.send(GET + GET);
  assertEquals(stage.sent, "HTTP/1.1 204 No Content\r\n\r\n".repeat(2));
});

Deno.test("A client that reads slowly holds a stream back", async () => {
  const stream = new TestStream();
  const stage = new Stage(streaming(stream));
  await stage.send(GET);
  stream.give("a", "b", "c");
  await settled();
  assertEquals(decoder.decode(stage.conn.writing?.buffer), "1\r\na\r\n");
  stage.time.now += 60_000;
  stage.connection.tick(stage.time.now);
  await settled();
  assertEquals([stage.conn.closed, stream.calls], [true, ["start", "closed"]]);
});

Deno.test("An endless stream has no framing, and ends the connection with its last words", async () => {
  const stream = new TestStream(undefined, true, "bye");
  const stage = new Stage(streaming(stream));
  await stage.send(GET);
  stream.give("one");
  await stage.write();
  stage.connection.end("shutdown");
  await stage.write();
  assertEquals(stage.sent, "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nonebye");
  assertEquals([stage.conn.writeClosed, stream.calls], [true, ["start", "end shutdown", "closed"]]);
});

Deno.test("A client that half-closes ends an endless stream, but not one that has an end", async () => {
  const endless = new TestStream(undefined, true);
  const first = new Stage(streaming(endless));
  await first.send(GET);
  endless.give("one");
  await settled();
  await first.conn.receive(null);
  await first.write();
  assert(first.sent.endsWith("one"));
  assertEquals([first.conn.closed, first.cause, endless.calls], [true, "peer", [
    "start",
    "closed",
  ]]);

  const finite = new TestStream();
  const second = new Stage(streaming(finite));
  await second.send(GET);
  await second.conn.receive(null);
  finite.give("one");
  finite.finish();
  await second.write();
  assert(second.sent.endsWith("3\r\none\r\n0\r\n\r\n"));
});

// Bodies that are streams

Deno.test("A streamed body is read from the connection as it is read from the stream", async () => {
  let reader!: ReadableStreamDefaultReader<Bytes>;
  const answer = Promise.withResolvers<HttpResponse>();
  const stage = new Stage(() =>
    new StreamBody(1_000, (body) => {
      reader = body.getReader();
      return answer.promise;
    })
  );
  await stage.send(post("", "Content-Length: 200", "Expect: 100-continue"));
  assertEquals([stage.sent, stage.conn.reading], ["", undefined]);
  const first = reader.read();
  await stage.write();
  assertEquals(stage.sent, "HTTP/1.1 100 Continue\r\n\r\n");
  await stage.send("a".repeat(50));
  assertEquals(decoder.decode((await first).value), "a".repeat(50));
  assertEquals(stage.conn.reading, undefined, "Nobody wants more");
  const second = reader.read();
  await settled();
  await stage.send("b".repeat(50));
  assertEquals(decoder.decode((await second).value), "b".repeat(50));
  const rest = (async () => {
    let text = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return text;
      text += decoder.decode(value);
    }
  })();
  await settled();
  await stage.send("c".repeat(100));
  assertEquals(await rest, "c".repeat(100));
  answer.resolve(ok("done"));
  await stage.write();
  assertEquals(stage.statuses, [100, 200]);
  assertEquals(stage.sent.includes("connection: close"), false);
});

Deno.test("A reader of a streamed body waits for content, not for the framing around it", async () => {
  let reader!: ReadableStreamDefaultReader<Bytes>;
  const stage = new Stage(() =>
    new StreamBody(1_000, (body) => {
      reader = body.getReader();
      return new Promise<never>(() => {});
    })
  );
  await stage.send(post("", CHUNKED));
  const first = reader.read();
  await settled();
  await stage.send("3", "\r\n", "abc");
  assertEquals(decoder.decode((await first).value), "abc");
  const second = reader.read();
  await settled();
  await stage.send("\r\n", "1;x\r\n", "d");
  assertEquals(decoder.decode((await second).value), "d");
});

Deno.test("Input is not read into its buffer again while a streamed body still takes it from there", async () => {
  let reader!: ReadableStreamDefaultReader<Bytes>;
  const stage = new Stage(() =>
    new StreamBody(1_000, (body) => {
      reader = body.getReader();
      return new Promise<never>(() => {});
    })
  );
  await stage.send(post("", CHUNKED));
  const reads = [reader.read(), reader.read(), reader.read()];
  await settled();
  await stage.send("1\r\na\r\n1\r\nb\r\n1\r\nc\r\n");
  const parts = await Promise.all(reads);
  assertEquals(parts.map(({ value }) => decoder.decode(value)), ["a", "b", "c"]);
});

Deno.test("A streamed body that is answered before its end fails, and ends the connection", async () => {
  let body!: ReadableStream<Bytes>;
  const stage = new Stage(() =>
    new StreamBody(1_000, (stream) => {
      body = stream;
      return ok("enough");
    })
  );
  await stage.send(post("abc", "Content-Length: 200"));
  assertEquals(stage.statuses, [200]);
  assertStringIncludes(stage.sent, "connection: close");
  const reader = body.getReader();
  await reader.closed.then(
    () => assert(false),
    (error) => assertMatch(String(error), /before its end/),
  );
});

Deno.test("A streamed body that is invalid, too long or cut off fails for its reader too", async () => {
  const bodies: Array<[string, number]> = [
    [post("2\r\nhi\n", CHUNKED), 400],
    [post("ffff\r\n", CHUNKED), 413],
    [post("hi", "Content-Length: 5"), 400],
  ];
  await eachInTurn(bodies, async ([request, status]) => {
    let failure: Promise<unknown> = Promise.resolve();
    const stage = new Stage(() =>
      new StreamBody(10, (body) => {
        failure = new Response(body).text().catch((error) => error);
        return new Promise<never>(() => {});
      })
    );
    await stage.send(request.slice(0, 60), request.slice(60));
    if (stage.conn.reading !== undefined) await stage.conn.receive(null);
    await stage.write();
    assertEquals(stage.statuses, [status]);
    assert(await failure instanceof Error);
  });
});

Deno.test("A request can be answered with its own body while that arrives", async () => {
  const stage = new Stage(() =>
    new StreamBody(1_000, (body) => {
      const reader = body.getReader();
      const stream = new TestStream();
      const pump = async (): Promise<void> => {
        const { value, done } = await reader.read();
        if (done) return stream.finish();
        stream.give(decoder.decode(value).toUpperCase());
        await pump();
      };
      void pump();
      return { status: 200, fields: [], stream };
    })
  );
  await stage.send(post("", CHUNKED), "3\r\nabc\r\n", "2\r\nde\r\n");
  assertStringIncludes(stage.sent, "3\r\nABC\r\n2\r\nDE\r\n");
  await stage.send("0\r\n\r\n");
  assert(stage.sent.endsWith("0\r\n\r\n"), stage.sent);
});

Deno.test("A streamed body that pauses is answered with 408, but not while nobody reads it", async () => {
  let reader!: ReadableStreamDefaultReader<Bytes>;
  const stage = new Stage(() =>
    new StreamBody(1_000, (body) => {
      reader = body.getReader();
      return new Promise<never>(() => {});
    })
  );
  await stage.send(post("", "Content-Length: 200"));
  await stage.passTime(10 * BODY_TIMEOUT);
  assertEquals(stage.statuses, []);
  const failure = reader.read().catch((error) => error);
  await settled();
  await stage.passTime(BODY_TIMEOUT - 1);
  assertEquals(stage.statuses, []);
  await stage.passTime(1);
  assertEquals(stage.statuses, [408]);
  assert(await failure instanceof Error);
});
