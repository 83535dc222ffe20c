/**
 * The library: the start and the shutdown of a server, and the global state that it does not touch.
 * @module
 */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  type ChatServer,
  formatLogEntry,
  type LogEntry,
  serve,
  type ServeOptions,
} from "../../mod.ts";
import { handshake, LineClient, TCP, WEBSOCKET, WIRES } from "../support/client.ts";
import { FakeClock } from "../support/clock.ts";
import { eachInTurn, patiently, times } from "../support/patience.ts";
import { projectPath } from "../support/paths.ts";
import { Program, run } from "../support/program.ts";
import { RawSocket } from "../support/raw_socket.ts";
import { ResettableSocket } from "../support/reset.ts";
import { TestServer } from "../support/server.ts";

// Start

Deno.test("serve() listens on a free port and reports it before it returns", async () => {
  const told: Deno.NetAddr[] = [];
  await using server = serve({ port: 0, onListen: (address) => told.push(address) });
  assertEquals(told, [server.addr]);
  assertEquals([server.addr.hostname, server.addr.transport], ["127.0.0.1", "tcp"]);
  assert(server.addr.port > 0);
});

Deno.test("serve() throws if the port is in use", async () => {
  await using server = serve({ port: 0 });
  assertThrows(() => serve({ port: server.addr.port }), Deno.errors.AddrInUse);
});

Deno.test("serve() throws a RangeError for numbers out of bounds", () => {
  const wrong: ServeOptions[] = [
    { port: -1 },
    { port: 65_536 },
    { port: 0.5 },
    { port: NaN },
    { port: 0, idleTimeout: -1 },
    { port: 0, idleTimeout: Infinity },
    { port: 0, heartbeat: NaN },
    { port: 0, pongTimeout: 0 },
    { port: 0, writeTimeout: -0.1 },
    { port: 0, capacity: 0 },
    { port: 0, capacity: 1.5 },
    { port: 0, capacityBytes: 1 },
    { port: 0, maxPayload: 0 },
    { port: 0, maxPayload: 2 ** 40 },
  ];
  for (const options of wrong) {
    const name = Object.keys(options).at(-1)!;
    assertThrows(() => serve(options), RangeError, `Cannot set ${name} to `);
  }
});

Deno.test("serve() throws a TypeError for values of the wrong kind", () => {
  const wrong = [
    { port: "8080" },
    { hostname: 1 },
    { hostname: "" },
    { echo: "yes" },
    { echo: 1 },
    { overflow: "drop" },
    { overflow: true },
    { capacity: null },
    { idleTimeout: "30" },
  ];
  for (const options of wrong) {
    const [name] = Object.keys(options);
    assertThrows(() => serve(options as ServeOptions), TypeError, `Cannot set ${name} to `);
  }
});

Deno.test("serve() treats an undefined option as left out", async () => {
  const options = { port: 0, capacity: undefined, overflow: undefined };
  await using server = serve(options as unknown as ServeOptions);
  assert(server.addr.port > 0);
});

Deno.test("Several servers in one process are independent", async () => {
  await using one = new TestServer();
  await using two = new TestServer({ echo: true });
  await using three = new TestServer({ maxPayload: 100 });
  await eachInTurn([one, three], async (server) => {
    using alice = await (await server.connect(TCP)).takesName("Alice");
    await alice.asks("/list", `Users online: Alice (${alice.address})`);
    using echoed = await two.connect(WEBSOCKET);
    await echoed.asks("/list", "/list");
    assertEquals(new Set(server.log.map(({ address }) => address)), new Set([alice.address]));
  });
  await one.shutdown();
  using survivor = await three.connect(TCP);
  await survivor.asks("x".repeat(101), "Error: Line is longer than 100 bytes");
});

// Shutdown

/** Starts a server with a client, ends the server in some way, and checks that it has ended. */
async function assertEnds(end: (server: ChatServer) => unknown, options?: ServeOptions) {
  const server = serve({ port: 0, ...options });
  using client = await LineClient.connect(server.addr.port);
  await client.hearsNothing();
  end(server);
  assertEquals((await client.ending()).lines, ["Server is shutting down"]);
  await patiently(server.finished, "the server to finish");
  await assertGone(server);
}

async function assertGone({ addr }: ChatServer): Promise<void> {
  await assertRejects(() => Deno.connect({ port: addr.port, hostname: "127.0.0.1" }));
}

Deno.test("shutdown() ends a server", () => assertEnds((server) => server.shutdown()));

Deno.test("An AbortSignal ends a server", async () => {
  const controller = new AbortController();
  await assertEnds(() => controller.abort(), { signal: controller.signal });
});

Deno.test("The end of a block ends a server", () =>
  assertEnds((server) => server[Symbol.asyncDispose]()));

Deno.test("shutdown() without clients is done at once", async () => {
  const server = serve({ port: 0, clock: new FakeClock() });
  await patiently(server.shutdown(), "the server to shut down");
  await assertGone(server);
});

Deno.test("shutdown() twice is the same as once", async () => {
  const server = serve({ port: 0 });
  using client = await LineClient.connect(server.addr.port);
  await client.hearsNothing();
  const both = [server.shutdown(), server.shutdown(), server.finished];
  assertEquals((await client.ending()).lines, ["Server is shutting down"]);
  await Promise.all(both);
  await server.shutdown();
});

Deno.test("A signal that is already aborted ends the server at once", async () => {
  const server = serve({ port: 0, signal: AbortSignal.abort() });
  await patiently(server.finished, "the server to finish");
  await assertGone(server);
});

Deno.test("A signal has no listener after shutdown", async () => {
  const { signal } = new AbortController();
  let listeners = 0;
  const add = signal.addEventListener.bind(signal),
    remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => (listeners++, add(...args));
  signal.removeEventListener = (...args: Parameters<typeof add>) => (listeners--, remove(...args));
  const server = serve({ port: 0, signal });
  assertEquals(listeners, 1);
  await server.shutdown();
  assertEquals(listeners, 0);
});

Deno.test("finished stays pending as long as the server runs", async () => {
  await using server = new TestServer();
  let finished = false;
  void server.server.finished.then(() => finished = true);
  using client = await server.connect(TCP);
  await client.hearsNothing();
  assert(!finished);
});

Deno.test("shutdown() frees the port before it resolves", async () => {
  await times(10, async () => {
    const server = serve({ port: 0 });
    await server.shutdown();
    const again = serve({ port: server.addr.port });
    await again.shutdown();
  });
});

/** Regression: a client accepted at the moment of the shutdown was not told, and kept the server up until its deadline. */
Deno.test("shutdown() disconnects clients that are just being accepted", async () => {
  await times(20, async (round) => {
    const server = serve({ port: 0, clock: new FakeClock() }); // no deadline ever comes
    const clients = await Promise.all(
      Array.from({ length: 1 + round % 5 }, () => RawSocket.connect(server.addr.port)),
    );
    const done = server.shutdown();
    await eachInTurn(clients, async (client) => {
      await client.gone();
      client.close();
    });
    await patiently(done, "the server to shut down");
    await server.finished;
  });
});

Deno.test("shutdown() waits for a client that reads its last messages", async () => {
  const server = new TestServer();
  using client = await server.connect(TCP);
  await client.hearsNothing();
  let done = false;
  const closing = server.server.shutdown().then(() => done = true);
  await client.hears("Server is shutting down");
  assert(!done);
  client.close();
  await closing;
});

for (const wire of WIRES) {
  Deno.test(`shutdown() does not wait for ever for a client that stays [${wire.name}]`, async () => {
    const clock = new FakeClock();
    const server = new TestServer({ clock });
    using client = await server.connect(wire);
    await client.hearsNothing();
    const done = server.server.shutdown();
    await client.hears("Server is shutting down");
    clock.advance(1_000);
    await patiently(done, "the server to shut down");
    assertEquals(clock.pending, 0);
  });
}

Deno.test("shutdown() ends connections of every kind and state", async () => {
  const clock = new FakeClock();
  const server = new TestServer({ clock });
  const beginnings = ["", "G", "GET / HTTP/1.1\r\n", "half a line", handshake(), "/quit\n"];
  const sockets = await Promise.all(beginnings.map(async (beginning) => {
    const socket = await RawSocket.connect(server.port);
    await socket.write(beginning);
    return socket;
  }));
  await server.settle();
  await server.shutdown();
  await server.server.finished;
  await eachInTurn(sockets, async (socket) => {
    await socket.gone();
    socket.close();
  });
  assertEquals(clock.pending, 0);
});

Deno.test("A server leaves no timers", async () => {
  const clock = new FakeClock();
  const server = new TestServer({ clock, idleTimeout: 30, heartbeat: 10 });
  using client = await server.connect(WEBSOCKET);
  await client.hearsNothing();
  client.close();
  await server.settle();
  await server.shutdown();
  assertEquals(clock.pending, 0);
});

// The log

Deno.test("Connects and disconnects are logged a line each", async () => {
  await using server = new TestServer();
  using line = await server.connect(TCP);
  await line.hearsNothing();
  using web = await server.connect(WEBSOCKET);
  await web.say("/quit");
  await web.ending();
  line.close();
  await server.logs(/^Disconnected/, line.address);
  await server.logs(/^Disconnected/, web.address);
  const of = (address: string) =>
    server.log.filter((entry) => entry.address === address).map(formatLogEntry);
  assertEquals(of(line.address), [
    `[${line.address}] Connected over tcp`,
    `[${line.address}] Disconnected: closed by the client`,
  ]);
  assertEquals(of(web.address), [
    `[${web.address}] Connected over websocket`,
    `[${web.address}] Disconnected: the client quit`,
  ]);
  assertEquals(new Set(server.log.map(({ topic }) => topic)), new Set(["connection"]));
});

Deno.test("A reset is logged with its reason", async () => {
  await using server = new TestServer();
  const socket = await ResettableSocket.connect(server.port);
  await socket.write("hello\n");
  await server.settle();
  await socket.reset();
  await server.logs("Disconnected: connection reset by peer");
});

Deno.test("A protocol error is logged with its code", async () => {
  await using server = new TestServer();
  using client = await server.connect(WEBSOCKET);
  await client.socket.write(Uint8Array.of(0xff));
  assertEquals((await client.ending()).code, 1002);
  await server.logs(/^Closed with 1002: /, client.address);
});

// Addresses

const hasIpv6 = (() => {
  try {
    Deno.listen({ hostname: "::1", port: 0 }).close();
    return true;
  } catch {
    return false;
  }
})();

Deno.test({
  name: "An IPv6 address stands in brackets, and IPv4 is IPv4 on a socket for both" +
    (hasIpv6 ? "" : " (skipped: this machine has no IPv6)"),
  ignore: !hasIpv6,
  fn: async () => {
    await using server = new TestServer({ hostname: "::", hideAddresses: false });
    using six = new LineClient(await RawSocket.connect(server.port, "::1"));
    const { port } = new URL(`tcp://${six.address.replace("::1", "[::1]")}`);
    await six.say("hello");
    await six.asks("/list", `Users online: [::1]:${port}`);
    using four = await server.connect(TCP);
    await four.say("hello");
    await four.asks("/list", `Users online: [::1]:${port}, ${four.address}`);
    await four.asks(`/whisper [::1]:${port} hi`, `[Whisper to [::1]:${port}]: hi`);
  },
});

// Global state

const MOD = JSON.stringify(new URL(`file://${projectPath("mod.ts")}`).href);

function script(body: string): string[] {
  return [Deno.execPath(), "eval", "--quiet", `import { serve } from ${MOD};\n${body}`];
}

Deno.test("serve() prints nothing", async () => {
  const { code, stdout, stderr } = await run(script(`
    await using server = serve({ port: 0 });
    const conn = await Deno.connect(server.addr);
    await conn.write(new TextEncoder().encode("hello\\n/quit\\n"));
    for await (const _ of conn.readable) _;
    const web = await Deno.connect(server.addr);
    await web.write(new Uint8Array([0x16, 3, 1, 0]));
    for await (const _ of web.readable) _;
  `));
  assertEquals({ code, stdout, stderr }, { code: 0, stdout: "", stderr: "" });
});

Deno.test("serve() handles no signals", async () => {
  await using program = new Program(script(`serve({ port: 0 }); console.log("ready");`));
  await program.prints(/ready/);
  assertEquals((await program.end("SIGTERM")).signal, "SIGTERM");
});

Deno.test("serve() logs through the function that it is given", async () => {
  const log: LogEntry[] = [];
  const server = serve({ port: 0, log: (entry) => log.push(entry) });
  using client = await LineClient.connect(server.addr.port);
  await client.hearsNothing();
  client.close();
  await server.shutdown();
  assertEquals(log.map(({ level, topic }) => `${level} ${topic}`), [
    "info connection",
    "info connection",
  ]);
});
