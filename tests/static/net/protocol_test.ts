import { assertEquals } from "@std/assert";
import { encodeRequest } from "../../../lib/client/requests.ts";
import { createId } from "../../../lib/client/runtime.ts";
import * as protocol from "../../../static/src/net/protocol.ts";

Deno.test("protocol.frameLength() returns the size of the frame in bytes", () => {
  for (const text of ["", "hello", '\n"\\', "\u05D1\u{1F642}\ud800"]) {
    const request = { type: "message", text, room: "lobby" } as const;
    const frame = encodeRequest(request, createId());
    assertEquals(protocol.frameLength(request), new TextEncoder().encode(frame).length);
  }
});

Deno.test("protocol.serverOf() returns the folder of the page", () => {
  const servers: Array<[string, string | undefined]> = [
    ["http://127.0.0.1:8080/", "ws://127.0.0.1:8080/"],
    ["https://chat.example/", "wss://chat.example/"],
    ["https://example.com/chat/index.html?a#b", "wss://example.com/chat/"],
    ["https://example.com:8443/chat/", "wss://example.com:8443/chat/"],
    ["http://[::1]:8080/x", "ws://[::1]:8080/"],
    ["file:///home/me/static/index.html", undefined],
  ];
  for (const [href, server] of servers) assertEquals(protocol.serverOf(href), server);
});

Deno.test("protocol.parseServer() accepts addresses as users type them, and nothing else", () => {
  const servers: Array<[string, string | undefined]> = [
    ["ws://127.0.0.1:8080", "ws://127.0.0.1:8080/"],
    [" localhost:8080 ", "ws://localhost:8080/"],
    ["127.0.0.1", "ws://127.0.0.1/"],
    ["[::1]:9000", "ws://[::1]:9000/"],
    ["http://chat.example/room", "ws://chat.example/room"],
    ["HTTPS://chat.example", "wss://chat.example/"],
    ["wss://chat.example/a#b", "wss://chat.example/a"],
    ["", undefined],
    ["not an address", undefined],
    ["ftp://chat.example", undefined],
    ["javascript:alert(1)", undefined],
    ["ws://me@chat.example", undefined],
    ["ws://", undefined],
  ];
  for (const [text, server] of servers) assertEquals(protocol.parseServer(text), server, text);
});
