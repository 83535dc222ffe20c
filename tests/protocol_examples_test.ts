/**
 * The subprotocol by example: protocol_examples.json has one of everything that goes over the wire. Both browser clients
 * are tested with it; here it is held against the types, docs/protocol.md, and what a server really says.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { EVENTS } from "../lib/wire/events.ts";
import { parseRequest } from "../lib/wire/json.ts";
import { REPLIES } from "../lib/wire/replies.ts";
import { REQUESTS } from "../lib/wire/requests.ts";
import examples from "./protocol_examples.json" with { type: "json" };
import { type Claims, JWT_KEY, signToken } from "./support/jwt.ts";
import type { ServeOptions } from "../mod.ts";
import { TestCluster } from "./support/cluster.ts";
import { JsonListener } from "./support/json_listener.ts";
import { projectPath } from "./support/paths.ts";
import { Redis, redisTest } from "./support/redis.ts";
import { TestServer } from "./support/server.ts";
import { TempFolder } from "./support/temp_folder.ts";

const TOKEN = "0123456789abcdef";

const sent = examples.server.map(({ event }) => event as Readonly<Record<string, unknown>>);
const asked = examples.client.map(({ request }) => request as Readonly<Record<string, unknown>>);

Deno.test("protocol_examples.json has every event, reply and request, and no other", () => {
  const unique = (values: readonly unknown[]) => [...new Set(values)].toSorted();
  assertEquals(unique(sent.map(({ type }) => type)), [...Object.keys(EVENTS), "reply"].toSorted());
  const commands = sent.filter(({ type }) => type === "reply").map(({ command }) => command);
  assertEquals(unique(commands), Object.keys(REPLIES).toSorted());
  assertEquals(unique(asked.map(({ type }) => type)), Object.keys(REQUESTS).toSorted());
  for (const list of [examples.server, examples.client]) {
    assertEquals(new Set(list.map(({ name }) => name)).size, list.length, "No name twice");
  }
});

Deno.test("protocol_examples.json has only requests that the server can read", () => {
  for (const request of asked) {
    const parsed = parseRequest(JSON.stringify(request));
    assert(!("problem" in parsed), JSON.stringify(parsed));
  }
});

Deno.test("Every example of docs/protocol.md is one of protocol_examples.json, and every event has one", async () => {
  const page = await Deno.readTextFile(projectPath("docs/protocol.md"));
  const known = new Set([...sent, ...asked].map((example) => JSON.stringify(example)));
  const found = [...page.matchAll(/(?:`|^)(\{ "type": .*\})(?:`|$)/gm)];
  assert(found.length > 25, "the page has examples");
  for (const [, example = ""] of found) {
    assert(known.has(JSON.stringify(JSON.parse(example))), example);
  }
  const shown = new Set(found.map(([, example = ""]) => JSON.parse(example).type));
  assertEquals([...Object.keys(EVENTS), "reply"].filter((type) => !shown.has(type)), []);
});

/** Starts a server, or several that are one chat. Clients use them in turn. */
type Start = (options: ServeOptions) => Promise<TestServer>;

/** The ports of a server, or of two. */
function portsOf(server: TestServer): readonly [number, number] {
  return [server.port, server instanceof TestCluster ? server.other.port : server.port];
}

Deno.test("What a server says has the members of its example, and no other", () => {
  return checkExamples((options) => Promise.resolve(new TestServer(options)));
});

redisTest(
  "What two servers of one chat say has the members of its example, and no other",
  async () => {
    await using redis = await Redis.start();
    let chats = 0;
    await checkExamples((options) =>
      new TestCluster(redis, { ...options, clusterName: `chat-${++chats}` }).ready()
    );
  },
);

async function checkExamples(start: Start): Promise<void> {
  await using folder = new TempFolder();
  const operatorTokenFile = folder.path("token");
  await Deno.writeTextFile(operatorTokenFile, TOKEN, { mode: 0o600 });
  await using server = await start({ presenceDelay: 0, operatorTokenFile });
  const [port, otherPort] = portsOf(server);
  await using alice = await JsonListener.connect(port);
  await using bob = await JsonListener.connect(otherPort);
  alice.send("/name Alice", "/join dev", "/topic Release on Friday", "/me waves", "hello");
  await alice.settle();
  bob.send("/name Bob", "/join dev", "/name Bobby", "hello", "/whisper Alice psst");
  bob.send("/away at lunch", "/away", "/topic", "/topic -", "/history 10", "/search hello");
  bob.send("/list", "/rooms", "/stats", "/help", "/nonsense", "/leave");
  const since = { epoch: bob.events[0]?.epoch, offset: 0 };
  bob.send(JSON.stringify({ type: "join", room: "dev", since }), "/quit");
  await bob.closed;
  alice.send(`/oper ${TOKEN}`, "/ban Mallory", "/bans", "/unban Mallory", "/lockdown off");
  await alice.settle();
  await using carol = await JsonListener.connect(otherPort);
  carol.send("/name Carol");
  await carol.settle();
  await server.settle();
  alice.send("/mute Carol", "/say Restart at noon", "/kick Carol");
  await carol.closed;
  alice.send("/drain");
  await alice.closed;
  await server.shutdown();

  const events = [
    ...[...alice.events, ...bob.events, ...carol.events],
    ...await eventsOfLogins(start),
  ];
  const seen = new Set(events.map(nameOf));
  // What it takes many people, or slow ones, to hear.
  const rare = ["back", "people", "dropped", "throttled"];
  const all = new Set(sent.map(nameOf));
  assertEquals([...all].filter((name) => !seen.has(name)), rare);
  for (const event of events) {
    const alike = sent.filter((example) => nameOf(example) === nameOf(event));
    const members = alike.map(membersOf);
    assert(members.includes(membersOf(event)), `${JSON.stringify(event)} is like ${members}`);
  }
}

/** What a server with logins says to users and guests. */
async function eventsOfLogins(start: Start): Promise<readonly Event[]> {
  const password = "correct horse";
  await using server = await start({ password, jwtKey: JWT_KEY });
  let connected = 0;
  const connect = () => JsonListener.connect(portsOf(server)[connected++ % 2]!);
  const login = async (claims: Omit<Claims, "sub">) =>
    JSON.stringify({ type: "login", secret: await signToken({ sub: "1", ...claims }) });
  const guestLogin = (resume?: string) =>
    JSON.stringify({ type: "login", secret: password, ...(resume && { resume }) });
  await using guest = await connect();
  guest.send(guestLogin(), "/name Carol");
  await guest.settle();
  const { data } = guest.events.find((event) => nameOf(event) === "reply name") as unknown as Reply;
  await server.settle();
  await using back = await connect();
  back.send(guestLogin(data.resume));
  await back.settle();
  await server.settle();
  await using phone = await connect();
  const rooms = { join: ["dev"] };
  phone.send(await login({ name: "Carol", backchannel: { rooms } }));
  await phone.settle();
  await server.settle();
  await using desk = await connect();
  desk.send(await login({ name: "Carol" }));
  await desk.settle();
  const { user } = back.events.find(({ type }) => type === "renamed") as unknown as Renamed;
  desk.send(`/whisper ${user.address} psst`);
  await desk.settle();
  await phone.settle();
  return [...guest.events, ...back.events, ...phone.events, ...desk.events];
}

interface Reply {
  readonly data: { readonly resume: string };
}

interface Renamed {
  readonly user: { readonly address: string };
}

type Event = Readonly<Record<string, unknown>>;

function nameOf({ type, command = "", event = "" }: Event): string {
  return `${type} ${command}${event}`.trim();
}

/** The names of all members, with those of the objects in it. */
function membersOf(event: Event): string {
  const names = Object.entries(event).flatMap(([name, value]) =>
    name === "data" ? Object.keys(value as object).map((inner) => `data.${inner}`) : [name]
  );
  return names.toSorted().join(" ");
}
