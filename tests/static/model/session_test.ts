import { assert, assertEquals } from "@std/assert";
import type { ServerEvent } from "../../../lib/wire/protocol.ts";
import { BOB, createFakeChat, user } from "./fake_chat.ts";

Deno.test("Session asks for a name and requests the one that the user chose", () => {
  const test = createFakeChat();
  test.hello();
  assertEquals(test.asked, [""]);
  test.session.changeName("Alice");
  assertEquals([test.lines(), test.session.ready], [["/name Alice"], false]);
  test.grants("Alice");
  assertEquals([test.session.me?.name, test.name, test.session.ready], ["Alice", "Alice", true]);
  assertEquals(test.texts(), [], "The first name needs no words");
  test.session.changeName("Alicia");
  test.grants("Alicia");
  assertEquals(test.texts(), ["notice: You are now called Alicia"]);
});

Deno.test("Session requests the stored name before it sends queued messages", () => {
  const test = createFakeChat({ name: "Alice" });
  test.session.submit("too early");
  test.hello();
  assertEquals([test.lines(), test.asked], [["/name Alice"], []]);
  test.grants("Alice");
  assertEquals(test.lines(), ["/name Alice", "too early"]);
  assertEquals(test.texts(), ["message: too early"]);
});

Deno.test("Session waits until the server detects that its old connection is dead", () => {
  const test = createFakeChat({ name: "Alice" });
  test.hello();
  test.grants("Alice");
  test.loses();
  test.hello();
  for (let second = 0; second < 15; second++) {
    test.refuses("name_taken", "Error: Username 'Alice' is already taken");
    test.clock.advance(1_000);
  }
  assertEquals([test.asked, test.session.ready], [[], false]);
  test.grants("Alice");
  assertEquals([test.session.ready, test.session.me?.name], [true, "Alice"]);
});

Deno.test("Session asks for another name if the old one stays taken", () => {
  const test = createFakeChat({ name: "Alice" });
  test.hello();
  for (let second = 0; second < 3; second++) {
    test.refuses("name_taken", "taken");
    test.clock.advance(1_000);
  }
  assertEquals(test.asked, []);
  test.refuses("name_taken", "taken");
  assertEquals(test.asked, ["taken"]);
  test.session.stayAnonymous();
  test.session.submit("hello");
  assertEquals(test.lines().at(-1), "hello");
});

Deno.test("Session queues messages without a connection, and sends them once", () => {
  const test = createFakeChat({ name: "Alice" });
  test.session.submit("one");
  test.session.submit("two");
  assertEquals(test.deliveries(), ["queued", "queued"]);
  test.hello();
  test.grants("Alice");
  assertEquals(test.deliveries(), ["sending", "sending"]);
  test.acks("one", 1);
  test.acks("two", 2);
  assertEquals([test.deliveries(), test.memories.of("outbox").load()], [["sent", "sent"], "[]"]);
  test.loses();
  test.hello();
  test.grants("Alice");
  assertEquals(test.lines(), ["/name Alice", "one", "two", "/name Alice"]);
});

Deno.test("Session shows the text that the server published instead of the user's own", () => {
  const test = createFakeChat({ name: "Alice" });
  test.hello();
  test.grants("Alice");
  test.session.submit("darn it");
  test.acks("darn it", 1, { published: "**** it" });
  assertEquals(test.texts().at(-1), "message: **** it");
});

Deno.test("Session sends unacknowledged messages again with the same id", () => {
  const test = createFakeChat({ name: "Alice" });
  test.hello();
  test.grants("Alice");
  test.session.submit("hello");
  test.loses();
  assertEquals(test.deliveries(), ["queued"]);
  test.hello();
  test.grants("Alice");
  const [first, second] = test.sent.filter(({ text }) => text === "hello");
  assert(first && second && first.id === second.id, "The same id");
  test.acks("hello", 9);
  assertEquals(test.deliveries(), ["sent"]);
});

Deno.test("Session sends a message or a command, as the user sees the line", () => {
  const test = createFakeChat({ name: "Alice" });
  test.hello();
  test.grants("Alice");
  const cases: Array<[line: string, type: string, text: string, room?: string]> = [
    ["hello", "message", "hello", "lobby"],
    ["//shrug", "message", "/shrug", "lobby"],
    ["///", "message", "//", "lobby"],
    ["/whisper Bob psst", "command", "/whisper Bob psst"],
    ["/me waves", "command", "/me waves", "lobby"],
    ["/topic tea", "command", "/topic tea", "lobby"],
    ["  /topic tea", "command", "/topic tea", "lobby"],
    ["\u200b\ufeff/oper 0123456789", "command", "/oper 0123456789", "lobby"],
    ["\u001b\u2800\n/whisper Bob psst", "command", "/whisper Bob psst"],
    ["\u200b//shrug", "message", "/shrug", "lobby"],
    ["not\u200b/a command", "message", "not\u200b/a command", "lobby"],
  ];
  for (const [line, type, text, room] of cases) {
    assertEquals(test.session.submit(line), true);
    const sent = test.sent.at(-1)!;
    assertEquals([sent.type, sent.text, sent.room], [type, text, room], line);
  }
  const shown = test.log().findLast(({ text }) => text === "/shrug")!;
  assertEquals(test.session.lineOf(shown), "//shrug");
});

Deno.test("Session restores queued messages after a reload", () => {
  const before = createFakeChat({ name: "Alice" });
  before.session.submit("/whisper Bob psst");
  const test = createFakeChat({ memories: before.memories });
  assertEquals(test.log().map(({ kind, to, text }) => [kind, to, text]), [[
    "whisper",
    "Bob",
    "psst",
  ]]);
  test.hello();
  test.grants("Alice");
  assertEquals(test.lines(), ["/name Alice", "/whisper Bob psst"]);
});

Deno.test("Session marks refused messages, and returns them as they were typed", () => {
  const test = createFakeChat({ name: "Alice" });
  test.hello();
  test.grants("Alice");
  test.session.submit("/whisper Nobody are you there?");
  test.refuses("user_not_found", "User 'Nobody' not found");
  const [entry] = test.log();
  assertEquals([entry?.delivery, entry?.detail], ["failed", "User 'Nobody' not found"]);
  assertEquals(test.session.lineOf(entry!), "/whisper Nobody are you there?");
  test.session.submit("//slash");
  assertEquals([test.log()[1]?.text, test.session.lineOf(test.log()[1]!)], ["/slash", "//slash"]);
});

Deno.test("Session reports messages of other users, with mentions", () => {
  const test = createFakeChat({ name: "Alice" });
  test.hello();
  test.grants("Alice");
  test.message(1, "hello all");
  test.message(2, "hello ALICE");
  test.says({ type: "whisper", time: 0, from: BOB, text: "psst" });
  assertEquals(test.heard, ["hello all", "hello ALICE", "psst"]);
  assertEquals(test.log().map(({ mention }) => mention === true), [false, true, false]);
  assertEquals(test.log().map(({ sender }) => sender), ["Bob", "Bob", "Bob"]);
});

Deno.test("Session converts the server's times to the clock of this machine", () => {
  const test = createFakeChat({ name: "Alice" });
  test.clock.advance(1_000_000);
  test.hello({ time: 500 });
  test.says({
    type: "message",
    time: 700,
    room: "lobby",
    id: 1,
    from: BOB,
    text: "a moment later",
  });
  assertEquals(test.log()[0]?.time, 1_000_200);
});

Deno.test("Session keeps the list of users up to date", () => {
  const test = createFakeChat({ name: "Alice" });
  const names = () => test.users.sorted().map(({ name }) => name);
  const presence = (
    event: "join" | "leave" | "rename",
    id: number,
    name: string | null,
    previous?: string | null,
  ) =>
    test.says({
      type: "presence",
      room: "lobby",
      time: 0,
      event,
      user: user(id, name),
      users: 1,
      ...(previous === undefined ? {} : { previous }),
    });
  test.hello();
  test.grants("Alice");
  assertEquals(names(), ["Alice", "Bob"]);
  presence("join", 3, "Carol");
  presence("rename", 3, "Carla", "Carol");
  presence("rename", 2, "Bobby", "Bob");
  presence("leave", 3, "Carla");
  presence("join", 1, "Alice");
  assertEquals(names(), ["Alice", "Bobby"]);
  assertEquals(test.texts(), [
    "presence: Carol joined",
    "presence: Carol is now called Carla",
    "presence: Bob is now called Bobby",
    "presence: Carla left",
  ]);
  test.clock.advance(61_000);
  presence("join", 4, null);
  presence("rename", 4, "Dora", null);
  assertEquals(test.texts().slice(4), [
    "presence: guest-4 joined",
    "presence: guest-4 is now called Dora",
  ]);
});

Deno.test("Session requests the list of users if the hello does not contain all", () => {
  const test = createFakeChat({ name: "Alice" });
  test.hello({ users: [], online: 2_000 });
  assertEquals(test.lines(), ["/list", "/name Alice"]);
});

Deno.test("Session shows how many messages were missed if the server stores none", () => {
  const test = createFakeChat({ name: "Alice" });
  test.hello();
  test.grants("Alice");
  test.message(1, "one");
  test.says({ type: "dropped", time: 0, count: 1_234, missed: [] });
  assertEquals(
    test.texts().at(-1),
    `missed: Too much at once: ${(1_234).toLocaleString()} messages were missed.`,
  );
  assertEquals(test.lines().at(-1), "/list", "Somebody may have come or gone meanwhile");
  test.loses();
  test.clock.advance(12_000);
  test.hello({ offset: 4 });
  assertEquals(test.texts().at(-1), "missed: Back after 12 s. 3 messages were missed.");
  test.message(5, "five");
  test.loses();
  test.hello({ offset: 5 });
  assertEquals(test.texts().slice(-2), [
    "message: five",
    "notice: Back after 1 s. Nothing was missed.",
  ]);
  test.loses();
  test.hello({ epoch: "two" });
  assert(test.texts().at(-1)?.includes("The server was restarted"), "A new server is told");
  test.message(1, "the first of the new ones");
  assertEquals(test.texts().at(-1), "message: the first of the new ones");
  assertEquals(
    test.sent.filter(({ type }) => type !== "message" && type !== "command"),
    [],
    "Nothing is asked for",
  );
});

Deno.test("Session does not count the user's own messages as missed", () => {
  const test = createFakeChat({ name: "Alice" });
  test.hello();
  test.grants("Alice");
  test.message(1, "one");
  test.session.submit("mine, said though nobody heard that it was");
  test.loses();
  test.hello({ offset: 3 });
  assertEquals(test.texts().at(1), "missed: Back after 1 s. 2 messages were missed.");
  test.grants("Alice");
  test.acks("mine, said though nobody heard that it was", 2);
  assertEquals(test.texts(), [
    "message: one",
    "message: mine, said though nobody heard that it was",
    "missed: Back after 1 s. 1 message was missed.",
  ]);
});

Deno.test("Session replaces the id of a user who returned soon", () => {
  const test = createFakeChat({ name: "Alice" });
  test.hello();
  test.says({ type: "presence", time: 0, room: "lobby", event: "join", user: BOB, users: 1 });
  const again = { ...BOB, id: BOB.id + 100 };
  test.says({ type: "back", time: 0, room: "lobby", user: again, previous: BOB.id });
  test.says({ type: "presence", time: 0, room: "lobby", event: "leave", user: again, users: 0 });
  assertEquals(test.users.sorted().map(({ name }) => name).includes("Bob"), false);
});

Deno.test("Session follows bye and shutdown events", () => {
  const test = createFakeChat({ name: "Alice" });
  test.hello();
  test.says({ type: "shutdown", time: 0, text: "Bye", reconnect: { after: 1_000, spread: 200 } });
  test.loses();
  assertEquals([test.session.state, test.session.retryAt], ["waiting", 1_100]);
  test.hello();
  test.says({ type: "bye", time: 0, reason: "idle", text: "Too quiet" });
  test.loses();
  assertEquals([test.session.state, test.session.retryAt], ["closed", undefined]);
  assertEquals(test.texts(), [
    "notice: Bye",
    "notice: Back after 1 s. Nothing was missed.",
    "notice: Too quiet",
  ]);
  test.session.wake();
  assertEquals(test.session.state, "connecting", "The user is back");
});

Deno.test("Session shows replies to typed commands, and no others", () => {
  const test = createFakeChat({ name: "Alice" });
  test.hello();
  test.grants("Alice");
  const reply = (ref: string) =>
    test.says({
      type: "reply",
      time: 0,
      ref,
      text: "Users online: Bob",
      command: "list",
      data: { room: "lobby", users: [BOB], total: 1 },
    });
  test.session.requestUsers();
  reply(test.sent.at(-1)!.id);
  assertEquals(test.texts(), []);
  test.session.submit("/list");
  reply(test.sent.at(-1)!.id);
  assertEquals(test.texts(), ["answer: Bob"]);
  test.session.submit("/nonsense");
  test.refuses("unknown_command", "Error: Unknown command '/nonsense', try /help");
  assertEquals(test.texts().at(-1), "error: Unknown command '/nonsense', try /help");
  assertEquals(test.log().map(({ command }) => command), ["/list", "/nonsense"]);
  test.session.submit("/oper a-secret-token");
  test.refuses("wrong_token", "Error: Wrong operator token");
  assertEquals(test.log().at(-1)?.command, "/oper", "The log does not show the token");
});

Deno.test("Session shows guests under names, and whispers to their addresses", () => {
  const test = createFakeChat({ name: "Alice" });
  test.hello();
  test.grants("Alice");
  const guests = [user(7, null), { ...user(8, null), address: "guest-4821" }];
  test.session.submit("/list");
  test.replies("list", { room: "lobby", users: [BOB, ...guests], total: 5 });
  assertEquals(test.texts(), ["answer: Bob, guest-7, guest-4821 and 2 more"]);
  test.session.submit("/whisper guest-7 psst");
  assertEquals(test.lines().at(-1), "/whisper 127.0.0.1:7 psst");
  test.session.submit("/whisper guest-4821 psst");
  assertEquals(test.lines().at(-1), "/whisper guest-4821 psst");
});

Deno.test("Session shows notices and the replies to operators", () => {
  const test = createFakeChat({ name: "Alice" });
  test.hello();
  test.grants("Alice");
  test.says({ type: "notice", time: 0, from: BOB, text: "Restart at noon" });
  test.session.submit("/kick Bob");
  const ref = test.sent.at(-1)!.id;
  test.says({ type: "reply", time: 0, ref, text: "Kicked 'Bob'", command: "kick", data: {} });
  assertEquals(test.texts(), ["notice: Restart at noon", "answer: Kicked 'Bob'"]);
});

Deno.test("Session works without a connection as far as possible", () => {
  const test = createFakeChat();
  test.session.submit("/name Alice");
  test.session.submit("/list");
  assertEquals(test.texts(), [
    "notice: You will be called Alice when you are connected again",
    "error: Cannot run /list: not connected",
  ]);
  test.hello();
  assertEquals(test.lines(), ["/name Alice"]);
});

Deno.test("Session disconnects with /quit and does not reconnect", () => {
  const test = createFakeChat({ name: "Alice" });
  test.hello();
  test.grants("Alice");
  test.session.submit("/quit");
  assertEquals([test.lines().at(-1), test.session.state], ["/quit", "closed"]);
  test.session.wake();
  assertEquals(test.session.state, "closed");
  test.session.retry();
  assertEquals(test.session.state, "connecting");
});

Deno.test("Session tests a silent connection when the user returns", () => {
  const test = createFakeChat({ name: "Alice" });
  test.hello();
  test.grants("Alice");
  test.session.wake();
  assertEquals(test.lines().length, 1);
  test.clock.advance(6_000);
  test.session.wake();
  assertEquals(test.lines().at(-1), "/list");
  test.loses();
  test.session.wake();
  assertEquals(test.session.state, "connecting");
});

Deno.test("Session ignores unknown events and broken frames", () => {
  const test = createFakeChat({ name: "Alice" });
  test.hello();
  test.grants("Alice");
  for (
    const event of [{ type: "history" }, { type: "constructor" }, { type: "message" }, {}, null]
  ) {
    test.says(event as unknown as ServerEvent);
  }
  assertEquals(test.texts(), []);
});

Deno.test("Session does not show the token of an operator", () => {
  const test = createFakeChat({ name: "Alice" });
  test.session.submit("/oper 0123456789abcdef");
  test.hello();
  test.grants("Alice");
  test.session.submit("/oper 0123456789abcdef");
  assertEquals(test.lines().at(-1), "/oper 0123456789abcdef");
  test.refuses("wrong_token", "Error: Wrong token");
  test.session.submit("/oper fedcba9876543210");
  test.replies("oper", { commands: [] }, { text: "You are an operator now, see /help" });
  assertEquals(test.log().map(({ command }) => command), ["/oper", "/oper", "/oper"]);
  assertEquals(JSON.stringify(test.log()).includes("0123"), false);
});
