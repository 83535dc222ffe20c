/**
 * Several servers are one chat: what clients of one do, those of the others see, and what they know holds at all servers.
 */
import { assert, assertEquals } from "@std/assert";
import { TCP, WEBSOCKET } from "../support/client.ts";
import { TestCluster } from "../support/cluster.ts";
import { EngineRelay } from "../support/engine_relay.ts";
import { JsonListener } from "../support/json_listener.ts";
import { patiently, times, until } from "../support/patience.ts";
import { RawSocket } from "../support/raw_socket.ts";
import { Redis, redisTest } from "../support/redis.ts";
import { TestServer } from "../support/server.ts";
import { TempFolder } from "../support/temp_folder.ts";

type Event = Readonly<Record<string, unknown>>;

const TOKEN = "0123456789abcdef";

/** The number of events so far of a type. */
function eventsOf({ events }: JsonListener, type: string): Event[] {
  return events.filter((event) => event.type === type);
}

/** Sends a request and returns what answers it. */
async function ask(client: JsonListener, request: Event): Promise<Event> {
  const id = crypto.randomUUID();
  client.send(JSON.stringify({ ...request, id }));
  const answer = () => client.events.find(({ ref }) => ref === id);
  await until(() => answer() !== undefined, `an answer to ${JSON.stringify(request)}`);
  return answer()!;
}

function command(client: JsonListener, text: string): Promise<Event> {
  return ask(client, { type: "command", text });
}

async function readiness(port: number): Promise<string> {
  using socket = await RawSocket.connect(port);
  await socket.write("GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  return (await socket.restText()).split(" ", 2)[1]!;
}

redisTest("Clients of two servers talk to each other", async () => {
  await using redis = await Redis.start();
  await using cluster = await new TestCluster(redis).ready();
  using alice = await cluster.connect(TCP);
  using bob = await cluster.connect(WEBSOCKET);
  await alice.takesName("Alice");
  await bob.asks("/name alice", "Error: Username 'alice' is already taken");
  await bob.asks("/name A1ice", "Error: Username 'A1ice' looks like 'Alice', who is here");
  await bob.takesName("Bob");
  await alice.say("hello", "/list");
  await bob.hears("[Alice]: hello");
  await alice.hears(`Users online: Alice (${alice.address}), Bob (${bob.address})`);
  await bob.asks("/whisper alice psst", "[Whisper to Alice]: psst");
  await alice.hears("[Whisper from Bob]: psst");
  await alice.asks("/join dev", "Joined room 'dev'");
  await bob.asks("/join DEV", "Joined room 'dev'");
  await alice.say("one", "two");
  await bob.hears("[Alice]: one", "[Alice]: two");
  await bob.say("/history");
  assertEquals((await bob.line()).split("\n").map((line) => line.slice(23)), [
    "[Alice]: one",
    "[Alice]: two",
  ]);
  await alice.asks("/topic Release on Friday", "Topic set to 'Release on Friday'");
  await bob.hears("Notice: Alice set the topic to 'Release on Friday'");
});

redisTest("/stats counts the clients and messages of all servers", async () => {
  await using redis = await Redis.start();
  await using cluster = await new TestCluster(redis).ready();
  await using alice = await JsonListener.connect(cluster.port);
  await using bob = await JsonListener.connect(cluster.other.port);
  alice.send("one", "two");
  bob.send("three");
  await until(async () => {
    const { data } = await command(bob, "/stats");
    const { totalConnections, activeConnections, totalMessages } = data as Record<string, number>;
    return totalConnections === 2 && activeConnections === 2 && totalMessages === 3;
  }, "the counters are there");
});

redisTest(
  "A client continues at another server, with nothing missing and nothing double",
  async () => {
    await using redis = await Redis.start();
    await using cluster = await new TestCluster(redis).ready();
    await using bob = await JsonListener.connect(cluster.port);
    await command(bob, "/name Bob");
    const alice = await JsonListener.connect(cluster.port);
    const { data } = await command(alice, "/name Alice");
    const { resume } = data as { resume: string };
    bob.send("before");
    await until(() => eventsOf(alice, "message").length === 1, "Alice reads");
    const { epoch } = alice.events[0]!;
    await alice[Symbol.asyncDispose]();
    bob.send("meanwhile");
    const id = crypto.randomUUID();
    bob.send(JSON.stringify({ type: "message", text: "with an id", id }));
    await until(() => bob.events.some(({ ref }) => ref === id), "it is acknowledged");
    await using again = await JsonListener.connect(cluster.other.port);
    assertEquals(again.events[0]!.epoch, epoch, "All servers number alike");
    const login = await ask(again, { type: "login", resume });
    assertEquals((login.data as { user: Event }).user.name, "Alice");
    const joined = await ask(again, { type: "join", room: "lobby", since: { epoch, offset: 1 } });
    const { missed } = joined.data as { missed: { recovered: boolean; messages: Event[] } };
    assertEquals(missed.recovered, true);
    assertEquals(missed.messages.map(({ text }) => text), ["meanwhile", "with an id"]);
    // She was not gone for the others.
    await until(() => eventsOf(bob, "back").length === 1, "Bob knows that she is back");
    assertEquals(eventsOf(bob, "presence").filter(({ event }) => event === "leave"), []);
    // A message that was not acknowledged is sent again there, and said once.
    await using second = await JsonListener.connect(cluster.other.port);
    second.send(JSON.stringify({ type: "message", text: "with an id", id }));
    await until(() => second.events.some(({ ref }) => ref === id), "it is acknowledged again");
    assertEquals(second.events.find(({ ref }) => ref === id)!.id, 3);
  },
);

redisTest("A name that is kept for a guest is kept at all servers", async () => {
  await using redis = await Redis.start();
  await using cluster = await new TestCluster(redis, { presenceDelay: 1 }).ready();
  const alice = await JsonListener.connect(cluster.port);
  await command(alice, "/name Alice");
  await alice[Symbol.asyncDispose]();
  await using mallory = await JsonListener.connect(cluster.other.port);
  assertEquals((await command(mallory, "/name Alice")).code, "name_taken");
  await until(async () => (await command(mallory, "/name Alice")).type === "reply", "it is free");
});

redisTest("Operators rule over the clients of all servers", async () => {
  await using folder = new TempFolder();
  const operatorTokenFile = folder.path("token");
  await Deno.writeTextFile(operatorTokenFile, TOKEN, { mode: 0o600 });
  await using redis = await Redis.start();
  await using cluster = await new TestCluster(redis, { operatorTokenFile }).ready();
  await using oper = await JsonListener.connect(cluster.port);
  await command(oper, `/oper ${TOKEN}`);
  await using bob = await JsonListener.connect(cluster.other.port);
  await command(bob, "/name Bob");
  await cluster.settle();
  await command(oper, "/say Restart at noon");
  await until(() => eventsOf(bob, "notice").length === 1, "Bob is told");
  assertEquals(eventsOf(oper, "notice"), []);
  await command(oper, "/mute Bob");
  await cluster.settle();
  assertEquals((await ask(bob, { type: "message", text: "hi" })).code, "muted");
  await command(oper, "/mute Bob off");
  await cluster.settle();
  assertEquals((await ask(bob, { type: "message", text: "hi" })).type, "ack");
  await command(oper, "/kick Bob enough");
  await patiently(bob.closed, "Bob is kicked");
  assertEquals(bob.events.at(-1)!.type, "bye");
  await command(oper, "/ban Mallory");
  await cluster.settle();
  await using mallory = await JsonListener.connect(cluster.other.port);
  assertEquals((await command(mallory, "/name Mallory")).code, "name_banned");
  await command(oper, "/lockdown on");
  await cluster.settle();
  using refused = await RawSocket.connect(cluster.other.port);
  assert((await refused.restText()).length > 0, "Nobody new is let in");
  // A server that starts later knows it all.
  await using third = new TestServer({ cluster: redis.url, operatorTokenFile });
  await third.server.ready;
  using late = await RawSocket.connect(third.port);
  assert((await late.restText()).length > 0, "Nobody new is let in there either");
  await command(oper, "/lockdown off");
});

redisTest("While Redis is away, clients are told, and lists go on", async () => {
  await using redis = await Redis.start({ appendOnly: true });
  await using cluster = await new TestCluster(redis, { clusterTimeout: 0.5 }).ready();
  await using alice = await JsonListener.connect(cluster.port);
  await using bob = await JsonListener.connect(cluster.other.port);
  await command(alice, "/name Alice");
  assertEquals(await readiness(cluster.port), "200");
  await redis.stop();
  const refused = await ask(alice, { type: "message", text: "into the void" });
  assertEquals(refused.code, "unavailable");
  assertEquals((await command(bob, "/name Bob")).code, "unavailable");
  const { data } = await command(bob, "/list");
  assertEquals((data as { users: Event[] }).users.map(({ name }) => name), ["Alice"]);
  assertEquals(await readiness(cluster.port), "503");
  await redis.start();
  await until(async () => await readiness(cluster.port) === "200", "it is ready again");
  await until(async () => await readiness(cluster.other.port) === "200", "both are");
  assertEquals((await ask(alice, { type: "message", text: "again" })).type, "ack");
  await until(() => eventsOf(bob, "message").some(({ text }) => text === "again"), "Bob reads");
  assertEquals(eventsOf(bob, "message").filter(({ text }) => text === "again").length, 1);
});

redisTest("After Redis has lost messages, nobody is told that nothing is missing", async () => {
  await using redis = await Redis.start();
  await using cluster = await new TestCluster(redis).ready();
  const alice = await JsonListener.connect(cluster.port);
  const { epoch } = alice.events[0]!;
  await using bob = await JsonListener.connect(cluster.other.port);
  await times(3, (i) => ask(bob, { type: "message", text: `text ${i}` }));
  await redis.stop();
  await redis.start();
  await patiently(alice.closed, "Alice is sent off to reconnect");
  assertEquals(alice.events.at(-1)!.type, "shutdown");
  await until(async () => await readiness(cluster.port) === "200", "it is ready again");
  await using again = await JsonListener.connect(cluster.port);
  assert(again.events[0]!.epoch !== epoch);
  await ask(again, { type: "message", text: "new" });
  const joined = await ask(again, { type: "join", room: "lobby", since: { epoch, offset: 1 } });
  assertEquals((joined.data as { missed: Event }).missed.recovered, false);
  await alice[Symbol.asyncDispose]();
});

redisTest("After Redis was restarted with its data, clients continue", async () => {
  await using redis = await Redis.start({ appendOnly: true });
  await using cluster = await new TestCluster(redis).ready();
  await using alice = await JsonListener.connect(cluster.port);
  const { epoch } = alice.events[0]!;
  await times(3, (i) => ask(alice, { type: "message", text: `text ${i}` }));
  await redis.stop();
  await redis.start();
  assertEquals((await ask(alice, { type: "message", text: "after" })).type, "ack");
  await until(async () => { // the other server finds out a little later
    await using someone = await JsonListener.connect(cluster.other.port);
    return someone.events[0]!.epoch !== epoch;
  }, "The other server has the new epoch");
  await using bob = await JsonListener.connect(cluster.other.port);
  const joined = await ask(bob, { type: "join", room: "lobby", since: { epoch, offset: 2 } });
  const { missed } = joined.data as { missed: { recovered: boolean; messages: Event[] } };
  assertEquals(missed.recovered, true);
  const live = () => eventsOf(bob, "message").map(({ text }) => text);
  await until(() => missed.messages.length + live().length === 2, "Bob has both");
  assertEquals([...missed.messages.map(({ text }) => text), ...live()], ["text 2", "after"]);
});

redisTest(
  "A server that was cut off fetches what its clients missed, and tells them who came and left",
  async () => {
    await using redis = await Redis.start();
    await using relay = new EngineRelay(redis.port);
    await using one = new TestServer({
      cluster: `redis://127.0.0.1:${relay.port}`,
      presenceDelay: 0,
    });
    await using two = new TestServer({ cluster: redis.url, presenceDelay: 0 });
    await Promise.all([one.server.ready, two.server.ready]);
    await using alice = await JsonListener.connect(one.port);
    await command(alice, "/name Alice");
    await using bob = await JsonListener.connect(two.port);
    await command(bob, "/name Bob");
    await until(() => eventsOf(alice, "presence").length > 0, "Alice sees Bob");
    relay.block();
    const carol = await JsonListener.connect(two.port);
    await command(carol, "/name Carol");
    await times(5, (i) => ask(bob, { type: "message", text: `text ${i}` }));
    await command(bob, "/name Bobby");
    relay.unblock();
    await until(() => eventsOf(alice, "message").length === 5, "Alice reads");
    assertEquals(
      eventsOf(alice, "message").map(({ text }) => text),
      [0, 1, 2, 3, 4].map((i) => `text ${i}`),
    );
    const seen = () =>
      eventsOf(alice, "presence").map(({ event, user }) => `${event} ${(user as Event).name}`);
    await until(() => seen().includes("rename Bobby"), "she sees the new name");
    assert(seen().includes("join Carol"), String(seen()));
    await carol[Symbol.asyncDispose]();
    await until(() => seen().includes("leave Carol"), "she sees Carol leave");
  },
);

redisTest("When a server shuts down, its clients leave at the others", async () => {
  await using redis = await Redis.start();
  await using two = new TestServer({ cluster: redis.url, presenceDelay: 0 });
  await two.server.ready;
  await using bob = await JsonListener.connect(two.port);
  {
    await using one = new TestServer({ cluster: redis.url, presenceDelay: 0 });
    await one.server.ready;
    await using alice = await JsonListener.connect(one.port);
    await command(alice, "/name Alice");
    await until(() => eventsOf(bob, "presence").length === 1, "Bob sees Alice");
  }
  await until(() => eventsOf(bob, "presence").length === 2, "Bob sees her leave");
  assertEquals(eventsOf(bob, "presence")[1]!.event, "leave");
  assertEquals((await command(bob, "/name Alice")).type, "reply");
});

redisTest("A user who has logged in at two servers is one person", async () => {
  await using folder = new TempFolder();
  const { JWT_KEY, signToken } = await import("../support/jwt.ts");
  const jwtKeyFile = folder.path("key");
  await Deno.writeTextFile(jwtKeyFile, JWT_KEY, { mode: 0o600 });
  await using redis = await Redis.start();
  await using cluster = await new TestCluster(redis, { jwtKeyFile }).ready();
  const token = await signToken({
    sub: "ann",
    name: "Ann",
    exp: Math.floor(Date.now() / 1000) + 3_600,
  });
  await using bob = await JsonListener.connect(cluster.other.port);
  await using phone = await JsonListener.connect(cluster.port);
  await using laptop = await JsonListener.connect(cluster.other.port);
  const exp = Math.floor(Date.now() / 1000) + 3_600;
  await ask(bob, { type: "login", secret: await signToken({ sub: "bob", name: "Bob", exp }) });
  await ask(phone, { type: "login", secret: token });
  await ask(laptop, { type: "login", secret: token });
  await cluster.settle();
  const { data } = await command(bob, "/list");
  const { users } = data as { users: Event[] };
  assertEquals(users.map(({ name }) => name).sort(), ["Ann", "Bob"]);
  await command(bob, "/whisper Ann psst");
  await until(() => eventsOf(phone, "whisper").length === 1, "the phone has it");
  await until(() => eventsOf(laptop, "whisper").length === 1, "the laptop has it");
  // What Ann whispers at one, she sees at the other.
  await command(phone, "/whisper Bob hi");
  await until(() => eventsOf(bob, "whisper").length === 1, "Bob has it");
  await until(() => eventsOf(laptop, "whisper").length === 2, "the laptop shows it");
});
