import { assertEquals } from "@std/assert";
import * as times from "../../../static/src/model/times.ts";
import { BOB, createFakeChat, Memories, message, messages, user } from "./fake_chat.ts";

const KEPT = { name: "Alice", history: 1_000 };

/** A user in the lobby and in a shown room. */
function setUp(options: Parameters<typeof createFakeChat>[0] = KEPT) {
  const test = createFakeChat(options);
  test.hello();
  test.grants("Alice");
  test.session.submit("/join #dev");
  const { id } = test.request("join");
  const facts = { name: "dev", topic: "Release on Friday", users: 1, offset: 0 };
  test.replies("join", { room: facts, users: [BOB], epoch: "one" }, { ref: id });
  return { ...test, dev: test.room("dev"), lobby: test.rooms.lobby };
}

const names = (test: { rooms: { all: readonly { name: string }[] } }) =>
  test.rooms.all.map(({ name }) => name);

Deno.test("Session joins a room, shows it and sends messages there", () => {
  const test = setUp();
  assertEquals([test.rooms.shown.name, test.dev.topic], ["dev", "Release on Friday"]);
  assertEquals(test.calls, ["joined dev"]);
  test.session.submit("hello");
  assertEquals(test.sent.at(-1)?.room, "dev");
  test.acks("hello", 1, { room: "dev" });
  assertEquals([test.said(test.dev), test.said()], [["hello"], []]);
  test.rooms.show(test.lobby);
  test.session.submit("hello lobby");
  assertEquals(test.sent.at(-1)?.room, "lobby");
  test.session.join("DEV");
  assertEquals([test.rooms.shown.name, names(test)], ["dev", ["lobby", "dev"]]);
});

Deno.test("Session adds messages to their rooms and counts unread ones", () => {
  const test = setUp();
  test.message(1, "in the lobby");
  test.message(2, "Alice!");
  test.message(1, "in dev", "dev");
  test.message(1, "elsewhere", "nowhere");
  assertEquals([test.said(), test.said(test.dev)], [["in the lobby", "Alice!"], ["in dev"]]);
  assertEquals([test.lobby.unread, test.lobby.mentions, test.dev.unread], [2, 1, 0]);
  assertEquals(test.line(), "in the lobby");
  test.rooms.show(test.lobby);
  test.lobby.markRead();
  assertEquals([test.lobby.unread, test.lobby.mentions, test.line()], [0, 0, "in the lobby"]);
  test.session.submit("hello");
  assertEquals(test.line(), undefined, "Who speaks has read it all");
});

Deno.test("Rooms report unread messages in rooms that are not shown", () => {
  const test = createFakeChat(KEPT);
  test.hello();
  test.looks(false);
  const before = test.changes;
  test.message(1, "unread");
  assertEquals(test.changes, before + 1);
});

Deno.test("Rooms store read positions without overwriting those of other tabs", () => {
  const memories = new Memories();
  const one = createFakeChat({ memories, history: 100 }),
    two = createFakeChat({ memories, history: 100 });
  for (const test of [one, two]) test.hello();
  for (const test of [one, two]) test.message(1, "first");
  two.message(2, "second");
  two.rooms.saveReadPositions();
  one.rooms.saveReadPositions();
  const kept = () => JSON.parse(memories.of("reading").load() ?? "").lobby;
  assertEquals(kept(), { epoch: "one", offset: 2 });
  one.hello({ epoch: "two", offset: 0 });
  one.admits({ epoch: "two", missed: { recovered: false, messages: [], more: false } });
  one.message(1, "anew");
  one.rooms.saveReadPositions();
  assertEquals(kept(), { epoch: "two", offset: 1 }, "The numbers began anew");
});

Deno.test("Room removes the unread line when all is read and the user looks away", () => {
  const test = setUp();
  test.message(1, "unread");
  test.rooms.show(test.lobby);
  assertEquals(test.line(), "unread");
  test.lobby.markRead();
  test.rooms.show(test.dev);
  assertEquals(test.line(), undefined);
});

Deno.test("Session shows a room that it has joined without joining again", () => {
  const test = setUp();
  test.session.changeName("Ally");
  test.grants("Ally");
  assertEquals(test.sent.filter(({ type }) => type === "join").length, 1);
});

Deno.test("Session shows whispers in the shown room", () => {
  const test = setUp();
  test.says({ type: "whisper", time: 0, from: BOB, text: "psst" });
  assertEquals([test.texts(test.dev), test.texts().length], [["whisper: psst"], 0]);
});

Deno.test("Session leaves rooms, but never the lobby", () => {
  const test = setUp();
  test.session.submit("/leave");
  assertEquals(test.request("leave").room, "dev");
  const facts = { name: "lobby", topic: null, users: 1, offset: 0 };
  test.replies("leave", { left: "dev", room: facts });
  assertEquals([test.rooms.shown.name, names(test)], ["lobby", ["lobby"]]);
  test.session.submit("/leave");
  assertEquals(test.texts().at(-1), "error: The lobby cannot be left, try /join or /quit");
});

Deno.test("Session rejoins its rooms after a reconnect, as soon as it has its name", () => {
  const test = setUp();
  test.message(1, "text 1", "dev");
  test.session.submit("waits");
  test.loses();
  test.hello({ you: user(9, null) });
  assertEquals(test.request("join").room, "lobby");
  test.admits({ missed: { recovered: true, messages: [], more: false } });
  test.grants("Alice");
  const { room, since } = test.request("join");
  assertEquals([room, since], ["dev", { epoch: "one", offset: 1 }]);
  assertEquals(test.lines().filter((line) => line === "waits").length, 1, "Not before one is in");
  test.admits({
    offset: 3,
    missed: { recovered: true, messages: messages(2, 3, "dev"), more: false },
  });
  assertEquals(test.lines().at(-1), "waits");
  test.acks("waits", 4, { room: "dev" });
  assertEquals(test.said(test.dev), ["text 1", "text 2", "text 3", "waits"]);
});

Deno.test("Session is in the same rooms after a reload and shows the same one", () => {
  const memories = new Memories();
  setUp({ ...KEPT, memories });
  const test = createFakeChat({ history: 1_000, memories });
  assertEquals([names(test), test.rooms.shown.name], [["lobby", "dev"], "dev"]);
  test.hello();
  test.grants("Alice");
  assertEquals(test.request("join").since, undefined, "There is nothing to go on from");
  test.admits({ offset: 2 });
  test.gives(messages(1, 2, "dev"), { room: "dev" });
  assertEquals(test.said(test.room("dev")), ["text 1", "text 2"]);
});

Deno.test("Session reports why a room cannot be joined", () => {
  const test = setUp();
  test.session.join("a b");
  test.refuses("room_invalid", "Error: Room 'a b' is not allowed");
  assertEquals(test.calls.at(-1), "refused: Error: Room 'a b' is not allowed");
  test.loses();
  test.session.join("other");
  assertEquals(test.calls.at(-1), "refused: Cannot join a room: not connected");
  assertEquals(names(test), ["lobby", "dev"]);
});

Deno.test("Session shows actions, and sends unacknowledged ones again", () => {
  const test = setUp();
  test.session.submit("/me waves");
  const [own] = test.log(test.dev);
  assertEquals([own?.text, own?.action, own?.delivery], ["waves", true, "sending"]);
  assertEquals(test.session.lineOf(own!), "/me waves");
  test.says({ ...message(1, "nods", "dev"), action: true });
  assertEquals(test.log(test.dev).map(({ text, action }) => [text, action]), [
    ["nods", true],
    ["waves", true],
  ]);
  test.loses();
  test.hello();
  test.admits({ missed: { recovered: true, messages: [], more: false } });
  test.grants("Alice");
  test.admits({ offset: 1, missed: { recovered: true, messages: [], more: false } });
  assertEquals(test.lines().filter((line) => line === "/me waves").length, 2);
});

Deno.test("Session shows away users, and stays away after a reconnect", () => {
  const test = setUp();
  test.says({ type: "away", time: 0, room: "dev", user: { ...BOB, away: "on the roof" } });
  assertEquals(test.dev.users.get(BOB.id)?.away, "on the roof");
  test.session.submit("/away at lunch");
  const me = { ...user(1, "Alice"), away: "at lunch" };
  test.replies("away", { user: me }, { text: "You are away: at lunch" });
  assertEquals([test.session.me?.away, test.texts(test.dev)], [
    "at lunch",
    ["answer: You are away: at lunch"],
  ]);
  assertEquals(test.users.get(1)?.away, "at lunch", "In all rooms");
  test.loses();
  test.hello();
  test.grants("Alice");
  assertEquals(test.lines().at(-1), "/away at lunch");
  test.session.submit("/away");
  test.replies("away", { user: user(1, "Alice") });
  test.loses();
  test.hello();
  test.grants("Alice");
  assertEquals(test.lines().at(-1), "/name Alice");
});

Deno.test("Session follows topics", () => {
  const test = setUp();
  test.says({ type: "topic", time: 0, room: "dev", from: BOB, topic: "Release on Monday" });
  assertEquals(test.dev.topic, "Release on Monday");
  test.says({ type: "topic", time: 0, room: "dev", from: BOB, topic: null });
  assertEquals([test.dev.topic, test.texts(test.dev)], [null, [
    "notice: Bob set the topic to \u201cRelease on Monday\u201d",
    "notice: Bob removed the topic",
  ]]);
  test.session.submit("/topic Tea");
  test.replies("topic", { room: "dev", topic: "Tea" }, { text: "Topic set to 'Tea'" });
  assertEquals(test.dev.topic, "Tea");
});

Deno.test("Session counts the users of a large room, and lists them again when it is small", () => {
  const test = setUp();
  test.says({ type: "people", time: 0, room: "dev", users: 612 });
  assertEquals([test.dev.size, test.dev.countOnly], [612, true]);
  const joined = user(7, "Carol");
  test.says({ type: "presence", time: 0, room: "dev", event: "leave", user: joined, users: 500 });
  const { text, room } = test.sent.at(-1)!;
  assertEquals([text, room], ["/list", "dev"]);
  test.replies("list", { room: "dev", users: [BOB, joined], total: 2 });
  assertEquals([test.dev.size, test.dev.countOnly], [2, false]);
});

Deno.test("Session shows search results and stored messages as lines", () => {
  const test = setUp();
  test.session.submit("/search tea");
  const time = new Date(2026, 5, 4, 9, 38).getTime();
  const found = [{ ...message(1, "tea?"), time }, {
    ...message(2, "sips", "dev"),
    action: true as const,
    time,
  }];
  test.replies("search", { room: "dev", words: "tea", messages: found, complete: true });
  assertEquals(test.texts(test.dev), [
    `answer: ${times.dateAndTime(time)}  Bob: tea?\n${times.dateAndTime(time)}  * Bob sips`,
  ]);
  test.session.submit("/search coffee");
  test.replies("search", { room: "dev", words: "coffee", messages: [], complete: true });
  assertEquals(test.texts(test.dev).at(-1), "answer: Nothing found for \u201ccoffee\u201d");
  assertEquals(test.said(test.dev), []);
});

Deno.test("Session reports the list of rooms and the rate limit", () => {
  const test = setUp();
  test.session.sendCommand("/rooms");
  test.replies("rooms", {
    rooms: [{ name: "dev", topic: null, users: 2, offset: 0 }],
    total: 1,
  });
  test.says({ type: "throttled", time: 0, retryAfter: 3_000 });
  assertEquals(test.calls.slice(-2), ["rooms: dev", "throttled 3000"]);
});
