import { assertEquals } from "@std/assert";
import { WebSocketProtocol } from "../../../lib/protocol/websocket/web_socket_protocol.ts";
import { BINARY, closeFrame, frame, PING, PONG, TEXT } from "../client_frames.ts";
import { concat, drain, utf8 } from "../reading.ts";

/** The items of a chunk, with answers as text. */
function read(protocol: WebSocketProtocol, ...frames: readonly Uint8Array[]): unknown[] {
  protocol.push(concat(...frames));
  return drain(protocol).map((item) =>
    typeof item !== "string" && "answer" in item && item.answer !== undefined
      ? { ...item, answer: Array.from(item.answer) }
      : item
  );
}

const serverClose = (code: number, reason = "") =>
  Array.from(concat(Uint8Array.of(0x88, 2 + reason.length, code >> 8, code & 0xff), utf8(reason)));

Deno.test("WebSocketProtocol.next() returns messages, and the pong that a ping is owed", () => {
  const protocol = new WebSocketProtocol(100);
  const payload = utf8("abc");
  assertEquals(
    read(protocol, frame(TEXT, "a"), frame(PING, "abc"), frame(BINARY, "b"), frame(PONG)),
    [
      "a",
      { type: "ping", payload, answer: [0x8a, 3, ...payload] },
      { type: "binary", bytes: utf8("b") },
      { type: "pong" },
    ],
  );
});

Deno.test("WebSocketProtocol answers the peer's close frame with one (RFC 6455 5.5.1)", () => {
  const protocol = new WebSocketProtocol(100);
  assertEquals(read(protocol, closeFrame(1000, "bye"), frame(TEXT, "a")), [
    { type: "close", code: 1000, reason: "bye", answer: serverClose(1000) },
  ]);
  assertEquals(protocol.close(1001, "idle"), undefined);
});

Deno.test("WebSocketProtocol answers a violation with a close frame (RFC 6455 7.1.7)", () => {
  const protocol = new WebSocketProtocol(100);
  const reason = "Reserved bit set";
  assertEquals(read(protocol, frame(TEXT, "a", { reserved: 1 })), [
    { type: "failed", code: 1002, reason, answer: serverClose(1002, reason) },
  ]);
});

Deno.test("WebSocketProtocol.close() ignores messages from then on, and does not answer the peer's close frame", () => {
  const protocol = new WebSocketProtocol(100);
  assertEquals(Array.from(protocol.close(1001, "idle")!), serverClose(1001, "idle"));
  assertEquals(protocol.close(1008, "kicked"), undefined);
  const ignored = { type: "ignored" };
  assertEquals(
    read(
      protocol,
      frame(TEXT, "a"),
      frame(PING),
      frame(BINARY, "b"),
      frame(PONG),
      closeFrame(1001),
    ),
    [ignored, ignored, ignored, { type: "pong" }, { type: "close", code: 1001, reason: "" }],
  );
});

Deno.test("WebSocketProtocol.close() is not repeated for a violation", () => {
  const protocol = new WebSocketProtocol(100);
  protocol.close(1001, "idle");
  assertEquals(read(protocol, frame(TEXT, "a", { reserved: 1 })), [
    { type: "failed", code: 1002, reason: "Reserved bit set" },
  ]);
});
