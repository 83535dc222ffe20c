/**
 * The header field of a proxy that authenticates: who is believed, and who is not, whatever they send.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { ServerEvent } from "../../lib/wire/protocol.ts";
import type { ServeOptions } from "../../mod.ts";
import { utf8 } from "../protocol/reading.ts";
import { handshake } from "../support/client.ts";
import { JsonClient } from "../support/json_client.ts";
import { eachInTurn } from "../support/patience.ts";
import { RawSocket } from "../support/raw_socket.ts";
import { TestServer } from "../support/server.ts";

const PASSWORD = "correct horse battery";

/** The proxy is the test, which connects from 127.0.0.1. */
const PROXIED: ServeOptions = { trustProxy: "127.0.0.1", userHeader: "X-Forwarded-User" };
/** The proxy is somebody else. */
const DIRECT: ServeOptions = { ...PROXIED, trustProxy: "10.0.0.0/8" };

/** Connects with these lines in the head of the handshake, after `before`. */
async function connect(server: TestServer, lines: string[], before = ""): Promise<JsonClient> {
  const socket = await RawSocket.connect(server.port);
  const head = handshake({ "Sec-WebSocket-Protocol": "backchannel.v1.json" });
  await socket.write(utf8(before + head.replace("\r\n\r\n", ["", ...lines, "", ""].join("\r\n"))));
  assertStringIncludes(await socket.through("\r\n\r\n"), "HTTP/1.1 101 ");
  return new JsonClient(socket);
}

async function firstEvent(
  server: TestServer,
  lines: string[],
  before?: string,
): Promise<ServerEvent> {
  using client = await connect(server, lines, before);
  return await client.event();
}

async function assertAnonymous(
  server: TestServer,
  lines: string[],
  before?: string,
): Promise<void> {
  assertEquals((await firstEvent(server, lines, before)).type, "login_required", lines.join());
}

Deno.test("A trusted proxy names the user, in any spelling of the field", async () => {
  await using server = new TestServer(PROXIED);
  const cases = [
    ["X-Forwarded-User: alice", "alice"],
    ["x-forwarded-user:  bob@example.com  ", "bob"],
    ["X-FORWARDED-USER: Zo\u00eb O'Hara", "Zo\u00eb-O-Hara"],
  ] as const;
  await eachInTurn(cases, async ([line, name]) => {
    const hello = await firstEvent(server, [line]);
    assert(hello.type === "hello");
    assertEquals(hello.you.name, name);
  });
  assertEquals(server.server.counters.authenticated.user_header, cases.length);
});

Deno.test("The field of another peer is ignored, with whatever else it sends", async () => {
  await using server = new TestServer({ ...DIRECT, password: PASSWORD });
  await eachInTurn([
    ["X-Forwarded-User: root"],
    ["X-Forwarded-User: root", "X-Forwarded-For: 10.0.0.1"],
    ["X-Forwarded-User: root", "Via: 1.1 proxy", "Forwarded: for=10.0.0.1"],
    ["X-Forwarded-User: root", "X-Real-IP: 10.0.0.1"],
  ], (lines) => assertAnonymous(server, lines));
  assertEquals(server.server.counters.authenticated.user_header, 0);
  using client = await connect(server, ["X-Forwarded-User: root"]);
  await client.next("login_required");
  const reply = await client.ask({ type: "login", secret: PASSWORD });
  assertEquals(reply.type, "reply");
  const hello = await client.next("hello");
  assertEquals(hello.you.name, null);
});

/** A load balancer passes on raw TCP, and says in a PROXY header that somebody else is behind it. */
Deno.test("The field of a client that a trusted balancer names in a PROXY header is ignored", async () => {
  await using server = new TestServer(PROXIED);
  const stranger = "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n";
  await assertAnonymous(server, ["X-Forwarded-User: root"], stranger);
  const proxy = "PROXY TCP4 127.0.0.1 198.51.100.1 56324 443\r\n";
  assertEquals((await firstEvent(server, ["X-Forwarded-User: alice"], proxy)).type, "hello");
});

Deno.test("Other fields of a trusted proxy name nobody, and neither does an empty one", async () => {
  await using server = new TestServer(PROXIED);
  await eachInTurn([
    [],
    ["X-Forwarded-User:"],
    ["X-Forwarded-Users: root"],
    ["X_Forwarded_User: root"],
    ["Remote-User: root"],
    ["Authorization: Basic cm9vdDpyb290"],
    ["Cookie: X-Forwarded-User=root"],
  ], (lines) => assertAnonymous(server, lines));
});

Deno.test("Two users in the field are refused, and logged without a limit for the address", async () => {
  await using server = new TestServer({ ...PROXIED, password: PASSWORD });
  const twice = [
    ["X-Forwarded-User: root", "X-Forwarded-User: alice"],
    ["X-Forwarded-User: root, alice"],
    ["X-Forwarded-User: root,alice"],
    ["X-Forwarded-User: root", "X-Forwarded-User:", "X-Forwarded-User: alice"],
  ];
  await eachInTurn([...twice, ...twice], async (lines) => {
    const error = await firstEvent(server, [...lines, "X-Forwarded-For: 192.0.2.1"]);
    assert(error.type === "error");
    assertEquals(error.text, "Error: The proxy names more than one user");
  });
  assertEquals(server.server.counters.authFailures.wrong, 8);
  assert(server.hasLogged("Authentication failed: The proxy names more than one user"));
  using client = await connect(server, ["X-Forwarded-For: 192.0.2.1"]);
  assertEquals((await client.ask({ type: "login", secret: PASSWORD })).type, "reply");
});

Deno.test("Wrong passwords behind a proxy are limited for the client's address, not for the proxy's", async () => {
  await using server = new TestServer({ ...PROXIED, password: PASSWORD });
  const guess = async (address: string, secret: string) => {
    using client = await connect(server, [`X-Forwarded-For: ${address}`]);
    return await client.ask({ type: "login", secret });
  };
  await eachInTurn(Array(5).fill("wrong password"), (secret: string) => guess("192.0.2.1", secret));
  const limited = await guess("192.0.2.1", PASSWORD);
  assert(limited.type === "error");
  assertStringIncludes(limited.text, "Too many wrong passwords or tokens");
  assertEquals((await guess("192.0.2.2", PASSWORD)).type, "reply");
  assertEquals(server.server.counters.authFailures, {
    wrong: 5,
    expired: 0,
    denied: 0,
    limited: 1,
    failed: 0,
  });
  const log = JSON.stringify(server.log);
  for (const secret of ["wrong password", PASSWORD]) assertEquals(log.includes(secret), false);
  const failed = server.log.filter(({ kind }) => kind === "auth_failed");
  assert(failed.every(({ address }) => address?.startsWith("192.0.2.1:")));
});
