/**
 * Logins: what clients get before, and how they get in, over every wire.
 * @module
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { COMMANDS } from "../../lib/chat/commands/registry.ts";
import { LOGIN_HINT } from "../../lib/wire/events.ts";
import { type ClientRequest, JSON_PROTOCOL, type ServerEvent } from "../../lib/wire/protocol.ts";
import type { ServeOptions } from "../../mod.ts";
import { Client, handshake, LineClient, TCP, WEBSOCKET, WIRES } from "../support/client.ts";
import { FakeClock } from "../support/clock.ts";
import { JsonClient } from "../support/json_client.ts";
import { type Claims, JWT_KEY, signToken } from "../support/jwt.ts";
import { eachInTurn } from "../support/patience.ts";
import { RawSocket } from "../support/raw_socket.ts";
import { TestServer } from "../support/server.ts";
import { TempFolder } from "../support/temp_folder.ts";

const PASSWORD = "correct horse";
const HINT = `Error: ${LOGIN_HINT}`;
const NOTICE = `Notice: ${LOGIN_HINT}`;
const ALICE: Claims = { sub: "1", name: "Alice" };

function start(options: ServeOptions = {}): TestServer {
  return new TestServer({ password: PASSWORD, jwtKey: JWT_KEY, ...options });
}

/** Logs a client in that is asked to. */
async function enter<C extends Client>(client: C, claims: Claims = ALICE): Promise<C> {
  if (!(client instanceof LineClient)) await client.hears(NOTICE);
  await client.asks(`/login ${await signToken(claims)}`, `Logged in as '${claims.name}'`);
  return client;
}

async function connectJson(server: TestServer, claims?: Claims): Promise<JsonClient> {
  const client = await JsonClient.connect(server.port);
  assertEquals((await client.event()).type, "login_required");
  if (claims === undefined) return client;
  const reply = await client.request({ type: "login", secret: await signToken(claims) });
  assertEquals([reply.type, "command" in reply && reply.command], ["reply", "login"]);
  assertEquals((await client.event()).type, "hello");
  return client;
}

/** Everything that happens in a chat. */
async function makeNoise(server: TestServer): Promise<Disposable> {
  const alice = await enter(await server.connect(TCP), {
    ...ALICE,
    backchannel: { operator: true },
  });
  const bob = await connectJson(server, { sub: "2", name: "Bob" });
  await alice.say("hello", "/me waves", "/topic secret", "/whisper Bob psst", "/say attention");
  await alice.say("/join dev", "/away now", "/join lobby");
  await bob.says("from Bob");
  await bob.ask({ type: "leave", room: "lobby" });
  await server.settle();
  return {
    [Symbol.dispose]() {
      alice.close();
      bob.close();
    },
  };
}

/** The next line that begins so. */
async function nextOf(client: Client, beginning: string): Promise<string> {
  const line = await client.line();
  return line.startsWith(beginning) ? line : await nextOf(client, beginning);
}

/** Each kind of request, and each command. */
const REQUESTS: readonly ClientRequest[] = [
  { type: "message", text: "hello" },
  { type: "message", text: "hello", room: "dev" },
  { type: "join", room: "dev", since: { epoch: "x", offset: 0 } },
  { type: "leave", room: "lobby" },
  { type: "history", room: "lobby" },
  { type: "login", resume: "8Jt2Qe0zVb6mXkD5yRfW1A" },
  ...COMMANDS.map(({ name }) => ({ type: "command", text: `/${name} Alice x` }) as const)
    .filter(({ text }) => !text.startsWith("/quit")),
];

for (const wire of WIRES) {
  Deno.test(`Before it has logged in, a client gets nothing and nobody gets anything of it [${wire.name}]`, async () => {
    await using server = start();
    using client = await server.connect(wire);
    if (wire === WEBSOCKET) await client.hears(NOTICE);
    using witness = await enter(await server.connect(TCP), { sub: "9", name: "Wanda" });
    using _noise = await makeNoise(server);
    await client.asks("first", HINT);
    using _more = await makeNoise(server);
    const lines = ["hello", "//slash", ...COMMANDS.map(({ name }) => `/${name} Alice x`)]
      .filter((line) => !line.startsWith("/quit"));
    await eachInTurn(lines, (line) => client.asks(line, HINT));
    await witness.say("/list");
    const listed = await nextOf(witness, "Users online");
    assert(!listed.includes(client.address), listed);
    await client.asks("/login wrong", "Error: Wrong password or token");
  });

  Deno.test(`A client that has logged in gets in, whatever it sends behind [${wire.name}]`, async () => {
    await using server = start();
    using witness = await enter(await server.connect(TCP), { sub: "9", name: "Wanda" });
    using client = await server.connect(wire);
    if (wire === WEBSOCKET) await client.hears(NOTICE);
    await client.say(`/login ${await signToken(ALICE)}`, "one", "two", "/name Bob");
    await client.hears(
      "Logged in as 'Alice'",
      "Error: You are 'Alice' by your login, and cannot change your name",
    );
    await witness.hears("[Alice]: one", "[Alice]: two");
    await witness.say("welcome");
    await client.hears("[Wanda]: welcome");
  });

  Deno.test(`A shared password lets guests in [${wire.name}]`, async () => {
    await using server = start();
    using one = await server.connect(wire);
    using two = await server.connect(wire);
    if (wire === WEBSOCKET) await eachInTurn([one, two], (client) => client.hears(NOTICE));
    await one.asks(`\u200b\x1b[A /login ${PASSWORD}`, "Logged in");
    await two.asks(`/LOGIN   ${PASSWORD} `, "Logged in");
    await one.takesName("Bob");
    await two.asks("/name Bob", "Error: Username 'Bob' is already taken");
    await two.say("hi");
    assertMatch(await one.line(), /^\[127\.0\.0\.1:\d+\]: hi$/);
  });

  Deno.test(`A client that does not log in is disconnected, and so is one that tries too often [${wire.name}]`, async () => {
    const clock = new FakeClock();
    await using server = start({ clock });
    using silent = await server.connect(wire);
    using guesser = await server.connect(wire);
    if (wire === WEBSOCKET) await eachInTurn([silent, guesser], (client) => client.hears(NOTICE));
    await guesser.say("/login a", "/login b", "/login c", `/login ${PASSWORD}`);
    const { lines, code } = await guesser.ending();
    assertEquals(lines, [
      ...Array<string>(3).fill("Error: Wrong password or token"),
      "Disconnected after too many failed logins",
    ]);
    assertEquals(code, wire === WEBSOCKET ? 3000 : undefined);
    await silent.asks("hm", HINT);
    clock.advance(30_000);
    const end = await silent.ending();
    assertEquals(end.lines, ["Disconnected because you did not log in"]);
    assertEquals(end.code, wire === WEBSOCKET ? 3000 : undefined);
  });

  Deno.test(`A login ends when its token does [${wire.name}]`, async () => {
    const clock = new FakeClock();
    await using server = start({ clock });
    using client = await enter(await server.connect(wire), { ...ALICE, exp: 60 });
    clock.advance(89_000); // the clocks of issuers may be half a minute behind
    await client.hearsNothing();
    clock.advance(1_000);
    const { lines, code } = await client.ending();
    assertEquals(lines, ["Your login has expired: connect and log in again"]);
    assertEquals(code, wire === WEBSOCKET ? 3000 : undefined);
  });
}

Deno.test("Before it has logged in, a JSON client gets nothing but answers", async () => {
  await using server = start();
  using client = await connectJson(server);
  using _noise = await makeNoise(server);
  await eachInTurn(REQUESTS, async (request) => {
    const event = await client.request({ ...request, id: "7" });
    if (event.type !== "error") throw new Error(JSON.stringify(event));
    assertEquals([event.code, event.ref, event.text], ["login_required", "7", HINT]);
  });
  await client.say("/name Eve");
  assertEquals((await client.event()).type, "error");
  await client.say(`{"type":"login","secret":7}`);
  const malformed = await client.event();
  assertEquals("code" in malformed && malformed.code, "malformed");
  await client.say("/quit");
  const { lines, code } = await client.ending();
  assertEquals([lines.map((line) => JSON.parse(line).type), code], [["bye"], 1000]);
});

Deno.test("A JSON client gets the reply and then the hello when it logs in", async () => {
  await using server = start();
  using client = await connectJson(server);
  const secret = await signToken({ ...ALICE, backchannel: { operator: true } });
  const reply = await client.request({ type: "login", secret, id: "1" });
  const hello = await client.event();
  if (reply.type !== "reply" || reply.command !== "login" || hello.type !== "hello") {
    throw new Error(JSON.stringify([reply, hello]));
  }
  assertEquals([reply.ref, reply.text], ["1", "Logged in as 'Alice'"]);
  assertEquals(reply.data.user, hello.you);
  assertEquals([hello.you.name, hello.users, hello.online], ["Alice", [hello.you], 1]);
  assert(hello.commands.some(({ name }) => name === "kick"), "operators have more commands");
  assertEquals(await client.says("hi"), 1);
});

/** Regression: what the server said to all of its clients at the end would have been the first thing to hear. */
Deno.test("Before it has logged in, a client is not told of a drain, and is told of the end", async () => {
  const clock = new FakeClock();
  await using server = start({ clock, drain: 10, random: () => 0.5 });
  using nc = await server.connect(TCP);
  await nc.asks("hello", HINT);
  using json = await connectJson(server);
  using alice = await enter(await server.connect(TCP));
  const shutdown = server.server.shutdown();
  await alice.hears("Server is shutting down");
  await nc.asks("hello", HINT);
  clock.advance(6_000);
  assertEquals((await nc.ending()).lines, ["Server is shutting down"]);
  const { lines, code } = await json.ending();
  assertEquals([lines.map((line) => JSON.parse(line).type), code], [["shutdown"], 1001]);
  await alice.ending();
  clock.advance(10_000);
  await shutdown;
});

Deno.test("A silent line client is asked to log in when it is known to be one", async () => {
  const clock = new FakeClock();
  await using server = start({ clock });
  using nc = await server.connect(TCP);
  await server.settle();
  clock.advance(499);
  using quick = await server.connect(TCP);
  await quick.asks(`/login ${PASSWORD}`, "Logged in");
  await quick.say("hello");
  await server.settle();
  clock.advance(1);
  await nc.hears(NOTICE);
  await nc.asks(`/login ${PASSWORD}`, "Logged in");
  await quick.say("hello again");
  assertMatch(await nc.line(), /: hello again$/);
});

/** A proxy may open connections before it has a request for them. */
Deno.test("A silent trusted proxy is asked nothing before it speaks", async () => {
  const clock = new FakeClock();
  await using server = start({ clock, trustProxy: "127.0.0.1" });
  using proxy = await RawSocket.connect(server.port);
  await server.settle();
  clock.advance(5_000);
  await proxy.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  assertMatch(await proxy.restText(), /^HTTP\/1\.1 200 OK\r\n/);
});

Deno.test("All devices of a user are one person, over every wire", async () => {
  await using server = start();
  using nc = await enter(await server.connect(TCP));
  using bob = await enter(await server.connect(WEBSOCKET), { sub: "2", name: "Bob" });
  using json = await connectJson(server, ALICE);
  const list = await json.ask({ type: "command", text: "/list" });
  if (list.type !== "reply" || list.command !== "list") throw new Error(JSON.stringify(list));
  assertEquals(list.data.users.map(({ name }) => name), ["Alice", "Bob"]);
  await nc.say("from nc");
  const message = await json.next("message");
  assertEquals(message.from, list.data.users[0]);
  await json.says("from the page");
  await nc.hears("[Alice]: from the page");
  await bob.hears("[Alice]: from nc", "[Alice]: from the page");
  await bob.asks("/whisper alice psst", "[Whisper to Alice]: psst");
  await nc.hears("[Whisper from Bob]: psst");
  assertEquals((await json.next("whisper")).text, "psst");
  await nc.asks("/whisper Bob yes", "[Whisper to Bob]: yes");
  assertEquals((await json.next("whisper")).to?.name, "Bob");
  await bob.hears("[Whisper from Alice]: yes");
});

Deno.test("The operators of tokens have their rights, without a token file too", async () => {
  await using server = start();
  using bob = await enter(await server.connect(TCP), { sub: "2", name: "Bob" });
  using alice = await enter(await server.connect(TCP), {
    ...ALICE,
    backchannel: { operator: true },
  });
  await bob.asks("/kick Alice", "Error: /kick is for operators");
  await bob.asks("/oper 0123456789abcdef", "Error: Wrong token");
  await alice.asks("/ban Bob spam", "Banned 'Bob' until it is lifted");
  assertEquals((await bob.ending()).lines, ["Banned by Alice: spam"]);
  using again = await server.connect(TCP);
  const token = await signToken({ sub: "2", name: "Bob" });
  await again.asks(`/login ${token}`, "Error: You are banned");
});

Deno.test("In a lockdown the logins of operators, and the token of operators, are let in alone", async () => {
  await using folder = new TempFolder();
  const operatorTokenFile = folder.path("token");
  const operatorToken = "0123456789abcdef0123456789abcdef";
  await Deno.writeTextFile(operatorTokenFile, operatorToken, { mode: 0o600 });
  await using server = start({ operatorTokenFile });
  const operator = { ...ALICE, backchannel: { operator: true } };
  const alice = await enter(await server.connect(TCP), operator);
  await alice.asks("/lockdown on", "Nobody new is let in");
  alice.close();
  const locked = "Error: Server is locked down, try again later";
  await eachInTurn([PASSWORD, await signToken({ sub: "2", name: "Bob" })], async (secret) => {
    using client = await server.connect(TCP);
    await client.asks(`/login ${secret}`, locked);
  });
  using again = await server.connect(WEBSOCKET);
  await enter(again, operator);
  using nameless = await server.connect(TCP);
  await nameless.asks("hello", HINT);
  await nameless.asks("/oper wrong", "Error: Wrong token");
  await nameless.asks(`/oper ${operatorToken}`, "You are an operator now, see /help");
  await nameless.asks("/lockdown off", "Newcomers are let in");
  using client = await server.connect(TCP);
  await client.asks(`/login ${PASSWORD}`, "Logged in");
});

/** A handshake with other fields. */
async function shake(
  server: TestServer,
  fields: Readonly<Record<string, string | readonly string[]>>,
): Promise<JsonClient> {
  const socket = await RawSocket.connect(server.port);
  await socket.write(handshake({ "Sec-WebSocket-Protocol": JSON_PROTOCOL, ...fields }));
  await socket.through("\r\n\r\n");
  return new JsonClient(socket);
}

const FROM_PROXY = { userHeader: "X-Forwarded-User", trustProxy: "127.0.0.1" };

Deno.test("The user that a trusted proxy names is logged in by the handshake", async () => {
  await using server = new TestServer(FROM_PROXY);
  using client = await shake(server, { "X-Forwarded-User": "alice@example.com" });
  const hello = await client.event();
  assertEquals("you" in hello && hello.you.name, "alice");
  assert(!JSON.stringify(hello).includes("example.com"), "an address is nobody's business");
  using none = await shake(server, {});
  assertEquals((await none.event()).type, "login_required");
  using two = await shake(server, { "X-Forwarded-User": ["alice@example.com", "mallory"] });
  assertEquals([(await two.event()).type, (await two.event()).type], ["error", "login_required"]);
  using reserved = await shake(server, { "X-Forwarded-User": "server" });
  const error = await reserved.event();
  assertEquals("text" in error && error.text, "Error: Name 'server' is reserved");
});

Deno.test("The user that anybody else names is nobody, behind a PROXY header of a trusted proxy too", async () => {
  const field = { "X-Forwarded-User": "alice" };
  await using untrusting = new TestServer({ ...FROM_PROXY, trustProxy: "10.0.0.1" });
  using client = await shake(untrusting, field);
  assertEquals((await client.event()).type, "login_required");

  await using server = new TestServer(FROM_PROXY);
  const socket = await RawSocket.connect(server.port);
  await socket.write("PROXY TCP4 203.0.113.7 192.0.2.1 5000 80\r\n");
  await socket.write(handshake({ "Sec-WebSocket-Protocol": JSON_PROTOCOL, ...field }));
  await socket.through("\r\n\r\n");
  using proxied = new JsonClient(socket);
  assertEquals((await proxied.event()).type, "login_required");
});

Deno.test("Names, accounts and one's own messages survive a restart with a history file", async () => {
  await using folder = new TempFolder();
  const history = folder.path("chat.db");
  let account: string | undefined;
  {
    await using server = start({ history });
    using client = await connectJson(server, ALICE);
    account = (await client.ask({ type: "command", text: "/away x" }) as Away).data.user.account;
    await client.says("before");
  }
  await using server = start({ history });
  using guest = await server.connect(TCP);
  await guest.asks(`/login ${PASSWORD}`, "Logged in");
  await guest.asks("/name alice", "Error: Username 'alice' is already taken");
  await guest.asks(
    "/name A1ice",
    "Error: Username 'A1ice' looks like 'Alice', which belongs to somebody else",
  );
  using client = await connectJson(server, ALICE);
  const reply = await client.ask({ type: "history" });
  if (reply.type !== "reply" || reply.command !== "history") throw new Error("no history");
  const [message] = reply.data.messages;
  assertEquals([message?.from.id, message?.from.account], [0, account]);
  const you = (await client.ask({ type: "command", text: "/away x" }) as Away).data.user;
  assertEquals(you.account, account);
});

type Away = ServerEvent & { readonly data: { readonly user: { readonly account: string } } };

Deno.test("Secrets are in no answer and in no line of the log", async () => {
  await using server = start();
  using nc = await server.connect(TCP);
  const secrets = ["hunter2-hunter2", `${await signToken(ALICE)}x`];
  await eachInTurn(secrets, async (secret) => {
    await nc.say(`/login ${secret}`);
    const answer = await nc.line();
    assertStringIncludes(answer, "Error: ");
    assert(!answer.includes(secret), answer);
  });
  await nc.asks(`/login ${PASSWORD}`, "Logged in");
  await nc.asks(`/login ${PASSWORD}`, "Logged in");
  const log = JSON.stringify(server.log);
  for (const secret of [...secrets, PASSWORD]) assert(!log.includes(secret), "the log has it");
});
