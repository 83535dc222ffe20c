import { disconnectEvent } from "../../lib/wire/events.ts";
import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { Chat, CountingFormat, flushed, TalkativeFormat, turns } from "./fakes.ts";

function notice(count: number): string {
  return `Notice: ${count} messages were dropped because this connection is too slow`;
}

Deno.test("Hub.say() reaches everybody but the author", async () => {
  const chat = new Chat();
  const [alice, nameless, bob] = [chat.join("Alice"), chat.join(), chat.join("Bob")];
  chat.say(alice, "hello");
  chat.say(nameless, "hi");
  await flushed();
  assertEquals(alice.lines(), ["[10.0.0.1:2]: hi"]);
  assertEquals(nameless.lines(), ["[Alice]: hello"]);
  assertEquals(bob.lines(), ["[Alice]: hello", "[10.0.0.1:2]: hi"]);
});

Deno.test("Hub.say() reaches everybody but the author once, in any format", async () => {
  const chat = new Chat();
  const other = new CountingFormat("|\n");
  const clients = [chat.join("a"), chat.join("b", other), chat.join("c"), chat.join("d", other)];
  for (const client of clients) chat.say(client, "x");
  await flushed();
  const names = ["a", "b", "c", "d"];
  for (const [i, client] of clients.entries()) {
    const others = names.filter((_, j) => j !== i);
    assertEquals(client.lines(), others.map((name) => `[${name}]: x`));
  }
});

Deno.test("Hub.say() keeps the order of several authors in one turn", async () => {
  const chat = new Chat();
  const [a, b, c] = [chat.join("a"), chat.join("b"), chat.join("c")];
  for (const [author, text] of [[a, "1"], [b, "2"], [a, "3"], [a, "4"], [b, "5"]] as const) {
    chat.say(author, text);
  }
  await flushed();
  assertEquals(a.lines(), ["[b]: 2", "[b]: 5"]);
  assertEquals(b.lines(), ["[a]: 1", "[a]: 3", "[a]: 4"]);
  assertEquals(c.lines(), ["[a]: 1", "[b]: 2", "[a]: 3", "[a]: 4", "[b]: 5"]);
});

Deno.test("Hub.say() flushes each recipient once, at the end of the turn", async () => {
  const chat = new Chat();
  const [a, b] = [chat.join("a"), chat.join("b")];
  chat.say(a, "1", "2", "3");
  assertEquals([a.flushes, b.flushes], [0, 0]);
  await flushed();
  assertEquals([a.flushes, b.flushes], [0, 1]);
  chat.say(a, "4");
  await flushed();
  assertEquals([a.flushes, b.flushes], [0, 2]);
});

Deno.test("Hub.say() renders and encodes once for each format, for any number of readers", async () => {
  const chat = new Chat();
  const second = new CountingFormat("|");
  const author = chat.join();
  const listeners = [chat.format, second].flatMap((format) =>
    Array.from({ length: 50 }, () => chat.join(undefined, format))
  );
  chat.say(author, "already listed");
  await flushed();
  for (const format of [chat.format, second]) format.rendered = [], format.encoded = 0;
  chat.say(author, "1", "2", "3");
  await flushed();
  for (const format of [chat.format, second]) {
    assertEquals(format.rendered.filter((type) => type !== "ack"), Array(3).fill("message"));
    assertEquals(format.encoded, 3);
  }
  for (const listener of listeners) assertEquals(listener.lines().length, 4);
});

Deno.test("Hub.say() renders and encodes nothing for formats without readers", async () => {
  const chat = new Chat();
  const second = new CountingFormat("|");
  const author = chat.join();
  chat.leave(chat.join(undefined, second));
  chat.say(author, "1");
  await flushed();
  assertEquals([chat.format.encoded, second.encoded], [0, 0]);
  assertEquals(chat.format.rendered.filter((type) => type !== "ack"), []);
  assertEquals(second.rendered, []);
});

Deno.test("Hub.connect() delivers messages from then on, and none from before", async () => {
  const chat = new Chat();
  const alice = chat.join("Alice");
  const before = chat.join();
  chat.say(alice, "before");
  const late = chat.join();
  chat.say(alice, "after");
  await flushed();
  assertEquals(before.lines(), ["[Alice]: before", "[Alice]: after"]);
  assertEquals(late.lines(), ["[Alice]: after"]);
});

Deno.test("Hub.disconnect() ends the deliveries, and keeps the queue", async () => {
  const chat = new Chat();
  const [alice, bob] = [chat.join("Alice"), chat.join("Bob")];
  chat.say(alice, "before");
  chat.leave(bob);
  chat.leave(bob);
  chat.say(alice, "after");
  await flushed();
  assertEquals(bob.lines(), ["[Alice]: before"]);
  assertEquals(alice.lines(), []);
});

Deno.test("Hub.disconnect() keeps the messages that the member has sent", async () => {
  const chat = new Chat();
  const [alice, bob] = [chat.join("Alice"), chat.join("Bob")];
  chat.say(bob, "bye");
  chat.leave(bob);
  await flushed();
  assertEquals(alice.lines(), ["[Bob]: bye"]);
});

Deno.test("Hub.disconnect() frees the name", () => {
  const chat = new Chat();
  const bob = chat.join("Bob"), other = chat.join();
  assertEquals(chat.hub.rename(other.member, "bob"), false);
  chat.leave(bob);
  assertEquals(chat.hub.rename(other.member, "bob"), true);
  chat.leave(bob);
  assertEquals(chat.hub.find("Bob"), other.member);
});

Deno.test("Hub.whisper() reaches one member and is answered, behind earlier messages", async () => {
  const chat = new Chat();
  const [alice, bob, carol] = [chat.join("Alice"), chat.join("Bob"), chat.join("Carol")];
  chat.say(alice, "1");
  chat.say(bob, "2");
  chat.hub.whisper(alice.member, bob.member, "psst");
  chat.say(alice, "3");
  chat.say(carol, "4");
  await flushed();
  assertEquals(alice.lines(), ["[Bob]: 2", "[Whisper to Bob]: psst", "[Carol]: 4"]);
  assertEquals(bob.lines(), [
    "[Alice]: 1",
    "[Whisper from Alice]: psst",
    "[Alice]: 3",
    "[Carol]: 4",
  ]);
  assertEquals(carol.lines(), ["[Alice]: 1", "[Bob]: 2", "[Alice]: 3"]);
});

Deno.test("Hub.whisper() to oneself delivers both lines", async () => {
  const chat = new Chat();
  const alice = chat.join("Alice");
  chat.hub.whisper(alice.member, alice.member, "note");
  await flushed();
  assertEquals(alice.lines(), ["[Whisper from Alice]: note", "[Whisper to Alice]: note"]);
});

Deno.test("Hub.answer() and answerBytes() come behind earlier messages", async () => {
  const chat = new Chat();
  const [alice, bob] = [chat.join("Alice"), chat.join("Bob")];
  chat.say(alice, "1");
  chat.hub.answer(bob.member, disconnectEvent("quit"));
  chat.say(alice, "2");
  chat.hub.answerBytes(bob.recipient, new TextEncoder().encode("bytes\n"));
  await flushed();
  assertEquals(bob.lines(), ["[Alice]: 1", "Goodbye!", "[Alice]: 2", "bytes"]);
});

Deno.test("Hub.rename() frees the old name, and allows a member's own name in another form", () => {
  const chat = new Chat();
  const [alice, bob] = [chat.join("Alice"), chat.join("Bob")];
  assertEquals(chat.hub.rename(alice.member, "ALICE"), true);
  assertEquals(chat.hub.rename(alice.member, "ALICE"), true);
  assertEquals(alice.member.name, "ALICE");
  assertEquals(chat.hub.rename(alice.member, "Bob"), false);
  assertEquals(alice.member.name, "ALICE");
  assertEquals(chat.hub.rename(alice.member, "Carol"), true);
  assertEquals(chat.hub.rename(bob.member, "alice"), true);
  assertEquals([chat.hub.find("alice"), chat.hub.find("Bob")], [bob.member, undefined]);
});

Deno.test("Hub.rename() refuses names that differ only in case or Unicode form", () => {
  const same = [
    ["caf\u00e9", "cafe\u0301"],
    ["CAF\u00c9", "cafe\u0301"],
    ["Stra\u00dfe", "STRASSE"],
    ["STRA\u1e9eE", "stra\u00dfe"],
    ["\uff22\uff4f\uff42", "Bob"],
    ["\u212aevin", "kevin"],
    ["\u039f\u0394\u039f\u03a3", "\u03bf\u03b4\u03bf\u03c2"],
  ] as const;
  for (const [first, second] of same) {
    const chat = new Chat();
    chat.join(first.normalize());
    const other = chat.join();
    assertEquals(chat.hub.rename(other.member, second.normalize()), false, `${first} ${second}`);
  }
});

Deno.test("Hub.users() lists members that have sent a message or taken a name, in that order", () => {
  const chat = new Chat();
  const [a, b, , d, e] = [chat.join(), chat.join(), chat.join(), chat.join(), chat.join()];
  const listed = () => chat.hub.users().map(({ id }) => id);
  assertEquals(listed(), []);
  chat.hub.whisper(d.member, a.member, "x");
  chat.hub.rename(b.member, "Bob");
  chat.say(a, "x");
  assertEquals(listed(), [d, b, a].map(({ member }) => member.id));
  chat.leave(b);
  chat.say(e, "x");
  assertEquals(listed(), [d, a, e].map(({ member }) => member.id));
});

Deno.test("Hub.find() finds names in any form, and visible members without a name by address", () => {
  const chat = new Chat();
  const [alice, talker, silent] = [chat.join("Alice"), chat.join(), chat.join()];
  chat.say(talker, "x");
  assertEquals(chat.hub.find("aLICE"), alice.member);
  assertEquals(chat.hub.find("10.0.0.1:2"), talker.member);
  for (const nobody of ["", "Bob", alice.member.address, silent.member.address]) {
    assertEquals(chat.hub.find(nobody), undefined, nobody);
  }
});

Deno.test("Hub.statistics() counts members and messages", () => {
  const chat = new Chat();
  chat.now = 5_000;
  const [alice, bob, listener] = [chat.join("Alice"), chat.join("Bob"), chat.listen()];
  chat.say(alice, "1", "2");
  chat.hub.whisper(alice.member, bob.member, "3");
  chat.leave(bob);
  chat.hub.unsubscribe(listener.listener);
  chat.now = 66_999;
  assertEquals(chat.hub.statistics(), {
    totalConnections: 2,
    activeConnections: 1,
    totalMessages: 2,
    totalWhispers: 1,
    droppedMessages: 0,
    uptime: 66,
  });
});

Deno.test("Hub.congested is true from half a ring on, until the flush", async () => {
  const chat = new Chat({ capacity: 8 });
  const [alice] = [chat.join("Alice"), chat.join("Bob")];
  chat.say(alice, "1", "2", "3");
  assertEquals(chat.hub.congested, false);
  chat.say(alice, "4");
  assertEquals(chat.hub.congested, true);
  await flushed();
  assertEquals(chat.hub.congested, false);
});

Deno.test("Hub counts lost messages, reports them to the sink and notifies the client, oldest first", async () => {
  const chat = new Chat({ capacity: 3 });
  const [alice, slow, bob] = [chat.join("Alice"), chat.join("Slow"), chat.join("Bob")];
  slow.jammed = true;
  for await (const i of turns(25)) chat.say(alice, String(i));
  assertEquals(chat.reports, ["slow 10", "slow 20"]);
  assertEquals(bob.lines().length, 25);
  assertEquals(chat.hub.statistics().droppedMessages, 22);
  slow.recover();
  assertEquals(slow.lines(), [notice(22), "[Alice]: 22", "[Alice]: 23", "[Alice]: 24"]);
  assertEquals(chat.reports, ["slow 10", "slow 20", "recovered 22"]);
  assertEquals(slow.overflows, 0);
});

Deno.test("Hub drops the newest messages if the limits say so", async () => {
  const chat = new Chat({ capacity: 2, overflow: "drop-newest" });
  const [alice, slow] = [chat.join("Alice"), chat.join("Slow")];
  slow.jammed = true;
  for await (const i of turns(5)) chat.say(alice, String(i));
  slow.recover();
  assertEquals(slow.lines(), ["[Alice]: 0", "[Alice]: 1", notice(3)]);
});

Deno.test("Hub reports an overflow to the sink if slow clients are to be disconnected", async () => {
  const chat = new Chat({ capacity: 2, overflow: "disconnect" });
  const [alice, slow, quick] = [chat.join("Alice"), chat.join("Slow"), chat.join("Quick")];
  slow.jammed = true;
  for await (const i of turns(2)) chat.say(alice, String(i));
  assertEquals(slow.overflows, 0);
  chat.hub.whisper(alice.member, slow.member, "too much");
  await flushed();
  assertEquals([slow.overflows, quick.overflows, quick.lines().length], [1, 0, 2]);
});

Deno.test("Hub never drops answers, and a jammed client delays nobody", async () => {
  const chat = new Chat({ capacity: 2 });
  const [alice, slow] = [chat.join("Alice"), chat.join("Slow")];
  slow.jammed = true;
  for await (const i of turns(5)) {
    chat.hub.answer(slow.member, { type: "error", code: "usage", text: `answer ${i}`, ref: "r" });
    chat.hub.whisper(alice.member, slow.member, String(i));
  }
  assertEquals(alice.lines().length, 5);
  slow.recover();
  const lines = slow.lines();
  assertEquals(lines.filter((line) => line.startsWith("answer")).length, 5);
  assertEquals(lines.at(-1), "[Whisper from Alice]: 4");
});

Deno.test("Hub announces visible members to JSON clients, and not to text clients", async () => {
  const chat = new Chat();
  const program = chat.join(undefined, new TalkativeFormat());
  const reader = chat.join();
  const [alice, bob] = [chat.join(), chat.join()];
  chat.say(alice, "x");
  chat.hub.rename(alice.member, "Alice");
  chat.hub.rename(alice.member, "Alice");
  chat.hub.rename(alice.member, "ALICE");
  chat.hub.rename(bob.member, "Bob");
  chat.leave(alice);
  chat.leave(chat.join());
  await flushed();
  assertEquals(program.lines(), [
    "<join 10.0.0.1:3, 1 users>",
    "[10.0.0.1:3]: x",
    "<rename Alice was nobody, 1 users>",
    "<rename ALICE was Alice, 1 users>",
    "<join Bob, 2 users>",
    "<leave ALICE, 1 users>",
  ]);
  assertEquals(reader.lines(), ["[10.0.0.1:3]: x"]);
});

Deno.test("Hub.say() is acknowledged to JSON clients, behind earlier messages", async () => {
  const chat = new Chat();
  const program = chat.join("Program", new TalkativeFormat()), alice = chat.join("Alice");
  await flushed();
  program.lines();
  chat.say(alice, "1");
  chat.hub.say(program.member, "2", "ref");
  chat.say(alice, "3");
  await flushed();
  assertEquals(program.lines(), ["[Alice]: 1", "<ack 2 to ref>", "[Alice]: 3"]);
  assertEquals(alice.lines(), ["[Program]: 2"]);
});

Deno.test("Hub.epoch is different for each hub", () => {
  assertNotEquals(new Chat().hub.epoch, new Chat().hub.epoch);
});

Deno.test("Hub.subscribe() gives a connection the lobby's messages, without making it a member", async () => {
  const chat = new Chat({ hideAddresses: true });
  const listener = chat.listen();
  const alice = chat.join("Alice");
  chat.say(alice, "hello");
  chat.hub.notify(alice.member, "soon");
  chat.hub.announceEnd();
  await flushed();
  assertEquals(listener.lines(), [
    "[Alice]: hello",
    "Notice: soon",
    "Server is shutting down",
  ]);
  assertEquals(alice.member.id, 1);
  assertEquals(chat.hub.users().length, 1);
  assertEquals(chat.hub.statistics().totalConnections, 1);
});

Deno.test("Hub.connect() keeps the queue and the place that a connection has had since it subscribed", async () => {
  const chat = new Chat();
  const alice = chat.join("Alice");
  chat.say(alice, "before");
  const bob = chat.listen();
  bob.jammed = true;
  chat.say(alice, "meanwhile");
  await flushed();
  chat.connect(bob);
  assertEquals(bob.member.current?.start, 1);
  chat.say(alice, "after");
  chat.say(bob, "hi");
  await flushed();
  bob.recover();
  assertEquals(bob.lines(), ["[Alice]: meanwhile", "[Alice]: after"]);
  assertEquals(alice.lines(), ["[10.0.0.1:2]: hi"]);
  assertEquals(bob.member.id, 2);
});

Deno.test("Hub.unsubscribe() ends the messages of a connection that is no client, and its id goes to the next", async () => {
  const chat = new Chat();
  const [alice, request] = [chat.join("Alice"), chat.listen()];
  for (let i = 0; i < 2; i++) chat.hub.unsubscribe(request.listener);
  chat.say(alice, "hello");
  chat.hub.notify(alice.member, "soon");
  await flushed();
  assertEquals(request.lines(), []);
  assertEquals(chat.join().member.id, 2);
  assertThrows(() => chat.connect(request), Error, "Cannot connect");
  assertEquals(chat.hub.statistics().totalConnections, 2);
});
