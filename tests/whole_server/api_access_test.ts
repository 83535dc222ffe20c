/**
 * Who may do what over the HTTP API, and what reading returns.
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { ApiToken, ServeOptions } from "../../mod.ts";
import { ApiClient, assertProblem } from "../support/api_client.ts";
import { TCP } from "../support/client.ts";
import { FakeClock } from "../support/clock.ts";
import { JsonClient } from "../support/json_client.ts";
import { eachInTurn, times } from "../support/patience.ts";
import { TestServer } from "../support/server.ts";
import { TempFolder } from "../support/temp_folder.ts";

const OPERATOR = "0123456789abcdef0123456789abcdef";

const CI: ApiToken = {
  name: "ci",
  token: "ci-0123456789abcdef",
  write: ["dev", "deploy-*", "lobby"],
};
const READER: ApiToken = { name: "reader", token: "reader-0123456789abcdef", read: ["*"] };

function serverWith(options: ServeOptions = {}): TestServer {
  return new TestServer({ apiTokens: [CI, READER], apiRate: 0, presenceDelay: 0, ...options });
}

function writer(server: TestServer): ApiClient {
  return new ApiClient(server.port, CI.token);
}

function reader(server: TestServer): ApiClient {
  return new ApiClient(server.port, READER.token);
}

// Rights

Deno.test("Nothing is answered without a right token", async () => {
  await using server = serverWith();
  const paths = ["rooms", "rooms/dev/messages", "rooms/dev/events", "openapi.json", "nothing", ""];
  await eachInTurn(paths, async (path) => {
    const none = await reader(server).ask(path, { token: "" });
    assertProblem(none, 401, "A bearer token is required");
    assertEquals(none.fields.get("www-authenticate"), 'Bearer realm="backchannel"');
  });
  const wrong = await reader(server).ask("rooms", { token: "no-such-token-0123456789" });
  assertProblem(wrong, 401, "Wrong token");
  assertEquals(
    wrong.fields.get("www-authenticate"),
    'Bearer realm="backchannel", error="invalid_token"',
  );
  const with_ = (field: string) => reader(server).ask("rooms", { token: "", fields: [field] });
  assertProblem(await with_("Authorization: Basic YTpi"), 401, "A bearer token is required");
  const malformed = await with_(`Authorization: Bearer ${READER.token} more`);
  assertProblem(malformed, 400, "Authorization is not Bearer and one token");
  const twice = await reader(server).ask("rooms", {
    fields: [`Authorization: Bearer ${READER.token}`],
  });
  assertEquals(twice.status, 400);
  assertEquals((await with_(`Authorization: bearer  ${READER.token}`)).status, 200);
  const odd = { ...READER, token: "$&:;,=\"'()[]{}<>!~-0123" };
  await using other = serverWith({ apiTokens: [odd] });
  assertEquals((await new ApiClient(other.port, odd.token).ask("rooms")).status, 200);
  assertEquals(
    (await reader(server).ask(`rooms?access_token=${READER.token}`, { token: "" })).status,
    401,
  );
});

Deno.test("Wrong tokens are limited by address, and logged without the token", async () => {
  const clock = new FakeClock();
  await using server = serverWith({ clock });
  const wrong = { token: "no-such-token-0123456789" };
  await times(5, async () => {
    assertEquals((await reader(server).ask("rooms", wrong)).status, 401);
  });
  const limited = await reader(server).ask("rooms");
  assertProblem(limited, 429, /^Too many wrong passwords or tokens/);
  assert(Number(limited.fields.get("retry-after")) > 0);
  clock.advance(60_000);
  assertEquals((await reader(server).ask("rooms")).status, 200);
  const log = JSON.stringify(server.log);
  assertMatch(log, /Wrong token/);
  for (const secret of [wrong.token, READER.token]) assertEquals(log.includes(secret), false);
});

Deno.test("A token reads and writes the rooms that it names, and lists no others", async () => {
  await using server = serverWith({
    apiTokens: [CI, { name: "dash", token: "dash-0123456789abcdef", read: ["deploy-*"] }],
  });
  const dash = new ApiClient(server.port, "dash-0123456789abcdef");
  await eachInTurn(["dev", "deploy-a", "deploy-b"], async (room) => {
    assertEquals((await writer(server).post(room, "hello")).status, 201);
  });
  const refused = await writer(server).post("secret", "hello");
  assertProblem(refused, 403, "You are not allowed to write to this room");
  assertMatch(refused.fields.get("www-authenticate") ?? "", /error="insufficient_scope"$/);
  assertProblem(await dash.post("deploy-a", "x"), 403, /not allowed to write/);
  await eachInTurn(["messages", "users", "events"], async (what) => {
    assertProblem(await dash.ask(`rooms/dev/${what}`), 403, /not allowed to read/);
    assertProblem(await dash.ask(`rooms/no-such-room/${what}`), 403, /not allowed to read/);
  });
  const { rooms, total } = (await dash.ask("rooms")).json;
  assertEquals([rooms.map(({ name }: { name: string }) => name), total], [
    ["deploy-a", "deploy-b"],
    2,
  ]);
  assertEquals((await dash.ask("rooms/deploy-a/messages")).json.messages.length, 1);
});

Deno.test("The rate is that of the token, whatever connection it comes over", async () => {
  const clock = new FakeClock();
  await using server = serverWith({ apiRate: 2, clock });
  await times(6, async () => {
    assertEquals((await reader(server).ask("rooms")).status, 200);
  });
  const limited = await reader(server).ask("rooms");
  assertProblem(limited, 429, "Too many requests with this token");
  assertEquals(limited.fields.get("retry-after"), "1");
  assertEquals((await writer(server).ask("rooms")).status, 200);
  clock.advance(1_000);
  assertEquals((await reader(server).ask("rooms")).status, 200);
});

// Moderation

Deno.test("An operator stops a token by a ban of its name, and nobody else", async () => {
  await using folder = new TempFolder();
  await Deno.writeTextFile(folder.path("token"), OPERATOR, { mode: 0o600 });
  await using server = serverWith({ operatorTokenFile: folder.path("token") });
  using ada = await server.connect(TCP);
  await ada.asks(`/oper ${OPERATOR}`, "You are an operator now, see /help");
  await ada.asks("/ban ci", "Banned 'ci' until it is lifted");
  assertProblem(await writer(server).post("dev", "x"), 403, "You are banned");
  assertEquals((await reader(server).ask("rooms")).status, 200);
  await ada.asks("/unban ci", "No longer banned: 'ci'");
  assertEquals((await writer(server).post("dev", "x")).status, 201);
});

// Reading

Deno.test("Pages of messages are as the JSON protocol has them", async () => {
  await using server = serverWith();
  using alice = await JsonClient.connect(server.port);
  await alice.enter("dev");
  await times(5, (i) => alice.says(`message ${i + 1}`));
  const page = async (query: string) =>
    (await reader(server).ask(`rooms/dev/messages${query}`)).json;
  const ids = async (query: string) =>
    (await page(query)).messages.map(({ id }: { id: number }) => id);
  assertEquals(await ids(""), [1, 2, 3, 4, 5]);
  assertEquals(await ids("?limit=2"), [4, 5]);
  assertEquals(await ids("?before=4&limit=2"), [2, 3]);
  assertEquals(await ids("?after=1&limit=2"), [2, 3]);
  assertEquals(await ids("?after=1&before=4"), [2, 3]);
  assertEquals(await ids("?after=5"), []);
  const reply = await alice.ask({ type: "history", room: "dev", after: 2, limit: 2 });
  assert(reply.type === "reply" && reply.command === "history");
  assertEquals(await page("?after=2&limit=2"), reply.data);
});

Deno.test("A query that makes no sense is refused, and an unknown one ignored", async () => {
  await using server = serverWith();
  await writer(server).post("dev", "hello");
  const ask = (query: string) => reader(server).ask(`rooms/dev/messages?${query}`);
  await eachInTurn([
    "limit=0",
    "limit=201",
    "limit=x",
    "limit=",
    "before=-1",
    "after=1.5",
    "after=1e3",
  ], async (query) => {
    assertProblem(await ask(query), 400, /^In the query, \w+ is not a whole number/, "malformed");
  });
  assertEquals((await ask("unknown=1&limit=200&after=0")).status, 200);
  assertProblem(
    await reader(server).ask("rooms/nowhere/messages"),
    404,
    "Room 'nowhere' not found",
    "room_not_found",
  );
  assertProblem(
    await reader(server).ask("rooms/nowhere/users"),
    404,
    "Room 'nowhere' not found",
    "room_not_found",
  );
  await using forgetful = serverWith({ noHistory: true });
  using alice = await forgetful.connect(TCP);
  await alice.asks("/join dev", "Joined room 'dev'");
  assertProblem(
    await reader(forgetful).ask("rooms/dev/messages"),
    404,
    /keeps no history/,
    "no_history",
  );
});

Deno.test("Users and rooms are listed, and programs are not among them", async () => {
  await using server = serverWith();
  using alice = await server.connect(TCP);
  await alice.takesName("Alice");
  await alice.asks("/join dev", "Joined room 'dev'");
  await alice.say("/topic Friday");
  await alice.line();
  using stream = await reader(server).events("dev");
  await writer(server).post("dev", "hello");
  assertEquals(await stream.message(), "hello");
  const users = (await reader(server).ask("rooms/dev/users")).json;
  assertEquals(users.users.map(({ name }: { name: string }) => name), ["Alice"]);
  assertEquals([users.room, users.total], ["dev", 1]);
  const { rooms } = (await reader(server).ask("rooms")).json;
  assertEquals(rooms[0], { name: "dev", topic: "Friday", users: 1, offset: 1 });
  await alice.hears("[ci]: hello");
  await alice.say("/list dev");
  assertMatch(await alice.line(), /^Users in 'dev': Alice \(\S*\)$/);
  await alice.asks("/list reader", "Room 'reader' not found");
});
