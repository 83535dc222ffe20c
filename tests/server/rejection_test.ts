import { assertEquals } from "@std/assert";
import { SERVER_FULL } from "../../../lib/server/admission/address_limits.ts";
import type { Connection } from "../../../lib/server/connection/connection.ts";
import { Rejection, type Stand } from "../../../lib/server/admission/rejection.ts";
import { asksStatus } from "../../../lib/server/http/status.ts";
import { utf8 } from "../../protocol/reading.ts";

/** Somebody who is rejected, and what that does to the connection. */
class Stage {
  readonly did: string[] = [];
  readonly rejection: Rejection;

  constructor(stand?: Stand) {
    const connection: Partial<Connection> = {
      readOn: () => this.did.push("read on"),
      finish: () => this.did.push("finish"),
      close: () => this.did.push("close"),
    };
    this.rejection = new Rejection(connection as Connection, SERVER_FULL, stand);
    assertEquals(connection.cause, "refused");
  }

  /** The first line of the answer. */
  get answer(): string | undefined {
    const bytes = this.rejection.take();
    return bytes && new TextDecoder().decode(bytes).split(/\r?\n/)[0];
  }
}

const LINE = "Error: Server is full, try again later";
const HTTP = "HTTP/1.1 503 Service Unavailable";

Deno.test("Rejection answers in the language of the client, once it has heard it", () => {
  const speeches: ReadonlyArray<readonly [string[], string]> = [
    [["hello\n"], LINE],
    [["HEL", "LO\n"], LINE],
    [["GET / HTTP/1.1\r\n"], HTTP],
    [["G", "ET / ", "HTTP/1.1\r\n"], HTTP],
    [["GET well soon\n"], LINE],
  ];
  for (const [pieces, answer] of speeches) {
    const stage = new Stage();
    for (const piece of pieces) stage.rejection.received(utf8(piece));
    const waits = pieces.slice(1).map(() => "read on");
    assertEquals([stage.did, stage.answer], [[...waits, "finish"], answer], pieces.join("|"));
    assertEquals(stage.answer, undefined);
  }
});

Deno.test("Rejection answers a silent client as a line client when the time is over", () => {
  const stage = new Stage();
  stage.rejection.tick(60_000);
  assertEquals(stage.did, []);
  stage.rejection.release();
  assertEquals([stage.did, stage.answer], [["finish"], LINE]);
});

/** A browser whose request line came in two packets was answered with a chat line. */
Deno.test("Rejection lets a client finish that has begun to speak, for two seconds", () => {
  for (const [text, answer] of [["HEL", LINE], ["G", LINE], ["GET / HT", HTTP]] as const) {
    const stage = new Stage();
    stage.rejection.received(utf8(text));
    stage.rejection.release();
    stage.rejection.tick(1_000);
    stage.rejection.tick(2_999);
    assertEquals(stage.did, ["read on"], text);
    stage.rejection.tick(3_000);
    assertEquals([stage.did, stage.answer], [["read on", "finish"], answer], text);
  }
});

Deno.test("Rejection answers once, and reads on without listening", () => {
  const stage = new Stage();
  stage.rejection.received(utf8("hello\n"));
  assertEquals(stage.answer, LINE);
  stage.rejection.received(utf8("GET / HTTP/1.1\r\n"));
  stage.rejection.ended();
  stage.rejection.release();
  assertEquals([stage.did, stage.answer], [["finish", "read on"], undefined]);
});

Deno.test("Rejection answers a client that ends, and says nothing to TLS or at shutdown", () => {
  const ended = new Stage();
  ended.rejection.ended();
  assertEquals([ended.did, ended.answer], [["finish"], LINE]);
  const tls = new Stage();
  tls.rejection.received(Uint8Array.of(0x16, 3, 1));
  const shutdown = new Stage();
  shutdown.rejection.end();
  for (const stage of [tls, shutdown]) {
    assertEquals([stage.did, stage.answer], [["close"], undefined]);
  }
});

Deno.test("Rejection hands over the requests that are answered all the same", () => {
  const seen: string[] = [];
  const stand: Stand = {
    isWanted: asksStatus,
    take: (peeked) => void seen.push(new TextDecoder().decode(peeked)),
  };
  const watched = new Stage(stand);
  watched.rejection.received(utf8("GET /heal"));
  watched.rejection.received(utf8("thz HTTP/1.1\r\nHost: a"));
  watched.rejection.release();
  assertEquals(seen, ["GET /healthz HTTP/1.1\r\nHost: a"]);
  assertEquals([watched.did, watched.answer], [["read on"], undefined]);
  const others = [[new Stage(), "/healthz"], [new Stage(stand), "/"]] as const;
  for (const [stage, path] of others) {
    stage.rejection.received(utf8(`GET ${path} HTTP/1.1\r\n`));
    assertEquals([stage.did, stage.answer], [["finish"], HTTP]);
  }
  assertEquals(seen.length, 1);
});
