/**
 * Posting over the HTTP API: a contract, over raw sockets, with the chat on the other side.
 * @module
 */
import { assertEquals, assertMatch } from "@std/assert";
import type { ApiToken, ServeOptions } from "../../mod.ts";
import { ApiClient, assertProblem, readAnswer } from "../support/api_client.ts";
import { TCP, WIRES } from "../support/client.ts";
import { JsonClient } from "../support/json_client.ts";
import { eachInTurn } from "../support/patience.ts";
import { RawSocket } from "../support/raw_socket.ts";
import { TestServer } from "../support/server.ts";
import { TempFolder } from "../support/temp_folder.ts";

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
