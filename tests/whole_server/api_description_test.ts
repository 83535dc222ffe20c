/**
 * The description of the API keeps what it promises: the server answers each operation with each status that is described,
 * and with what is described.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import { API_ROUTES, type Operation } from "../../lib/server/api/routes.ts";
import { describeApi } from "../../lib/server/api/openapi.ts";
import { problemOfFields } from "../../lib/wire/schema.ts";
import type { ApiToken, ServeOptions } from "../../mod.ts";
import { type Answer, ApiClient, type Ask, EventReader } from "../support/api_client.ts";
import { projectPath } from "../support/paths.ts";
import { eachInTurn } from "../support/patience.ts";
import { RawSocket } from "../support/raw_socket.ts";
import { TestServer } from "../support/server.ts";

const ALL: ApiToken = { name: "all", token: "all-0123456789abcdef", read: ["*"], write: ["*"] };
const NONE: ApiToken = { name: "none", token: "none-0123456789abcdef" };

const document = JSON.parse(await Deno.readTextFile(projectPath("docs/openapi.json")));

const operations = API_ROUTES.flatMap(({ path, operations }) =>
  Object.entries(operations).map(([method, operation]) => ({ path, method, operation: operation! }))
);

function serverWith(options: ServeOptions = {}): TestServer {
  return new TestServer({ apiTokens: [ALL, NONE], apiRate: 0, ...options });
}

function clientOf(server: TestServer): ApiClient {
  return new ApiClient(server.port, ALL.token);
}

const BODY = { body: "hello", fields: ["Content-Type: text/plain"] };

/** A way to each status of an error: what to ask for instead of a request that succeeds. */
const WAYS: Readonly<Record<number, Partial<Record<string, Ask & { readonly path?: string }>>>> = {
  400: {
    readMessages: { path: "rooms/dev/messages?limit=0" },
    postMessage: { body: "{", fields: ["Content-Type: application/json"] },
    streamEvents: { path: "rooms/a%20b/events" },
  },
  401: Object.fromEntries(operations.map(({ operation }) => [operation.id, { token: "" }])),
  403: Object.fromEntries(operations.map(({ operation }) => [operation.id, { token: NONE.token }])),
  404: {
    readMessages: { path: "rooms/nowhere/messages" },
    listUsers: { path: "rooms/nowhere/users" },
  },
  409: {
    postMessage: { path: "rooms/d\u0435v/messages" },
    streamEvents: { path: "rooms/d\u0435v/events" },
  },
  413: { postMessage: { ...BODY, body: "x".repeat(70_000) } },
  415: { postMessage: { ...BODY, fields: ["Content-Type: image/png"] } },
  422: { postMessage: { body: "other", fields: [...BODY.fields, "Idempotency-Key: 1"] } },
};

function pathOf({ path }: { readonly path: string }): string {
  return path.replace("/api/", "").replace("{room}", "dev");
}

async function ask(
  api: ApiClient,
  path: string,
  method: string,
  operation: Operation,
  way: Ask & { readonly path?: string } = {},
): Promise<Answer> {
  const body = "body" in operation ? BODY : {};
  const target = encodeURI(way.path ?? path).replaceAll("%25", "%");
  return await api.ask(target, { method, ...body, ...way });
}

Deno.test("docs/openapi.json describes this version", () => {
  assertEquals(document, JSON.parse(JSON.stringify(describeApi(config.version))));
  assertEquals(Object.keys(document.paths), API_ROUTES.map(({ path }) => path));
});

Deno.test("The server returns its description", async () => {
  await using server = serverWith();
  assertEquals((await clientOf(server).ask("openapi.json")).json, document);
});

Deno.test("Each operation succeeds with what its description says", async () => {
  await using server = serverWith();
  const api = clientOf(server);
  await api.post("dev", "hello");
  await eachInTurn(operations, async ({ path, method, operation }) => {
    const { status, fields, type = "application/json" } = operation.success;
    if (type === "text/event-stream") {
      using socket = await RawSocket.connect(server.port);
      await socket.write(api.head(pathOf({ path })));
      using reader = await EventReader.open(socket);
      return assertEquals(reader.fields.get("content-type"), type);
    }
    const answer = await ask(api, pathOf({ path }), method, operation);
    assertEquals([answer.status, answer.fields.get("content-type")], [status, type], operation.id);
    if (fields === undefined) return;
    assertEquals(problemOfFields(fields, answer.json), undefined, answer.body);
    assertEquals(Object.keys(answer.json), Object.keys(fields));
  });
});

Deno.test("Each operation fails with each status that its description has", async () => {
  await using server = serverWith();
  const api = clientOf(server);
  await api.post("dev", "hello", "Content-Type: text/plain", "Idempotency-Key: 1");
  using _open = await api.events("dev");
  await eachInTurn(operations, async ({ path, method, operation }) => {
    await eachInTurn([401, ...operation.errors], async (status) => {
      const way = WAYS[status]?.[operation.id];
      assert(way !== undefined, `There is no way to ${status} of ${operation.id}`);
      const answer = await ask(api, pathOf({ path }), method, operation, way);
      assertEquals(answer.status, status, `${operation.id}: ${answer.body}`);
      assertEquals(answer.fields.get("content-type"), "application/problem+json");
    });
  });
});

Deno.test("Every way to an error is described", () => {
  for (const [status, ways] of Object.entries(WAYS)) {
    for (const id of Object.keys(ways)) {
      const { operation } = operations.find(({ operation }) => operation.id === id)!;
      const { right, errors } = operation;
      if (status === "401" || (status === "403" && right === undefined)) continue;
      assert(errors.includes(Number(status)), `${id}: ${status}`);
    }
  }
});
