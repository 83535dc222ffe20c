/**
 * The history in the chat: /history, /search, pages, resuming after a reconnect, and repeated messages.
 */
import { assert, assertEquals } from "@std/assert";
import { MAX_ANSWER_BYTES } from "../../lib/chat/answer_size.ts";
import type { PageQuery } from "../../lib/chat/history.ts";
import type { MessageEvent, ReplyEvent, ServerEvent } from "../../lib/wire/protocol.ts";
import { handleFrame, handleLine } from "../../lib/chat/commands/handle.ts";
import { Chat, type Client, CountingFormat, flushed, JsonFormat } from "./fakes.ts";
import { PlainHistory } from "./plain_history.ts";

/** A chat with a history, in which Alice is a JSON client and Carol a line client. */
class Scene extends Chat {
  readonly history: PlainHistory;
  readonly json = new JsonFormat();
  readonly alice: Client;
  readonly carol: Client;

  constructor(history = new PlainHistory()) {
    super({ history });
    this.history = history;
    this.alice = this.join("Alice", this.json);
    this.carol = this.join("Carol");
  }

  /** Handles lines, and returns the author's answers. */
  async type(client: Client, ...lines: string[]): Promise<string[]> {
    for (const line of lines) handleLine(this.hub, client.member, line);
    await flushed();
    return client.lines();
  }

  /** Handles frames, and returns the author's answers. */
  async send(client: Client, ...frames: object[]): Promise<ServerEvent[]> {
    for (const frame of frames) handleFrame(this.hub, client.member, JSON.stringify(frame));
    await flushed();
    return this.events(client);
  }

  events(client: Client): ServerEvent[] {
    return client.lines().map((line) => JSON.parse(line));
  }

  /** Reads a page. */
  async page(client: Client, query: object = {}) {
    const reply = await this.#ask(client, { type: "history", ...query });
    if (reply.command !== "history") throw new Error(`The reply is to ${reply.command}`);
    return reply.data;
  }

  /** Joins a room, perhaps again. */
  async enter(client: Client, room: string, since?: object) {
    const reply = await this.#ask(client, { type: "join", room, since });
    if (reply.command !== "join") throw new Error(`The reply is to ${reply.command}`);
    return reply.data;
  }

  async #ask(client: Client, frame: object): Promise<ReplyEvent> {
    const [reply, ...more] = (await this.send(client, frame))
      .filter((event) => event.type === "reply");
    if (reply === undefined || more.length > 0) throw new Error("There is not one reply");
    return reply;
  }
}

const ids = (messages: readonly MessageEvent[]) => messages.map(({ id }) => id);
const UUID = "0190b0a2-7c5e-7f60-8a1e-6c0d9b3e2f11";
const CUT = /^(#\d+) \d{4}-\d\d-\d\d \d\d:\d\d:\d\d /;

Deno.test("/history shows the last lines with their numbers and times", async () => {
  const chat = new Scene();
  assertEquals(await chat.type(chat.carol, "/history"), ["No history in 'lobby'"]);
  await chat.type(chat.carol, "one", "/me waves", "three");
  const lines = await chat.type(chat.carol, "/history 2");
  assertEquals(lines.map((line) => line.replace(CUT, "$1 ")), [
    "#2 * Carol waves",
    "#3 [Carol]: three",
  ]);
  const [first] = await chat.type(chat.carol, "/history 3");
  const time = Date.parse(`${first!.slice(3, 22).replace(" ", "T")}Z`);
  assertEquals(Math.abs(Date.now() - time) < 60_000, true, first);
  for (const wrong of ["0", "101", "x", "-1", "1.5", "1e1"]) {
    assertEquals(await chat.type(chat.carol, `/history ${wrong}`), ["Usage: /history [n]"]);
  }
});

Deno.test("/history puts author and number on each line of a text", async () => {
  const scene = new Scene();
  await scene.send(scene.alice, { type: "message", text: "one\n[Eve]: two" });
  scene.carol.lines();
  const lines = await scene.type(scene.carol, "/history");
  assertEquals(lines.map((line) => line.replace(CUT, "$1 ")), [
    "#1 [Alice]: one",
    "#1 [Alice]: [Eve]: two",
  ]);
});

Deno.test("/search finds messages of the room, oldest first", async () => {
  const scene = new Scene();
  const { carol } = scene;
  await scene.type(carol, "red apple", "green pear", "green apple", "/join dev", "apple pie");
  assertEquals(await scene.type(carol, "/search"), ["Usage: /search <words>"]);
  assertEquals(await scene.type(carol, "/search nothing  here"), [
    "Nothing found for 'nothing  here' in 'dev'",
  ]);
  await scene.type(carol, "/leave");
  const lines = await scene.type(carol, "/search apple");
  assertEquals(lines.map((line) => line.replace(CUT, "$1 ")), [
    "#1 [Carol]: red apple",
    "#3 [Carol]: green apple",
  ]);
});

Deno.test("Without a history, requests for it are refused, and no resuming client has certainly missed nothing", async () => {
  const chat = new Chat();
  const json = new JsonFormat();
  const alice = chat.join("Alice", json);
  const send = async (frame: object) => {
    handleFrame(chat.hub, alice.member, JSON.stringify(frame));
    await flushed();
    return alice.lines().map((line) => JSON.parse(line));
  };
  for (const text of ["/history", "/search x"]) {
    const [error] = await send({ type: "command", text });
    assertEquals([error.code, error.text], ["no_history", "Error: This server keeps no history"]);
  }
  const missed = async (since: object) =>
    (await send({ type: "join", room: "lobby", since }))[0].data.missed;
  const { epoch } = chat.hub;
  const nothing = { messages: [], more: false };
  assertEquals(await missed({ epoch, offset: 0 }), { recovered: true, ...nothing });
  assertEquals(await missed({ epoch, offset: 1 }), { recovered: false, ...nothing });
  assertEquals(await missed({ epoch: "e", offset: 0 }), { recovered: false, ...nothing });
});

Deno.test("A JSON client reads pages in both directions", async () => {
  const scene = new Scene(new PlainHistory("first", 10));
  const { alice, carol } = scene;
  await scene.type(carol, ...Array.from({ length: 15 }, (_, i) => `text ${i + 1}`));
  scene.events(alice);
  const page = async (query: object) => {
    const data = await scene.page(alice, query);
    assertEquals([data.room, data.epoch], ["lobby", "first"]);
    return [ids(data.messages), data.complete, data.more];
  };
  assertEquals(await page({ limit: 3 }), [[13, 14, 15], true, true]);
  assertEquals(await page({ limit: 9, before: 13 }), [[6, 7, 8, 9, 10, 11, 12], true, false]);
  assertEquals(await page({ limit: 3, after: 5 }), [[6, 7, 8], true, true]);
  assertEquals(await page({ after: 4, limit: 1, room: "lobby" }), [[6], false, true]);
  assertEquals(await page({ after: 15 }), [[], true, false]);
  const { messages } = await scene.page(alice, { limit: 1 });
  const { id, name, address } = carol.member;
  const [{ time, ...message } = { time: 0 }] = messages;
  assertEquals(typeof time, "number");
  assertEquals(message, {
    type: "message",
    room: "lobby",
    id: 15,
    from: { id, name, address },
    text: "text 15",
  });
  const [error] = await scene.send(alice, { type: "history", room: "dev", id: "r" });
  assertEquals(error?.type === "error" && [error.code, error.ref], ["not_in_room", "r"]);
});

Deno.test("A JSON client that resumes gets the messages that it missed once, and then new ones", async () => {
  const scene = new Scene();
  const { carol, history } = scene;
  await scene.type(carol, "1", "2", "3");
  const back = scene.join(undefined, scene.json);
  await scene.type(carol, "4");
  const since = { epoch: history.epoch, offset: 1 };
  const { missed, epoch, room } = await scene.enter(back, "lobby", since);
  // Message 4 was published after it joined, so it has it already.
  assertEquals([missed?.recovered, missed?.more, ids(missed!.messages)], [true, false, [2, 3]]);
  assertEquals([epoch, room.offset], [history.epoch, 4]);
  await scene.type(carol, "5", "/join dev", "1", "2", "/leave");
  assertEquals(scene.events(back).flatMap((event) => event.type === "message" ? event.id : []), [
    5,
  ]);
  const dev = await scene.enter(back, "dev", { ...since, offset: 0 });
  assertEquals(ids(dev.missed!.messages), [1, 2]);
  const here = await scene.enter(back, "lobby", { ...since, offset: 5 });
  assertEquals(here.missed, {
    recovered: true,
    messages: [],
    more: false,
  });
  assertEquals("missed" in await scene.enter(back, "dev"), false);
});

Deno.test("A JSON client that missed too much is told so and gets the newest messages", async () => {
  const scene = new Scene(new PlainHistory("second", 60));
  const { carol, history } = scene;
  await scene.type(carol, ...Array.from({ length: 100 }, (_, i) => `text ${i + 1}`));
  const ask = async (epoch: string, offset: number) => {
    const back = scene.join(undefined, scene.json);
    const { missed } = await scene.enter(back, "lobby", { epoch, offset });
    return [missed?.recovered, missed?.messages[0]?.id, missed?.messages.length, missed?.more];
  };
  assertEquals(await ask("second", 40), [true, 41, 60, false]);
  assertEquals(
    await ask("second", 39),
    [false, 51, 50, true],
    "39 was followed by 40, which is gone",
  );
  assertEquals(await ask("second", 101), [false, 51, 50, true], "101 was never given");
  assertEquals(await ask("first", 99), [false, 51, 50, true], "An epoch that nobody knows");
  history.reopen("third");
  assertEquals(await ask("second", 99), [true, 100, 1, false]);
});

Deno.test("A message with an id that came before is not published again", async () => {
  const scene = new Scene();
  const { alice, carol } = scene;
  await flushed();
  scene.events(alice);
  const said = { type: "message", text: "hello", id: UUID };
  const [ack, ...more] = await scene.send(alice, said, said);
  assertEquals(more, [ack!]);
  assertEquals(ack?.type === "ack" && [ack.ref, ack.id], [UUID, 1]);
  assertEquals(carol.lines(), ["[Alice]: hello"]);

  const whisper = { type: "command", text: "/whisper Carol psst", id: `${UUID}2` };
  const replies = await scene.send(alice, whisper);
  scene.leave(carol);
  await flushed();
  scene.events(alice);
  assertEquals(await scene.send(alice, whisper), replies, "though Carol is gone");
  assertEquals(carol.lines(), ["[Whisper from Alice]: psst"]);
});

Deno.test("A long id holds across connections and restarts, a short one for one connection", async () => {
  const history = new PlainHistory();
  const first = new Scene(history);
  const send = async (scene: Scene, client: Client, text: string, id: string) => {
    const events = await scene.send(client, { type: "message", text, id });
    return events.flatMap((event) => event.type === "ack" ? event.id : []);
  };
  assertEquals(await send(first, first.alice, "a", UUID), [1]);
  assertEquals(await send(first, first.alice, "b", "1"), [2]);
  assertEquals(await send(first, first.alice, "b", "1"), [2]);
  const again = first.join(undefined, first.json);
  assertEquals(await send(first, again, "a", UUID), [1]);
  assertEquals(await send(first, again, "c", "1"), [3]);
  history.reopen("second");
  const second = new Scene(history);
  assertEquals(await send(second, second.alice, "a", UUID), [1]);
  assertEquals(await send(second, second.alice, "d", "1"), [4]);
  assertEquals(history.latest("lobby"), 4);
});

Deno.test("A slow JSON client is told which messages it lost", async () => {
  const scene = new Chat({ history: new PlainHistory(), capacity: 2 });
  const alice = scene.join("Alice", new JsonFormat());
  const carol = scene.join("Carol");
  await flushed();
  alice.lines();
  alice.jammed = true;
  for (let i = 0; i < 9; i++) {
    scene.say(carol, String(i + 1));
    await flushed();
  }
  alice.recover();
  const [dropped, ...rest] = alice.lines().map((line) => JSON.parse(line));
  assertEquals(dropped.missed, [{ room: "lobby", from: 1, to: 7 }]);
  assertEquals([dropped.count, rest.map(({ id }) => id)], [7, [8, 9]]);
});

Deno.test("A room with a history exists without members, with its topic", async () => {
  const scene = new Scene();
  const { carol } = scene;
  await scene.type(carol, "/join Dev", "hello", "/topic Tea", "/join empty", "/leave");
  assertEquals(await scene.type(carol, "/rooms", "/list dev", "/list empty", "/join DEV"), [
    "Rooms: lobby (2), dev (0)",
    "No users in 'dev'",
    "Room 'empty' not found",
    "Joined room 'DEV', topic: Tea",
  ]);
  assertEquals((await scene.type(carol, "/history")).length, 1);
  assertEquals(scene.hub.room("dev")?.offset, 1);
});

/**
 * Every join read the topic from the history again. If the history had forgotten the room, as it does when there are too
 * many, the members lost the topic.
 */
Deno.test("A room that the history forgets keeps its topic as long as it has members", async () => {
  const scene = new Scene();
  const { carol, alice, history } = scene;
  await scene.type(carol, "/join dev", "/topic Tea", "hello");
  history.forget("dev");
  await scene.enter(alice, "dev");
  assertEquals(await scene.type(carol, "/topic"), ["Topic of 'dev': Tea"]);
  assertEquals(scene.hub.room("dev")?.offset, 1);
});

Deno.test("Private messages are not stored", async () => {
  const scene = new Scene();
  await scene.type(scene.carol, "/whisper Alice psst");
  assertEquals(scene.history.latest("lobby"), 0);
});

/**
 * 23 kB of requests took 460 MB: a page of 200 messages of 200 lines is 7 MB with the author in front of each line, and it
 * was one answer.
 */
Deno.test("A page takes at most 256 kB in either format, and the next page begins where it ends", async () => {
  const worst = [
    "\n".repeat(199) + "x",
    '"'.repeat(4_096),
    "\u0800".repeat(1_365),
    "\u{1f600}".repeat(1_024),
  ];
  const name = "\u{20000}".repeat(16);
  for (const text of worst) {
    for (const format of [new CountingFormat(), new JsonFormat()]) {
      const chat = new Chat({ history: new PlainHistory() });
      const carol = chat.join(name);
      for (let i = 0; i < 300; i++) chat.say(carol, text);
      await flushed();
      const client = chat.join(undefined, format);
      const told = new Set<number>();
      for (let before = 301; before > 1; before = Math.min(...told)) {
        const page = readPage(chat, client, { before, limit: 200 });
        const bytes = new TextEncoder().encode(page).length;
        assert(bytes <= MAX_ANSWER_BYTES, `${bytes} bytes of ${JSON.stringify(text.slice(0, 9))}`);
        const ids = page.matchAll(/^#(\d+) |"id":(\d+),"from"/gm);
        for (const [, line, id] of ids) told.add(Number(line ?? id));
        assert(told.has(before - 1), "A page begins where the last one ended");
      }
      assertEquals(told.size, 300);
    }
  }
});

/** Returns everything that a client gets for a page. */
function readPage({ hub }: Chat, client: Client, query: PageQuery): string {
  const { member } = client;
  client.jammed = true;
  handleFrame(hub, member, JSON.stringify({ type: "history", id: "r", ...query }));
  const decoder = new TextDecoder();
  let text = "";
  for (let part = client.recipient.take(); part; part = client.recipient.take()) {
    text += decoder.decode(part, { stream: true });
  }
  return text;
}

Deno.test("Pages and missed messages are bounded by a small queue", async () => {
  const history = new PlainHistory();
  const chat = new Chat({ history, capacityBytes: 8_192 });
  const carol = chat.join("Carol");
  for (let i = 0; i < 20; i++) chat.say(carol, "x".repeat(1_000));
  await flushed();
  const client = chat.join(undefined, new JsonFormat());
  const page = JSON.parse(readPage(chat, client, { after: 5, limit: 20 }));
  assertEquals(page.data.messages.map(({ id }: { id: number }) => id), [6, 7, 8]);
  assertEquals([page.data.more, page.data.complete], [true, true]);
});
