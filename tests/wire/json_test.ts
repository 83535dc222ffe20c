import { assertEquals } from "@std/assert";
import type { ChatEvent } from "../../lib/wire/chat_event.ts";
import { disconnectEvent } from "../../lib/wire/events.ts";
import { parseRequest, renderJson } from "../../lib/wire/json.ts";
import { MAX_REF_LENGTH } from "../../lib/wire/protocol.ts";

const alice = { id: 1, name: "Alice", address: "127.0.0.1:50412" };
const nobody = { id: 2, name: undefined, address: "127.0.0.1:50414" };
const jsonNobody = { ...nobody, name: null };
const lobby = { name: "lobby", topic: undefined, users: 3, offset: 7 };
const time = 1_700_000_000_000;

/** Renders with a time and, in answers, the reference `r`; both are checked here. */
function render(event: ChatEvent): unknown {
  const { time: when, ...rest } = JSON.parse(renderJson(event, time));
  assertEquals(when, time);
  return rest;
}

Deno.test("renderJson() gives what was said by whom, as data", () => {
  const text = 'two\nlines, "quotes" and \u{1f600}';
  assertEquals(render({ type: "message", room: "lobby", id: 7, from: alice, text }), {
    type: "message",
    room: "lobby",
    id: 7,
    from: alice,
    text,
  });
  assertEquals(render({ type: "whisper", from: nobody, text }), {
    type: "whisper",
    from: jsonNobody,
    text,
  });
});

Deno.test("renderJson() gives one line, whatever the text is", () => {
  const text = "a\nb\r\u2028\0\ud800";
  const json = renderJson({ type: "message", room: "lobby", id: 7, from: alice, text }, time);
  assertEquals([/[\0\r\n]/.test(json), JSON.parse(json).text], [false, text]);
});

Deno.test("renderJson() tells who comes, goes and has another name", () => {
  for (const event of ["join", "leave"] as const) {
    assertEquals(render({ type: "presence", event, room: "lobby", user: nobody, users: 3 }), {
      type: "presence",
      event,
      room: "lobby",
      user: jsonNobody,
      users: 3,
    });
  }
  for (const previous of [undefined, "Al"]) {
    const common = { type: "presence", room: "lobby", user: alice, users: 3 } as const;
    const event = { ...common, event: "rename" } as const;
    const was = previous ?? null;
    assertEquals(render({ ...event, previous: was }), { ...event, previous: was });
  }
});

Deno.test("renderJson() tells of a crowd, of who is back or away, and of topics", () => {
  const away = { ...alice, away: "lunch" };
  const events: [ChatEvent, Record<string, unknown>][] = [
    [{ type: "back", room: "dev", user: nobody, previous: 7 }, { user: jsonNobody, previous: 7 }],
    [{ type: "people", room: "dev", users: 612 }, { users: 612 }],
    [{ type: "away", room: "dev", user: away }, { user: away }],
    [{ type: "away", room: "dev", user: { ...alice, away: undefined } }, { user: alice }],
    [{ type: "topic", room: "dev", from: nobody, topic: "T" }, { from: jsonNobody, topic: "T" }],
  ];
  for (const [event, data] of events) {
    assertEquals(render(event), { type: event.type, room: "dev", ...data });
  }
});

Deno.test("renderJson() gives acknowledgements and errors the client's reference, or null", () => {
  for (const ref of ["r", undefined]) {
    const expected = ref ?? null;
    const ack = { type: "ack", room: "lobby", id: 7 } as const;
    assertEquals(render({ ...ack, ref }), { ...ack, ref: expected });
    assertEquals(render({ type: "error", code: "name_taken", text: "Taken", ref }), {
      type: "error",
      code: "name_taken",
      text: "Taken",
      ref: expected,
    });
  }
});

Deno.test("renderJson() gives answers as data, and as the line of the text protocol", () => {
  const statistics = {
    totalConnections: 3,
    activeConnections: 2,
    totalMessages: 17,
    totalWhispers: 4,
    droppedMessages: 5,
    uptime: 66,
  };
  const commands = [{ name: "quit", usage: "/quit", summary: "leave" }];
  const ref = "r";
  const replies: [ChatEvent, command: string, text: string, data: unknown][] = [
    [
      { type: "reply", command: "name", data: { user: alice }, ref },
      "name",
      "Username set to 'Alice'",
      { user: alice },
    ],
    [
      { type: "reply", command: "list", data: { room: "lobby", users: [nobody], total: 1 }, ref },
      "list",
      "Users online: 127.0.0.1:50414",
      { room: "lobby", users: [jsonNobody], total: 1 },
    ],
    [
      { type: "reply", command: "whisper", data: { to: alice, text: "hi" }, ref },
      "whisper",
      "[Whisper to Alice]: hi",
      {
        to: alice,
        text: "hi",
      },
    ],
    [
      { type: "reply", command: "stats", data: statistics, ref },
      "stats",
      "Server Statistics: Total connections: 3 | Active connections: 2 | Total messages: 17 | " +
      "Total whispers: 4 | Dropped messages: 5 | Uptime: 66 s",
      statistics,
    ],
    [
      { type: "reply", command: "help", data: { commands }, ref },
      "help",
      "Commands: /quit (leave)",
      { commands },
    ],
  ];
  for (const [event, command, text, data] of replies) {
    assertEquals(render(event), { type: "reply", ref, command, text, data });
  }
});

Deno.test("renderJson() greets with all that a client has to know", () => {
  const limits = {
    maxPayload: 1,
    maxMessage: 7,
    maxName: 2,
    nameRules: "r",
    idleTimeout: 3,
    heartbeat: 4,
    maxRooms: 5,
    history: 6,
  };
  const commands = [{ name: "quit", usage: "/quit", summary: "leave" }];
  const hello = {
    type: "hello",
    you: nobody,
    server: { version: "1.2.3" },
    epoch: "e",
    limits,
    commands,
    room: lobby,
    users: [alice],
    online: 5,
  } as const;
  assertEquals(render(hello), {
    type: "hello",
    you: jsonNobody,
    server: { name: "backchannel", version: "1.2.3" },
    epoch: "e",
    limits,
    commands,
    room: { ...lobby, topic: null },
    users: [alice],
    online: 5,
  });
});

Deno.test("renderJson() gives notices and farewells", () => {
  const ranges = [{ room: "dev", from: 1, to: 3 }];
  assertEquals(render({ type: "dropped", count: 12, missed: ranges }), {
    type: "dropped",
    count: 12,
    missed: ranges,
  });
  const throttled = { type: "throttled", retryAfter: 50 } as const;
  assertEquals(render(throttled), throttled);
  for (const [reason, text] of [["quit", "Goodbye!"], ["idle", "Disconnected due to inactivity"]]) {
    assertEquals(render(disconnectEvent(reason as "quit" | "idle")), { type: "bye", reason, text });
  }
  const { type, text, reconnect } = JSON.parse(
    renderJson(disconnectEvent("shutdown"), time),
  );
  assertEquals([type, text], ["shutdown", "Server is shutting down"]);
  assertEquals([typeof reconnect.after, typeof reconnect.spread], ["number", "number"]);
});

/** Parses a frame, and leaves out members that are `undefined`. */
function parsed(frame: string): unknown {
  return JSON.parse(JSON.stringify(parseRequest(frame)));
}

Deno.test("parseRequest() gives a request of each type with its members and its id", () => {
  const requests = [
    { type: "message", text: "/two\nlines" },
    { type: "message", text: "x", room: "#Dev" },
    { type: "command", text: "/two\nlines" },
    { type: "command", text: "/x", room: "#Dev" },
    { type: "join", room: "#Dev" },
    { type: "join", room: "#Dev", since: { epoch: "e", offset: 7 } },
    { type: "leave", room: "#Dev" },
    { type: "history", before: 7, after: 0, limit: 200, room: "#Dev" },
    { type: "history" },
  ];
  for (const request of requests) {
    assertEquals(parsed(JSON.stringify(request)), request);
    for (const id of ["", "x".repeat(MAX_REF_LENGTH)]) {
      const frame = ` ${JSON.stringify({ ...request, id, more: 1 })}\n`;
      assertEquals(parsed(frame), { ...request, id });
    }
  }
});

Deno.test("parseRequest() takes a slash command as it is typed", () => {
  assertEquals(parsed("/name Alice"), { type: "line", text: "/name Alice" });
});

Deno.test("parseRequest() says what is wrong, with the reference if there is one", () => {
  const id = `id is not a string of up to ${MAX_REF_LENGTH} characters`;
  const wrong: [frame: string, problem: string, ref?: string][] = [
    ["", "not JSON and not a command"],
    ["hello", "not JSON and not a command"],
    ["{", "not JSON and not a command"],
    ["[".repeat(60_000), "not JSON and not a command"],
    ["null", "not an object"],
    ['"text"', "not an object"],
    ["1", "not an object"],
    ["[]", "not an object"],
    ["{}", "type is not 'login', 'message', 'command', 'join', 'leave' or 'history'"],
    [
      '{"type":"whisper","id":"r"}',
      "type is not 'login', 'message', 'command', 'join', 'leave' or 'history'",
      "r",
    ],
    [
      '{"__proto__":{"type":"message","text":"x"}}',
      "type is not 'login', 'message', 'command', 'join', 'leave' or 'history'",
    ],
    ['{"type":"message"}', "text is not a string"],
    ['{"type":"message","text":1,"id":"r"}', "text is not a string", "r"],
    ['{"type":"message","text":"x","room":1}', "room is not a string"],
    ['{"type":"command","id":"r"}', "text is not a string", "r"],
    ['{"type":"command","text":["/x"]}', "text is not a string"],
    ['{"type":"command","text":"/x","room":1,"id":"r"}', "room is not a string", "r"],
    ['{"type":"join","id":"r"}', "room is not a string", "r"],
    ['{"type":"leave","room":[]}', "room is not a string"],
    ['{"type":"join","room":"x","since":1,"id":"r"}', "since is not an epoch and an offset", "r"],
    ['{"type":"join","room":"x","since":null}', "since is not an epoch and an offset"],
    [
      '{"type":"join","room":"x","since":{"epoch":"e","offset":-1}}',
      "since is not an epoch and an offset",
    ],
    ['{"type":"history","before":1.5}', "before is not an offset"],
    ['{"type":"history","after":"1","id":"r"}', "after is not an offset", "r"],
    ['{"type":"history","limit":0}', "limit is not a number from 1 to 200"],
    ['{"type":"history","limit":201}', "limit is not a number from 1 to 200"],
    ['{"type":"history","room":7}', "room is not a string"],
    ['{"type":"message","text":"x","id":1}', id],
    ['{"type":"message","text":"x","id":null}', id],
    [`{"type":"message","text":"x","id":"${"x".repeat(MAX_REF_LENGTH + 1)}"}`, id],
  ];
  for (const [frame, what, ref] of wrong) {
    assertEquals(parseRequest(frame), { type: "malformed", id: ref, problem: what });
  }
});
