/**
 * The HTTP API by the book: methods, hosts, origins, refusals, and requests that try to pass for two.
 * @module
 */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import type { ApiToken, ServeOptions } from "../../mod.ts";
import {
  type Answer,
  ApiClient,
  type Ask,
  assertProblem,
  readAnswer,
} from "../support/api_client.ts";
import { TCP } from "../support/client.ts";
import { amongStrangers } from "../support/listener.ts";
import { eachInTurn, times } from "../support/patience.ts";
import { RawSocket } from "../support/raw_socket.ts";
import { TestServer } from "../support/server.ts";
import { TLS } from "../support/tls.ts";

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
