import { assert, assertEquals } from "@std/assert";
import type { ServerEvent } from "../../../lib/wire/protocol.ts";
import { handleFrame } from "../../../lib/chat/commands/handle.ts";
import { MAX_ROOMS } from "../../../lib/chat/room.ts";
import { Chat, type Client, flushed, JsonFormat } from "../fakes.ts";

/** Alice and Bob, who are programs, and Carol, who is a line client; all in the lobby. */
class Scene extends Chat {
  readonly json = new JsonFormat();
  readonly alice = this.join("Alice", this.json);
  readonly bob = this.join("Bob", this.json);
  readonly carol = this.join("Carol");

  /** Handles frames; gives what their author gets. */
  async send(client: Client, ...frames: (string | object)[]): Promise<unknown[]> {
    for (const frame of frames) {
      const text = typeof frame === "string" ? frame : JSON.stringify(frame);
      handleFrame(this.hub, client.member, text);
    }
    await flushed();
    return this.events(client);
  }

  /** What a client got since this was asked last, without the time. */
  events(client: Client): unknown[] {
    return client.lines().map((line) => {
      const { time, ...event }: ServerEvent = JSON.parse(line);
      assertEquals(time, 1);
      return event;
    });
  }

  user(client: Client) {
    const { id, name, address } = client.member;
    return { id, name: name ?? null, address };
  }

  /** Nothing of what was before. */
  async clear(): Promise<void> {
    await flushed();
    for (const client of [this.alice, this.bob, this.carol]) client.lines();
  }
}

Deno.test("handleFrame() takes a program to rooms and says in each what is meant for it", async () => {
  const scene = new Scene();
  const { alice, bob, carol } = scene;
  await scene.clear();
  assertEquals(await scene.send(alice, { type: "join", room: "#dev", id: "r" }), [{
    type: "reply",
    ref: "r",
    text: "Joined room 'dev'",
    command: "join",
    data: {
      room: { name: "dev", topic: null, users: 1, offset: 0 },
      users: [scene.user(alice)],
      epoch: scene.hub.epoch,
    },
  }]);
  await scene.send(bob, "/join dev");
  assertEquals(scene.events(alice), [
    { type: "presence", room: "dev", event: "join", user: scene.user(bob), users: 2 },
  ]);
  const acks = await scene.send(
    alice,
    { type: "message", text: "1" },
    { type: "message", text: "2", room: "LOBBY", id: "r" },
    { type: "command", text: "/me waves", room: "dev" },
  );
  assertEquals(acks, [
    { type: "ack", ref: null, room: "dev", id: 1 },
    { type: "ack", ref: "r", room: "lobby", id: 1 },
    { type: "ack", ref: null, room: "dev", id: 2 },
  ]);
  const from = scene.user(alice);
  assertEquals(scene.events(bob), [
    { type: "message", room: "dev", id: 1, from, text: "1" },
    { type: "message", room: "lobby", id: 1, from, text: "2" },
    { type: "message", room: "dev", id: 2, from, text: "waves", action: true },
  ]);
  assertEquals(carol.lines(), ["[Alice]: 2"]);
});

Deno.test("handleFrame() takes a program out of rooms, and from the last one to the lobby", async () => {
  const scene = new Scene();
  const { alice, bob } = scene;
  await scene.send(alice, { type: "join", room: "dev" });
  await scene.clear();
  const left = (name: string, room: object) => ({
    type: "reply",
    ref: null,
    text: `Left room '${name}'`,
    command: "leave",
    data: { left: name, room },
  });
  const lobby = { name: "lobby", topic: null, users: 2, offset: 0 };
  const dev = { name: "dev", topic: null, users: 1, offset: 0 };
  assertEquals(await scene.send(alice, { type: "leave", room: "lobby" }), [left("lobby", dev)]);
  assertEquals(scene.events(bob), [
    { type: "presence", room: "lobby", event: "leave", user: scene.user(alice), users: 2 },
  ]);
  assertEquals(await scene.send(alice, { type: "leave", room: "dev" }), [
    left("dev", { ...lobby, users: 3 }),
  ]);
  assertEquals(scene.hub.room("dev"), undefined);
});

Deno.test("handleFrame() refuses what cannot be done in rooms, and changes nothing", async () => {
  const scene = new Scene();
  const { alice } = scene;
  for (let i = 1; i < MAX_ROOMS; i++) await scene.send(alice, `/join room-${i}`);
  await scene.clear();
  const refusals: [frame: object, code: string, text: string][] = [
    [{ type: "join", room: "a b" }, "room_invalid", "Error: Room 'a b' is not allowed, use "],
    [{ type: "join", room: "" }, "room_invalid", "Error: Room '' is not allowed, use "],
    [{ type: "join", room: "more" }, "too_many_rooms", `Error: You are in ${MAX_ROOMS} rooms`],
    [{ type: "leave", room: "more" }, "not_in_room", "Error: You are not in room 'more'"],
    [{ type: "message", text: "x", room: "a\nb" }, "not_in_room", "Error: You are not in room 'a"],
    [{ type: "join" }, "malformed", "Error: Cannot read this message: room is not a string"],
    [{ type: "leave", room: 1 }, "malformed", "Error: Cannot read this message: room is not a"],
    [{ type: "message", text: "x", room: null }, "malformed", "Error: Cannot read this message"],
    [{ type: "command", text: "/list no" }, "room_not_found", "Room 'no' not found"],
  ];
  for (const [frame, code, text] of refusals) {
    const [answer, ...more] = await scene.send(alice, { ...frame, id: "r" }) as {
      type: string;
      ref: string;
      code: string;
      text: string;
    }[];
    assert(answer !== undefined && more.length === 0, JSON.stringify(frame));
    assertEquals([answer.type, answer.ref, answer.code], ["error", "r", code]);
    assert(answer.text.startsWith(text), answer.text);
  }
  assertEquals(alice.member.memberships.length, MAX_ROOMS);
  const lobbyist = scene.join("Dave", scene.json);
  await flushed();
  lobbyist.lines();
  const [refusal] = await scene.send(lobbyist, { type: "leave", room: "lobby" });
  assertEquals(refusal, {
    type: "error",
    ref: null,
    code: "cannot_leave",
    text: "Error: The lobby cannot be left, try /join or /quit",
  });
});

/** There were two codes for it, `malformed` for some line breaks and `too_long` for the others. */
Deno.test("handleFrame() says 200 lines, and no more of whatever kind", async () => {
  const scene = new Scene();
  const { alice } = scene;
  await scene.clear();
  for (const end of ["\n", "\r\n", "\u2028"]) {
    const text = `${`a${end}`.repeat(199)}a`;
    const [ack] = await scene.send(alice, { type: "message", text }) as { type: string }[];
    assertEquals(ack?.type, "ack");
    const longer = [
      { type: "message", text: text + end },
      { type: "command", text: `/me ${text}${end}a` },
    ];
    for (const request of longer) {
      assertEquals(await scene.send(alice, { ...request, id: "r" }), [{
        type: "error",
        ref: "r",
        code: "too_long",
        text: "Error: Message has more than 200 lines",
      }]);
    }
  }
});

Deno.test("handleFrame() answers commands with data", async () => {
  const scene = new Scene();
  const { alice, bob } = scene;
  await scene.send(alice, "/join dev");
  await scene.clear();
  const reply = (command: string, text: string, data: unknown) => ({
    type: "reply",
    ref: null,
    text,
    command,
    data,
  });
  const rooms = [
    { name: "lobby", topic: null, users: 3, offset: 0 },
    { name: "dev", topic: "T", users: 1, offset: 0 },
  ];
  const away = { ...scene.user(alice), away: "lunch" };
  assertEquals(
    await scene.send(alice, "/topic", "/topic T", "/rooms", "/list", "/away lunch", "/list"),
    [
      reply("topic", "No topic in 'dev'", { room: "dev", topic: null }),
      reply("topic", "Topic set to 'T'", { room: "dev", topic: "T" }),
      reply("rooms", "Rooms: lobby (3), dev (1)", { rooms, total: 2 }),
      reply("list", `Users in 'dev': Alice (${alice.member.address})`, {
        room: "dev",
        users: [scene.user(alice)],
        total: 1,
      }),
      reply("away", "You are away: lunch", { user: away }),
      reply("list", `Users in 'dev': Alice (${alice.member.address}, away: lunch)`, {
        room: "dev",
        users: [away],
        total: 1,
      }),
    ],
  );
  assertEquals(scene.events(bob), [{ type: "away", room: "lobby", user: away }]);
});

Deno.test("handleFrame() tells others of a topic", async () => {
  const scene = new Scene();
  const { alice, bob, carol } = scene;
  await scene.clear();
  await scene.send(alice, "/topic two\nlines");
  const topic = "two lines";
  assertEquals(scene.events(bob), [
    { type: "topic", room: "lobby", from: scene.user(alice), topic },
  ]);
  assertEquals(carol.lines(), [`Notice: Alice set the topic to '${topic}'`]);
});

Deno.test("handleFrame() gives a room that was forgotten and is there again new numbers", async () => {
  const scene = new Scene();
  const { alice } = scene;
  const say = { type: "message", text: "x" };
  await scene.send(alice, "/join dev", say, say, "/leave", say, "/join dev");
  const [ack] = await scene.send(alice, say);
  assertEquals(ack, { type: "ack", ref: null, room: "dev", id: 4 });
});

Deno.test("handleFrame() says what it cannot read", async () => {
  const scene = new Scene();
  await scene.clear();
  const [error] = await scene.send(scene.alice, "{");
  assertEquals(error, {
    type: "error",
    ref: null,
    code: "malformed",
    text: "Error: Cannot read this message: not JSON and not a command",
  });
});

Deno.test("handleFrame() says a message literally, whatever command it looks like", async () => {
  const scene = new Scene();
  const { alice, bob, carol } = scene;
  await scene.clear();
  const texts = ["/quit", "//quit", "/name Eve", " /me x", "/oper 0123456789abcdef", "/", "/a\n/b"];
  for (const [i, text] of texts.entries()) {
    assertEquals(await scene.send(alice, { type: "message", text, id: `r${i}` }), [
      { type: "ack", ref: `r${i}`, room: "lobby", id: i + 1 },
    ]);
    assertEquals(scene.events(bob), [
      { type: "message", room: "lobby", id: i + 1, from: scene.user(alice), text },
    ]);
    assertEquals(carol.lines(), text.split("\n").map((line) => `[Alice]: ${line}`));
  }
  assertEquals(alice.farewells, []);
  assertEquals(alice.member.name, "Alice");
});

Deno.test("handleFrame() runs a command in the room that is meant, and answers with its id", async () => {
  const scene = new Scene();
  const { alice, bob } = scene;
  await scene.send(alice, { type: "join", room: "dev" });
  await scene.clear();
  const [topic] = await scene.send(alice, {
    type: "command",
    text: "/topic Tea",
    room: "lobby",
    id: "r",
  }) as { type: string; ref: string; data: unknown }[];
  assertEquals([topic?.type, topic?.ref, topic?.data], [
    "reply",
    "r",
    { room: "lobby", topic: "Tea" },
  ]);
  await scene.clear();
  const wave = { type: "command", text: " /me waves\nand sits\n", room: "lobby", id: "s" };
  assertEquals(await scene.send(alice, wave, wave), [
    { type: "ack", ref: "s", room: "lobby", id: 1 },
    { type: "ack", ref: "s", room: "lobby", id: 1 },
  ]);
  assertEquals(scene.events(bob), [{
    type: "message",
    room: "lobby",
    id: 1,
    from: scene.user(alice),
    text: "waves\nand sits",
    action: true,
  }]);
  const whisper = { type: "command", text: "/whisper Bob one\n/quit", id: "t" };
  const [reply] = await scene.send(alice, whisper) as { command: string; ref: string }[];
  assertEquals([reply?.command, reply?.ref], ["whisper", "t"]);
  assertEquals(scene.events(bob), [
    { type: "whisper", from: scene.user(alice), text: "one\n/quit" },
  ]);
});

Deno.test("handleFrame() refuses a command that is none, and tells nobody", async () => {
  const scene = new Scene();
  const { alice, bob, carol } = scene;
  await scene.clear();
  const none = "Error: A command begins with one '/'";
  const refusals: [text: string, code: string, answer: string][] = [
    ["hello", "malformed", none],
    ["", "malformed", none],
    ["oper secret", "malformed", none],
    ["//quit", "malformed", none],
    ["hello\n/quit", "malformed", "Error: Not said, because a line of it begins with a command"],
    ["/nonsense", "unknown_command", "Error: Unknown command '/nonsense', try /help"],
    ["/", "unknown_command", "Error: Unknown command '/', try /help"],
    ["/name", "usage", "Usage: /name <username>"],
    ...["\n", "\r", "\r\n", "\u2028"].map((end): [string, string, string] => [
      `/list${end}/quit`,
      "malformed",
      "Error: /list is not one line",
    ]),
    ["/topic two\nlines", "malformed", "Error: /topic is not one line"],
    ["/nonsense\n/quit", "malformed", "Error: /nonsense is not one line"],
  ];
  for (const [command, code, text] of refusals) {
    assertEquals(
      await scene.send(alice, { type: "command", text: command, id: "r" }),
      [{ type: "error", ref: "r", code, text }],
      command,
    );
  }
  assertEquals(alice.farewells, []);
  assertEquals([scene.events(bob), carol.lines()], [[], []]);
});
