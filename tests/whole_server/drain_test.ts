/**
 * Shutdown with a drain: all clients are notified at once, and disconnected at random moments.
 * @module
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { JSON_PROTOCOL } from "../../lib/wire/protocol.ts";
import { resolveSettings } from "../../lib/server/resolve_settings.ts";
import { type Client, handshake, TCP, WebSocketClient, WIRES } from "../support/client.ts";
import { FakeClock } from "../support/clock.ts";
import { scrape } from "../support/exposition.ts";
import { jam } from "../support/jam.ts";
import { eachInTurn, patiently, until } from "../support/patience.ts";
import { RawSocket } from "../support/raw_socket.ts";
import { TestServer } from "../support/server.ts";

const GOODBYE = "Server is shutting down";

/** A server that takes 10 s to drain, in which each connection has the next of these moments (0 to 1). */
function draining(clock: FakeClock, ...moments: number[]): TestServer {
  return new TestServer({ clock, drain: 10, random: () => moments.shift() ?? 0.99 });
}

async function get(server: TestServer, path: string): Promise<string> {
  using socket = await RawSocket.connect(server.port);
  await socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  return await socket.restText();
}

/** Starts the shutdown, of which all clients are notified. */
async function startDrain(server: TestServer, ...clients: Client[]): Promise<void> {
  void server.server.shutdown();
  await eachInTurn(clients, (client) => client.hears(GOODBYE));
}

for (const wire of WIRES) {
  Deno.test(`A drain notifies all clients at once and disconnects each at its moment [${wire.name}]`, async () => {
    const clock = new FakeClock();
    await using server = draining(clock, 0.2, 0.8);
    using alice = await (await server.connect(wire)).takesName("Alice");
    using bob = await (await server.connect(wire)).takesName("Bob");
    await startDrain(server, alice, bob);
    await bob.say("any last words?");
    await alice.hears("[Bob]: any last words?");
    clock.advance(1_999);
    await alice.hearsNothing();
    clock.advance(1);
    const code = wire === TCP ? {} : { code: 1001 };
    assertEquals(await alice.ending(), { lines: [], ...code });
    clock.advance(5_000);
    await bob.asks("/list", `Users online: Bob (${bob.address})`);
    clock.advance(1_000);
    assertEquals(await bob.ending(), { lines: [], ...code });
    await patiently(server.server.finished, "the end");
  });
}

Deno.test("A drain tells JSON clients when to reconnect", async () => {
  const clock = new FakeClock();
  await using server = draining(clock, 0.5);
  using client = new WebSocketClient(await RawSocket.connect(server.port));
  await client.socket.write(handshake({ "Sec-WebSocket-Protocol": JSON_PROTOCOL }));
  await client.socket.through("\r\n\r\n");
  assertEquals(JSON.parse(await client.line()).type, "hello");
  const done = server.server.shutdown();
  const { type, reconnect } = JSON.parse(await client.line());
  assertEquals(type, "shutdown");
  assert(reconnect.after > 0 && reconnect.spread > 0);
  clock.advance(5_000);
  assertEquals(await client.ending(), { lines: [], code: 1001 });
  await patiently(done, "the end");
});

Deno.test("A draining server refuses new clients, and still answers health checks", async () => {
  const clock = new FakeClock();
  await using server = draining(clock);
  using alice = await (await server.connect(TCP)).takesName("Alice");
  assertMatch(await get(server, "/readyz"), /^HTTP\/1\.1 200 OK\r\n/);
  await startDrain(server, alice);

  using talker = await RawSocket.connect(server.port);
  await talker.write("hello\n");
  assertEquals(await talker.restText(), `${GOODBYE}\n`);
  using silent = await RawSocket.connect(server.port);
  using halfLine = await RawSocket.connect(server.port);
  await halfLine.write("GET");
  await server.settle();
  clock.advance(resolveSettings({}).sniffTimeout * 1000);
  assertEquals(await silent.restText(), `${GOODBYE}\n`);
  await halfLine.halfClose();
  assertEquals(await halfLine.restText(), `${GOODBYE}\n`);
  using web = await RawSocket.connect(server.port);
  await web.write(handshake());
  assertMatch(await web.restText(), /^HTTP\/1\.1 503 Service Unavailable\r\n/);

  assertStringIncludes(await get(server, "/readyz"), "\r\n\r\nnot ready: draining\n");
  assertMatch(await get(server, "/readyz"), /^HTTP\/1\.1 503 Service Unavailable\r\n/);
  assertMatch(await get(server, "/healthz"), /^HTTP\/1\.1 200 OK\r\n/);
  assertMatch(await get(server, "/"), /^HTTP\/1\.1 200 OK\r\n/);
  clock.advance(1_000); // nobody is waited for any longer who was sent away
  const metrics = await scrape(server.port);
  assertEquals(metrics.value("backchannel_ready"), 0);
  assertEquals(metrics.value('backchannel_refusals_total{cause="draining"}'), 4);
  assertEquals(metrics.value('backchannel_closes_total{cause="refused"}'), 4);
  assertEquals(metrics.sum("backchannel_connections_total"), 1);

  await alice.hearsNothing();
  await alice.say("/quit");
  await alice.ending();
  await patiently(server.server.finished, "the end");
});

/** It is disconnected at the end of the drain, before its protocol is known. */
Deno.test("A silent client that connected during a drain is told at its end", async () => {
  const clock = new FakeClock();
  await using server = draining(clock);
  using alice = await server.connect(TCP);
  await alice.hearsNothing();
  await startDrain(server, alice);
  using late = await RawSocket.connect(server.port);
  await late.write("GET");
  await server.settle();
  alice.close(); // the last one of those who were here
  assertEquals(await late.restText(), `${GOODBYE}\n`);
  late.close();
  await patiently(server.server.finished, "the end");
});

Deno.test("A drain without clients is over at once", async () => {
  const server = draining(new FakeClock());
  await patiently(server.server.shutdown(), "the end");
});

Deno.test("A drain ends in time even if clients read nothing", async () => {
  const clock = new FakeClock();
  const server = new TestServer({ clock, drain: 10, capacity: 8, random: () => 0.999999 });
  using _jammed = await jam(server);
  using last = await server.connect(TCP);
  await last.hearsNothing();
  let done = false;
  const start = clock.now();
  const closing = server.server.shutdown().then(() => done = true);
  await last.hears(GOODBYE);
  clock.advance(10_000);
  assertEquals(await last.ending(), { lines: [] });
  await until(() => {
    if (!done) clock.advance(10);
    return done;
  }, "the server has ended");
  await closing;
  // A second for the last messages, and some time for the loop to turn; a single client would be given 5 s.
  assert(clock.now() - start < 14_000, `It took ${clock.now() - start} ms`);
  assertEquals(clock.pending, 0);
});

Deno.test("Queued messages are delivered before the end of a drain", async () => {
  const clock = new FakeClock();
  await using server = draining(clock, 0.5, 0.9);
  using reader = await server.connect(TCP);
  await reader.hearsNothing();
  using speaker = await (await server.connect(TCP)).takesName("Bob");
  const said = Array.from({ length: 500 }, (_, i) => `${i} ${"x".repeat(10_000)}`);
  await startDrain(server, reader, speaker);
  await speaker.say(...said);
  await speaker.hearsNothing();
  clock.advance(5_000); // more than the kernel takes is on its way
  const { lines } = await reader.ending();
  assertEquals(lines.length, said.length);
  assertEquals(lines, said.map((line) => `[Bob]: ${line}`));
  clock.advance(5_000);
  await speaker.ending();
  await patiently(server.server.finished, "the end");
});

Deno.test("shutdown() during a drain does nothing more", async () => {
  const clock = new FakeClock();
  await using server = draining(clock, 0.5);
  using client = await server.connect(TCP);
  await client.hearsNothing();
  await startDrain(server, client);
  const again = server.server.shutdown();
  await client.hearsNothing();
  clock.advance(5_000);
  assertEquals(await client.ending(), { lines: [] });
  await patiently(Promise.all([again, server.server.finished]), "the end");
});
