/**
 * The HTTP API and users: names of tokens are taken, users post with their own tokens, and their rights and expiry hold.
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { ApiToken, ServeOptions } from "../../mod.ts";
import { ApiClient } from "../support/api_client.ts";
import { TCP } from "../support/client.ts";
import { FakeClock } from "../support/clock.ts";
import { JsonClient } from "../support/json_client.ts";
import { JWT_KEY, signToken } from "../support/jwt.ts";
import { eachInTurn, until } from "../support/patience.ts";
import { TestServer } from "../support/server.ts";
import { TempFolder } from "../support/temp_folder.ts";

const CI: ApiToken = { name: "ci", token: "ci-0123456789abcdef", write: ["*"], read: ["*"] };

function serverWith(options: ServeOptions = {}): TestServer {
  return new TestServer({ apiTokens: [CI], apiRate: 0, presenceDelay: 0, ...options });
}

async function userOf(
  server: TestServer,
  claims: Parameters<typeof signToken>[0],
): Promise<ApiClient> {
  return new ApiClient(server.port, await signToken(claims));
}

Deno.test("Nobody can take the name of a token or one that looks like it, though the program is never there", async () => {
  await using server = serverWith({
    apiTokens: [CI, { ...CI, name: "Dashboard", token: "x".repeat(16) }],
  });
  using mallory = await server.connect(TCP);
  await eachInTurn(["ci", "CI", "dashboard", "Dashb0ard"], async (name) => {
    await mallory.say(`/name ${name}`);
    assertMatch(
      await mallory.line(),
      /^Error: Username '.*' (?:is already taken|looks like )/,
      name,
    );
  });
  await mallory.asks("/whisper ci hello", "User 'ci' not found");
});

Deno.test("The name of a token is free again when the token is gone, and is kept as long as it is there", async () => {
  await using folder = new TempFolder();
  const history = folder.path("chat.db");
  {
    await using server = serverWith({ history });
    assertEquals((await new ApiClient(server.port, CI.token).post("dev", "hello")).status, 201);
  }
  {
    await using server = serverWith({ history });
    using mallory = await server.connect(TCP);
    await mallory.say("/name ci");
    assertMatch(await mallory.line(), /^Error: /);
  }
  await using server = serverWith({ history, apiTokens: [{ ...CI, name: "other" }] });
  using alice = await server.connect(TCP);
  await alice.takesName("ci");
});

Deno.test("A guest who has the name of a user loses it when the user posts", async () => {
  await using server = serverWith({ jwtKey: JWT_KEY, password: "a shared password" });
  using guest = await server.connect(TCP);
  await guest.hears("Notice: Log in with /login <password or token>");
  await guest.asks("/login a shared password", "Logged in");
  await guest.takesName("Bob");
  const bob = await userOf(server, { sub: "u1", name: "Bob" });
  assertEquals((await bob.post("lobby", "I am Bob")).status, 201);
  assertMatch(await guest.line(), /^Notice: 'Bob' belongs to a user who has logged in/);
  await guest.hears("[Bob]: I am Bob");
});

Deno.test("A user posts under their own name, and sees it on their devices as their own", async () => {
  await using server = serverWith({ jwtKey: JWT_KEY });
  const token = await signToken({ sub: "u1", name: "Ann" });
  using ann = await JsonClient.connect(server.port);
  const login = await ann.ask({ type: "login", secret: token });
  assert(login.type === "reply" && login.command === "login", JSON.stringify(login));
  const { account, id } = login.data.user;
  await ann.enter("dev");
  const api = new ApiClient(server.port, token);
  assertEquals((await api.post("dev", "by hand")).status, 201);
  const { from, text } = await ann.next("message");
  assertEquals([from.name, from.account, from.id, text], ["Ann", account, id, "by hand"]);
  assertEquals(await ann.says("from the device"), 2);
});

Deno.test("Users without a connection are listed nowhere, and keep their name", async () => {
  await using server = serverWith({ jwtKey: JWT_KEY });
  const api = await userOf(server, { sub: "u1", name: "Ann" });
  assertEquals((await api.post("dev", "hello")).status, 201);
  assertEquals((await api.ask("rooms/dev/users")).json.users, []);
  const nameless = await userOf(server, { sub: "u2" });
  assertEquals((await nameless.ask("rooms")).status, 200);
  const refused = await nameless.post("dev", "who am I");
  assertEquals([refused.status, refused.json.detail], [
    403,
    "The token has no name to write under",
  ]);
  const second = await userOf(server, { sub: "u3", name: "Ann" });
  await second.post("dev", "another Ann");
  const { messages } = (await api.ask("rooms/dev/messages")).json;
  const names = messages.map(({ from }: { from: { name: string } }) => from.name);
  assertEquals(names, ["Ann", "Ann-2"]);
});

Deno.test("A token that is forged, expired or for a name that is not allowed gets nothing", async () => {
  await using server = serverWith({ jwtKey: JWT_KEY });
  const now = Math.floor(Date.now() / 1000);
  const good = await signToken({ sub: "u1", name: "Ann" });
  const [head = "", claims = "", signature = ""] = good.split(".");
  const none = `${btoa('{"alg":"none"}').replaceAll("=", "")}.${claims}.`;
  const tokens: ReadonlyArray<readonly [token: string, status: number, detail: RegExp]> = [
    [await signToken({ sub: "u1", name: "Ann", exp: now - 60 }), 401, /expired/],
    [none, 401, /./],
    [`${head}.${claims}.${signature.slice(0, -2)}AA`, 401, /./],
    [await signToken({ sub: "u1", name: "admin" }), 403, /reserved/],
  ];
  await eachInTurn(tokens, async ([token, status, detail]) => {
    const answer = await new ApiClient(server.port, token).ask("rooms");
    assertEquals(answer.status, status, answer.body);
    assertMatch(answer.json.detail, detail);
  });
});

Deno.test("A user reads and writes the rooms that they may join, and no others", async () => {
  await using server = serverWith({ jwtKey: JWT_KEY });
  const ci = new ApiClient(server.port, CI.token);
  await eachInTurn(["dev", "team-a", "secret"], (room) => ci.post(room, "hello"));
  const ann = await userOf(server, {
    sub: "u1",
    name: "Ann",
    backchannel: { rooms: { join: ["dev", "team-*"], write: ["dev"] } },
  });
  const statuses = async (room: string) => [
    (await ann.ask(`rooms/${room}/messages`)).status,
    (await ann.post(room, "hello")).status,
    (await ann.ask(`rooms/${room}/users`)).status,
  ];
  assertEquals(await statuses("dev"), [200, 201, 200]);
  assertEquals(await statuses("team-a"), [200, 403, 200]);
  assertEquals(await statuses("secret"), [403, 403, 403]);
  const { rooms } = (await ann.ask("rooms")).json;
  assertEquals(rooms.map(({ name }: { name: string }) => name).toSorted(), ["dev", "team-a"]);
});

Deno.test("A stream ends when the token of its reader expires, and says so", async () => {
  const clock = new FakeClock();
  clock.wallOffset = Date.now();
  await using server = serverWith({ jwtKey: JWT_KEY, clock });
  const exp = Math.floor(clock.wall() / 1000) + 60;
  const ann = await userOf(server, { sub: "u1", name: "Ann", exp });
  using reader = await ann.events("dev");
  clock.advance(59_000);
  await new ApiClient(server.port, CI.token).post("dev", "still here");
  assertEquals(await reader.message(), "still here");
  clock.advance(40_000);
  const { event, data } = await reader.next();
  assertEquals([event, data.reason], ["bye", "expired"]);
  assertEquals(await reader.rest(), []);
  await until(() => server.server.counters.eventStreams === 0, "the stream is over");
  assertEquals((await ann.ask("rooms")).status, 401);
});

Deno.test("All tokens of a user share a rate and a number of streams", async () => {
  await using server = serverWith({ jwtKey: JWT_KEY, apiRate: 1, apiStreams: 1 });
  const [first, second] = [
    await userOf(server, { sub: "u1", name: "Ann" }),
    await userOf(server, { sub: "u1", name: "Ann", exp: Math.floor(Date.now() / 1000) + 600 }),
  ];
  using _reader = await first.events("dev");
  const refused = await second.ask("rooms/dev/events");
  assertEquals([refused.status, refused.json.detail], [
    429,
    "There are 1 streams with this token already",
  ]);
  assertEquals((await second.ask("rooms")).status, 200);
  assertEquals((await first.ask("rooms")).json.detail, "Too many requests with this token");
  assertEquals((await (await userOf(server, { sub: "u2", name: "Bob" })).ask("rooms")).status, 200);
});

Deno.test("The program that embeds the server decides about users, at once or later, and not about tokens", async () => {
  const asked: string[] = [];
  await using server = serverWith({
    jwtKey: JWT_KEY,
    authorize: (user, room, act) => {
      asked.push(`${user.name} ${room} ${act}`);
      if (room === "later") return Promise.resolve(act === "read");
      return room === "dev";
    },
  });
  const ci = new ApiClient(server.port, CI.token);
  await eachInTurn(["dev", "later", "secret"], async (room) => {
    assertEquals((await ci.post(room, "hello")).status, 201);
  });
  assertEquals(asked, []);
  const ann = await userOf(server, { sub: "u1", name: "Ann" });
  const statuses = async (room: string) => [
    (await ann.ask(`rooms/${room}/messages`)).status,
    (await ann.post(room, "hello")).status,
  ];
  assertEquals(await statuses("dev"), [200, 201]);
  assertEquals(await statuses("later"), [200, 403]);
  assertEquals(await statuses("secret"), [403, 403]);
  assertEquals(asked.slice(0, 2), ["Ann dev read", "Ann dev write"]);
  const { rooms, total } = (await ann.ask("rooms")).json;
  const names = rooms.map(({ name }: { name: string }) => name).toSorted();
  assertEquals([names, total], [["dev", "later"], 2]);
});

Deno.test("A hook passes, changes and refuses posted messages, and is not asked again about a retry", async () => {
  const asked: string[] = [];
  await using server = serverWith({
    onMessage: ({ user, text, room }) => {
      asked.push(`${user.name} in ${room}: ${text}`);
      if (text === "refuse") return { refused: "Not here" };
      if (text === "throw") throw new Error("Oops");
      return text === "change" ? Promise.resolve({ text: "changed" }) : undefined;
    },
  });
  using alice = await server.connect(TCP);
  await alice.asks("/join dev", "Joined room 'dev'");
  const ci = new ApiClient(server.port, CI.token);
  const key = "Idempotency-Key: 8e03978e-40d5-43dd-bc93-6894a57f9324";
  assertEquals((await ci.post("dev", "pass")).status, 201);
  await alice.hears("[ci]: pass");
  const changed = await ci.post("dev", "change", key);
  assertEquals((await ci.post("dev", "change", key)).body, changed.body);
  assertEquals((await ci.post("dev", "other", key)).status, 422);
  await alice.hears("[ci]: changed");
  const refused = await ci.post("dev", "refuse");
  assertEquals([refused.status, refused.json.detail, refused.json.code], [
    403,
    "Not here",
    "rejected",
  ]);
  const failed = await ci.post("dev", "throw");
  assertEquals([failed.status, failed.json.code], [502, "failed"]);
  await alice.hearsNothing();
  assertEquals(asked, ["pass", "change", "refuse", "throw"].map((text) => `ci in dev: ${text}`));
  server.log.splice(0); // the hook's error
});
