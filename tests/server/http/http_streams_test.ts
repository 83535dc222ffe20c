/**
 * Responses and bodies of requests that are streams.
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { HttpResponse } from "../../../lib/protocol/http/response.ts";
import { StreamBody } from "../../../lib/server/http/answer.ts";
import { BODY_TIMEOUT } from "../../../lib/server/http/http_exchange.ts";
import { settled } from "../../support/conn.ts";
import { eachInTurn } from "../../support/patience.ts";
import { CHUNKED, decoder, GET, ok, post, Stage, streaming, TestStream } from "./exchange_stage.ts";

type Bytes = Uint8Array<ArrayBuffer>;

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
