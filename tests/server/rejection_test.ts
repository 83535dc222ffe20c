import { assertEquals } from "@std/assert";
import { SERVER_FULL } from "../../lib/server/admission/refusals.ts";
import type { Connection } from "../../lib/server/connection/connection.ts";
import { type HttpFallback, Rejection } from "../../lib/server/rejection.ts";
import { beginsRouteRequest } from "../../lib/server/http/routes.ts";
import { utf8 } from "../protocol/reading.ts";

/** A rejection, and its calls of the connection. */
class Stage {
  readonly calls: string[] = [];
  readonly rejection: Rejection;

  constructor(fallback?: HttpFallback) {
    const connection: Partial<Connection> = {
      readOn: () => this.calls.push("read on"),
      finish: (cause) => this.calls.push(`finish ${cause}`),
      close: (cause) => this.calls.push(`close ${cause}`),
    };
    this.rejection = new Rejection(connection as Connection, SERVER_FULL, fallback);
    assertEquals(this.rejection.closeCause, "refused");
  }

  /** The first line of the answer. */
  get answer(): string | undefined {
    const bytes = this.rejection.take();
    return bytes && new TextDecoder().decode(bytes).split(/\r?\n/)[0];
  }
}

const LINE = "Error: Server is full, try again later";
const HTTP = "HTTP/1.1 503 Service Unavailable";

Deno.test("Rejection answers in the protocol of the client, once it is known", () => {
  const inputs: ReadonlyArray<readonly [string[], string]> = [
    [["hello\n"], LINE],
    [["HEL", "LO\n"], LINE],
    [["GET / HTTP/1.1\r\n"], HTTP],
    [["G", "ET / ", "HTTP/1.1\r\n"], HTTP],
    [["GET well soon\n"], LINE],
  ];
  for (const [pieces, answer] of inputs) {
    const stage = new Stage();
    for (const piece of pieces) stage.rejection.received(utf8(piece));
    const waits = pieces.slice(1).map(() => "read on");
    assertEquals(
      [stage.calls, stage.answer],
      [[...waits, "finish refused"], answer],
      pieces.join("|"),
    );
    assertEquals(stage.answer, undefined);
  }
});

Deno.test("Rejection answers a silent client as a line client when it is released", () => {
  const stage = new Stage();
  stage.rejection.tick(60_000);
  assertEquals(stage.calls, []);
  stage.rejection.release();
  assertEquals([stage.calls, stage.answer], [["finish refused"], LINE]);
});

/** Regression: a browser whose request line came in two packets was answered with a chat line. */
Deno.test("Rejection gives a client that has begun to speak two seconds to finish", () => {
  for (const [text, answer] of [["HEL", LINE], ["G", LINE], ["GET / HT", HTTP]] as const) {
    const stage = new Stage();
    stage.rejection.received(utf8(text));
    stage.rejection.release();
    stage.rejection.tick(1_000);
    stage.rejection.tick(2_999);
    assertEquals(stage.calls, ["read on"], text);
    stage.rejection.tick(3_000);
    assertEquals([stage.calls, stage.answer], [["read on", "finish refused"], answer], text);
  }
});

Deno.test("Rejection answers once, and ignores later input", () => {
  const stage = new Stage();
  stage.rejection.received(utf8("hello\n"));
  assertEquals(stage.answer, LINE);
  stage.rejection.received(utf8("GET / HTTP/1.1\r\n"));
  stage.rejection.ended();
  stage.rejection.release();
  assertEquals([stage.calls, stage.answer], [["finish refused", "read on"], undefined]);
});

Deno.test("Rejection answers a client that ends its side, and sends nothing to TLS clients or at shutdown", () => {
  const ended = new Stage();
  ended.rejection.ended();
  assertEquals([ended.calls, ended.answer], [["finish refused"], LINE]);
  const tls = new Stage();
  tls.rejection.received(Uint8Array.of(0x16, 3, 1));
  const shutdown = new Stage();
  shutdown.rejection.end();
  for (const stage of [tls, shutdown]) {
    assertEquals([stage.calls, stage.answer], [["close refused"], undefined]);
  }
});

Deno.test("Rejection passes on the requests that are not refused", () => {
  const seen: string[] = [];
  const fallback: HttpFallback = {
    accepts: beginsRouteRequest,
    take: (peeked) => void seen.push(new TextDecoder().decode(peeked)),
  };
  const watched = new Stage(fallback);
  watched.rejection.received(utf8("GET /heal"));
  watched.rejection.received(utf8("thz HTTP/1.1\r\nHost: a"));
  watched.rejection.release();
  assertEquals(seen, ["GET /healthz HTTP/1.1\r\nHost: a"]);
  assertEquals([watched.calls, watched.answer], [["read on"], undefined]);
  const others = [[new Stage(), "/healthz"], [new Stage(fallback), "/"]] as const;
  for (const [stage, path] of others) {
    stage.rejection.received(utf8(`GET ${path} HTTP/1.1\r\n`));
    assertEquals([stage.calls, stage.answer], [["finish refused"], HTTP]);
  }
  assertEquals(seen.length, 1);
});
