/**
 * Causes of disconnects: the log line states the cause, in words and as a field for programs, and the metric counts the same
 * one.
 *
 * Regression: a disconnect was logged as "Disconnected" and nothing else, whether the client had left, had been kicked, or
 * had not answered a ping.
 * @module
 */
import { assertEquals } from "@std/assert";
import type { CloseCause, LogEntry, ServeOptions } from "../../mod.ts";
import { formatLogEntryAsJson } from "../../mod.ts";
import { CLOCK_SKEW } from "../../lib/identity/claims.ts";
import { LOGIN_HINT } from "../../lib/wire/events.ts";
import { BINARY, CLOSE, frame } from "../protocol/client_frames.ts";
import {
  type Client,
  TCP,
  WEBSOCKET,
  WebSocketClient,
  type Wire,
  WIRES,
} from "../support/client.ts";
import { FakeClock } from "../support/clock.ts";
import { JWT_KEY, signToken } from "../support/jwt.ts";
import { jam } from "../support/jam.ts";
import { until } from "../support/patience.ts";
import { ResettableSocket } from "../support/reset.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { TestServer } from "../support/server.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";

interface Stage {
  readonly server: TestServer;
  readonly clock: FakeClock;
}

interface Way {
  readonly how: string;
  readonly wires?: readonly Wire[];
  readonly options?: ServeOptions;
  /** The text after "Disconnected: ". */
  readonly reason: string;
  /** Ends the connection of a known client. */
  end(client: Client, stage: Stage): Promise<unknown>;
}

async function operator({ server }: Stage): Promise<Client> {
  const client = await server.connect(TCP);
  await client.asks(`/oper ${TOKEN}`, "You are an operator now, see /help");
  return client;
}

/** An internal error cannot be caused from outside; connection_test.ts causes one. */
type Internal = "internal";

/** These end connections that never were clients, and log no disconnect. */
type Unannounced = "http" | "refused" | "head" | "body" | "handshake";

/** These have separate tests below. */
type Special = "write" | "slow" | "reset" | "replaced";

/** The type requires every other cause. */
type ClientCause = Exclude<CloseCause, Internal | Unannounced | Special>;

const WAYS: Readonly<Record<ClientCause, readonly Way[]>> = {
  peer: [
    {
      how: "the client closes",
      reason: "closed by the client",
      end: (client) => Promise.resolve(client.close()),
    },
    {
      how: "the client half-closes",
      wires: [TCP],
      reason: "closed by the client",
      end: (client) => client.socket.halfClose(),
    },
    {
      how: "the client sends a close frame",
      wires: [WEBSOCKET],
      reason: "closed by the client",
      end: (client) => client.socket.write(frame(CLOSE, Uint8Array.of(3, 0xe8))),
    },
  ],
  quit: [{ how: "/quit", reason: "the client quit", end: (client) => client.say("/quit") }],
  kicked: [
    {
      how: "an operator kicks it",
      reason: "kicked",
      end: async (client, stage) => {
        await client.takesName("Alice");
        using ada = await operator(stage);
        await ada.say("/kick Alice");
        await stage.server.settle();
      },
    },
    {
      how: "an operator bans its name",
      reason: "kicked",
      end: async (client, stage) => {
        await client.takesName("Alice");
        using ada = await operator(stage);
        await ada.say("/ban Alice");
        await stage.server.settle();
      },
    },
    {
      how: "it tries wrong tokens",
      reason: "kicked",
      end: (client) => client.say("/oper a", "/oper b", "/oper c", "/oper d"),
    },
  ],
  login: [
    {
      how: "it does not log in in time",
      options: { jwtKey: JWT_KEY },
      reason: "did not log in",
      end: (_client, { clock }) => Promise.resolve(clock.advance(30_000)),
    },
    {
      how: "it tries wrong passwords",
      options: { jwtKey: JWT_KEY },
      reason: "did not log in",
      end: (client) => client.say("/login a", "/login b", "/login c"),
    },
  ],
  expired: [{
    how: "its token expires",
    options: { jwtKey: JWT_KEY },
    reason: "login expired",
    end: async (client, { clock }) => {
      const exp = Math.floor(clock.wall() / 1000) + 60;
      await client.asks(
        `/login ${await signToken({ sub: "1", name: "Alice", exp })}`,
        "Logged in as 'Alice'",
      );
      clock.advance(60_000 + CLOCK_SKEW);
    },
  }],
  flood: [{
    how: "it sends more than it may",
    options: { rate: 1, burst: 1 },
    reason: "sent too much",
    end: async (client, { server, clock }) => {
      await client.say(...Array<string>(200).fill("x"));
      await server.settle();
      clock.advance(1_000);
    },
  }],
  idle: [{
    how: "it is silent",
    options: { idleTimeout: 60 },
    reason: "idle timeout",
    end: (_client, { clock }) => Promise.resolve(clock.advance(60_000)),
  }],
  pong: [{
    how: "it does not answer a ping",
    wires: [WEBSOCKET],
    options: { heartbeat: 10, pongTimeout: 5 },
    reason: "ping timeout",
    end: async (client, { clock }) => {
      clock.advance(10_000);
      assertEquals((await (client as WebSocketClient).frame()).opcode, 9);
      clock.advance(5_000);
    },
  }],
  protocol: [
    {
      how: "a broken frame",
      wires: [WEBSOCKET],
      reason: "protocol error",
      end: (client) => client.socket.write(Uint8Array.of(0xff)),
    },
    {
      how: "a binary message",
      wires: [WEBSOCKET],
      reason: "protocol error",
      end: (client) => client.socket.write(frame(BINARY, "x")),
    },
    {
      how: "a message that is too long",
      wires: [WEBSOCKET],
      options: { maxPayload: 100, maxMessage: 100 },
      reason: "protocol error",
      end: (client) => client.say("x".repeat(101)),
    },
  ],
  shutdown: [
    {
      how: "the server shuts down",
      reason: "server shut down",
      end: (_client, { server }) => Promise.resolve(void server.server.shutdown()),
    },
    {
      how: "the server drains",
      options: { drain: 5 },
      reason: "server shut down",
      end: (_client, { server, clock }) => {
        void server.server.shutdown();
        clock.advance(10_000);
        return Promise.resolve();
      },
    },
  ],
};

/** A server with logins takes no notice of anything before. */
async function isRefused(client: Client): Promise<void> {
  if (client instanceof WebSocketClient) await client.hears(`Notice: ${LOGIN_HINT}`);
  await client.asks("hello", `Error: ${LOGIN_HINT}`);
}

/** The log entry of a disconnect. Lets time pass until it appears: for lingering, or a close frame that never arrives. */
async function disconnect({ server, clock }: Stage, address: string): Promise<LogEntry> {
  const find = () =>
    server.log.find((entry) =>
      entry.address === address && entry.message.startsWith("Disconnected")
    );
  await until(() => {
    clock.advance(250);
    return find() !== undefined;
  }, `${address} is disconnected`);
  return find()!;
}

function assertStates({ server }: Stage, entry: LogEntry, cause: CloseCause, reason: string): void {
  assertEquals([entry.cause, entry.message], [cause, `Disconnected: ${reason}`]);
  assertEquals(JSON.parse(formatLogEntryAsJson(entry, new Date(0))).cause, cause);
  assertEquals(server.server.counters.closed[cause], 1);
}

for (const [cause, ways] of Object.entries(WAYS) as Array<[ClientCause, readonly Way[]]>) {
  for (const { how, wires = WIRES, options, reason, end } of ways) {
    for (const wire of wires) {
      Deno.test(`The log states why a client was disconnected: ${how} [${wire.name}]`, async () => {
        await using folder = new TempFolder();
        const operatorTokenFile = folder.path("token");
        await Deno.writeTextFile(operatorTokenFile, TOKEN, { mode: 0o600 });
        const clock = new FakeClock();
        await using server = new TestServer({ clock, operatorTokenFile, ...options });
        using client = await server.connect(wire);
        await (options?.jwtKey === undefined ? client.hearsNothing() : isRefused(client));
        const stage = { server, clock };
        await end(client, stage);
        assertStates(stage, await disconnect(stage, client.address), cause, reason);
      });
    }
  }
}

Deno.test("The log states why a client was disconnected: it reads nothing", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ clock, capacity: 8, writeTimeout: 60 });
  using jammed = await jam(server);
  clock.advance(60_250);
  const stage = { server, clock };
  const entry = await disconnect(stage, jammed.address);
  assertStates(stage, entry, "write", "took nothing for 60 s");
});

Deno.test("The log states why a client was disconnected: it reads too slowly", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ clock, capacity: 8, overflow: "disconnect" });
  using jammed = await jam(server);
  const stage = { server, clock };
  assertStates(stage, await disconnect(stage, jammed.address), "slow", "too slow");
});

Deno.test("The log states why a client was disconnected: its connection is reset", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ clock });
  const socket = await ResettableSocket.connect(server.port);
  await socket.write("hello\n");
  await server.settle();
  const { address = "" } = server.log.find(({ message }) => message === "Connected over tcp")!;
  await socket.reset();
  const stage = { server, clock };
  assertStates(stage, await disconnect(stage, address), "reset", "connection reset by peer");
});

/** The reset is a consequence, and not the cause. */
Deno.test("The log states the first cause if a client that is disconnected resets the connection", async () => {
  const clock = new FakeClock();
  await using server = new TestServer({ clock, idleTimeout: 60 });
  const socket = await ResettableSocket.connect(server.port);
  await socket.write("hello\n");
  await server.settle();
  const { address = "" } = server.log.find(({ message }) => message === "Connected over tcp")!;
  clock.advance(60_000);
  await socket.reset();
  const stage = { server, clock };
  assertStates(stage, await disconnect(stage, address), "idle", "idle timeout");
});

Deno.test("The log line of a protocol error states the cause too", async () => {
  await using server = new TestServer();
  using client = await WebSocketClient.connect(server.port);
  await client.socket.write(Uint8Array.of(0xff));
  await client.ending();
  await server.logs("Closed with 1002: Reserved bit set", client.address);
  using other = await server.connect(TCP);
  await other.socket.write(Uint8Array.of(0x16, 3, 1, 0));
  await other.socket.gone();
  await server.logs("Closed: TLS on a plain port", other.address);
  const entries = server.log.filter(({ topic }) => topic === "protocol");
  assertEquals(entries.map(({ cause }) => cause), ["protocol", "protocol"]);
});
