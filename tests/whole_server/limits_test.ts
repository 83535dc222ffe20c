/**
 * Limits for strangers on a public server: the rate of messages and of connections, and the pages that may connect. Every
 * refusal is counted by its cause.
 * @module
 */
import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { FILES } from "../../lib/server/http/embedded_assets.ts";
import type { ServerEvent } from "../../lib/wire/protocol.ts";
import { resolveSettings } from "../../lib/server/resolve_settings.ts";
import { type CloseCause, serve, type ServeOptions } from "../../mod.ts";
import { frame, PING } from "../protocol/client_frames.ts";
import { handshake, TCP, WEBSOCKET, WebSocketClient, WIRES } from "../support/client.ts";
import { FakeClock } from "../support/clock.ts";
import { JsonClient } from "../support/json_client.ts";
import { amongStrangers, outOfDescriptors } from "../support/listener.ts";
import { measuredBy } from "../support/measured.ts";
import { eachInTurn, times, until } from "../support/patience.ts";
import { RawSocket } from "../support/raw_socket.ts";
import { ResettableSocket } from "../support/reset.ts";
import { TestServer } from "../support/server.ts";
import { TempFolder } from "../support/temp_folder.ts";

const RATE = { rate: 20, burst: 60 } as const;

/** `count` numbered lines, starting with `from`. */
function numbered(count: number, from = 0, prefix = ""): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}${from + i}`);
}

/** A client of the JSON subprotocol that has received hello. */
async function connectJson(server: TestServer): Promise<JsonClient> {
  const client = await JsonClient.connect(server.port);
  assertEquals((await client.event()).type, "hello");
  return client;
}

// The rate of a session

/**
 * Regression: buckets use the time without suspension, and the timer did not. After a sleep of the machine, or a second in
 * which the loop stood still, every waiting client was checked each millisecond.
 */
Deno.test("A throttled client waits for its full time even after the machine has slept", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ clock, ...RATE });
  using client = await server.connect(TCP);
  await client.hearsNothing();
  clock.jump(3_600_000);
  const waits: number[] = [];
  const { after } = clock;
  clock.after = (ms, action) => {
    waits.push(ms);
    return after.call(clock, ms, action);
  };
  await client.say(...Array<string>(61).fill("/help"));
  await until(() => server.server.counters.throttled === 1, "it waits");
  assertEquals(waits, [50]);
});

for (const wire of WIRES) {
  Deno.test(`A client that exceeds its burst waits, and loses no message [${wire.name}]`, async () => {
    const clock = new FakeClock();
    await using server = new TestServer({ clock, ...RATE });
    using listener = await server.connect(TCP);
    await listener.hearsNothing();
    using speaker = await server.connect(wire);
    await speaker.say(...numbered(100));
    const heard = (count: number, from: number) =>
      listener.hears(...numbered(count, from, `[${speaker.address}]: `));
    await heard(60, 0);
    await server.settle();
    await listener.hearsNothing();
    clock.advance(50);
    await heard(1, 60);
    await server.settle();
    await listener.hearsNothing();
    for (let i = 61; i < 100; i++) {
      clock.advance(50);
      await heard(1, i);
    }
    await listener.hearsNothing();
    clock.advance(50);
    await speaker.hearsNothing();
    assertEquals(server.server.counters.throttled, 1);
  });

  Deno.test(`Commands count as messages, and some cost more [${wire.name}]`, async () => {
    const prices = [
      ["/help", 1],
      ["/name Al", 5],
      ["/join dev", 5],
      ["/rooms", 5],
    ] as const;
    for (const [command, price] of prices) {
      const clock = new FakeClock();
      await using server = new TestServer({ clock, ...RATE });
      using client = await server.connect(wire);
      const count = 60 / price;
      await client.say(...Array<string>(count + 2).fill(command));
      let answers = 0;
      const reading = times(count + 2, async () => {
        await client.line();
        answers++;
      });
      const waitsAt = async (expected: number) => {
        await until(() => answers === expected, `${expected} answers to ${command}`);
        await server.settle();
        await server.settle();
        assertEquals(answers, expected, command);
      };
      await waitsAt(count);
      clock.advance(50);
      await waitsAt(count + 1);
      clock.advance(50 * price - 1);
      await waitsAt(count + 1);
      clock.advance(1);
      await reading;
    }
  });

  Deno.test(`A client that keeps to its rate never waits [${wire.name}]`, async () => {
    const clock = new FakeClock();
    await using server = new TestServer({ clock, rate: 20, burst: 1 });
    using client = await server.connect(wire);
    await times(100, async () => {
      await client.hearsNothing();
      clock.advance(50);
    });
    assertEquals(server.server.counters.throttled, 0);
  });

  Deno.test(`Messages sent before a client leaves are delivered at its rate [${wire.name}]`, async () => {
    const clock = new FakeClock();
    await using server = new TestServer({ clock, rate: 20, burst: 5 });
    using listener = await (await server.connect(TCP)).takesName("Listener");
    using speaker = await server.connect(wire);
    await speaker.say(...numbered(20));
    await speaker.halfClose();
    let heard = 0;
    const hearing = eachInTurn(numbered(20), async (line) => {
      await listener.hears(`[${speaker.address}]: ${line}`);
      heard++;
    });
    await until(() => heard === 5, "five are heard");
    for (let i = 6; i <= 20; i++) {
      clock.advance(50);
      await until(() => heard === i, `${i} are heard`);
    }
    await hearing;
    await speaker.socket.gone();
  });

  Deno.test(`A throttled client is neither idle nor pinged [${wire.name}]`, async () => {
    const clock = new FakeClock();
    const timed = { idleTimeout: 30, heartbeat: 10, pongTimeout: 5 };
    await using server = new TestServer({ clock, rate: 0.01, burst: 2, ...timed });
    using client = await server.connect(wire);
    await client.say("/foo", "/foo", "/foo");
    const answer = "Error: Unknown command '/foo', try /help";
    await client.hears(answer, answer);
    await until(() => server.server.counters.throttled === 1, "it waits");
    clock.advance(99_000);
    await server.settle();
    clock.advance(1_000);
    await client.hears(answer); // with nothing before it
    clock.advance(9_000); // its silence counts from now on
    assertEquals(server.log.filter(({ message }) => /Disconnected|Closed/.test(message)), []);
    clock.advance(60_000);
    await until(() => {
      const { idle, pong } = server.server.counters.closed;
      return idle + pong === 1;
    }, "it is idle in the end");
  });

  Deno.test(`A throttled client does not delay shutdown [${wire.name}]`, async () => {
    const clock = new FakeClock();
    const server = new TestServer({ clock, rate: 0.001, burst: 1 });
    using client = await server.connect(wire);
    await client.say("/foo", "/foo", "/foo");
    await client.hears("Error: Unknown command '/foo', try /help");
    await until(() => server.server.counters.throttled === 1, "it waits");
    const ended = server.server.shutdown(); // no time passes
    assertEquals((await client.ending()).lines, ["Server is shutting down"]);
    await ended;
    assertEquals([clock.pending, server.server.counters.closed.shutdown], [0, 1]);
  });

  Deno.test(`A throttled client that has left is forgotten [${wire.name}]`, async () => {
    const clock = new FakeClock();
    await using server = new TestServer({ clock, rate: 0.01, burst: 1 });
    const { counters } = server.server;
    const timers = clock.pending;
    using first = await server.connect(wire);
    await first.say("/foo", "/foo");
    await until(() => counters.throttled === 1, "the first waits");
    clock.advance(50_000);
    using second = await server.connect(wire);
    await second.say("/foo", "/foo");
    await until(() => counters.throttled === 2, "the second waits");
    second.close(); // which nobody sees before something is written to it
    using speaker = await server.connect(TCP);
    await speaker.say("is anybody there?");
    await first.hears(
      "Error: Unknown command '/foo', try /help",
      `[${speaker.address}]: is anybody there?`,
    );
    await until(() => counters.closed.reset === 1, "the second is gone");
    clock.advance(50_000); // for the first
    assertEquals(clock.pending, timers);
  });

  Deno.test(`--rate 0 means no limit, and --echo has no rate [${wire.name}]`, async () => {
    await eachInTurn([{ rate: 0 }, { rate: 1, echo: true }], async (options) => {
      await using server = new TestServer({ clock: new FakeClock(), burst: 1, ...options });
      using client = await server.connect(wire);
      await client.say(...numbered(500, 0, "/x"));
      await times(500, () => client.line());
      assertEquals(server.server.counters.throttled, 0);
    });
  });

  Deno.test(`A throttled client is not read from, and TCP pushes back [${wire.name}]`, async () => {
    await using server = new TestServer({ clock: new FakeClock(), ...RATE });
    using client = await server.connect(wire);
    let written = 0;
    const flood = until(async () => {
      await client.say(...Array<string>(1_000).fill("x".repeat(64)));
      return (written += 64_000) >= 64_000_000;
    }, "all is written").then(() => "written", () => "cut off");
    let before = -1;
    await until(async () => {
      const same = written === before && written > 0;
      before = written;
      await times(20, () => server.settle());
      return same;
    }, "it is pushed back");
    assert(written < 64_000_000, `${written} bytes`);
    client.close();
    assertEquals(await flood, "cut off");
  });
}

Deno.test("Each line of a WebSocket message counts", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ clock, rate: 20, burst: 3 });
  using listener = await server.connect(TCP);
  await listener.hearsNothing();
  using speaker = await server.connect(WEBSOCKET);
  await speaker.say("1\n2\r\n3\n4\n5", "6");
  const heard = (line: string) => listener.hears(`[${speaker.address}]: ${line}`);
  await eachInTurn(["1", "2", "3"], heard);
  await eachInTurn(["4", "5", "6"], async (line) => {
    await server.settle();
    await server.settle();
    clock.advance(50);
    await heard(line);
  });
});

/**
 * Regression: the lines of a message were split all at once and waited as separate strings. A message of 64 kB took 790 kB
 * for as long as its lines waited, which is half an hour.
 */
Deno.test("A message whose lines wait takes little more memory than itself", async () => {
  const bytes = await measuredBy(new URL("backlog_memory.ts", import.meta.url));
  assert(bytes > 0 && bytes < 300_000, `${bytes} bytes a client`);
});

Deno.test("Pings count too, and their pongs wait", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ clock, rate: 20, burst: 3 });
  using client = await WebSocketClient.connect(server.port);
  await client.send(...numbered(5).map((text) => frame(PING, text)));
  let pongs = "";
  const reading = times(5, async () => {
    pongs += new TextDecoder().decode((await client.frame()).payload);
  });
  await eachInTurn(["012", "0123", "01234"], async (expected) => {
    await until(() => pongs.length >= expected.length, `the pongs ${expected}`);
    await server.settle();
    assertEquals(pongs, expected);
    clock.advance(50);
  });
  await reading;
});

Deno.test("JSON clients are told once that they are throttled, and again after they were quiet", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ clock, rate: 20, burst: 3 });
  using client = await connectJson(server);
  const types = async (count: number) => {
    const events: string[] = [];
    await times(count, async () => events.push((await client.event()).type));
    return events;
  };
  await times(2, async (round) => {
    await client.say(...Array<string>(6).fill("/help"));
    assertEquals(await types(3), ["reply", "reply", "reply"]);
    const { time, ...told } = await client.event() as ServerEvent & { retryAfter: number };
    assertEquals([told, typeof time], [{ type: "throttled", retryAfter: 50 }, "number"]);
    await times(3, async () => {
      clock.advance(50);
      assertEquals(await types(1), ["reply"]);
    });
    clock.advance(149); // it was not quiet yet
    await client.say(...Array<string>(3).fill("/help"));
    assertEquals(await types(2), ["reply", "reply"]);
    await until(() => clock.pending > 1, "it waits again");
    clock.advance(1);
    assertEquals(await types(1), ["reply"]);
    clock.advance(150);
    assertEquals(server.server.counters.throttled, round + 1);
  });
});

Deno.test("Joining by a JSON request costs what /join costs", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ clock, rate: 20, burst: 10 });
  using client = await connectJson(server);
  await client.say(...numbered(3).map((room) => JSON.stringify({ type: "join", room })));
  const types: string[] = [];
  await times(3, async () => types.push((await client.event()).type));
  assertEquals(types, ["reply", "reply", "throttled"]);
  clock.advance(50);
  assertEquals((await client.event()).type, "reply");
});

// Connections

/** Connects, sends something, and returns everything received until the end. */
async function ask(server: TestServer, request: string): Promise<string> {
  using socket = await RawSocket.connect(server.port);
  if (request !== "") await socket.write(request);
  return await socket.restText();
}

const get = (path: string, ...fields: string[]) =>
  [`GET ${path} HTTP/1.1`, "Host: localhost", "Connection: close", ...fields, "", ""].join("\r\n");

/** The status of the response alone. */
async function statusOf(server: TestServer, request: string): Promise<number> {
  using socket = await RawSocket.connect(server.port);
  await socket.write(request);
  return Number((await socket.through("\r\n")).split(" ")[1]);
}

const GET = get("/healthz");

/** How long a client may stay silent, in ms. */
const SNIFF = resolveSettings({}).sniffTimeout * 1000;

/** Checks that clients of every protocol are refused, and how they are told. */
async function assertRefuses(
  server: TestServer,
  clock: FakeClock,
  status: string,
  text: string,
  requests = [GET, handshake(), "GET / HTTP/1.1\r\nHo"],
): Promise<void> {
  await eachInTurn(["hello\n", "GET well soon\n", "/name Al\n"], async (line) => {
    assertEquals(await ask(server, line), `Error: ${text}\n`);
  });
  await eachInTurn(requests, async (request) => {
    const answer = await ask(server, request);
    assert(answer.startsWith(`HTTP/1.1 ${status}\r\n`), answer);
    assertMatch(answer, /\r\nretry-after: \d+\r\n/);
    assert(answer.endsWith(`\r\n\r\n${text}\n`), answer);
  });
  // A client whose protocol stays unclear is answered after the timeout.
  await eachInTurn(["", "hel", ""], async (beginning) => {
    const { accepted } = server.server.counters;
    const asked = ask(server, beginning);
    await until(() => server.server.counters.accepted > accepted, "it is accepted");
    clock.advance(SNIFF);
    assertEquals(await asked, `Error: ${text}\n`);
  });
}

Deno.test("--max-clients refuses clients with a reason when the server is full", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ clock, maxClients: 2 });
  using alice = await (await server.connect(TCP)).takesName("Alice");
  const bob = await (await server.connect(WEBSOCKET)).takesName("Bob");
  const full = "Server is full, try again later";
  await assertRefuses(server, clock, "503 Service Unavailable", full, [
    get("/"),
    handshake(),
    "GET / HTTP/1.1\r\nHo",
  ]);
  const { counters } = server.server;
  assertEquals([counters.accepted, counters.refused.server_full], [11, 9]);
  await until(() => counters.closed.refused === 9, "all are gone");
  assertEquals(server.log.filter(({ level }) => level === "warn").length, 1);
  assert(server.hasLogged("Refusing connections: the server is full"));
  clock.advance(2_000);
  assert(server.hasLogged("Connections refused: 9, the server is full"));

  await alice.say("anybody?");
  await bob.hears("[Alice]: anybody?");
  bob.close();
  await until(() => counters.closed.peer === 1, "there is room");
  using carol = await (await server.connect(TCP)).takesName("Carol");
  await alice.asks("/list", `Users online: Alice (${alice.address}), Carol (${carol.address})`);
  assertEquals(counters.refused.server_full, 9);
});

/** Regression: a full server answered everything with 503, so it looked dead to supervisors, and had no metrics. */
Deno.test("A full server answers health checks and scrapes", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ clock, maxClients: 2 });
  using alice = await server.connect(TCP);
  const bob = await server.connect(TCP);
  await eachInTurn([alice, bob], (client) => client.hearsNothing());
  const lasting = GET.replace("Connection: close\r\n", "");
  assertMatch(await ask(server, lasting), /^HTTP\/1.1 200 OK\r\n[^]*\r\n\r\nok, but full\n$/);
  assertMatch(await ask(server, get("/readyz?now")), /^HTTP\/1.1 503 [^]*\nnot ready: full\n$/);
  assertMatch(
    await ask(server, get("/metrics")),
    /^HTTP\/1.1 200 OK\r\n[^]*\nbackchannel_ready 0\n/,
  );
  const forwarded = GET.replace("\r\n\r\n", "\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n");
  assertMatch(await ask(server, forwarded.replace("healthz", "metrics")), /^HTTP\/1.1 403 /);
  assertMatch(await ask(server, get("/healthz/")), /^HTTP\/1.1 503 [^]*\nServer is full, /);
  const { counters } = server.server;
  await until(() => counters.closed.http === 4 && counters.closed.refused === 1, "all are gone");

  using stalled = await RawSocket.connect(server.port);
  await stalled.write(GET.slice(0, -2));
  await until(() => counters.accepted === 8, "it is accepted");
  await times(2, () => alice.hearsNothing());
  clock.advance(SNIFF);
  await alice.hearsNothing();
  clock.advance(1_000);
  assertMatch(await stalled.restText(), /^HTTP\/1.1 408 /);

  bob.close();
  await until(() => counters.closed.peer === 1, "there is room");
  using carol = await (await server.connect(TCP)).takesName("Carol");
  await alice.asks("/list", `Users online: Carol (${carol.address})`);
});

Deno.test("When very many clients are refused at once, most are closed without an answer", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ clock, maxClients: 1 });
  using alice = await server.connect(TCP);
  await alice.hearsNothing();
  const crowd = await Promise.all(
    Array.from({ length: 300 }, () => RawSocket.connect(server.port)),
  );
  const { counters } = server.server;
  await until(() => counters.refused.server_full === 300, "all are refused");
  assertEquals(counters.closed.refused, 300 - 256);
  clock.advance(SNIFF);
  const told = await Promise.all(crowd.map((socket) => socket.restText()));
  for (const socket of crowd) socket.close();
  const words = told.filter((text) => text !== "");
  assertEquals(new Set(words), new Set(["Error: Server is full, try again later\n"]));
  assertEquals(words.length, 256);
  await until(() => counters.closed.refused === 300, "all are gone");
  await alice.hearsNothing();
});

Deno.test("A refused client that stays connected is closed", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ clock, maxClients: 1 });
  using alice = await server.connect(TCP);
  await alice.hearsNothing();
  using socket = await RawSocket.connect(server.port);
  await socket.write("hello\n");
  assertEquals(await socket.through("\n"), "Error: Server is full, try again later");
  await socket.write("nobody reads this\n".repeat(100));
  const { closed } = server.server.counters;
  assertEquals(closed.refused, 0);
  alice.close();
  await until(() => closed.peer === 1, "there is room");
  using bob = await server.connect(TCP);
  await bob.hearsNothing();
  assertEquals(closed.refused, 0);
  clock.advance(1_000);
  await socket.gone();
  assertEquals(closed.refused, 1);
});

const TOO_MANY = "Too many connections from your address, try again later";

const HANDSHAKES = [
  handshake(),
  handshake({ "Sec-WebSocket-Protocol": "backchannel.v1.json" }),
  handshake({ "Origin": "http://localhost" }),
];

Deno.test("--max-per-ip refuses an address with too many connections", async () => {
  const clock = new FakeClock();
  let ip = "192.0.2.1";
  const options = { clock, maxPerIp: 2, connectRate: 0 };
  await using server = amongStrangers(() => ip, () => new TestServer(options));
  using one = await (await server.connect(TCP)).takesName("One");
  const two = await (await server.connect(WEBSOCKET)).takesName("Two");
  await assertRefuses(server, clock, "429 Too Many Requests", TOO_MANY, HANDSHAKES);
  const { counters } = server.server;
  assertEquals(counters.refused.per_ip, 9);
  assert(server.hasLogged("Refusing connections: too many from one address"));

  ip = "192.0.2.2";
  using _other = await (await server.connect(TCP)).takesName("Other");
  ip = "192.0.2.1";
  two.close();
  await until(() => counters.closed.peer === 1, "there is room");
  using _again = await (await server.connect(TCP)).takesName("Two");
  await one.hearsNothing();
  assertEquals(counters.refused.per_ip, 9);
});

Deno.test("--max-per-ip counts a /64 as one address", async () => {
  let ip = "2001:db8::1";
  await using server = amongStrangers(() => ip, () => new TestServer({ maxPerIp: 1 }));
  using _ = await (await server.connect(TCP)).takesName("One");
  ip = "2001:db8::2:0:0:2";
  assertEquals(await ask(server, "hello\n"), `Error: ${TOO_MANY}\n`);
  ip = "2001:db8:0:1::1";
  using _other = await (await server.connect(TCP)).takesName("Other");
});

Deno.test("--connect-rate refuses an address that connects too often", async () => {
  const clock = new FakeClock();
  const make = () => new TestServer({ clock, connectRate: 30 });
  await using server = amongStrangers(() => "192.0.2.1", make);
  await times(30, async () => assertEquals(await ask(server, "/quit\n"), "Goodbye!\n"));
  await assertRefuses(server, clock, "429 Too Many Requests", TOO_MANY, HANDSHAKES);
  assertEquals(server.server.counters.refused.connect_rate, 9);
  clock.advance(2_000 - 3 * SNIFF); // which three silent clients have taken
  assertEquals(await ask(server, "/quit\n"), "Goodbye!\n");
  assertMatch(await ask(server, handshake()), /^HTTP\/1.1 429 [^]*\r\nretry-after: 2\r\n/);
});

/**
 * Regression: behind a proxy that opens a connection for each request, each file of the page counted as a connection. The
 * ninth visitor of an address within a minute got a page without its scripts.
 */
Deno.test("Files do not use up the connections that an address may make to the chat", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ clock, connectRate: 4, trustProxy: "127.0.0.1" });
  const FROM = { "X-Forwarded-For": "192.0.2.1" };
  const from = "X-Forwarded-For: 192.0.2.1";
  const { refused } = server.server.counters;
  await times(4, async () => {
    await eachInTurn(Object.keys(FILES), async (path) => {
      assertEquals(await statusOf(server, get(path, from)), 200, path);
    });
    assertEquals(await statusOf(server, handshake(FROM)), 101);
  });
  assertEquals(await statusOf(server, handshake(FROM)), 429);
  assertEquals(refused.connect_rate, 1);
  // They have a separate limit, 60 for each connection.
  const icon = get("/icon.svg", from);
  while (refused.connect_rate === 1) await ask(server, icon);
  assertMatch(await ask(server, icon), /^HTTP\/1.1 429 [^]*\r\nretry-after: 1\r\n/);
  const others = get("/icon.svg", "X-Forwarded-For: 192.0.2.2");
  assertEquals(await statusOf(server, others), 200);
});

Deno.test("An address that has used up its connections to the chat still gets files", async () => {
  await using server = amongStrangers(() => "192.0.2.1", () => new TestServer({ maxPerIp: 1 }));
  const browser = await RawSocket.connect(server.port);
  await browser.write("GET /icon.svg HTTP/1.1\r\nHost: localhost\r\n\r\n");
  assertStringIncludes(await browser.through("\r\n"), "HTTP/1.1 200 ");
  using alice = await (await server.connect(TCP)).takesName("Alice"); // the browser takes no place in the chat
  assertEquals(await statusOf(server, get("/icon.svg")), 429, "One connection for files at once");
  browser.close();
  await until(async () => await statusOf(server, get("/icon.svg")) === 200, "there is room");
  assertEquals(await statusOf(server, handshake()), 429);
  assertEquals(await ask(server, "hello\n"), `Error: ${TOO_MANY}\n`);
  await alice.hearsNothing();
});

Deno.test("A connection that has loaded files counts as one of the chat after its handshake", async () => {
  await using server = amongStrangers(() => "192.0.2.1", () => new TestServer({ maxPerIp: 1 }));
  const first = await RawSocket.connect(server.port);
  await first.write("GET /icon.svg HTTP/1.1\r\nHost: localhost\r\n\r\n" + handshake());
  await first.through("HTTP/1.1 101 Switching Protocols\r\n");
  assertEquals(await statusOf(server, handshake()), 429);
  first.close();
  await until(async () => await statusOf(server, handshake()) === 101, "there is room");
});

Deno.test("Loopback addresses may connect without limit", async () => {
  await using server = new TestServer({ clock: new FakeClock(), maxPerIp: 1, connectRate: 1 });
  using _one = await (await server.connect(TCP)).takesName("One");
  using _two = await (await server.connect(TCP)).takesName("Two");
  await server.settle();
  assertEquals(server.server.counters.closed.refused, 0);
});

// Descriptors

Deno.test("A lack of descriptors is logged once, and its end once", async () => {
  const clock = new FakeClock();
  let isOut = false;
  const server = outOfDescriptors(() => isOut, () => new TestServer({ clock }));
  const { counters } = server.server;
  await server.settle();
  clock.jump(3_600_000); // the machine slept; once it took as long until the log said that it was over
  isOut = true;
  await ask(server, GET); // the one that was being waited for already
  await until(() => {
    clock.advance(50);
    return counters.acceptFailures >= 20;
  }, "it has failed often");
  isOut = false;
  clock.advance(50);
  await server.settle();
  clock.advance(2_000);
  const { acceptFailures } = counters;
  assertEquals(server.log.map(({ level, message }) => `${level}: ${message}`), [
    "error: Cannot accept a connection: Too many open files (os error 24)",
    `info: Accepting connections again, attempts that failed: ${acceptFailures}`,
  ]);
  await server.shutdown();
});

// Pages from other origins

/** The response to a handshake from a page, and the number of refusals. */
async function knocks(options: ServeOptions, ...origins: (string | undefined)[]) {
  await using server = new TestServer({ allowHost: "chat.example", ...options });
  const answers: string[] = [];
  await eachInTurn(origins, async (origin) => {
    using socket = await RawSocket.connect(server.port);
    await socket.write(handshake({ Host: "chat.example:8080", Origin: origin }));
    answers.push((await socket.through("\r\n")).slice("HTTP/1.1 ".length));
  });
  return { answers, refused: server.server.counters.refused.origin };
}

const OWN = "http://chat.example:8080", OTHER = "https://evil.example";
const [IN, OUT] = ["101 Switching Protocols", "403 Forbidden"];

Deno.test("The server's own pages and clients without an origin may connect; other pages may not", async () => {
  assertEquals(await knocks({}, OWN, undefined, OTHER, "null"), {
    answers: [IN, IN, OUT, OUT],
    refused: 2,
  });
});

Deno.test("--allow-origin lets other pages connect", async () => {
  const cases: ReadonlyArray<readonly [string, readonly string[]]> = [
    [OTHER, [IN, IN, OUT]],
    [`null, ${OTHER}`, [IN, IN, IN]],
    ["null", [IN, OUT, IN]],
    ["*", [IN, IN, IN]],
  ];
  await eachInTurn(cases, async ([allowOrigin, expected]) => {
    const { answers } = await knocks({ allowOrigin }, OWN, OTHER, "null");
    assertEquals(answers, expected, allowOrigin);
  });
});

Deno.test("A page from another origin is told why it is refused, and is logged", async () => {
  await using server = new TestServer();
  const answer = await ask(server, handshake({ Origin: "http://evil.example\t\u009b" }));
  assertMatch(answer, /^HTTP\/1.1 403 Forbidden\r\n/);
  assertMatch(answer, /\r\n\r\nPages from this origin are not allowed here, see --allow-origin\n$/);
  assert(server.hasLogged(/^Refusing connections: pages from http:\/\/evil.example\?{3}$/));
  assertMatch(
    await ask(server, handshake({ Origin: ["http://localhost", "http://localhost"] })),
    /^HTTP\/1.1 403 /,
  );
});

Deno.test("The page is served to everybody", async () => {
  await using server = new TestServer();
  const answer = await ask(server, `GET / HTTP/1.1\r\nHost: x\r\nOrigin: ${OTHER}\r\n\r\n`);
  assertMatch(answer, /^HTTP\/1.1 200 OK\r\n/);
});

Deno.test("serve() throws a TypeError for an invalid origin", () => {
  for (const allowOrigin of ["evil.example", "https://a/b", "https://*.example"]) {
    assertThrows(() => serve({ port: 0, allowOrigin }), TypeError, "Cannot allow origin '");
  }
});

// Foreign host names

/**
 * Regression: a page of evil.example made that name resolve to 127.0.0.1, and had the same origin as the server then. It
 * could read the chat and the metrics of its visitors' machines.
 */
Deno.test("Handshakes for a foreign host name are refused, whatever their origin", async () => {
  await using server = new TestServer();
  const knock = (host: string) => handshake({ Host: host, Origin: `http://${host}` });
  await eachInTurn(
    ["evil.example", "evil.example:8080", "localhost.evil.example"],
    async (host) => {
      const answer = await ask(server, knock(host));
      assertStringIncludes(answer, "HTTP/1.1 421 Misdirected Request\r\n");
      assertStringIncludes(
        answer,
        `\r\n\r\n'${host}' is not a name of this server, see --allow-host\n`,
      );
    },
  );
  assertEquals(server.server.counters.refused.host, 3);
  assert(server.hasLogged(/^Refusing connections: 'evil.example' is not a name/));
  const own = ["localhost", "127.0.0.1:8080", "[::1]:8080", "10.0.0.7", "chat.localhost"];
  await eachInTurn(own, async (host) => {
    assertEquals(await statusOf(server, knock(host)), 101, host);
  });
  // RFC 9112 3.2.2: the authority of the target takes precedence over Host.
  const absolute = (host: string) => handshake({}, `GET http://${host}/ HTTP/1.1`);
  assertEquals(await statusOf(server, absolute("evil.example")), 421);
  assertEquals(await statusOf(server, absolute("127.0.0.1:80")), 101);
});

Deno.test("--allow-host adds names of the server", async () => {
  const knock = async (allowHost: string, host: string) => {
    await using server = new TestServer({ allowHost });
    return await statusOf(server, handshake({ Host: host, Origin: `https://${host}` }));
  };
  assertEquals(await knock("chat.example,chat.lan", "Chat.Example"), 101);
  assertEquals(await knock("chat.example,chat.lan", "chat.lan:8443"), 101);
  assertEquals(await knock("chat.example", "evil.example"), 421);
  assertEquals(await knock("*", "evil.example"), 101);
  for (const allowHost of ["https://chat.example", "chat.example:80", "a,,b"]) {
    assertThrows(() => serve({ port: 0, allowHost }), TypeError, "Cannot allow host '");
  }
});

Deno.test("A foreign host name gets the embedded page and health checks, and no files of --static", async () => {
  await using folder = new TempFolder();
  Deno.writeTextFileSync(folder.path("index.html"), "<p>intranet</p>");
  const request = (path: string) => get(path).replace("localhost", "evil.example");
  await using own = new TestServer({ static: folder.path(".") });
  assertEquals(await statusOf(own, request("/")), 421);
  assertEquals(await statusOf(own, get("/")), 200);
  assertEquals(await statusOf(own, request("/healthz")), 200);
  await using server = new TestServer();
  assertEquals(await statusOf(server, request("/")), 200);
});

// Causes

type Scene = (server: TestServer, clock: FakeClock) => Promise<unknown>;

/** How to bring about each cause. */
const SCENES: Readonly<Partial<Record<CloseCause, Scene>>> = {
  async peer(server) {
    const client = await server.connect(TCP);
    await client.hearsNothing();
    client.close();
  },
  async quit(server) {
    using client = await server.connect(WEBSOCKET);
    await client.say("/quit");
    await client.ending();
  },
  http: (server) => ask(server, GET),
  async idle(server, clock) {
    using client = await server.connect(WEBSOCKET);
    await client.hearsNothing();
    clock.advance(30_500);
    await client.ending();
  },
  async pong(server, clock) {
    using client = await WebSocketClient.connect(server.port);
    await client.hearsNothing();
    clock.advance(10_500);
    await client.frame(); // the ping, which may only be answered when it has left
    clock.advance(5_500);
    await client.ending();
  },
  async head(server, clock) {
    using socket = await RawSocket.connect(server.port);
    await socket.write("GET / HTTP/1.1\r\nHost: local");
    let text = "";
    const reading = socket.restText().then((rest) => text = rest);
    await until(() => {
      clock.advance(1_000);
      return text !== "";
    }, "it is answered");
    assertMatch(await reading, /^HTTP\/1.1 408 /);
  },
  async protocol(server) {
    using client = await server.connect(WEBSOCKET);
    await client.socket.write(Uint8Array.of(0xff));
    assertEquals((await client.ending()).code, 1002);
  },
  async reset(server) {
    const socket = await ResettableSocket.connect(server.port);
    await socket.write("hello\n");
    await server.logs("Connected over tcp");
    await socket.reset();
  },
};

for (const [cause, scene] of Object.entries(SCENES)) {
  Deno.test(`A closed connection is counted under its cause: ${cause}`, async () => {
    const clock = new FakeClock();
    const timed = cause === "pong" ? { heartbeat: 10, pongTimeout: 5 } : { idleTimeout: 30 };
    await using server = new TestServer({ clock, ...timed });
    await scene(server, clock);
    const { closed, accepted } = server.server.counters;
    await until(() => Object.values(closed).some((count) => count > 0), "it has ended");
    const counted = Object.entries(closed).filter(([, count]) => count > 0);
    assertEquals([counted, accepted], [[[cause, 1]], 1]);
  });
}

Deno.test("Disconnected slow clients are counted, and so are those that read nothing", async () => {
  for (const [cause, options] of [["slow", { overflow: "disconnect" }], ["write", {}]] as const) {
    const clock = new FakeClock();
    const limits = { capacity: 10, writeTimeout: 60 };
    await using server = new TestServer({ clock, ...limits, ...options });
    using jammed = await server.connect(TCP);
    await jammed.hearsNothing();
    using speaker = await server.connect(TCP);
    const { closed } = server.server.counters;
    await until(async () => {
      await speaker.say(...numbered(10, 0, "x".repeat(60_000)));
      await speaker.hearsNothing();
      if (server.hasLogged(/^Slow client/)) clock.advance(61_000);
      return closed.slow + closed.write > 0;
    }, "it is disconnected");
    assertEquals(closed[cause], 1);
    await jammed.socket.gone();
  }
});

Deno.test("--head-timeout limits a request head, and --sniff-timeout a silent client", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ clock, headTimeout: 3, sniffTimeout: 2 });
  using speaker = await (await server.connect(TCP)).takesName("Alice");
  using silent = await RawSocket.connect(server.port);
  using slow = await RawSocket.connect(server.port);
  await slow.write("GET / HTTP/1.1\r\n");
  await speaker.say("hello");
  await server.settle();
  clock.advance(1_900);
  await server.settle();
  const before = server.server.counters.clients.tcp;
  clock.advance(200);
  assertEquals(await silent.through("\n"), "[Alice]: hello");
  assertEquals(server.server.counters.clients.tcp, before + 1);
  clock.advance(1_250);
  assertEquals(await slow.through("\r\n"), "HTTP/1.1 408 Request Timeout");
});
