import { assertEquals } from "@std/assert";
import type { ChatEvent } from "../../lib/chat/events.ts";
import { renderText } from "../../lib/chat/text.ts";

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
    [{ type: "whispered", to: nobody, text: "hi", ref }, "[Whisper to 127.0.0.1:50414]: hi"],
  );
});

Deno.test("renderText() says on every line of a text whose it is", () => {
  const text = "one\n[Bob]: two\r\n\nfour";
  const lines = (by: string) =>
    [`[${by}]: one`, `[${by}]: [Bob]: two`, `[${by}]: `, `[${by}]: four`].join("\n");
  assertRendered(
    [{ type: "message", room: "lobby", id: 1, from: alice, text }, lines("Alice")],
    [{ type: "whisper", from: alice, text }, lines("Whisper from Alice")],
    [{ type: "whispered", to: alice, text, ref }, lines("Whisper to Alice")],
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
    [{ type: "named", user: alice, ref }, "Username set to 'Alice'"],
    [{ type: "users", room: "lobby", users: [], ref }, "No users online"],
    [
      { type: "users", room: "lobby", users: [alice, nobody], ref },
      "Users online: Alice (127.0.0.1:50412), 127.0.0.1:50414",
    ],
    [
      { type: "statistics", statistics, ref },
      "Server Statistics: Total connections: 3 | Active connections: 2 | Total messages: 17 | " +
      "Total whispers: 4 | Dropped messages: 5 | Uptime: 66 s",
    ],
    [{ type: "help", commands, ref }, "Commands: /a <b> (does a), /c (does c)"],
    [
      { type: "error", code: "usage", text: "Usage: /name <username>", ref },
      "Usage: /name <username>",
    ],
  );
});

Deno.test("renderText() gives notices and farewells", () => {
  assertRendered(
    [
      { type: "dropped", count: 12 },
      "Notice: 12 messages were dropped because this connection is too slow",
    ],
    [{ type: "farewell", reason: "quit" }, "Goodbye!"],
    [{ type: "farewell", reason: "idle" }, "Disconnected due to inactivity"],
    [{ type: "farewell", reason: "shutdown" }, "Server is shutting down"],
  );
});

Deno.test("renderText() has no line for what only programs are told", () => {
  assertRendered(
    [{ type: "ack", room: "lobby", id: 1, ref }, undefined],
    [{ type: "presence", event: "join", room: "lobby", user: alice, users: 1 }, undefined],
  );
});
