/**
 * Requests whose bodies are collected, and answers that take time.
 *
 * Whole responses at once, which is what routes and files give, are tested with whole servers.
 */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { RequestError } from "../../../lib/protocol/http/request_head.ts";
import type { HttpResponse } from "../../../lib/protocol/http/response.ts";
import { type Answer, CollectBody } from "../../../lib/server/http/answer.ts";
import { BODY_TIMEOUT } from "../../../lib/server/http/http_exchange.ts";
import { settled } from "../../support/conn.ts";
import { eachInTurn } from "../../support/patience.ts";
import { CHUNKED, collecting, GET, ok, post, sized, Stage, TestStream } from "./exchange_stage.ts";

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
