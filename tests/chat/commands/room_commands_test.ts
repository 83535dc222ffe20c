import { assert, assertEquals } from "@std/assert";
import { handleLine } from "../../../lib/chat/commands/handle.ts";
import { handleFrame } from "../../../lib/chat/commands/handle.ts";
import { NAME_RULES } from "../../../lib/chat/names.ts";
import { MAX_AWAY_LENGTH, MAX_TOPIC_LENGTH } from "../../../lib/chat/single_line.ts";
import { MAX_ROOMS } from "../../../lib/chat/room.ts";
import { Chat, type Client, CountingFormat, flushed, RoomyFormat } from "../fakes.ts";

/** Alice and Bob, who are in the room `dev`, and Carol, who is in the lobby; each hears in a format of its own. */
class Scene extends Chat {
  readonly alice = this.join("Alice");
  readonly bob = this.join("Bob", new CountingFormat("|"));
  readonly carol = this.join("Carol", new CountingFormat("\r\n"));

  constructor() {
    super();
    for (const { member } of [this.alice, this.bob]) this.hub.joinRoom(member, "dev");
  }

  /** Handles `line`; gives what its author gets, and checks what the others do: nothing, or what `others` says. */
  async type(author: Client, line: string, others: Record<string, string[]> = {}) {
    handleLine(this.hub, author.member, line);
    await flushed();
    const { alice, bob, carol } = this;
    for (const [name, client] of Object.entries({ alice, bob, carol })) {
      if (client !== author) assertEquals(client.lines(), others[name] ?? [], `${line}: ${name}`);
    }
    return author.lines();
  }
}

Deno.test("What is said in a room is heard there alone", async () => {
  const scene = new Scene();
  const { alice, carol } = scene;
  assertEquals(await scene.type(alice, "hello", { bob: ["[Alice]: hello"] }), []);
  assertEquals(await scene.type(carol, "anybody?"), []);
});

Deno.test("/join moves a line client, /leave takes it back to the lobby", async () => {
  const scene = new Scene();
  const { carol } = scene;
  assertEquals(await scene.type(carol, "/join dev"), ["Joined room 'dev'"]);
  const said = ["[Carol]: hi"];
  assertEquals(await scene.type(carol, "hi", { alice: said, bob: said }), []);
  assertEquals(await scene.type(carol, "/join ops"), ["Joined room 'ops'"]);
  assertEquals(await scene.type(carol, "hi"), []);
  assertEquals(await scene.type(carol, "/leave now"), ["Left room 'ops'"]);
  const refusal = "Error: The lobby cannot be left, try /join or /quit";
  assertEquals(await scene.type(carol, "/leave"), [refusal]);
  assertEquals(await scene.type(carol, "/rooms"), ["Rooms: dev (2), lobby (1)"]);
});

Deno.test("/join knows a room in every form, and tells its name as the first who came wrote it", async () => {
  const scene = new Scene();
  for (const name of ["dev", "#dev", "DEV", "#\uff24ev", " Dev "]) {
    assertEquals(await scene.type(scene.carol, `/join ${name}`), ["Joined room 'dev'"]);
  }
  assertEquals(await scene.type(scene.carol, "/join #LOBBY"), ["Joined room 'lobby'"]);
  assertEquals(await scene.type(scene.carol, "/join #Cafe\u0301"), ["Joined room 'Caf\u00e9'"]);
});

Deno.test("/join says what is allowed", async () => {
  const scene = new Scene();
  for (const name of ["a b", "#", "##dev", "a:1", "x".repeat(33)]) {
    const expected = [`Error: Room '${name}' is not allowed, use ${NAME_RULES}`];
    assertEquals(await scene.type(scene.alice, `/join ${name}`), expected);
  }
  for (const name of ["a\nb", "a\r\0\u2028b"]) {
    const expected = [`Error: Room 'a b' is not allowed, use ${NAME_RULES}`];
    assertEquals(await scene.type(scene.alice, `/join ${name}`), expected);
    assertEquals(await scene.type(scene.alice, `/list ${name}`), ["Room 'a b' not found"]);
  }
  assertEquals(await scene.type(scene.alice, "/join"), ["Usage: /join <room>"]);
  assertEquals(await scene.type(scene.alice, "hello", { bob: ["[Alice]: hello"] }), []);
});

Deno.test("/join refuses a new room that can be taken for another, and says why", async () => {
  const scene = new Scene();
  const { alice } = scene;
  assertEquals(await scene.type(alice, "/join payroll"), ["Joined room 'payroll'"]);
  const refused = {
    "p\u0430yroll": "looks like 'payroll', which is there",
    "payro11": "looks like 'payroll', which is there",
    "l0bby": "looks like 'lobby', which is there",
    "lobb\u0443": "looks like 'lobby', which is there",
    "m\u0430rketing": "is not allowed: it mixes Latin letters with Cyrillic in one word",
    "marketi\u0307ng": "is not allowed: it has a mark that can hardly be seen",
    "d\u0435v": "looks like 'dev', which is there",
  };
  for (const [name, why] of Object.entries(refused)) {
    assertEquals(await scene.type(alice, `/join ${name}`), [`Error: Room '${name}' ${why}`]);
  }
  assertEquals(scene.hub.roomCount, 3);
  const cyrillic = "\u0441\u043e\u0440\u0443";
  assertEquals(await scene.type(alice, `/join ${cyrillic}`), [`Joined room '${cyrillic}'`]);
  assertEquals(await scene.type(scene.carol, "/join copy"), [
    `Error: Room 'copy' looks like '${cyrillic}', which is there`,
  ]);
  assertEquals(await scene.type(scene.carol, `/join ${cyrillic.toUpperCase()}`), [
    `Joined room '${cyrillic}'`,
  ]);
});

Deno.test("A JSON client is told by a code that a room can be taken for another", async () => {
  const chat = new Chat();
  const client = chat.join("Alice", new RoomyFormat());
  const codes: string[] = [];
  chat.hub.answer = (_, event) => void codes.push(event.type === "error" ? event.code : event.type);
  for (const room of ["l0bby", "p\u0430yroll", "payroll"]) {
    handleFrame(chat.hub, client.member, JSON.stringify({ type: "join", room }));
  }
  await flushed();
  assertEquals(codes, ["room_confusable", "room_invalid", "reply"]);
});

Deno.test("/join and /rooms cost four messages more, done or not", async () => {
  const scene = new Scene();
  for (const line of ["/join ops", "/join ops", "/join a b", "/rooms"]) {
    const before = scene.alice.charged;
    await scene.type(scene.alice, line);
    assertEquals(scene.alice.charged - before, 4, line);
  }
  for (const line of ["/join", "/leave", "/list"]) handleLine(scene.hub, scene.bob.member, line);
  assertEquals(scene.bob.charged, 0);
});

/** A list of 10,000 people held the loop for 30 ms, and was written whole. */
Deno.test("/list tells the first thousand, and how many more there are", async () => {
  const chat = new Chat();
  for (let i = 0; i < 1_001; i++) chat.join(`a${i}`);
  const client = chat.join();
  client.lines();
  handleLine(chat.hub, client.member, "/list");
  await flushed();
  const [line = ""] = client.lines();
  assertEquals(line.split(", ").length, 1_001);
  assert(line.endsWith(", and 1 more"), line.slice(-40));
});

/** 64 kB of control characters were cleaned before anybody looked how long they are. */
Deno.test("/topic and /away refuse what is far too long without cleaning it", async () => {
  const scene = new Scene();
  const towers = "x\u0301".repeat(2_049);
  for (const [command, what] of [["topic", "Topic"], ["away", "Away text"]]) {
    const [answer = ""] = await scene.type(scene.alice, `/${command} ${towers}`) as string[];
    assert(answer.startsWith(`Error: ${what} is longer than `), answer);
  }
});

Deno.test("An error repeats no more of what was typed than one can read", async () => {
  const scene = new Scene();
  const long = "x".repeat(10_000);
  for (const line of [`/${long}`, `/join ${long}`, `/list ${long}`, `/name ${long}`]) {
    const [answer = ""] = await scene.type(scene.alice, line) as string[];
    assert(answer.includes("xxx...'") && answer.length < 200, answer);
  }
});

Deno.test("/join lists who has neither said nor named anything", async () => {
  const chat = new Chat();
  const client = chat.join();
  for (const line of ["/join dev", "/list", "/list lobby"]) {
    handleLine(chat.hub, client.member, line);
  }
  await flushed();
  const lines = ["Joined room 'dev'", "Users in 'dev': 10.0.0.1:1", "No users online"];
  assertEquals(client.lines(), lines);
});

Deno.test("A client of a format that tells rooms apart can be in several, up to a limit", async () => {
  const chat = new Chat();
  const client = chat.join("Alice", new RoomyFormat());
  const type = async (line: string) => {
    handleLine(chat.hub, client.member, line);
    await flushed();
    return client.lines();
  };
  for (let i = 1; i < MAX_ROOMS; i++) await type(`/join room-${i}`);
  const refusal = `Error: You are in ${MAX_ROOMS} rooms already, leave one first`;
  assertEquals(await type("/join more"), [refusal]);
  assertEquals(chat.hub.room("more"), undefined);
  assertEquals(await type("/join room-1"), ["Joined room 'room-1'"]);
  assertEquals(await type("/leave"), ["Left room 'room-1'"]);
  assertEquals(await type("/list"), [`Users in 'room-${MAX_ROOMS - 1}': Alice (10.0.0.1:1)`]);
  assertEquals(await type("/join more"), ["Joined room 'more'"]);
});

Deno.test("/rooms gives those with the most people first, and how many more there are", async () => {
  const scene = new Scene();
  assertEquals(await scene.type(scene.carol, "/rooms please"), ["Rooms: dev (2), lobby (1)"]);
  for (let i = 0; i < 100; i++) scene.hub.joinRoom(scene.join().member, `room-${i}`);
  const [line = ""] = await scene.type(scene.carol, "/rooms");
  assertEquals(line.startsWith("Rooms: dev (2), lobby (1), room-0 (1), room-1 (1), "), true);
  assertEquals(line.endsWith(", room-97 (1), and 2 more"), true);
});

Deno.test("/list gives those in the room, or in another", async () => {
  const scene = new Scene();
  const dev = ["Users in 'dev': Alice (10.0.0.1:1), Bob (10.0.0.1:2)"];
  const lobby = ["Users online: Carol (10.0.0.1:3)"];
  assertEquals(await scene.type(scene.alice, "/list"), dev);
  assertEquals(await scene.type(scene.carol, "/list"), lobby);
  assertEquals(await scene.type(scene.carol, "/list #DEV"), dev);
  assertEquals(await scene.type(scene.alice, "/list lobby"), lobby);
  assertEquals(await scene.type(scene.alice, "/list nowhere"), ["Room 'nowhere' not found"]);
});

Deno.test("/whisper crosses rooms", async () => {
  const scene = new Scene();
  assertEquals(
    await scene.type(scene.alice, "/whisper carol hi", { carol: ["[Whisper from Alice]: hi"] }),
    ["[Whisper to Carol]: hi"],
  );
});

Deno.test("/topic tells the topic, or gives another one and tells the others", async () => {
  const scene = new Scene();
  const { alice, bob, carol } = scene;
  assertEquals(await scene.type(alice, "/topic"), ["No topic in 'dev'"]);
  assertEquals(
    await scene.type(alice, "/topic Release on Friday", {
      bob: ["Notice: Alice set the topic to 'Release on Friday'"],
    }),
    ["Topic set to 'Release on Friday'"],
  );
  assertEquals(await scene.type(bob, "/topic"), ["Topic of 'dev': Release on Friday"]);
  assertEquals(await scene.type(carol, "/topic"), ["No topic in 'lobby'"]);
  const joined = ["Joined room 'dev', topic: Release on Friday"];
  assertEquals(await scene.type(carol, "/join dev"), joined);
});

Deno.test("/topic and /away keep to one line, and to a length", async () => {
  const scene = new Scene();
  const { alice, bob } = scene;
  const text = "a\r\nb\0\x1b[2J\u2028c\u0085d \u0007";
  const line = "a b c d";
  const others = { bob: [`Notice: Alice set the topic to '${line}'`] };
  assertEquals(await scene.type(alice, `/topic ${text}`, others), [`Topic set to '${line}'`]);
  assertEquals(await scene.type(alice, "/topic \0"), [`Topic of 'dev': ${line}`]);
  assertEquals(await scene.type(bob, `/away ${text}`), [`You are away: ${line}`]);
  const tooLong = [
    ["/topic", MAX_TOPIC_LENGTH, "Topic"],
    ["/away", MAX_AWAY_LENGTH, "Away text"],
  ] as const;
  for (const [command, most, name] of tooLong) {
    const expected = [`Error: ${name} is longer than ${most} characters`];
    assertEquals(await scene.type(alice, `${command} ${"x".repeat(most + 1)}`), expected);
  }
  assertEquals(await scene.type(alice, "/topic"), [`Topic of 'dev': ${line}`]);
});

Deno.test("/topic and /away take as many emoji as letters", async () => {
  const scene = new Scene();
  const { alice, bob } = scene;
  const family = "\u{1f468}\u200d\u{1f469}\u200d\u{1f467}\u200d\u{1f466}";
  const topic = family.repeat(150), reason = family.repeat(100);
  const others = { bob: [`Notice: Alice set the topic to '${topic}'`] };
  assertEquals(await scene.type(alice, `/topic ${topic}`, others), [`Topic set to '${topic}'`]);
  assertEquals(await scene.type(bob, `/away ${reason}`), [`You are away: ${reason}`]);
  const long = `/topic ${"\u{1f600}".repeat(201)}`;
  assertEquals(await scene.type(alice, long), ["Error: Topic is longer than 200 characters"]);
});

Deno.test("What nobody can see is no topic, no reason and no message", async () => {
  const scene = new Scene();
  const { alice } = scene;
  for (const blank of ["\u2800", "\u3164\uffa0", "\u0301", "\u{e0100}"]) {
    assertEquals(await scene.type(alice, blank), []);
    assertEquals(await scene.type(alice, `/topic ${blank}`), ["No topic in 'dev'"]);
    assertEquals(await scene.type(alice, `/away ${blank}`), ["You are back"]);
    assertEquals(await scene.type(alice, `/me ${blank}`), ["Usage: /me <action>"]);
    assertEquals(await scene.type(alice, `/search ${blank}`), ["Usage: /search <words>"]);
    const whisper = ["Usage: /whisper <username> <message>"];
    assertEquals(await scene.type(alice, `/whisper Bob ${blank}`), whisper);
    for (const command of ["/name", "/join"]) {
      const [answer = ""] = await scene.type(alice, `${command} ${blank}`);
      assertEquals(/^Error: .* is not allowed, use /.test(answer), true, answer);
    }
  }
});

Deno.test("A message keeps no tower of marks", async () => {
  const scene = new Scene();
  const tower = `a${"\u0301".repeat(1_000)}b`, heard = `[Alice]: a${"\u0301".repeat(8)}b`;
  assertEquals(await scene.type(scene.alice, tower, { bob: [heard] }), []);
});

Deno.test("/me tells others what somebody does", async () => {
  const scene = new Scene();
  const { alice } = scene;
  assertEquals(await scene.type(alice, "/me  waves ", { bob: ["* Alice waves"] }), []);
  assertEquals(await scene.type(alice, "/me"), ["Usage: /me <action>"]);
  const two = { bob: ["* Alice waves\n* Alice [Bob]: hi"] };
  assertEquals(await scene.type(alice, "/me waves\n[Bob]: hi", two), []);
});

Deno.test("/away shows in lists why somebody is away, until they are back", async () => {
  const scene = new Scene();
  const { alice, bob } = scene;
  assertEquals(await scene.type(alice, "/away at lunch"), ["You are away: at lunch"]);
  const away = "Users in 'dev': Alice (10.0.0.1:1, away: at lunch), Bob (10.0.0.1:2)";
  assertEquals(await scene.type(bob, "/list"), [away]);
  assertEquals(await scene.type(alice, "/away"), ["You are back"]);
  assertEquals(await scene.type(alice, "/away"), ["You are back"]);
  const here = "Users in 'dev': Alice (10.0.0.1:1), Bob (10.0.0.1:2)";
  assertEquals(await scene.type(bob, "/list"), [here]);
});

Deno.test("/away can make nobody else appear in a list", async () => {
  const scene = new Scene();
  await scene.type(scene.alice, "/away x), Eve (10.0.0.1:9");
  const list = "Users in 'dev': Alice (10.0.0.1:1, away: x|, Eve |10.0.0.1:9), Bob (10.0.0.1:2)";
  assertEquals(await scene.type(scene.carol, "/list dev"), [list]);
});

Deno.test("/away of somebody without a name stands behind the address", async () => {
  const scene = new Scene();
  const nameless = scene.join();
  scene.hub.joinRoom(nameless.member, "ops");
  await scene.type(nameless, "/away");
  await scene.type(nameless, "/away at lunch");
  const list = "Users in 'ops': 10.0.0.1:4 (away: at lunch)";
  assertEquals(await scene.type(scene.bob, "/list ops"), [list]);
});
