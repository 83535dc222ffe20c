/**
 * Metrics over real sockets: every event is counted once, under the right name, and only trusted clients see the metrics.
 * @module
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import config from "../../deno.json" with { type: "json" };
import type { ServeOptions } from "../../mod.ts";
import { frame, PONG } from "../protocol/client_frames.ts";
import { handshake, TCP, WEBSOCKET, WebSocketClient } from "../support/client.ts";
import { FakeClock } from "../support/clock.ts";
import { type Scrape, scrape } from "../support/exposition.ts";
import { freePort } from "../support/free_port.ts";
import { jam } from "../support/jam.ts";
import { eachInTurn, times, until } from "../support/patience.ts";
import { projectPath } from "../support/paths.ts";
import { RawSocket } from "../support/raw_socket.ts";
import { ResettableSocket } from "../support/reset.ts";
import { TestServer } from "../support/server.ts";
import { TempFolder } from "../support/temp_folder.ts";

async function ask(port: number, request: string): Promise<string> {
  using socket = await RawSocket.connect(port);
  await socket.write(request);
  return await socket.restText();
}

function get(target: string, ...fields: string[]): string {
  return [`GET ${target} HTTP/1.1`, "Host: localhost", "Connection: close", ...fields, "", ""].join(
    "\r\n",
  );
}

/** Waits until the metrics have the expected values. */
function shows(server: TestServer, what: string, condition: (now: Scrape) => boolean) {
  return until(async () => condition(await scrape(server.port)), what);
}

// The form

Deno.test("GET /metrics has every metric with a name, a type, a help and samples", async () => {
  await using server = new TestServer();
  const { families } = await scrape(server.port);
  assert(families.size > 20);
  for (const [name, { help }] of families) {
    assertMatch(name, /^backchannel_/);
    assertMatch(help, /^[A-Z].*\.$/, name);
    assert(!/_(ms|millis|kb|minutes|percent)(_|$)/.test(name), `${name} is in base units`);
  }
  const version = `backchannel_build_info{version="${config.version}"}`;
  assertEquals((await scrape(server.port)).value(version), 1);
});

Deno.test("docs/metrics.md has every metric in its table, with its type, and no other", async () => {
  await using server = new TestServer({
    webhook: "http://127.0.0.1:9/",
    webhookSecret: "0123456789abcdef01234567",
  });
  const { families } = await scrape(server.port);
  const page = await Deno.readTextFile(projectPath("docs/metrics.md"));
  // A server that is alone has no metrics of a cluster.
  const isOfCluster = (name = "") => name.startsWith("backchannel_cluster_");
  const rows = [...page.matchAll(/^\| `(backchannel_\w+)`(?: by `(\w+)`)? +\| (\w+) +\|/gm)]
    .filter(([, name]) => !isOfCluster(name));
  assertEquals(
    rows.map(([, name, label, type]) => [name, label, type]),
    [...families].map(([name, { type, samples }]) => {
      const label = /\{(\w+)=/.exec([...samples.keys()][0]!)?.[1];
      return [name, type === "histogram" ? undefined : label, type];
    }),
  );
  for (const [name] of page.matchAll(/\bbackchannel_\w+/g)) {
    const family = name.replace(/_(bucket|sum|count)$/, "");
    assert(families.has(family) || isOfCluster(family), `docs/metrics.md knows ${name}`);
  }
});

// Counters

Deno.test("Clients are counted by transport, and the sums are those of /stats", async () => {
  await using server = new TestServer();
  using alice = await (await server.connect(TCP)).takesName("Alice");
  using bob = await (await server.connect(WEBSOCKET)).takesName("Bob");
  using carol = await (await server.connect(WEBSOCKET)).takesName("Carol");
  await alice.say("hello", "/whisper Bob psst", "/quit");
  await bob.hears("[Alice]: hello", "[Whisper from Alice]: psst");
  await carol.hears("[Alice]: hello");
  await alice.ending();
  await bob.say("/stats");
  const stats = await bob.line();
  const now = await scrape(server.port);
  assertEquals(now.value('backchannel_connections{transport="tcp"}'), 0);
  assertEquals(now.value('backchannel_connections_total{transport="tcp"}'), 1);
  assertEquals(now.value('backchannel_connections{transport="websocket"}'), 2);
  assertEquals(now.value('backchannel_connections_total{transport="websocket"}'), 2);
  const numbers = [...stats.matchAll(/: (\d+)/g)].map(([, number]) => Number(number));
  assertEquals(numbers.slice(0, 5), [
    now.sum("backchannel_connections_total"),
    now.sum("backchannel_connections"),
    now.sum("backchannel_messages_total"),
    now.sum("backchannel_whispers_total"),
    now.sum("backchannel_dropped_messages_total"),
  ]);
});

Deno.test("Messages and bytes are counted in both directions", async () => {
  await using server = new TestServer();
  const clients = await Promise.all([TCP, TCP, TCP].map((wire) => server.connect(wire)));
  const [alice, ...others] = clients;
  await alice!.takesName("Alice");
  const before = await scrape(server.port);
  await alice!.say("hello", "again", "/me waves");
  await eachInTurn(
    others,
    (client) => client.hears("[Alice]: hello", "[Alice]: again", "* Alice waves"),
  );
  await shows(server, "all is counted", (now) => {
    const rise = (name: string) => now.value(name) - before.value(name);
    return rise("backchannel_received_messages_total") === 3 &&
      rise("backchannel_sent_messages_total") === 6;
  });
  // Each scrape counts too.
  const now = await scrape(server.port);
  const rise = (name: string) => now.value(name) - before.value(name);
  assert(rise("backchannel_received_bytes_total") >= "hello\nagain\n/me waves\n".length);
  const heard = "[Alice]: hello\n[Alice]: again\n* Alice waves\n".length;
  assert(rise("backchannel_sent_bytes_total") >= 2 * heard);
  assert(now.histogram("backchannel_broadcast_seconds")[1] > 0);
  for (const client of clients) client.close();
});

Deno.test("Rooms and memory are measured at each scrape", async () => {
  await using server = new TestServer();
  assertEquals((await scrape(server.port)).value("backchannel_rooms"), 1);
  using alice = await server.connect(TCP);
  await alice.asks("/join dev", "Joined room 'dev'");
  const now = await scrape(server.port);
  assertEquals(now.value("backchannel_rooms"), 2);
  assert(now.value("backchannel_resident_memory_bytes") > 1_000_000);
  assert(now.value("backchannel_heap_used_bytes") > 1_000_000);
  assertEquals(now.value("backchannel_ready"), 1);
  assertEquals(now.histogram("backchannel_history_batch_seconds"), [0, 0]);
});

/** A way to end a connection, by the cause that it is counted under. */
const ENDS: Record<string, (server: TestServer, clock: FakeClock) => Promise<unknown>> = {
  peer: async (server) => {
    using client = await server.connect(TCP);
    await client.hearsNothing();
  },
  quit: async (server) => {
    using client = await server.connect(WEBSOCKET);
    await client.say("/quit");
    await client.ending();
  },
  http: (server) => ask(server.port, get("/")),
  idle: async (server, clock) => {
    using client = await server.connect(TCP);
    await client.hearsNothing();
    clock.advance(60_000);
    await client.hears("Disconnected due to inactivity");
  },
  pong: async (server, clock) => {
    using client = await WebSocketClient.connect(server.port);
    await client.hearsNothing();
    clock.advance(10_000);
    assertEquals((await client.frame()).opcode, 9);
    clock.advance(5_000);
    await client.ending();
  },
  head: async (server, clock) => {
    using socket = await RawSocket.connect(server.port);
    await socket.write("GET / HTTP/1.1\r\n");
    await server.settle();
    clock.advance(10_000);
    assertStringIncludes(await socket.restText(), " 408 ");
  },
  protocol: async (server) => {
    using client = await WebSocketClient.connect(server.port);
    await client.socket.write(Uint8Array.of(0xff));
    await client.ending();
  },
  reset: async (server) => {
    const socket = await ResettableSocket.connect(server.port);
    await socket.write("hello\n");
    await server.settle();
    await socket.reset();
  },
};

const OTHER_ENDS: Record<string, (server: TestServer) => Promise<unknown>> = {
  protocol: async (server) => {
    using socket = await RawSocket.connect(server.port);
    await socket.write(Uint8Array.of(0x16, 3, 1, 0));
    await socket.gone();
  },
};

for (const ends of [ENDS, OTHER_ENDS]) {
  for (const [cause, end] of Object.entries(ends)) {
    const how = ends === ENDS ? "" : ", in another way";
    Deno.test(`A closed connection is counted once, under its cause [${cause}${how}]`, async () => {
      const clock = new FakeClock();
      await using server = new TestServer({
        clock,
        idleTimeout: 60,
        heartbeat: 10,
        pongTimeout: 5,
      });
      const before = await scrape(server.port);
      await end(server, clock);
      const sample = `backchannel_closes_total{cause="${cause}"}`;
      await shows(server, `${sample} rises`, (now) => {
        clock.advance(250); // to the end of lingering
        return now.value(sample) > before.value(sample) &&
          now.value("backchannel_sockets") === 1;
      });
      const now = await scrape(server.port);
      const others = [...now.family("backchannel_closes_total").samples.keys()]
        .filter((other) => other !== sample && !other.includes('"http"'));
      for (const other of others) assertEquals(now.value(other), 0, other);
      if (cause !== "http") assertEquals(now.value(sample), 1);
      assertEquals(
        now.value("backchannel_accepts_total"),
        now.sum("backchannel_closes_total") + now.value("backchannel_sockets"),
      );
    });
  }
}

// Measurements

Deno.test("The time between a ping and its pong is measured, and unsolicited pongs are not", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ clock, heartbeat: 10, pongTimeout: 5 });
  using client = await WebSocketClient.connect(server.port);
  await client.send(frame(PONG, "unasked"));
  await client.hearsNothing();
  clock.advance(10_000);
  assertEquals((await client.frame()).opcode, 9);
  clock.advance(40);
  await client.pong();
  await client.pong();
  await client.hearsNothing();
  const [sum, count] = (await scrape(server.port)).histogram("backchannel_ping_rtt_seconds");
  assertEquals([sum.toFixed(3), count], ["0.040", 1]);
});

Deno.test("The sweep samples queues and stalled writes", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ clock, capacity: 8 });
  using jammed = await jam(server);
  const before = await scrape(server.port);
  assertEquals(before.value("backchannel_stalled_writes"), 0);
  clock.advance(2_000);
  const during = await scrape(server.port);
  assertEquals(during.value("backchannel_stalled_writes"), 1);
  const [waited, count] = during.histogram("backchannel_queue_messages");
  assertEquals(count - before.histogram("backchannel_queue_messages")[1] >= 8, true);
  assert(waited >= 8 * 4, `${waited} messages were seen to wait`);
  assertEquals(during.histogram("backchannel_write_stall_seconds"), [0, 0]);
  assert(during.value("backchannel_dropped_messages_total") > 0);

  const read = jammed.socket.gone();
  await shows(server, "the write is over", (now) => now.value("backchannel_stalled_writes") === 0);
  const [stalled, stalls] = (await scrape(server.port)).histogram(
    "backchannel_write_stall_seconds",
  );
  assertEquals([stalled >= 2, stalls], [true, 1]);
  await server.shutdown();
  await read;
});

Deno.test("A client that reads nothing, or too little, is counted as such", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ clock, capacity: 8, writeTimeout: 10 });
  using _jammed = await jam(server);
  clock.advance(10_000);
  const now = await scrape(server.port);
  assertEquals(now.value('backchannel_closes_total{cause="write"}'), 1);
  assertEquals(now.histogram("backchannel_write_stall_seconds"), [10, 1]);

  await using strict = new TestServer({ capacity: 8, overflow: "disconnect" });
  using _other = await jam(strict);
  await shows(
    strict,
    "it is disconnected",
    (now) => now.value('backchannel_closes_total{cause="slow"}') === 1,
  );
});

Deno.test("The batches of the history are timed", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ clock });
  using alice = await server.connect(TCP);
  await alice.say("hello");
  await alice.hearsNothing();
  await shows(server, "a batch is written", (now) => {
    clock.advance(250);
    return now.histogram("backchannel_history_batch_seconds")[1] > 0;
  });
});

Deno.test("A server whose history fails is healthy and not ready", async () => {
  await using folder = new TempFolder();
  const path = folder.path("chat.db");
  const clock = new FakeClock();
  const server = new TestServer({ clock, history: path });
  assertMatch(await ask(server.port, get("/readyz")), /^HTTP\/1\.1 200 /);
  await Deno.remove(path);
  await until(async () => {
    clock.advance(1_000);
    return (await ask(server.port, get("/readyz"))).startsWith("HTTP/1.1 503 ");
  }, "it is not ready");
  assertMatch(await ask(server.port, get("/readyz")), /\r\n\r\nnot ready: Cannot keep history /);
  const answer = await ask(server.port, get("/healthz"));
  assertMatch(answer, /^HTTP\/1\.1 200 OK[^]*\r\n\r\nok, but Cannot keep history /);
  assertEquals((await scrape(server.port)).value("backchannel_ready"), 0);
  await server.shutdown();
});

/** A clock whose timers are late. */
class LateClock extends FakeClock {
  late = 0;

  override now(): number {
    return super.now() + this.late;
  }
}

Deno.test("The lag of the event loop is the delay of the sweep", async () => {
  const clock = new LateClock();
  await using server = new TestServer({ clock });
  const lag = async () =>
    (await scrape(server.port)).histogram("backchannel_event_loop_lag_seconds");
  clock.advance(1_000);
  assertEquals(await lag(), [0, 4]);
  clock.late = 300;
  clock.advance(250);
  assertEquals(await lag(), [0.3, 5]);
  clock.advance(250);
  assertEquals(await lag(), [0.3, 6]);
});

// Access

Deno.test("GET /metrics is refused to clients of a proxy", async () => {
  await using server = new TestServer();
  const refused = [
    get("/metrics", "X-Forwarded-For: 127.0.0.1"),
    get("/metrics", "Forwarded: for=127.0.0.1"),
    get("/metrics").replace("localhost", "chat.example"),
  ];
  await eachInTurn(refused, async (request) => {
    const answer = await ask(server.port, request);
    assertMatch(answer, /^HTTP\/1\.1 403 Forbidden\r\n/);
    assert(!answer.includes("backchannel_"), answer);
  });
  assertMatch(await ask(server.port, get("/metrics", "Upgrade: h2c")), /^HTTP\/1\.1 200 OK\r\n/);
});

/** A server with a port for metrics. */
function withMetricsPort(options: ServeOptions = {}): { server: TestServer; port: number } {
  const port = freePort();
  return { server: new TestServer({ ...options, metricsPort: port }), port };
}

Deno.test("The metrics port serves metrics and health checks to everybody, and nothing else", async () => {
  const { server, port } = withMetricsPort();
  await using _ = server;
  assertEquals(server.server.metricsAddr?.port, port);
  assertEquals((await scrape(port)).value("backchannel_ready"), 1);
  assertMatch(await ask(port, get("/metrics", "X-Forwarded-For: 192.0.2.1")), /^HTTP\/1\.1 200 OK/);
  assertMatch(await ask(port, get("/healthz")), /^HTTP\/1\.1 200 OK[^]*\r\n\r\nok\n$/);
  assertMatch(await ask(port, get("/readyz")), /^HTTP\/1\.1 200 OK[^]*\r\n\r\nready\n$/);
  const head = await ask(port, get("/metrics").replace("GET", "HEAD"));
  assertMatch(head, /^HTTP\/1\.1 200 OK[^]*content-length: \d+[^]*\r\n\r\n$/);
  await eachInTurn(["/", "/app.js"], async (path) => {
    assertMatch(await ask(port, get(path)), /^HTTP\/1\.1 404 /, path);
  });
  assertMatch(await ask(port, get("/metrics").replace("GET", "POST")), /^HTTP\/1\.1 405 /);
  assertMatch(await ask(port, handshake()), /^HTTP\/1\.1 404 /);
});

/** Regression: a page whose host name resolves to this machine could read all metrics. */
Deno.test("The metrics port serves no metrics under a foreign host name", async () => {
  const { server, port } = withMetricsPort({ allowHost: "scrape.lan" });
  await using _ = server;
  const named = (host: string, path = "/metrics") => get(path).replace("localhost", host);
  assertMatch(await ask(port, named("evil.example:9464")), /^HTTP\/1\.1 421 /);
  assertMatch(await ask(port, named("evil.example", "/healthz")), /^HTTP\/1\.1 200 /);
  await eachInTurn(["10.0.0.7:9464", "[::1]:9464", "scrape.lan:9464"], async (host) => {
    assertMatch(await ask(port, named(host)), /^HTTP\/1\.1 200 /, host);
  });
});

Deno.test("The metrics port does not lead into the chat", async () => {
  const clock = new FakeClock();
  const { server, port } = withMetricsPort({ clock });
  await using _ = server;
  assertMatch(await ask(port, "hello\r\n\r\n"), /^HTTP\/1\.1 400 /);
  using silent = await RawSocket.connect(port);
  using slow = await RawSocket.connect(port);
  await slow.write("GET /met");
  await shows(server, "they are in", (now) => now.value("backchannel_sockets") === 3);
  clock.advance(10_000);
  await eachInTurn([silent, slow], async (socket) => {
    assertMatch(await socket.restText(), /^HTTP\/1\.1 408 /);
  });
  assertEquals((await scrape(port)).sum("backchannel_connections_total"), 0);
});

Deno.test("The metrics port is free again after shutdown", async () => {
  const { server, port } = withMetricsPort();
  await server.shutdown();
  using _listener = Deno.listen({ hostname: "127.0.0.1", port });
});

Deno.test("A metrics port that is in use leaves no listener open", () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = freePort();
  let thrown: unknown;
  try {
    new TestServer({ port, metricsPort: taken.addr.port });
  } catch (error) {
    thrown = error;
  }
  assert(thrown instanceof Deno.errors.AddrInUse);
  using _listener = Deno.listen({ hostname: "127.0.0.1", port });
});

/**
 * Regression: a scrape that a trusted proxy forwarded to the metrics port was counted as a connection of its client, and
 * never released. After as many scrapes as an address may have connections, the client was refused everywhere.
 */
Deno.test("Scrapes through a trusted proxy do not count as connections of its client", async () => {
  const { server, port } = withMetricsPort({ trustProxy: "127.0.0.1", maxPerIp: 2 });
  await using _ = server;
  const from = "X-Forwarded-For: 192.0.2.1";
  await times(3, async () => {
    assertMatch(await ask(port, get("/metrics", from)), /^HTTP\/1\.1 200 OK/);
  });
  assertMatch(await ask(server.port, get("/", from)), /^HTTP\/1\.1 200 OK/);
});

/** Regression: while 256 refused strangers were answered, scrapes were closed without a response. */
Deno.test("Refused strangers do not keep the metrics port busy", async () => {
  const clock = new FakeClock(); // as long as it stands still they are here
  const { server, port } = withMetricsPort({ trustProxy: "127.0.0.1", maxPerIp: 1, clock });
  await using _ = server;
  const sockets: RawSocket[] = [];
  await times(300, async () => {
    const socket = await RawSocket.connect(server.port);
    await socket.write("PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\nhello\n");
    sockets.push(socket);
  });
  await until(() => server.server.counters.refused.per_ip === 299, "all but one are refused");
  assertEquals((await scrape(port)).value("backchannel_ready"), 1);
  for (const socket of sockets) socket[Symbol.dispose]();
});

// The log

/** Regression: a log function that threw kept later clients of the same flush from being served. */
Deno.test("A log function that throws does no harm, and is counted", async () => {
  await using server = new TestServer({
    log: () => {
      throw new Error("Disk full");
    },
  });
  using alice = await (await server.connect(TCP)).takesName("Alice");
  using bob = await (await server.connect(WEBSOCKET)).takesName("Bob");
  await alice.say("hello");
  await bob.hears("[Alice]: hello");
  assertEquals((await scrape(server.port)).value("backchannel_log_failures_total"), 2);
});

Deno.test("The log contains no messages", async () => {
  await using server = new TestServer({ capacity: 2 });
  const secret = "swordfish";
  using alice = await (await server.connect(TCP)).takesName("Alice");
  using bob = await WebSocketClient.connect(server.port);
  await alice.say(secret, `/whisper Alice ${secret}`, `/away ${secret}`, `/${secret}`);
  await alice.say(`/topic ${secret}`, `/join ${secret}`, `/name a ${secret}`, "/quit");
  await alice.ending();
  await bob.say(secret.repeat(10_000), `/away ${secret}`);
  await bob.socket.write(Uint8Array.of(0xff));
  await bob.ending();
  await ask(server.port, get(`/${secret}`, `X: ${secret}`));
  await server.settle();
  assert(server.log.length >= 4);
  assert(!JSON.stringify(server.log).includes(secret), JSON.stringify(server.log));
});
