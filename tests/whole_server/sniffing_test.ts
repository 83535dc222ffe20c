/**
 * Clients whose first bytes arrive slowly, in a busy room: a message that is written to a browser corrupts its response.
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { resolveSettings } from "../../lib/server/resolve_settings.ts";
import { handshake, TCP } from "../support/client.ts";
import { FakeClock } from "../support/clock.ts";
import { amongStrangers } from "../support/listener.ts";
import { eachInTurn, until } from "../support/patience.ts";
import { RawSocket } from "../support/raw_socket.ts";
import { TestServer } from "../support/server.ts";

const REST = " /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/** Regression: it received chat lines after a second, and then its request closed the connection. */
Deno.test("A client that has sent the first byte of a method has --head-timeout for the rest", async () => {
  const clock = new FakeClock();
  const { headTimeout } = resolveSettings({});
  await using server = new TestServer({ clock });
  using speaker = await (await server.connect(TCP)).takesName("Speaker");
  await eachInTurn(["G", "GE", "GET"], async (beginning) => {
    using browser = await RawSocket.connect(server.port);
    await browser.write(beginning);
    await server.settle();
    await speaker.say("hello");
    await server.settle();
    clock.advance(headTimeout * 1000 - 500);
    await speaker.say("hello again");
    await server.settle();
    await browser.write("GET".slice(beginning.length) + REST);
    assertMatch(await browser.restText(), /^HTTP\/1\.1 200 OK\r\n/, beginning);
  });
});

Deno.test("A client that has sent the first byte of a TLS record is not silent", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ clock });
  using speaker = await (await server.connect(TCP)).takesName("Speaker");
  using client = await RawSocket.connect(server.port);
  await client.write(Uint8Array.of(0x16));
  await server.settle();
  await speaker.say("hello");
  await server.settle();
  clock.advance(5_000);
  await client.write(Uint8Array.of(0x03, 0x01));
  assertEquals(await client.restText(), "");
  assert(server.hasLogged("Closed: TLS on a plain port", client.address));
});

Deno.test("A first packet that was lost once arrives in time", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ clock });
  using speaker = await (await server.connect(TCP)).takesName("Speaker");
  using browser = await RawSocket.connect(server.port);
  await server.settle();
  await speaker.say("hello");
  await server.settle();
  clock.advance(450); // the first retransmission, 0.2 s (RFC 6298 2.4 allows less than its 1 s) and some way
  await browser.write(`GET${REST}`);
  assertMatch(await browser.restText(), /^HTTP\/1\.1 200 OK\r\n/);
});

Deno.test("A refused client that has begun an HTTP request gets an HTTP response", async () => {
  const clock = new FakeClock();
  let ip = "192.0.2.1";
  await using server = amongStrangers(() => ip, () => new TestServer({ clock, maxPerIp: 1 }));
  using _ = await (await server.connect(TCP)).takesName("One");
  const { counters } = server.server;
  using browser = await RawSocket.connect(server.port);
  await browser.write(handshake().slice(0, 2));
  await until(() => counters.receivedBytes >= "/name One\n".length + 2, "it has begun");
  clock.advance(1_000);
  await browser.write(handshake().slice(2));
  assertMatch(await browser.restText(), /^HTTP\/1\.1 429 /);
  ip = "192.0.2.2";
  using _other = await (await server.connect(TCP)).takesName("Other");
});
