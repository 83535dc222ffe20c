/**
 * What the program that embeds a server does in its chat.
 * @module
 */
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import type { ChatUser, ServeOptions, UserMessage } from "../../mod.ts";
import { LineClient, WIRES } from "../support/client.ts";
import { FakeClock } from "../support/clock.ts";
import { JsonClient } from "../support/json_client.ts";
import { eachInTurn, times } from "../support/patience.ts";
import { RawSocket } from "../support/raw_socket.ts";
import { TestServer } from "../support/server.ts";
import { TempFolder } from "../support/temp_folder.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";

async function named(server: TestServer, name: string): Promise<LineClient> {
  return await (await LineClient.connect(server.port)).takesName(name);
}

for (const wire of WIRES) {
  Deno.test(`server.say() is heard in a room, under a name that is the server's [${wire.name}]`, async () => {
    const asked: UserMessage[] = [];
    await using test = new TestServer({ onMessage: (message) => void asked.push(message) });
    const { server } = test;
    using alice = await (await test.connect(wire)).takesName("Alice");
    using carol = await JsonClient.connect(test.port);
    await carol.next("hello");
    assertEquals(server.say("lobby", "Welcome"), { room: "lobby", id: 1 });
    await alice.hears("[server]: Welcome");
    server.say("#Lobby", "waves", { as: "deploybot", action: true });
    await alice.hears("* deploybot waves");
    server.say("dev", "nobody hears this");
    await alice.hearsNothing();
    const [first, second] = [await carol.next("message"), await carol.next("message")];
    assertEquals([first.from.name, first.from.address], ["server", "server"]);
    assertEquals([second.from.name, second.action], ["deploybot", true]);
    assert(first.from.id !== second.from.id);
    await eachInTurn(["deploybot", "DeployBot", "dep1oybot"], async (name) => {
      await alice.say(`/name ${name}`);
      assertMatch(await alice.line(), /^Error: Username '\w+' (?:is already taken|looks like)/);
    });
    assertEquals(asked, [], "Hooks are not asked about what the server says");
    // What nobody heard is in the history.
    await alice.asks("/join dev", "Joined room 'dev'");
    await alice.say("/history");
    assertMatch(await alice.line(), /\[server\]: nobody hears this$/);
  });
}

Deno.test("A name that the server speaks under is taken from a guest, and not from a user", async () => {
  await using test = new TestServer({
    authenticate: ({ credential }) =>
      credential?.type === "secret" ? { id: "u1", name: "Ann" } : "guest",
  });
  const { server } = test;
  using ann = await LineClient.connect(test.port);
  await ann.asks("/login x", "Logged in as 'Ann'");
  using guest = await JsonClient.connect(test.port);
  await guest.next("hello");
  await guest.ask({ type: "command", text: "/name bot" });
  server.say("lobby", "hello", { as: "bot" });
  const renamed = await guest.next("renamed");
  assertEquals([renamed.name, renamed.user.name], ["bot", null]);
  assertEquals((await guest.next("message")).from.name, "bot");
  const problem = "Cannot speak as 'Ann': the name, or one that looks like it, is a user's";
  assertThrows(() => server.say("lobby", "hello", { as: "Ann" }), Error, problem);
  await ann.hears("[bot]: hello");
});

Deno.test("server.say() and its like refuse what cannot be used", async () => {
  await using test = new TestServer({ maxMessage: 10 });
  const { server } = test;
  assertThrows(() => server.say("two words", "x"), TypeError, "as a room, use 1 to 32");
  assertThrows(() => server.say("lobby", "x", { as: "two words" }), TypeError, "as a name");
  assertThrows(() => server.say("lobby", "\u200b"), TypeError, "nothing in it is visible");
  assertThrows(() => server.say("lobby", "much too long"), RangeError, "longer than 10 bytes");
  assertThrows(() => server.say("lobby", 5 as unknown as string), TypeError, "not a text");
  assertThrows(() => server.topic("lobby", "x".repeat(201)), RangeError, "longer than 200");
  assertThrows(() => server.history("lobby", { limit: 0 }), RangeError, "limit 0");
  assertThrows(() => server.ban("two words"), TypeError, "neither a name nor an address");
  assertThrows(() => server.ban("10.0.0.0/33"), TypeError, "Cannot ban: ");
  assertThrows(() => server.ban("Bob", { duration: -1 }), RangeError, "duration -1");
});

Deno.test("server.send() reaches all clients of a user, and nobody else", async () => {
  const users: ChatUser[] = [];
  await using test = new TestServer({
    authenticate: ({ credential }) =>
      credential?.type === "secret" ? { id: "u1", name: "Ann" } : "guest",
    onJoin: (user) => void users.push(user),
  });
  const { server } = test;
  using phone = await LineClient.connect(test.port);
  using laptop = await JsonClient.connect(test.port);
  await phone.asks("/login x", "Logged in as 'Ann'");
  await laptop.ask({ type: "login", secret: "x" });
  using bob = await named(test, "Bob");
  const byName = users.find(({ name }) => name === "Bob")!;
  assertEquals(server.send("ann", "one"), true);
  assertEquals(server.send({ userId: "u1" }, "two", { as: "deploybot" }), true);
  await phone.hears("[Whisper from server]: one", "[Whisper from deploybot]: two");
  assertEquals((await laptop.next("whisper")).text, "one");
  assertEquals((await laptop.next("whisper")).from.name, "deploybot");
  await bob.asks("/name Robert", "Username set to 'Robert'");
  assertEquals(server.send(byName, "three"), true, "The same user under another name");
  await bob.hears("[Whisper from server]: three");
  assertEquals(server.send("Nobody", "x"), false);
  assertEquals(server.send({ userId: "u2" }, "x"), false);
  bob.close();
  await test.logs(/^Disconnected/, bob.address);
  assertEquals(server.send(byName, "x"), false);
});

Deno.test("server.users() and server.rooms() tell who is where", async () => {
  await using test = new TestServer();
  const { server } = test;
  using alice = await named(test, "Alice");
  using bob = await named(test, "Bob");
  using _silent = await LineClient.connect(test.port);
  await bob.asks("/join dev", "Joined room 'dev'");
  const names = (users: ChatUser[]) => users.map(({ name }) => name);
  assertEquals(names(server.users("lobby")), ["Alice"]);
  assertEquals(names(server.users("#DEV")), ["Bob"]);
  assertEquals(names(server.users()), ["Alice", "Bob"]);
  assertEquals(server.users("nowhere"), []);
  const [user] = server.users("lobby");
  const known = { id: user!.id, userId: undefined, name: "Alice", address: alice.address };
  assertEquals(user, { ...known, operator: false });
  assertEquals(server.topic("dev"), undefined);
  assertEquals(server.topic("dev", " Release\ton Friday "), "Release on Friday");
  await bob.hears("Notice: server set the topic to 'Release on Friday'");
  assertEquals(server.topic("dev"), "Release on Friday");
  server.say("ops", "kept");
  assertEquals(server.rooms(), [
    { name: "lobby", topic: null, users: 1, offset: 0 },
    { name: "dev", topic: "Release on Friday", users: 1, offset: 0 },
    { name: "ops", topic: null, users: 0, offset: 1 },
  ]);
  assertEquals(server.topic("dev", null), undefined);
  await bob.hears("Notice: server cleared the topic");
});

Deno.test("server.history() gives pages as JSON clients get them", async () => {
  await using test = new TestServer();
  const { server } = test;
  using client = await JsonClient.connect(test.port);
  await client.next("hello");
  await times(5, (i) => client.says(`m${i}`));
  server.say("lobby", "m5", { action: true });
  const texts = (range?: { before?: number; after?: number; limit?: number }) =>
    server.history("lobby", range).messages.map(({ text }) => text);
  assertEquals(texts(), ["m0", "m1", "m2", "m3", "m4", "m5"]);
  assertEquals(texts({ limit: 2 }), ["m4", "m5"]);
  assertEquals(texts({ after: 1, limit: 2 }), ["m1", "m2"]);
  assertEquals(texts({ before: 3 }), ["m0", "m1"]);
  const reply = await client.ask({ type: "history", id: "h" });
  assert(reply.type === "reply" && reply.command === "history");
  assertEquals(server.history("lobby"), reply.data);
  assertEquals(server.history("nowhere").messages, []);
});

Deno.test("server.history() throws if there is none", async () => {
  await using test = new TestServer({ noHistory: true });
  const problem = "Cannot read the history: the server keeps none";
  assertThrows(() => test.server.history("lobby"), Error, problem);
});

for (const operatorToken of [undefined, TOKEN]) {
  const options: ServeOptions = operatorToken === undefined ? {} : { operatorToken };
  const how = operatorToken === undefined ? "without operators" : "with operators";

  Deno.test(`server.kick(), ban() and mute() work ${how}`, async () => {
    const clock = new FakeClock();
    await using test = new TestServer({ ...options, clock, presenceDelay: 0 });
    const { server } = test;
    using alice = await named(test, "Alice");
    const bob = await named(test, "Bob");
    assertEquals(server.kick("Nobody"), false);
    assertEquals(server.kick("Bob", "too loud"), true);
    assertEquals((await bob.ending()).lines, ["Kicked: too loud"]);
    assertEquals(server.mute("Alice", { duration: 60, reason: "off topic" }), true);
    await alice.asks("psst", "Error: You are muted");
    assertEquals(server.unmute("Alice"), true);
    assertEquals(server.unmute("Alice"), false);
    assertEquals(server.mute("Alice", { duration: 60 }), true);
    clock.advance(60_000);
    using carol = await named(test, "Carol");
    await alice.say("heard");
    await carol.hears("[Alice]: heard");
    const mallory = await named(test, "Mallory");
    // This machine is not banned with one of its clients.
    const ban = server.ban("Mallory", { reason: "spam" });
    assertEquals({ ...ban, since: 0 }, {
      name: "Mallory",
      network: null,
      since: 0,
      until: null,
      by: "server",
      reason: "spam",
    });
    assertEquals((await mallory.ending()).lines, ["Banned: spam"]);
    using again = await LineClient.connect(test.port);
    await again.asks("/name Mal1ory", "Error: Username 'Mal1ory' is banned");
    assertEquals(server.unban("mallory"), true);
    assertEquals(server.unban("mallory"), false);
    await again.asks("/name Mallory", "Username set to 'Mallory'");
    assertEquals(server.ban("192.0.2.0/24").network, "192.0.2.0/24");
    const unknown = "Error: Unknown command '/kick', try /help";
    const forOperators = "Error: /kick is for operators";
    await again.asks("/kick Alice", operatorToken === undefined ? unknown : forOperators);
    const actions = test.log.filter(({ kind }) => kind === "application_action");
    assertEquals(actions.map(({ message }) => message.replace(/\d+\.\d+\.\d+\.\d+:\d+/, "...")), [
      "The application kicked 'Bob' (...): too loud",
      "The application muted 'Alice' until 1970-01-01 00:01:00: off topic",
      "The application lifted the mute of 'Alice'",
      "The application muted 'Alice' until 1970-01-01 00:01:00",
      "The application banned 'Mallory' until it is lifted: spam",
      "The application lifted the ban of 'Mallory'",
      "The application banned 192.0.2.0/24 until it is lifted",
    ]);
  });
}

Deno.test("server.ban() bans the address that a proxy names, and the ban holds after a restart", async () => {
  await using folder = new TempFolder();
  const options = { trustProxy: "127.0.0.1", history: folder.path("chat.db"), presenceDelay: 0 };
  const connect = async (test: TestServer, ip: string) => {
    const socket = await RawSocket.connect(test.port);
    await socket.write(`PROXY TCP4 ${ip} 127.0.0.1 1234 80\r\n`);
    return new LineClient(socket);
  };
  {
    await using test = new TestServer(options);
    const mallory = await (await connect(test, "192.0.2.7")).takesName("Mallory");
    const other = await (await connect(test, "192.0.2.7")).takesName("Other");
    using alice = await (await connect(test, "192.0.2.8")).takesName("Alice");
    assertEquals(test.server.ban("Mallory").network, "192.0.2.7");
    await eachInTurn([mallory, other], async (client) => {
      assertEquals((await client.ending()).lines, ["Banned"]);
    });
    await alice.hearsNothing();
  }
  await using test = new TestServer(options);
  using refused = await connect(test, "192.0.2.7");
  await refused.hears("Error: You are banned from this server");
  using alice = await (await connect(test, "192.0.2.8")).takesName("Alice");
  await alice.asks("/name Mallory", "Error: Username 'Mallory' is banned");
});

Deno.test("A hook may kick the sender, and what it decided about is not published", async () => {
  let kick = (_user: ChatUser) => {};
  await using test = new TestServer({
    onMessage: ({ user, text }) => {
      if (text === "spam") kick(user);
    },
  });
  kick = (user) => void test.server.kick(user, "spam");
  await eachInTurn(WIRES, async (wire) => {
    using alice = await named(test, `Alice-${wire.name}`);
    const mallory = await (await test.connect(wire)).takesName("Mallory");
    await mallory.say("spam", "more");
    assertEquals((await mallory.ending()).lines, ["Kicked: spam"]);
    await alice.hearsNothing();
  });
});

Deno.test("A hook may speak, and onJoin welcomes users", async () => {
  await using test: TestServer = new TestServer({
    onJoin: (user, room) => void test.server.send(user, `Welcome to ${room}`),
    onMessage: ({ text, room }) => {
      if (text === "!time") test.server.say(room!, "It is noon", { as: "clock" });
    },
  });
  using alice = await LineClient.connect(test.port);
  await alice.say("/name Alice");
  await alice.hears("Username set to 'Alice'", "[Whisper from server]: Welcome to lobby");
  await alice.say("/join dev");
  await alice.hears("Joined room 'dev'", "[Whisper from server]: Welcome to dev");
  await alice.say("!time");
  await alice.hears("[clock]: It is noon");
});
