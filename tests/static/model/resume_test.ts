import { assertEquals } from "@std/assert";
import { BOB, createFakeChat, ME, Memories, message, messages, user } from "./fake_chat.ts";

const KEPT = { name: "Alice", history: 1_000 };

/** A user who has the first ten messages and is looking at them. */
function setUp(options: Parameters<typeof createFakeChat>[0] = KEPT) {
  const test = createFakeChat(options);
  test.hello({ offset: 10 });
  test.gives(messages(1, 10));
  test.grants("Alice");
  return test;
}

const numbers = (from: number, to: number) => messages(from, to).map(({ text }) => text);

Deno.test("Session shows the newest page first, and loads older ones on request", () => {
  const test = createFakeChat(KEPT);
  test.hello({ offset: 120 });
  const { room, before, limit } = test.request("history");
  assertEquals([room, before, limit], ["lobby", undefined, 50]);
  test.message(121, "text 121");
  test.gives(messages(71, 120), { more: true });
  assertEquals(test.said(), numbers(71, 121));
  assertEquals(test.rooms.lobby.older, "some");
  test.session.loadOlder();
  test.session.loadOlder();
  assertEquals([test.request("history").before, test.rooms.lobby.older], [71, "loading"]);
  assertEquals(test.sent.filter(({ type }) => type === "history").length, 2, "Each page once");
  test.gives(messages(21, 70), { more: true });
  test.session.loadOlder();
  test.gives(messages(1, 20));
  assertEquals([test.said(), test.rooms.lobby.older], [numbers(1, 121), "none"]);
  assertEquals(test.heard, ["text 121"], "Only what is said now is told");
});

Deno.test("Session requests no history if the server stores none", () => {
  const test = createFakeChat({ name: "Alice" });
  test.hello({ offset: 120 });
  test.session.loadOlder();
  assertEquals([test.sent.filter(({ type }) => type === "history"), test.rooms.lobby.older], [
    [],
    "unkept",
  ]);
  const other = createFakeChat(KEPT);
  other.hello({ offset: 3 });
  other.refuses("no_history", "Error: This server keeps no history", other.request("history"));
  assertEquals([other.texts(), other.rooms.lobby.older], [[], "unkept"]);
});

Deno.test("Session resumes without a gap and without duplicates", () => {
  const test = setUp();
  test.message(11, "text 11");
  test.loses();
  test.clock.advance(7_000);
  test.hello({ offset: 15, you: user(9, null) });
  assertEquals(test.request("join").since, { epoch: "one", offset: 11 });
  // Sent before the reply arrives: the connection is in the lobby from the start.
  test.message(16, "text 16");
  assertEquals(test.said(), numbers(1, 11), "It waits for what was said before");
  const missed = { recovered: true, messages: messages(12, 15), more: false };
  test.admits({ offset: 16, missed });
  test.message(17, "text 17");
  assertEquals(test.said(), numbers(1, 17));
  assertEquals(test.texts().filter((text) => !text.startsWith("message")), [
    "notice: Back after 7 s. Nothing was missed.",
  ]);
  assertEquals(test.rooms.lobby.sequence.position, { epoch: "one", offset: 17 });
});

Deno.test("Session draws the unread line where the user was away", () => {
  const test = setUp();
  test.loses();
  test.hello({ offset: 12 });
  test.admits({ offset: 12, missed: { recovered: true, messages: messages(11, 12), more: false } });
  assertEquals([test.line(), test.rooms.lobby.unread], ["text 11", 0]);
});

Deno.test("Session fetches the rest if more messages were missed than the rejoin returns", () => {
  const test = setUp();
  test.loses();
  test.hello({ offset: 600 });
  const newest = { recovered: false, messages: messages(551, 600), more: true };
  test.admits({ offset: 600, missed: newest });
  assertEquals(
    test.texts().at(10),
    "missed: Back after 1 s. 540 messages were missed. Loading them…",
  );
  const { after, before, limit } = test.request("history");
  assertEquals([after, before, limit], [10, 551, 200]);
  test.gives(messages(11, 210), { more: true });
  assertEquals(test.request("history").after, 210);
  test.gives(messages(211, 410), { more: true });
  test.message(601, "text 601");
  test.gives(messages(411, 550));
  assertEquals([test.said(), test.rooms.lobby.sequence.gaps.all], [numbers(1, 601), []]);
  assertEquals(test.texts().length, 601, "Nothing is left to say");
});

Deno.test("Session lets the user fill a large gap page by page", () => {
  const test = setUp();
  test.loses();
  test.hello({ offset: 5_000 });
  test.admits({
    offset: 5_000,
    missed: { recovered: false, messages: messages(4_951, 5_000), more: true },
  });
  assertEquals(test.sent.filter(({ after }) => after !== undefined), [], "Not unasked");
  const gap = test.log()[10]!;
  assertEquals([gap.text, gap.loading], [
    `Back after 1 s. ${(4_940).toLocaleString()} messages were missed.`,
    "waiting",
  ]);
  test.session.loadGap(gap.key);
  assertEquals(test.request("history").after, 10);
  test.gives(messages(11, 210), { more: true });
  assertEquals(
    test.texts().at(210),
    `missed: Back after 1 s. ${(4_740).toLocaleString()} messages were missed.`,
  );
  assertEquals(test.sent.filter(({ after }) => after !== undefined).length, 1);
});

Deno.test("Session shows which messages the server no longer has", () => {
  const test = setUp();
  test.loses();
  test.hello({ offset: 100 });
  test.admits({
    offset: 100,
    missed: { recovered: false, messages: messages(51, 100), more: true },
  });
  test.gives(messages(31, 50), { complete: false });
  assertEquals(test.texts().at(10), "missed: Back after 1 s. 20 messages were missed.");
  assertEquals(test.log()[10]?.loading, undefined, "It cannot be asked for");
  assertEquals(test.said(), [...numbers(1, 10), ...numbers(31, 100)]);
});

Deno.test("Session fetches dropped messages and inserts them at their places", () => {
  const test = setUp();
  test.says({
    type: "dropped",
    time: 0,
    count: 12,
    missed: [{ room: "lobby", from: 11, to: 22 }],
  });
  test.message(23, "text 23");
  const { after, before } = test.request("history");
  assertEquals([after, before], [10, 23]);
  assertEquals(
    test.texts().at(10),
    "missed: Too much at once: 12 messages were missed. Loading them…",
  );
  test.gives(messages(11, 22));
  assertEquals(test.texts(), numbers(1, 23).map((text) => `message: ${text}`));
});

Deno.test("Session shows how many messages were dropped if they cannot be fetched", () => {
  const test = createFakeChat({ name: "Alice" });
  test.hello({ offset: 10 });
  test.says({ type: "dropped", time: 0, count: 2, missed: [{ room: "lobby", from: 11, to: 12 }] });
  test.message(13, "text 13");
  assertEquals(test.texts(), [
    "missed: Too much at once: 2 messages were missed.",
    "message: text 13",
  ]);
  assertEquals([test.log()[0]?.loading, test.sent.some(({ type }) => type === "history")], [
    undefined,
    false,
  ]);
});

Deno.test("Session does not fetch its own messages among dropped ones", () => {
  const test = setUp();
  test.session.submit("mine");
  test.acks("mine", 13);
  assertEquals(test.request("history").before, 13, "The numbers tell that two are missing");
  test.gives(messages(11, 12));
  test.says({
    type: "dropped",
    time: 0,
    count: 3,
    missed: [{ room: "lobby", from: 13, to: 14 }],
  });
  const { after, before } = test.request("history");
  assertEquals([after, before], [13, 15]);
  test.gives([message(14)]);
  assertEquals(test.said(), [...numbers(1, 12), "mine", "text 14"]);
});

Deno.test("Session requests a page again if the connection was lost before the answer", () => {
  const test = setUp();
  test.message(13, "text 13");
  test.loses();
  test.hello({ offset: 13 });
  test.admits({ offset: 13, missed: { recovered: true, messages: [], more: false } });
  assertEquals(test.request("history").after, 10);
  test.gives(messages(11, 12));
  assertEquals(test.said(), numbers(1, 13));
});

Deno.test("Session recognises its own message that was delivered but not acknowledged", () => {
  const test = setUp();
  test.session.submit("mine");
  test.session.submit("mine, too");
  test.loses();
  test.hello({ offset: 12, you: user(9, null) });
  const mine = { ...message(11, "mine"), from: { ...ME, name: "Alice" } };
  test.admits({
    offset: 12,
    missed: { recovered: true, messages: [mine, message(12)], more: false },
  });
  const once = [...numbers(1, 10), "mine", "text 12", "mine, too"];
  assertEquals(test.said(), once, "Before the server says so, too");
  test.grants("Alice");
  test.acks("mine", 11);
  test.acks("mine, too", 13);
  assertEquals(test.said(), [...numbers(1, 10), "mine", "text 12", "mine, too"]);
  assertEquals(test.deliveries(), ["sent", "sent"]);
});

Deno.test("Session resumes after a restart of a server that stored all messages", () => {
  const test = setUp();
  test.loses();
  test.hello({ epoch: "two", offset: 12 });
  assertEquals(test.request("join").since, { epoch: "one", offset: 10 });
  test.admits({
    epoch: "two",
    offset: 12,
    missed: { recovered: true, messages: messages(11, 12), more: false },
  });
  test.message(13, "text 13");
  assertEquals(test.said(), numbers(1, 13));
  assertEquals(test.rooms.lobby.sequence.position, { epoch: "two", offset: 13 });
});

Deno.test("Session shows no duplicates after a restart that lost the last messages", () => {
  const test = setUp();
  test.loses();
  test.clock.advance(60_000);
  test.hello({ epoch: "two", offset: 9 });
  test.admits({
    epoch: "two",
    offset: 9,
    missed: {
      recovered: false,
      messages: [...messages(1, 8), { ...message(9, "new"), time: 30_000 }],
      more: false,
    },
  });
  assertEquals(test.said(), [...numbers(1, 8), "text 9", "text 10", "new"]);
  assertEquals(
    test.texts().filter((text) => text.startsWith("missed")),
    [
      "missed: Back after 60 s. The server was restarted. Messages sent in the meantime may be missing.",
    ],
  );
});

Deno.test("Session restores the unread line after a reload", () => {
  const memories = new Memories();
  const before = setUp({ ...KEPT, memories });
  before.looks(false);
  before.message(11, "text 11");
  before.rooms.saveReadPositions();
  assertEquals([before.line(), before.rooms.lobby.unread], ["text 11", 1]);

  const test = createFakeChat({ history: 1_000, memories });
  test.hello({ offset: 13 });
  test.looks(false); // scrolled up to the unread line
  test.gives(messages(1, 13));
  assertEquals([test.line(), test.rooms.lobby.unread, test.calls], [
    "text 11",
    3,
    ["line in lobby"],
  ]);
  test.rooms.lobby.markRead();
  assertEquals([test.line(), test.rooms.lobby.unread], ["text 11", 0]);
});

Deno.test("Session draws the unread line when its page is loaded", () => {
  const memories = new Memories();
  const before = setUp({ ...KEPT, memories });
  before.rooms.saveReadPositions();
  const test = createFakeChat({ history: 1_000, memories });
  test.looks(false);
  test.hello({ offset: 400 });
  assertEquals(
    test.request("history").limit,
    200,
    "As much as is unread, if it can be had at once",
  );
  test.gives(messages(201, 400), { more: true });
  assertEquals(test.line(), undefined);
  test.session.loadOlder();
  test.gives(messages(151, 200), { more: true });
  test.session.loadOlder();
  test.gives(messages(1, 150));
  assertEquals(test.line(), "text 11");
});

Deno.test("Session recognises its own messages after a reload", () => {
  const memories = new Memories();
  const before = setUp({ ...KEPT, memories });
  before.session.submit("mine");
  before.acks("mine", 11);
  const test = createFakeChat({ history: 1_000, memories });
  test.hello({ offset: 12, you: user(9, null) });
  const mine = { ...message(11, "mine"), from: { ...ME, name: "Alice" } };
  const stranger = { ...message(12, "not mine"), from: { ...BOB, id: 0, name: "Alice" } };
  test.gives([mine, stranger]);
  assertEquals(test.log().map(({ own }) => own), [true, false]);
});

Deno.test("Session recognises its own message that is delivered after it reconnected", () => {
  const test = setUp();
  test.session.submit("mine");
  test.loses();
  test.hello({ offset: 10, you: user(9, null) });
  test.admits({ offset: 10, missed: { recovered: true, messages: [], more: false } });
  test.says({ ...message(11, "mine"), from: { ...ME, name: "Alice" } });
  assertEquals(test.said(), [...numbers(1, 10), "mine"]);
});

Deno.test("Session keeps the unread count after a restart of the server", () => {
  const memories = new Memories();
  const before = setUp({ ...KEPT, memories });
  before.looks(false);
  before.loses();
  before.hello({ epoch: "two", offset: 10 });
  const missed = { recovered: true, messages: [], more: false };
  before.admits({ epoch: "two", offset: 10, missed });
  before.message(11, "text 11");
  before.rooms.saveReadPositions();
  const test = createFakeChat({ history: 1_000, memories });
  test.hello({ epoch: "two", offset: 11 });
  test.gives(messages(1, 11), { epoch: "two" });
  assertEquals(test.line(), "text 11");
});

Deno.test("Session does not request ids that do not exist", () => {
  const test = setUp();
  test.loses();
  test.hello({ offset: 100 });
  test.admits({
    offset: 100,
    missed: { recovered: false, messages: messages(51, 100), more: true },
  });
  test.gives([]);
  assertEquals([test.said(), test.rooms.lobby.sequence.gaps.all], [
    [...numbers(1, 10), ...numbers(51, 100)],
    [],
  ]);
});

Deno.test("Session drops held events if the connection is lost again", () => {
  const test = setUp();
  test.loses();
  test.hello({ offset: 11 });
  test.message(12, "text 12");
  test.loses();
  test.hello({ offset: 12 });
  assertEquals(test.request("join").since?.offset, 10);
  test.admits({ offset: 12, missed: { recovered: true, messages: messages(11, 12), more: false } });
  assertEquals([test.said(), test.heard], [numbers(1, 12), []]);
});
