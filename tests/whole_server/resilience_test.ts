/**
 * Failures of the machine: clocks that jump, a listener that fails, a process that is killed. `accept_test.ts` has a lack of
 * descriptors and a stopped process.
 * @module
 */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { closeFrame } from "../protocol/client_frames.ts";
import { handshake, LineClient, TCP, WEBSOCKET, WebSocketClient } from "../support/client.ts";
import { FakeClock } from "../support/clock.ts";
import { eachInTurn, times, until } from "../support/patience.ts";
import { denoRun, MAIN, Program } from "../support/program.ts";
import { RawSocket } from "../support/raw_socket.ts";
import { TestServer } from "../support/server.ts";

const HOUR = 3_600_000;

// Clocks

/** Regression: a laptop that was closed overnight disconnected all clients when it was opened. */
Deno.test("Hours in which the machine slept do not count as silence", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ clock, idleTimeout: 30, heartbeat: 10, writeTimeout: 60 });
  using line = await (await server.connect(TCP)).takesName("Alice");
  using web = await (await server.connect(WEBSOCKET)).takesName("Bob");
  using half = await RawSocket.connect(server.port);
  await half.write("GET / HT");
  await server.settle();
  await times(3, async () => {
    clock.jump(8 * HOUR);
    await line.say("good morning");
    await web.hears("[Alice]: good morning");
  });
  await half.write("TP/1.1\r\nHost: localhost\r\n\r\n");
  assertEquals(await half.through("\r\n"), "HTTP/1.1 200 OK");
});

Deno.test("Deadlines go on after the clock jumps", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ clock, idleTimeout: 30 });
  using client = await server.connect(TCP);
  await client.hearsNothing();
  clock.advance(20_000);
  clock.jump(HOUR);
  clock.advance(9_500);
  await client.asks("/foo", "Error: Unknown command '/foo', try /help");
  clock.advance(30_000);
  assertEquals((await client.ending()).lines, ["Disconnected due to inactivity"]);
});

Deno.test("The wall clock may go back", async () => {
  const { now } = Date;
  let wall = now();
  Date.now = () => wall;
  try {
    await using server = new TestServer({ idleTimeout: 30, heartbeat: 10 });
    using alice = await (await server.connect(TCP)).takesName("Alice");
    using web = await WebSocketClient.connect(server.port);
    using json = await jsonClient(server.port);
    const times: number[] = [];
    await eachInTurn([0, -HOUR, 24 * HOUR, -wall], async (step, i) => {
      wall += step;
      await alice.say(`message ${i}`);
      await web.hears(`[Alice]: message ${i}`);
      const { id, time } = await nextMessage(json);
      assertEquals(id, i + 1, "Messages are counted, not timed");
      times.push(time);
    });
    assert(times[1]! < times[0]!);
    await alice.say("/stats");
    assert(/Uptime: \d+ s$/.test(await alice.line()));
  } finally {
    Date.now = now;
  }
});

async function jsonClient(port: number): Promise<WebSocketClient> {
  const socket = await RawSocket.connect(port);
  await socket.write(handshake({ "Sec-WebSocket-Protocol": "backchannel.v1.json" }));
  await socket.through("\r\n\r\n");
  return new WebSocketClient(socket);
}

async function nextMessage(client: WebSocketClient): Promise<{ id: number; time: number }> {
  for (;;) {
    const event = JSON.parse(await client.line());
    if (event.type === "message") return event;
  }
}

// The process

Deno.test("Clients return to a server that is killed and started again on the same port", async () => {
  let program = await Program.start();
  const { port } = program;
  try {
    const epochs = new Set<string>();
    await times(4, async (round) => {
      using alice = await (await LineClient.connect(port)).takesName("Alice");
      using bob = await WebSocketClient.connect(port);
      await bob.takesName("Bob");
      using json = await jsonClient(port);
      epochs.add(JSON.parse(await json.line()).epoch);
      await alice.say(`round ${round}`);
      await bob.hears(`[Alice]: round ${round}`);
      const coming = comeBack(port); // somebody who does not wait for the new one to listen
      await program.end("SIGKILL");
      await alice.socket.gone();
      await bob.socket.gone();
      program = new Program(denoRun(MAIN, "--port", `${port}`));
      await program.listens();
      using early = await coming;
      await early.takesName("Early");
      assertEquals(program.err, []);
    });
    assertEquals(epochs.size, 4, "Numbers of messages are good for one epoch");
  } finally {
    await program[Symbol.asyncDispose]();
  }
});

/** Tries until a server listens that stays up. */
async function comeBack(port: number): Promise<LineClient> {
  let client: LineClient | undefined;
  await until(async () => {
    try {
      client = await LineClient.connect(port);
      await client.hearsNothing();
      await client.asks("/list", "No users online");
      return true;
    } catch {
      client?.close();
      return false;
    }
  }, "a server is back");
  return client!;
}

// The listener

/** Runs with a `Deno.listen` whose listeners fail to accept as often as there are errors. */
async function withFailingListener(errors: Error[], run: () => Promise<void>): Promise<void> {
  const { listen } = Deno;
  const failing = (options: Deno.TcpListenOptions) => {
    const listener = listen(options);
    if (options.tcpBacklog === undefined) return listener; // of the self probe
    const accept = listener.accept.bind(listener);
    listener.accept = () => {
      const error = errors.shift();
      return error === undefined ? accept() : Promise.reject(error);
    };
    return listener;
  };
  Object.assign(Deno, { listen: failing });
  try {
    await run();
  } finally {
    Object.assign(Deno, { listen });
  }
}

Deno.test("A listener that fails is tried again after a pause", async () => {
  const clock = new FakeClock();
  const errors = [
    Object.assign(new Error("Too many open files (os error 24)"), { code: "EMFILE" }),
    new Deno.errors.NotConnected("reset"),
    new Error("No buffer space available (os error 105)"),
    new TypeError("something else"),
    new Deno.errors.ConnectionReset("reset"),
  ];
  await withFailingListener(errors, async () => {
    const server = new TestServer({ clock });
    const client = await RawSocket.connect(server.port);
    const answer = client.through("\n");
    await client.write("/foo\n");
    await until(() => {
      clock.advance(50);
      return errors.length === 0;
    }, "all errors are over");
    clock.advance(50);
    assertEquals(await answer, "Error: Unknown command '/foo', try /help");
    client.close();
    await server.shutdown();
    const failures = server.log.filter(({ level }) => level === "error");
    assert(failures.length >= 1 && failures.length <= 3, "Resets are nothing to complain about");
    for (const { message } of failures) assert(message.startsWith("Cannot accept a connection: "));
  });
});

Deno.test("A listener that keeps failing does not delay connected clients, and the server can shut down", async () => {
  const clock = new FakeClock();
  const errors: Error[] = [];
  await withFailingListener(errors, async () => {
    const server = new TestServer({ clock });
    using alice = await server.connect(TCP);
    using bob = await WebSocketClient.connect(server.port);
    await alice.hearsNothing();
    for (let i = 0; i < 10_000; i++) errors.push(new Error("Too many open files (os error 24)"));
    using late = await server.connect(TCP); // the accept that was under way
    await late.hearsNothing();
    await times(5, async (round) => {
      await until(() => clock.pending > 1, "it waits before it asks again");
      await alice.say(`round ${round}`);
      await bob.hears(`[${alice.address}]: round ${round}`);
      clock.advance(50);
    });
    assertNotEquals(errors.length, 0);
    const done = server.shutdown();
    await alice.hears("Server is shutting down");
    await bob.hears("Server is shutting down");
    await bob.send(closeFrame(1001));
    await done;
  });
});
