/**
 * The HTTP API: a contract for posting and reading, over raw sockets, with the chat on the other side.
 * @module
 */
import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import type { ApiToken, ServeOptions } from "../../mod.ts";
import { type Answer, ApiClient, type Ask, readAnswer } from "../support/api_client.ts";
import { TCP, WIRES } from "../support/client.ts";
import { FakeClock } from "../support/clock.ts";
import { JsonClient } from "../support/json_client.ts";
import { amongStrangers } from "../support/listener.ts";
import { eachInTurn, times } from "../support/patience.ts";
import { RawSocket } from "../support/raw_socket.ts";
import { TestServer } from "../support/server.ts";
import { TLS } from "../support/tls.ts";
import { TempFolder } from "../support/temp_folder.ts";

const OPERATOR = "0123456789abcdef0123456789abcdef";

export const CI: ApiToken = {
  name: "ci",
  token: "ci-0123456789abcdef",
  write: ["dev", "deploy-*", "lobby"],
};
export const READER: ApiToken = { name: "reader", token: "reader-0123456789abcdef", read: ["*"] };

function serverWith(options: ServeOptions = {}): TestServer {
  return new TestServer({ apiTokens: [CI, READER], apiRate: 0, presenceDelay: 0, ...options });
}

function writer(server: TestServer): ApiClient {
  return new ApiClient(server.port, CI.token);
}

function reader(server: TestServer): ApiClient {
  return new ApiClient(server.port, READER.token);
}

/** Checks that an answer is an error as RFC 9457 has it. */
function assertProblem(
  answer: Answer,
  status: number,
  detail: string | RegExp,
  code?: string,
): void {
  assertEquals(answer.status, status, answer.body);
  assertEquals(answer.fields.get("content-type"), "application/problem+json");
  assertEquals(answer.fields.get("cache-control"), "no-store");
  const { type, title, status: repeated, detail: shown, code: given, ...rest } = answer.json;
  assertEquals([type, repeated, given, rest], ["about:blank", status, code, {}]);
  assert(title.length > 0);
  if (typeof detail === "string") assertEquals(shown, detail);
  else assertMatch(shown, detail);
}

// Whether there is an API

Deno.test("Without tokens there is no API, and its paths are answered as any other", async () => {
  await using server = new TestServer();
  const nobody = new ApiClient(server.port, CI.token);
  const found = await nobody.ask("rooms");
  assertEquals([found.status, found.body], [404, "There is nothing here\n"]);
  assertEquals((await nobody.post("dev", "hello")).status, 405);
  await using closed = serverWith();
  assertEquals((await writer(closed).ask("rooms")).status, 200);
});

// Posting

for (const wire of WIRES) {
  Deno.test(`A posted message reaches a client over ${wire.name}, from the name of the token`, async () => {
    await using server = serverWith();
    using alice = await server.connect(wire);
    await alice.asks("/join dev", "Joined room 'dev'");
    const { status, json } = await writer(server).post("dev", "deployed 1.2.3");
    assertEquals([status, json.room, json.id], [201, "dev", 1]);
    await alice.hears("[ci]: deployed 1.2.3");
  });
}

Deno.test("A posted message is an event of the room for JSON clients, with the number that the answer has", async () => {
  await using server = serverWith();
  using alice = await JsonClient.connect(server.port);
  const { epoch } = await alice.enter("dev");
  assertEquals(await alice.says("first"), 1);
  const { json } = await writer(server).postJson("dev", { text: "two\nlines" });
  assertEquals(json, { room: "dev", id: 2, epoch });
  const { time: _, from, ...event } = await alice.next("message");
  assertEquals(event, { type: "message", room: "dev", id: 2, text: "two\nlines" });
  assertEquals([from.name, from.address], ["ci", "api"]);
  await writer(server).postJson("dev", { text: "waves", action: true });
  assertEquals((await alice.next("message")).action, true);
});

Deno.test("A message is posted as JSON, as a form and as plain text", async () => {
  await using server = serverWith();
  using alice = await server.connect(TCP);
  await alice.asks("/join dev", "Joined room 'dev'");
  const form = "Content-Type: application/x-www-form-urlencoded";
  const bodies: ReadonlyArray<readonly [body: string, heard: string, ...fields: string[]]> = [
    ["deployed 1.2.3", "deployed 1.2.3", form], // curl -d "deployed 1.2.3"
    ["done 100% & more = ok", "done 100% & more = ok", form],
    ["https://example.com/?text=1", "https://example.com/?text=1", form],
    ["text=deployed+1.2.3", "deployed 1.2.3", form],
    ["text=a b & c=d", "a b ", form], // curl -d "text=a b & c=d", which the other fields do not belong to
    ["user=x&text=%C3%BCber%20100%25", "\u00fcber 100%", `${form}; charset=UTF-8`],
    ["a+b\n", "a+b", "Content-Type: text/plain"],
    ["a+b\r\n", "a+b", "Content-Type: TEXT/PLAIN; charset=utf-8"],
    ["/oper is said literally", "/oper is said literally", "Content-Type: text/plain"],
    ['{"text":"in JSON"}', "in JSON", "Content-Type: application/json"],
    ['{"text":"{}","more":1}', "{}", "Content-Type: application/json;charset=utf-8"],
    ['{"text":"sent as text"}', '{"text":"sent as text"}', form],
  ];
  await eachInTurn(bodies, async ([body, heard, ...fields]) => {
    assertEquals((await writer(server).post("dev", body, ...fields)).status, 201, body);
    await alice.hears(`[ci]: ${heard}`);
  });
  const untyped = await writer(server).ask("rooms/dev/messages", { method: "POST", body: "plain" });
  assertEquals(untyped.status, 201);
  await alice.hears("[ci]: plain");
});

Deno.test("A body in chunks and one that waits for 100 are posted", async () => {
  await using server = serverWith();
  const { status } = await writer(server).post(
    "dev",
    "5\r\nhello\r\n6\r\n world\r\n0\r\nA: b\r\n\r\n",
    "Transfer-Encoding: chunked",
  );
  assertEquals(status, 201);
  using socket = await RawSocket.connect(server.port);
  const head = writer(server).head("rooms/dev/messages", {
    method: "POST",
    fields: ["Content-Length: 2", "Expect: 100-continue", "Connection: close"],
  });
  await socket.write(head);
  assertEquals(await socket.through("\r\n\r\n"), "HTTP/1.1 100 Continue");
  await socket.write("hi");
  assertEquals((await readAnswer(socket)).status, 201);
  const { json } = await reader(server).ask("rooms/dev/messages");
  assertEquals(json.messages.map(({ text }: { text: string }) => text), ["hello world", "hi"]);
});

Deno.test("Several requests on one connection are answered in order, with and without a body", async () => {
  await using server = serverWith({ apiTokens: [{ ...CI, read: ["*"] }] });
  const api = writer(server);
  using socket = await RawSocket.connect(server.port);
  const post = (text: string) =>
    api.head("rooms/dev/messages", {
      method: "POST",
      fields: [`Content-Length: ${text.length}`, "Content-Type: text/plain"],
    }) + text;
  const last = api.head("rooms/dev/messages", { fields: ["Connection: close"] });
  await socket.write(post("one") + api.head("rooms") + post("two") + post("") + last);
  const answers = await socket.restText();
  const statuses = Array.from(answers.matchAll(/^HTTP\/1\.1 (\d+)/gm), ([, status]) => status);
  assertEquals(statuses, ["201", "200", "201", "400", "200"]);
  assertEquals(Array.from(answers.matchAll(/"text":"(\w+)"/g), ([, text]) => text), ["one", "two"]);
});

Deno.test("Bodies that are no message are refused, and nobody gets anything", async () => {
  await using server = serverWith({ maxMessage: 100, maxPayload: 1_000 });
  using alice = await server.connect(TCP);
  await alice.asks("/join dev", "Joined room 'dev'");
  const api = writer(server);
  const JSON_TYPE = "Content-Type: application/json";
  const refuse = async (
    body: string | Uint8Array,
    status: number,
    detail: string | RegExp,
    code?: string,
    ...fields: string[]
  ) => assertProblem(await api.post("dev", body, ...fields), status, detail, code);
  await refuse("{", 400, "The body is not a JSON object", "malformed", JSON_TYPE);
  await refuse("[]", 400, "The body is not a JSON object", "malformed", JSON_TYPE);
  await refuse("{}", 400, "In the body, text is not a string", "malformed", JSON_TYPE);
  await refuse('{"text":1}', 400, "In the body, text is not a string", "malformed", JSON_TYPE);
  await refuse(
    '{"text":"a","action":1}',
    400,
    "In the body, action is not true or false",
    "malformed",
    JSON_TYPE,
  );
  await refuse(Uint8Array.of(0xff), 400, "The body is not UTF-8", "malformed");
  await refuse("text=", 400, "There is nothing to say", "malformed");
  await refuse("\u200b \n", 400, "There is nothing to say", "malformed");
  await refuse("x".repeat(101), 413, "Message is longer than 100 bytes", "too_long");
  await refuse("x".repeat(1_001), 413, "Body is longer than 1000 bytes");
  await refuse(
    "x",
    415,
    /must be one of application\/json, /,
    undefined,
    "Content-Type: image/png",
  );
  await refuse("x", 415, /in UTF-8$/, undefined, "Content-Type: text/plain; charset=latin1");
  await refuse("x", 415, /must not be compressed/, undefined, "Content-Encoding: gzip");
  await refuse("z\r\n", 400, "Malformed chunk size", undefined, "Transfer-Encoding: chunked");
  await refuse(
    "x",
    400,
    /^Idempotency-Key is not/,
    "malformed",
    `Idempotency-Key: ${"k".repeat(65)}`,
  );
  const types = await api.post("dev", "x", "Content-Type: image/png");
  assertMatch(types.fields.get("accept") ?? "", /^application\/json, /);
});

Deno.test("A message is cleaned and bounded like any other", async () => {
  await using server = serverWith();
  using alice = await server.connect(TCP);
  await alice.asks("/join dev", "Joined room 'dev'");
  await writer(server).postJson("dev", { text: "a\x1b[31mred\x1b[0m\x07\u202eb" });
  await alice.hears("[ci]: aredb");
  assertProblem(
    await writer(server).postJson("dev", { text: "x\n".repeat(201) }),
    413,
    "Message has more than 200 lines",
    "too_long",
  );
});

Deno.test("A key makes a retry harmless, also after a restart with a history in a file", async () => {
  await using folder = new TempFolder();
  const options = { history: folder.path("chat.db") };
  const key = 'Idempotency-Key: "8e03978e-40d5-43dd-bc93-6894a57f9324"';
  let first;
  {
    await using server = serverWith(options);
    using alice = await server.connect(TCP);
    await alice.asks("/join dev", "Joined room 'dev'");
    first = await writer(server).post("dev", "once", key);
    assertEquals(first.status, 201);
    const again = await writer(server).post("dev", "once", key.replaceAll('"', ""));
    assertEquals([again.status, again.body], [201, first.body]);
    const chunked = await writer(server).post(
      "dev",
      "4\r\nonce\r\n0\r\n\r\n",
      key,
      "Transfer-Encoding: chunked",
    );
    assertEquals(chunked.body, first.body);
    assertProblem(
      await writer(server).post("dev", "twice", key),
      422,
      /another message/,
      "id_reused",
    );
    assertProblem(
      await writer(server).post("lobby", "once", key),
      422,
      /another message/,
      "id_reused",
    );
    await alice.hears("[ci]: once");
    await alice.hearsNothing();
    // A short key holds for the token, as long as the server runs.
    const short = await writer(server).post("dev", "short", "Idempotency-Key: 1");
    assertEquals(
      (await writer(server).post("dev", "short", "Idempotency-Key: 1")).body,
      short.body,
    );
    assertProblem(
      await writer(server).post("dev", "other", "Idempotency-Key: 1"),
      422,
      /another/,
      "id_reused",
    );
  }
  await using server = serverWith(options);
  const again = await writer(server).post("dev", "once", key);
  assertEquals([again.status, again.json.id], [201, first.json.id]);
  assertProblem(
    await writer(server).post("dev", "twice", key),
    422,
    /another message/,
    "id_reused",
  );
  const { json } = await reader(server).ask("rooms/dev/messages");
  assertEquals(json.messages.length, 2);
});

Deno.test("A message in a room that nobody is in is in its history and its search", async () => {
  await using server = serverWith();
  assertEquals((await writer(server).post("deploy-prod", "deployed 1.2.3")).json.id, 1);
  using alice = await server.connect(TCP);
  await alice.asks("/join deploy-prod", "Joined room 'deploy-prod'");
  await alice.say("/history");
  assertMatch(await alice.line(), /^#1 \S+ \S+ \[ci\]: deployed 1\.2\.3$/);
  await alice.say("/search deployed");
  assertMatch(await alice.line(), /\[ci\]: deployed 1\.2\.3$/);
});

Deno.test("Names of rooms are those of the chat: in any spelling, and none that misleads", async () => {
  await using server = serverWith();
  using alice = await server.connect(TCP);
  await alice.asks("/join dev", "Joined room 'dev'");
  const api = writer(server);
  await api.post("dev", "hello");
  await eachInTurn(["DEV", "%23dev", "%64ev"], async (spelling, i) => {
    const { json } = await api.post(spelling, "again");
    assertEquals([json.room, json.id], ["dev", i + 2]);
  });
  assertProblem(await api.post("d%ff", "x"), 400, /percent-encoded/, "malformed");
  assertProblem(
    await api.post("deploy-%20", "x"),
    400,
    /is not allowed, use 1 to 32/,
    "room_invalid",
  );
  assertProblem(await api.post("deploy-%2F", "x"), 400, /is not allowed/, "room_invalid");
  await api.post("deploy-al", "x");
  assertProblem(await api.post("deploy-a1", "x"), 409, /looks like another one/, "room_confusable");
});

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

// HTTP

Deno.test("Methods are answered by the book", async () => {
  await using server = serverWith();
  await writer(server).post("dev", "hello");
  const api = reader(server);
  const ask = (method: string, path = "rooms/dev/messages") => api.ask(path, { method });
  const whole = await ask("GET"), head = await ask("HEAD");
  assertEquals([head.status, head.body], [200, ""]);
  assertEquals(head.fields.get("content-length"), whole.fields.get("content-length"));
  const options = await ask("OPTIONS");
  assertEquals([options.status, options.fields.get("allow"), options.body], [
    204,
    "GET, HEAD, POST, OPTIONS",
    "",
  ]);
  assertEquals((await ask("OPTIONS", "rooms")).fields.get("allow"), "GET, HEAD, OPTIONS");
  for (const method of ["PUT", "DELETE", "PATCH"]) {
    const { status, fields } = await ask(method);
    assertEquals([status, fields.get("allow")], [405, "GET, HEAD, POST, OPTIONS"]);
  }
  assertEquals((await ask("POST", "rooms")).fields.get("allow"), "GET, HEAD, OPTIONS");
  assertProblem(await ask("BREW"), 501, "Unknown method");
  await eachInTurn(
    ["nothing", "rooms/", "rooms/dev", "rooms/dev/messages/1", "rooms//messages"],
    async (path) => {
      assertProblem(await ask("GET", path), 404, "There is nothing here");
    },
  );
  assertEquals((await api.ask("rooms?x")).status, 200);
});

Deno.test("Requests for names that are not the server's are refused", async () => {
  await using server = serverWith();
  using socket = await RawSocket.connect(server.port);
  await socket.write(reader(server).head("rooms").replace("localhost", "evil.example"));
  assertProblem(await readAnswer(socket), 421, /'evil\.example' is not a name of this server/);
});

// Pages of other origins

Deno.test("Pages from other origins than the allowed ones get nothing, even with the token", async () => {
  await using server = serverWith({ allowOrigin: "https://app.example" });
  const from = (origin: string, ask: Ask = {}) =>
    reader(server).ask("rooms", { ...ask, fields: [`Origin: ${origin}`, ...ask.fields ?? []] });
  for (const origin of ["https://evil.example", "null", "http://app.example"]) {
    const refused = await from(origin);
    assertProblem(refused, 403, /^Pages from this origin are not allowed/);
    assertEquals(refused.fields.has("access-control-allow-origin"), false);
    const preflight = await from(origin, {
      method: "OPTIONS",
      token: "",
      fields: ["Access-Control-Request-Method: GET"],
    });
    assertEquals([preflight.status, preflight.fields.has("access-control-allow-origin")], [
      403,
      false,
    ]);
  }
  assertEquals(server.server.counters.refused.origin, 6);
  const allowed = await from("https://app.example");
  assertEquals(allowed.status, 200);
  assertEquals(allowed.fields.get("access-control-allow-origin"), "https://app.example");
  assertEquals(allowed.fields.get("vary"), "origin");
  assertEquals(allowed.fields.has("access-control-allow-credentials"), false);
  assertEquals((await from(`http://localhost`)).status, 200);
  assertEquals((await reader(server).ask("rooms")).fields.get("vary"), "origin");
});

Deno.test("A page from an allowed origin may ask first, and may read errors too", async () => {
  await using server = serverWith({ allowOrigin: "https://app.example" });
  const api = writer(server);
  const origin = "Origin: https://app.example";
  const preflight = await api.ask("rooms/dev/messages", {
    method: "OPTIONS",
    token: "",
    fields: [
      origin,
      "Access-Control-Request-Method: POST",
      "Access-Control-Request-Headers: authorization,content-type,idempotency-key",
    ],
  });
  assertEquals(preflight.status, 204);
  const allowed = Object.fromEntries(preflight.fields);
  assertEquals(allowed["access-control-allow-origin"], "https://app.example");
  assertEquals(allowed["access-control-allow-methods"], "GET, HEAD, POST");
  assertEquals(
    allowed["access-control-allow-headers"],
    "authorization, content-type, idempotency-key, last-event-id",
  );
  assert(Number(allowed["access-control-max-age"]) > 0);
  assertEquals((await api.post("dev", "from a page", origin)).status, 201);
  const errors = [
    await api.post("secret", "x", origin),
    await api.ask("rooms", { token: "", fields: [origin] }),
    await api.post("dev", "x".repeat(100_000), origin),
    await api.post("dev", "z\r\n", origin, "Transfer-Encoding: chunked"),
  ];
  assertEquals(errors.map(({ status }) => status), [403, 401, 413, 400]);
  for (const { fields } of errors) {
    assertEquals(fields.get("access-control-allow-origin"), "https://app.example");
  }
});

// Operation

Deno.test("An address that is banned or has no requests left is told so as a problem", async () => {
  await using server = amongStrangers(
    () => "203.0.113.7",
    () => serverWith({ connectRate: 1, maxPerIp: 1_000 }),
  );
  let answer!: Answer;
  await times(70, async () => {
    answer = await reader(server).ask("rooms");
  });
  assertProblem(answer, 429, /^Too many connections from your address/);
  assert(Number(answer.fields.get("retry-after")) > 0);
});

Deno.test("Behind a trusted proxy, requests count for the client, and each connection serves one", async () => {
  await using server = serverWith({ trustProxy: "127.0.0.1", connectRate: 1 });
  const from = (ip: string) =>
    reader(server).ask("rooms", { fields: [`X-Forwarded-For: ${ip}`, "X-Forwarded-Proto: https"] });
  assertEquals((await from("203.0.113.7")).status, 200);
  await times(60, () => from("203.0.113.7"));
  assertEquals((await from("203.0.113.7")).status, 429);
  assertEquals((await from("203.0.113.8")).status, 200);
  using socket = await RawSocket.connect(server.port);
  await socket.write(reader(server).head("rooms").repeat(2));
  const answers = await socket.restText();
  assertEquals(answers.match(/^HTTP\/1\.1 /gm)?.length, 1);
});

Deno.test("The API is there over TLS", async () => {
  await using server = serverWith({ ...TLS });
  using conn = await Deno.connectTls({
    hostname: "localhost",
    port: server.server.tlsAddr!.port,
    caCerts: [await Deno.readTextFile(TLS.tlsCert)],
  });
  using socket = new RawSocket(conn);
  const fields = ["Content-Length: 5", "Connection: close"];
  await socket.write(
    writer(server).head("rooms/dev/messages", { method: "POST", fields }) + "hello",
  );
  assertEquals((await readAnswer(socket)).status, 201);
});

Deno.test("A full server refuses as a problem, too", async () => {
  await using server = serverWith({ maxClients: 2 });
  using _alice = await server.connect(TCP);
  using _bob = await server.connect(TCP);
  const full = await reader(server).ask("rooms");
  assertProblem(full, 503, "Server is full, try again later");
  assertEquals(full.fields.get("retry-after"), "10");
  using socket = await RawSocket.connect(server.port);
  await socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  assertEquals((await readAnswer(socket)).body, "Server is full, try again later\n");
});

Deno.test("Requests are counted by their result", async () => {
  await using server = serverWith();
  await reader(server).ask("rooms");
  await reader(server).ask("nothing");
  await writer(server).post("dev", "x");
  await writer(server).post("dev", "x".repeat(100_000));
  assertEquals(server.server.counters.apiRequests, { done: 2, refused: 2, failed: 0 });
  assertNotEquals(server.server.counters.authenticated.api_token, 0);
});

Deno.test("A body in one request is never taken for the next request", async () => {
  await using server = serverWith();
  using alice = await server.connect(TCP);
  await alice.asks("/join dev", "Joined room 'dev'");
  const hidden = writer(server).head("rooms/dev/messages", {
    method: "POST",
    fields: ["Content-Length: 6"],
  }) + "hidden";
  const refused = await writer(server).post("secret", hidden);
  assertEquals(refused.status, 403);
  const both = await writer(server).ask("rooms/dev/messages", {
    method: "POST",
    body: `0\r\n\r\n${hidden}`,
    fields: ["Transfer-Encoding: chunked", "Content-Length: 5"],
  });
  assertEquals(both.status, 400);
  const behind = await writer(server).post(
    "dev",
    `2\nhi\n0\n\n${hidden}`,
    "Transfer-Encoding: chunked",
  );
  assertEquals(behind.status, 400);
  await alice.hearsNothing();
});
