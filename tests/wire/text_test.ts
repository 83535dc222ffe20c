import { assertEquals } from "@std/assert";
import type { ChatEvent } from "../../lib/wire/chat_event.ts";
import { disconnectEvent } from "../../lib/wire/events.ts";
import { renderAnnouncing, renderText } from "../../lib/wire/text.ts";

const alice = { id: 1, name: "Alice", address: "127.0.0.1:50412" };
const nobody = { id: 2, name: undefined, address: "127.0.0.1:50414" };
const ref = "r";

function assertRendered(...pairs: [ChatEvent, string | undefined][]): void {
  for (const [event, line] of pairs) assertEquals(renderText(event), line);
}

Deno.test("renderText() gives what was said by whom", () => {
  assertRendered(
    [{ type: "message", room: "lobby", id: 1, from: alice, text: "hello" }, "[Alice]: hello"],
    [{ type: "message", room: "lobby", id: 1, from: nobody, text: "" }, "[127.0.0.1:50414]: "],
    [{ type: "whisper", from: alice, text: "hi there" }, "[Whisper from Alice]: hi there"],
    [
      { type: "reply", command: "whisper", data: { to: nobody, text: "hi" }, ref },
      "[Whisper to 127.0.0.1:50414]: hi",
    ],
  );
});

Deno.test("renderText() says on every line of a text whose it is", () => {
  const text = "one\n[Bob]: two\r\n\nfour";
  const lines = (by: string) =>
    [`[${by}]: one`, `[${by}]: [Bob]: two`, `[${by}]: `, `[${by}]: four`].join("\n");
  assertRendered(
    [{ type: "message", room: "lobby", id: 1, from: alice, text }, lines("Alice")],
    [{ type: "whisper", from: alice, text }, lines("Whisper from Alice")],
    [
      { type: "reply", command: "whisper", data: { to: alice, text }, ref },
      lines("Whisper to Alice"),
    ],
  );
});

Deno.test("renderText() gives answers", () => {
  const commands = [{ name: "a", usage: "/a <b>", summary: "does a" }, {
    name: "c",
    usage: "/c",
    summary: "does c",
  }];
  const statistics = {
    totalConnections: 3,
    activeConnections: 2,
    totalMessages: 17,
    totalWhispers: 4,
    droppedMessages: 5,
    uptime: 66,
  };
  assertRendered(
    [{ type: "reply", command: "name", data: { user: alice }, ref }, "Username set to 'Alice'"],
    [
      { type: "reply", command: "list", data: { room: "lobby", users: [], total: 0 }, ref },
      "No users online",
    ],
    [
      {
        type: "reply",
        command: "list",
        data: { room: "lobby", users: [alice, nobody], total: 2 },
        ref,
      },
      "Users online: Alice (127.0.0.1:50412), 127.0.0.1:50414",
    ],
    [
      { type: "reply", command: "stats", data: statistics, ref },
      "Server Statistics: Total connections: 3 | Active connections: 2 | Total messages: 17 | " +
      "Total whispers: 4 | Dropped messages: 5 | Uptime: 66 s",
    ],
    [
      { type: "reply", command: "help", data: { commands }, ref },
      "Commands: /a <b> (does a), /c (does c)",
    ],
    [
      { type: "error", code: "usage", text: "Usage: /name <username>", ref },
      "Usage: /name <username>",
    ],
  );
});

Deno.test("renderText() gives notices and farewells", () => {
  assertRendered(
    [
      { type: "dropped", count: 12, missed: [] },
      "Notice: 12 messages were dropped because this connection is too slow",
    ],
    [disconnectEvent("quit"), "Goodbye!"],
    [disconnectEvent("idle"), "Disconnected due to inactivity"],
    [disconnectEvent("shutdown"), "Server is shutting down"],
  );
});

Deno.test("renderText() has no line for what only programs are told", () => {
  assertRendered(
    [{ type: "ack", room: "lobby", id: 1, ref }, undefined],
    [{ type: "throttled", retryAfter: 50 }, undefined],
    [{ type: "presence", event: "join", room: "lobby", user: alice, users: 1 }, undefined],
  );
});

Deno.test("renderText() gives what has to do with rooms", () => {
  const room = { name: "dev", topic: "T", users: 2, offset: 17 };
  const plain = { ...room, topic: undefined };
  const bob = { id: 3, name: "Bob", address: "127.0.0.1:50416", away: "lunch" };
  const said = { type: "message", room: "dev", id: 1, from: alice, action: true } as const;
  assertRendered(
    [{ ...said, text: "waves" }, "* Alice waves"],
    [{ ...said, text: "waves\n[Bob]: hi" }, "* Alice waves\n* Alice [Bob]: hi"],
    [{ type: "topic", room: "dev", from: alice, topic: "T" }, "Notice: Alice set the topic to 'T'"],
    [
      { type: "reply", command: "join", data: { room, users: [], epoch: "e" }, ref },
      "Joined room 'dev', topic: T",
    ],
    [
      { type: "reply", command: "join", data: { room: plain, users: [], epoch: "e" }, ref },
      "Joined room 'dev'",
    ],
    [
      { type: "reply", command: "leave", data: { left: "dev", room: plain }, ref },
      "Left room 'dev'",
    ],
    [{ type: "reply", command: "rooms", data: { rooms: [room], total: 1 }, ref }, "Rooms: dev (2)"],
    [
      { type: "reply", command: "rooms", data: { rooms: [room, room], total: 4 }, ref },
      "Rooms: dev (2), dev (2), and 2 more",
    ],
    [
      { type: "reply", command: "topic", data: { room: "dev", topic: "T", changed: true }, ref },
      "Topic set to 'T'",
    ],
    [
      { type: "reply", command: "topic", data: { room: "dev", topic: "T", changed: false }, ref },
      "Topic of 'dev': T",
    ],
    [
      { type: "reply", command: "topic", data: { room: "dev", changed: false }, ref },
      "No topic in 'dev'",
    ],
    [
      { type: "reply", command: "list", data: { room: "dev", users: [], total: 0 }, ref },
      "No users in 'dev'",
    ],
    [
      {
        type: "reply",
        command: "list",
        data: { room: "dev", users: [bob, nobody], total: 5 },
        ref,
      },
      "Users in 'dev': Bob (127.0.0.1:50416, away: lunch), 127.0.0.1:50414, and 3 more",
    ],
    [{ type: "reply", command: "away", data: { user: bob }, ref }, "You are away: lunch"],
    [{ type: "reply", command: "away", data: { user: alice }, ref }, "You are back"],
  );
});

Deno.test("renderAnnouncing() says who comes, goes and has another name, and all else as before", () => {
  const common = { type: "presence", room: "dev", user: alice, users: 2 } as const;
  const pairs: [ChatEvent, string | undefined][] = [
    [{ ...common, event: "join" }, "Notice: Alice joined"],
    [{ ...common, event: "leave", user: nobody }, "Notice: 127.0.0.1:50414 left"],
    [{ ...common, event: "rename", previous: "Al" }, "Notice: Al is now Alice"],
    [
      { ...common, event: "rename", previous: undefined },
      "Notice: 127.0.0.1:50412 is now Alice",
    ],
    [{ type: "back", room: "dev", user: alice, previous: 7 }, undefined],
    [{ type: "people", room: "dev", users: 612 }, undefined],
    [{ type: "away", room: "dev", user: alice }, undefined],
    [{ type: "message", room: "dev", id: 1, from: alice, text: "hi" }, "[Alice]: hi"],
  ];
  for (const [event, line] of pairs) assertEquals(renderAnnouncing(event), line);
});
