import { assertEquals } from "@std/assert";
import { JSON_PROTOCOL, MAX_REF_LENGTH, type ServerEvent } from "../../../lib/wire/protocol.ts";
import * as protocol from "../../../static/src/net/protocol.ts";

const USER = { id: 1, name: "Alice", address: "127.0.0.1:5" };
const COMMON = { time: 1, ref: "r", text: "" } as const;

/** One event of each type. */
const EVENTS: ServerEvent[] = [
  {
    type: "hello",
    time: 1,
    you: { ...USER, name: null },
    server: { name: "backchannel", version: "0.1.0" },
    epoch: "e",
    limits: {
      maxPayload: 1,
      maxMessage: 1,
      maxName: 32,
      nameRules: "",
      idleTimeout: 30,
      heartbeat: 10,
      maxRooms: 16,
      history: 1_000,
    },
    room: { name: "lobby", topic: null, users: 1, offset: 0 },
    commands: [{ name: "list", usage: "/list", summary: "who is here" }],
    users: [USER],
    online: 1,
  },
  { type: "message", time: 1, room: "lobby", id: 1, from: USER, text: "hello" },
  { type: "whisper", time: 1, from: USER, text: "hello" },
  { type: "presence", time: 1, room: "lobby", event: "join", user: USER, users: 1 },
  { type: "ack", time: 1, room: "lobby", ref: null, id: 1 },
  { type: "reply", ...COMMON, command: "name", data: { user: USER } },
  { type: "reply", ...COMMON, command: "list", data: { room: "lobby", users: [USER], total: 1 } },
  { type: "reply", ...COMMON, command: "whisper", data: { to: USER, text: "hello" } },
  {
    type: "reply",
    ...COMMON,
    command: "stats",
    data: {
      totalConnections: 1,
      activeConnections: 1,
      totalMessages: 1,
      totalWhispers: 1,
      droppedMessages: 1,
      uptime: 1,
    },
  },
  { type: "reply", ...COMMON, command: "help", data: { commands: [] } },
  { type: "error", time: 1, ref: null, code: "usage", text: "no" },
  { type: "reply", ...COMMON, command: "oper", data: { commands: [] } },
  { type: "reply", ...COMMON, command: "bans", data: { bans: [], total: 0 } },
  { type: "reply", ...COMMON, command: "kick", data: {} },
  { type: "notice", time: 1, from: USER, text: "hello" },
  { type: "dropped", time: 1, count: 2, missed: [] },
  { type: "bye", time: 1, reason: "idle", text: "bye" },
  { type: "shutdown", time: 1, text: "bye", reconnect: { after: 1, spread: 2 } },
];

Deno.test("protocol uses the server's subprotocol, and ids that the server accepts", () => {
  assertEquals(protocol.SUBPROTOCOL, JSON_PROTOCOL);
  const refs = Array.from({ length: 100 }, () => protocol.createRef());
  assertEquals(new Set(refs).size, 100);
  assertEquals(refs.every((ref) => ref.length <= MAX_REF_LENGTH), true);
});

Deno.test("protocol.parseEvent() accepts every type of event", () => {
  for (const event of EVENTS) assertEquals(protocol.parseEvent(JSON.stringify(event)), event);
});

Deno.test("protocol.parseEvent() accepts members and types that a newer server adds", () => {
  for (const event of EVENTS) {
    const newer = { ...event, more: { than: ["known"] } } as unknown as ServerEvent;
    assertEquals(protocol.parseEvent(JSON.stringify(newer)), newer);
  }
  for (const type of ["history", "constructor", "__proto__"]) {
    assertEquals<unknown>(protocol.parseEvent(JSON.stringify({ type, time: 1 })), {
      type,
      time: 1,
    });
  }
  const reply = { type: "reply", time: 1, ref: null, text: "3, 4", command: "roll", data: {} };
  assertEquals<unknown>(protocol.parseEvent(JSON.stringify(reply)), reply);
});

Deno.test("protocol.parseEvent() rejects broken frames and never throws", () => {
  const broken = [
    "",
    "nonsense",
    "null",
    "[]",
    "1",
    "{}",
    '{"type":1}',
    '{"type":"message","id":1,"text":"no sender"}',
    '{"type":"message","id":1,"from":{"id":1,"name":1,"address":""},"text":""}',
    '{"type":"reply","command":"toString","data":{}}',
    '{"type":"reply","command":"list","data":{"users":[null]}}',
    '{"type":"shutdown","text":"bye"}',
    new ArrayBuffer(4),
    undefined,
  ];
  for (const frame of broken) assertEquals(protocol.parseEvent(frame), undefined, String(frame));
});

Deno.test("protocol.frameLength() returns the size of the frame in bytes", () => {
  for (const text of ["", "hello", '\n"\\', "\u05D1\u{1F642}\ud800"]) {
    const request = { type: "message", text, room: "lobby" } as const;
    const frame = protocol.encode(request, protocol.createRef());
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
