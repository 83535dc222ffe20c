/**
 * The contract: how the server responds to each action of a client, over both wires and between them. It is one suite; a
 * case that does not apply to a wire is skipped by name, with the reason.
 * @module
 */
import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { usage } from "../../lib/chat/commands/command.ts";
import { COMMANDS } from "../../lib/chat/commands/registry.ts";
import type { ServeOptions } from "../../mod.ts";
import { frame, PING, TEXT } from "../protocol/client_frames.ts";
import {
  type Client,
  TCP,
  WEBSOCKET,
  WebSocketClient,
  type Wire,
  WIRES,
} from "../support/client.ts";
import { FakeClock } from "../support/clock.ts";
import { eachInTurn, times } from "../support/patience.ts";
import { TestCluster } from "../support/cluster.ts";
import { Redis, redisTest } from "../support/redis.ts";
import { TestServer } from "../support/server.ts";
import { TempFolder } from "../support/temp_folder.ts";

/** Why a case is not run over a wire, or not on two servers. */
type Skips = Partial<Record<Wire["name"] | "cluster", string>>;

interface Stage {
  readonly server: TestServer;
  readonly clock: FakeClock;
  readonly wire: Wire;
  /** A client on the wire under test. */
  connect(): Promise<Client>;
  /** A client on the other wire of a pair. */
  connectOther(): Promise<Client>;
}

/** The contract is the same with and without a history. */
const HISTORIES: ReadonlyArray<readonly [string, (folder: TempFolder) => ServeOptions]> = [
  ["", () => ({})],
  [", its history in a file", (folder) => ({ history: folder.path("chat.db") })],
  [", without a history", () => ({ noHistory: true })],
];

/** It is the same with two servers, which clients use in turn. */
const CLUSTERED = ", on two servers";

function register(
  name: string,
  wires: readonly [Wire, Wire],
  skips: Skips,
  options: ServeOptions,
  run: (stage: Stage) => Promise<unknown>,
): void {
  const reason = wires.map((wire) => skips[wire.name]).find((it) => it !== undefined);
  if (reason !== undefined) {
    return Deno.test({ name: `${name} (skipped: ${reason})`, ignore: true, fn() {} });
  }
  const test = async (server: TestServer, clock: FakeClock | undefined) => {
    await using clients = new AsyncDisposableStack();
    const connect = async (wire: Wire) => clients.use(await server.connect(wire));
    await run({
      server,
      clock: clock ?? new FakeClock(),
      wire: wires[0],
      connect: () => connect(wires[0]),
      connectOther: () => connect(wires[1]),
    });
  };
  const withClock = () => {
    const clock = options.clock instanceof FakeClock ? new FakeClock() : undefined;
    return [clock, { ...options, ...(clock && { clock }) }] as const;
  };
  for (const [kept, history] of HISTORIES) {
    Deno.test(`${name}${kept}`, async () => {
      await using folder = new TempFolder();
      const [clock, settings] = withClock();
      await using server = new TestServer({ ...settings, ...history(folder) });
      await test(server, clock);
    });
  }
  if (skips.cluster !== undefined) {
    const reason = skips.cluster;
    return Deno.test({ name: `${name}${CLUSTERED} (skipped: ${reason})`, ignore: true, fn() {} });
  }
  redisTest(`${name}${CLUSTERED}`, async () => {
    await using redis = await Redis.start();
    const [clock, settings] = withClock();
    await using server = await new TestCluster(redis, settings).ready();
    await test(server, clock);
  });
}

/** A case with one client, which runs over each wire. */
function alone(
  name: string,
  run: (stage: Stage) => Promise<unknown>,
  { skips = {}, ...options }: ServeOptions & { readonly skips?: Skips } = {},
): void {
  for (const wire of WIRES) register(`${name} [${wire.name}]`, [wire, wire], skips, options, run);
}

/** A case between two clients, which runs over each wire, and from each to the other. */
function between(
  name: string,
  run: (stage: Stage) => Promise<unknown>,
  { skips = {}, ...options }: ServeOptions & { readonly skips?: Skips } = {},
): void {
  for (const from of WIRES) {
    for (const to of WIRES) {
      register(`${name} [${from.name} to ${to.name}]`, [from, to], skips, options, run);
    }
  }
}

/** The time stands still unless the case moves it. */
const BY_HAND = { clock: new FakeClock() };

const NO_PARTIAL = { websocket: "a WebSocket message has no unterminated form" };
const NO_LINE_END = { websocket: "a WebSocket message needs no line end" };
const NO_PING = { tcp: "line clients have no ping" };
const NO_CHAT = { cluster: "--echo is for a server without a chat" };
const ONE_LINE = { tcp: "a line has no inner newline" };

// Messages

between("A message of a client with a name reaches the others under that name", async (stage) => {
  const bob = await stage.connectOther();
  await bob.hearsNothing();
  const alice = await (await stage.connect()).takesName("Alice");
  await alice.say("hello");
  await bob.hears("[Alice]: hello");
  await alice.hearsNothing();
});

between("A message of a client without a name shows its address", async (stage) => {
  const bob = await stage.connectOther();
  await bob.hearsNothing();
  const somebody = await stage.connect();
  await somebody.say("hello");
  await bob.hears(`[${somebody.address}]: hello`);
  await somebody.hearsNothing();
});

between("Messages arrive in order and unchanged", async (stage) => {
  const alice = await (await stage.connect()).takesName("Alice");
  const bob = await stage.connectOther();
  await bob.hearsNothing();
  const texts = [
    " two  spaces, one behind ",
    "\u00e4\u00f6\u00fc \u4f60\u597d \u0645\u0631\u062d\u0628\u0627",
    "\u{1f600}\u{1f468}\u200d\u{1f469}\u200d\u{1f467}",
    "\ufeffa BOM and \ufffd are text too",
    "e\u0301 stays in the form in which it came",
    "x".repeat(125),
    "x".repeat(126),
    "x".repeat(4_096),
    ...Array.from({ length: 100 }, (_, i) => `number ${i}`),
  ];
  await alice.say(...texts);
  await bob.hears(...texts.map((text) => `[Alice]: ${text}`));
});

between("Two slashes send a text that begins with one", async (stage) => {
  const alice = await (await stage.connect()).takesName("Alice");
  const bob = await stage.connectOther();
  await bob.hearsNothing();
  await alice.say("//shrug", "// name Bob");
  await bob.hears("[Alice]: /shrug", "[Alice]: / name Bob");
  await alice.hearsNothing();
});

between("Everybody in a large room receives all messages but their own", async (stage) => {
  const clients = await Promise.all(
    Array.from({ length: 20 }, (_, i) => i % 2 ? stage.connect() : stage.connectOther()),
  );
  await eachInTurn(clients, (client, i) => client.takesName(`user${i}`));
  await eachInTurn(clients, (client) => client.say("hello"));
  await eachInTurn(clients, async (client, i) => {
    const others = clients.flatMap((_, j) => j === i ? [] : [`[user${j}]: hello`]);
    const heard: string[] = [];
    await times(others.length, async () => heard.push(await client.line()));
    assertEquals(heard.toSorted(), others.toSorted());
    await client.hearsNothing();
  });
});

between("White space sends nothing", async (stage) => {
  const alice = await stage.connect();
  const bob = await stage.connectOther();
  await bob.hearsNothing();
  await alice.say("", "  ", "\t");
  await alice.hearsNothing();
  await bob.hearsNothing();
});

alone("An end of line may be CRLF", async (stage) => {
  const listener = await stage.connect();
  await listener.hearsNothing();
  const client = await stage.connect();
  await client.socket.write("/name Alice\r\nhello\r\n");
  await client.hears("Username set to 'Alice'");
  await listener.hears("[Alice]: hello");
}, { skips: NO_LINE_END });

alone("An unterminated last line still counts", async (stage) => {
  const listener = await stage.connect();
  await listener.hearsNothing();
  await eachInTurn(["hello", "hello\r", "HELLO WORLD", "GET well"], async (text) => {
    const client = await stage.connect();
    await client.socket.write(text);
    await client.halfClose();
    await listener.hears(`[${client.address}]: ${text.trim()}`);
    assertEquals(await client.ending(), { lines: [] });
  });
}, { skips: NO_PARTIAL });

/**
 * Regression: a client that had received messages and then ended with text that may begin a request, without a line end,
 * sent the server into an endless recursion.
 */
alone("An unterminated last line counts after received messages", async (stage) => {
  const alice = await (await stage.connect()).takesName("Alice");
  const client = await stage.connect();
  await alice.say("hello");
  await client.hears("[Alice]: hello");
  await client.socket.write("HELLO WORLD");
  await client.halfClose();
  await alice.hears(`[${client.address}]: HELLO WORLD`);
  assertEquals(await client.ending(), { lines: [] });
}, { skips: NO_PARTIAL });

/** Regression: the same happened after a pause of ten seconds before the second word. */
alone("A line that stalls after received messages is still a line", async ({ clock, ...stage }) => {
  const alice = await (await stage.connect()).takesName("Alice");
  const client = await stage.connect();
  await alice.say("hello");
  await stage.server.settle();
  clock.advance(1_000);
  await client.hears("[Alice]: hello");
  await client.socket.write("HELLO W");
  await stage.server.settle();
  clock.advance(60_000);
  await client.socket.write("ORLD\n");
  await alice.hears(`[${client.address}]: HELLO WORLD`);
}, { skips: NO_PARTIAL, ...BY_HAND });

/** Regression: it could be the beginning of `GET / HTTP/1.1`, and received nothing for ten seconds. */
alone(
  "A client that has typed one word receives messages after a second",
  async ({ clock, ...stage }) => {
    const alice = await (await stage.connect()).takesName("Alice");
    const client = await stage.connect();
    await client.socket.write("HELLO");
    await stage.server.settle();
    await alice.say("hello");
    await stage.server.settle();
    clock.advance(1_000);
    await client.hears("[Alice]: hello");
    await client.socket.write(" / HTTP\n");
    await alice.hears(`[${client.address}]: HELLO / HTTP`);
  },
  { skips: NO_PARTIAL, ...BY_HAND },
);

alone("An unterminated last line may be a command", async (stage) => {
  const client = await stage.connect();
  await client.socket.write("/name Alice\n/list");
  await client.halfClose();
  assertEquals((await client.ending()).lines, [
    "Username set to 'Alice'",
    `Users online: Alice (${client.address})`,
  ]);
}, { skips: NO_PARTIAL });

between("A message of several lines is handled line by line", async (stage) => {
  const alice = await (await stage.connect()).takesName("Alice");
  const bob = await stage.connectOther();
  await bob.hearsNothing();
  await alice.say("one\ntwo\r\n\n/name Anna\n//three\n/nonsense\nfour\n");
  await alice.hears(
    "Username set to 'Anna'",
    "Error: Unknown command '/nonsense', try /help",
  );
  await bob.hears("[Alice]: one", "[Alice]: two", "[Anna]: /three", "[Anna]: four");
  await bob.hearsNothing();
}, { skips: ONE_LINE });

alone("Nothing after /quit is handled, not even in the same message", async (stage) => {
  const listener = await stage.connect();
  await listener.hearsNothing();
  const client = await stage.connect();
  await client.say("one\n/quit\ntwo");
  assertEquals((await client.ending()).lines, ["Goodbye!"]);
  await listener.hears(`[${client.address}]: one`);
  await listener.hearsNothing();
}, { skips: ONE_LINE });

// The first output

alone("The first output that a client gets is the reply to its input", async (stage) => {
  const there = await (await stage.connect()).takesName("There");
  const client = await stage.connect();
  await client.takesName("Alice");
  await client.asks("/whisper Alice hi", "[Whisper from Alice]: hi");
  await client.hears("[Whisper to Alice]: hi");
  client.close();
  await there.hearsNothing();
});

between("Joins, departures and renames are not announced by default", async (stage) => {
  const listener = await stage.connectOther();
  await listener.hearsNothing();
  const guest = await (await stage.connect()).takesName("Guest");
  await guest.takesName("Visitor");
  await guest.asks("/quit", "Goodbye!");
  await guest.ending();
  const lost = await stage.connect();
  await lost.hearsNothing();
  lost.close();
  await stage.server.settle();
  await listener.hearsNothing();
});

// Silent clients

between("A client that never sent a byte receives messages", async (stage) => {
  const listener = await stage.connectOther();
  const alice = await (await stage.connect()).takesName("Alice");
  await alice.say("hello");
  await listener.hears("[Alice]: hello");
  await alice.say("hello again");
  await listener.hears("[Alice]: hello again");
});

between("A client that connects receives all messages from then on", async (stage) => {
  const alice = await (await stage.connect()).takesName("Alice");
  await times(20, async (round) => {
    const listeners = await Promise.all(Array.from({ length: 20 }, stage.connectOther));
    await alice.say(`round ${round}`);
    await eachInTurn(listeners, async (listener) => {
      await listener.hears(`[Alice]: round ${round}`);
      listener.close();
    });
  });
});

between("Messages sent while a client is silent arrive before its first reply", async (stage) => {
  const alice = await (await stage.connect()).takesName("Alice");
  const listener = await stage.connectOther();
  await alice.say("one", "two");
  await alice.hearsNothing();
  await listener.say("/name Bob");
  await listener.hears("[Alice]: one", "[Alice]: two", "Username set to 'Bob'");
}, BY_HAND);

alone("A silent client is not listed and has no name", async (stage) => {
  const silent = await stage.connect();
  const client = await stage.connect();
  await client.asks("/list", "No users online");
  await client.asks("/help", helpLine());
  await client.asks("/list", "No users online");
  await client.asks(`/whisper ${silent.address} hi`, `User '${silent.address}' not found`);
  await silent.say("hello");
  await client.hears(`[${silent.address}]: hello`);
  await client.asks("/list", `Users online: ${silent.address}`);
});

// Half-close

alone("A client that half-closes still gets every reply", async (stage) => {
  const client = await stage.connect();
  const count = 500;
  await client.say("/name Alice", ...Array<string>(count).fill("/help"), "/list");
  await client.halfClose();
  const lines: string[] = [];
  await times(count + 2, async () => lines.push(await client.line()));
  assertEquals(lines, [
    "Username set to 'Alice'",
    ...Array<string>(count).fill(helpLine()),
    `Users online: Alice (${client.address})`,
  ]);
  assertEquals(await client.socket.rest(), new Uint8Array(0));
});

between("Messages sent before a client half-closes are delivered", async (stage) => {
  const listener = await stage.connectOther();
  await listener.hearsNothing();
  await times(10, async (round) => {
    const client = await stage.connect();
    await client.say(`one ${round}`, `two ${round}`);
    await client.halfClose();
    await listener.hears(`[${client.address}]: one ${round}`, `[${client.address}]: two ${round}`);
  });
});

// Names

alone("/name gives a name", (stage) => takesNames(stage, ["Alice"]));

alone("/name takes letters, digits, '-', '_' and '.' of any script", (stage) =>
  takesNames(stage, [
    "a",
    "7",
    "-_.",
    "x".repeat(32),
    "\u00c5ngstr\u00f6m",
    "\u0623\u062d\u0645\u062f",
    "\u4f60\u597d",
    "\u0928\u093f\u0936\u093e",
    "\u{20000}".repeat(32),
    "\u0664\u0662",
  ]));

async function takesNames({ connect }: Stage, names: readonly string[]): Promise<void> {
  const client = await connect();
  await eachInTurn(names, async (name) => {
    await client.takesName(name);
    await client.asks("/list", `Users online: ${name} (${client.address})`);
  });
}

alone("/name refuses anything else, and states what is allowed", async (stage) => {
  const client = await (await stage.connect()).takesName("Alice");
  const refused = [
    "two words",
    "x".repeat(33),
    "a/b",
    "a:b",
    "a,b",
    "<b>",
    "a\u200bb",
    "\u{1f600}",
    "\u0301a",
    "a\u00a0b",
    "a'b",
    "@",
  ];
  const tells = (name: string) =>
    `Error: Username '${name}' is not allowed, use 1 to 32 letters, digits, '-', '_' or '.'`;
  await eachInTurn(refused, (name) => client.asks(`/name ${name}`, tells(name)));
  await client.asks("/name a\u0007b", tells("a b"));
  await client.asks("/list", `Users online: Alice (${client.address})`);
});

alone("/name without a name shows its usage", async (stage) => {
  const client = await stage.connect();
  await client.asks("/name", "Usage: /name <username>");
  await client.asks("/name  ", "Usage: /name <username>");
});

between("A name that is taken is refused, in any case and Unicode form", async (stage) => {
  const bob = await (await stage.connectOther()).takesName("Bob");
  const zoe = await (await stage.connectOther()).takesName("Zo\u00eb");
  const alice = await (await stage.connect()).takesName("Alice");
  const taken = (name: string) => `Error: Username '${name}' is already taken`;
  await eachInTurn(
    ["Bob", "bob", "BOB", "\uff22\uff4f\uff42"],
    (name) => alice.asks(`/name ${name}`, taken(name)),
  );
  await alice.asks("/name ZO\u00cb", taken("ZO\u00cb"));
  await alice.asks("/name Zoe\u0308", taken("Zo\u00eb")); // decomposed, shown composed
  await bob.hearsNothing();
  await zoe.hearsNothing();
  await alice.asks(
    "/list",
    `Users online: Bob (${bob.address}), Zo\u00eb (${zoe.address}), Alice (${alice.address})`,
  );
});

alone("A client can take the name that it already has", async (stage) => {
  const client = await stage.connect();
  await client.takesName("Alice");
  await client.takesName("Alice");
  await client.takesName("ALICE");
  await client.asks("/list", `Users online: ALICE (${client.address})`);
});

between("Renaming frees the old name", async (stage) => {
  const alice = await (await stage.connect()).takesName("Alice");
  const bob = await (await stage.connectOther()).takesName("Bob");
  await alice.takesName("Anna");
  await bob.takesName("alice");
  await alice.asks("/name Alice", "Error: Username 'Alice' is already taken");
  await alice.takesName("Bob");
});

between("Leaving frees a name, in every way of leaving", async (stage) => {
  const heir = await stage.connectOther();
  await heir.hearsNothing();
  const leave: ReadonlyArray<(client: Client) => unknown> = [
    (client) => client.close(),
    (client) => client.halfClose(),
    (client) => client.say("/quit"),
  ];
  await eachInTurn(leave, async (leaves, i) => {
    const owner = await (await stage.connect()).takesName(`Heir${i}`);
    await heir.asks(`/name Heir${i}`, `Error: Username 'Heir${i}' is already taken`);
    await leaves(owner);
    await stage.server.settle();
    await heir.takesName(`Heir${i}`);
  });
});

alone("A refused name frees nothing", async (stage) => {
  const bob = await (await stage.connect()).takesName("Bob");
  const alice = await (await stage.connect()).takesName("Alice");
  await alice.asks("/name Bob", "Error: Username 'Bob' is already taken");
  await bob.asks("/name Alice", "Error: Username 'Alice' is already taken");
});

// The other commands

between(
  "/list shows members that have sent a message or taken a name, in the order of joining",
  async (stage) => {
    const asker = await stage.connect();
    await asker.asks("/list", "No users online");
    const alice = await (await stage.connectOther()).takesName("Alice");
    const somebody = await stage.connect();
    await somebody.say("hello");
    await asker.hears(`[${somebody.address}]: hello`);
    await asker.asks("/list", `Users online: Alice (${alice.address}), ${somebody.address}`);
    alice.close();
    await stage.server.settle();
    await asker.asks("/list", `Users online: ${somebody.address}`);
  },
);

between("/whisper reaches one client and no other", async (stage) => {
  const alice = await (await stage.connect()).takesName("Alice");
  const bob = await (await stage.connectOther()).takesName("Bob");
  const carol = await (await stage.connectOther()).takesName("Carol");
  await alice.asks("/whisper Bob hi there", "[Whisper to Bob]: hi there");
  await bob.hears("[Whisper from Alice]: hi there");
  await carol.hearsNothing();
  await bob.asks("/whisper alice  two  spaces", "[Whisper to Alice]: two  spaces");
  await alice.hears("[Whisper from Bob]: two  spaces");
});

between("/whisper of a client without a name shows its address", async (stage) => {
  const somebody = await stage.connect();
  const bob = await (await stage.connectOther()).takesName("Bob");
  await somebody.asks("/whisper Bob hi", "[Whisper to Bob]: hi");
  await bob.hears(`[Whisper from ${somebody.address}]: hi`);
});

between("/whisper to an address reaches a client without a name", async (stage) => {
  const alice = await (await stage.connect()).takesName("Alice");
  const somebody = await stage.connectOther();
  await somebody.say("hello");
  await alice.hears(`[${somebody.address}]: hello`);
  const { address } = somebody;
  await alice.asks(`/whisper ${address} hi`, `[Whisper to ${address}]: hi`);
  await somebody.hears("[Whisper from Alice]: hi");
});

alone("/whisper without a recipient or a message shows its usage", async (stage) => {
  const client = await (await stage.connect()).takesName("Bob");
  const lines = ["/whisper", "/whisper Bob", "/whisper Bob  ", "/whisper Nobody"];
  await eachInTurn(lines, (line) => client.asks(line, "Usage: /whisper <username> <message>"));
});

alone("/whisper to an unknown name is an error", async (stage) => {
  const client = await stage.connect();
  await client.asks("/whisper Nobody hi", "User 'Nobody' not found");
});

between("/stats counts connections and messages", async (stage) => {
  const alice = await (await stage.connect()).takesName("Alice");
  const bob = await (await stage.connectOther()).takesName("Bob");
  const gone = await stage.connectOther();
  await gone.hearsNothing();
  gone.close();
  await times(17, (i) => alice.say(`message ${i}`));
  await times(17, () => bob.line());
  await stage.server.settle();
  await bob.say("/stats");
  assertMatch(
    await bob.line(),
    /^Server Statistics: Total connections: 3 \| Active connections: 2 \| Total messages: 17 \| /,
  );
}, { skips: { cluster: "counters of other servers are up to 250 ms old, see cluster_test.ts" } });

alone("/help is one line with every command", async (stage) => {
  const client = await stage.connect();
  await client.say("/help");
  const line = await client.line();
  for (const command of COMMANDS) assert(line.includes(usage(command)), usage(command));
  assertEquals(COMMANDS.length, 14);
  await client.hearsNothing();
});

alone("An unknown command is an error", async (stage) => {
  const client = await stage.connect();
  await client.asks("/foo", "Error: Unknown command '/foo', try /help");
  await client.asks("/foo with words", "Error: Unknown command '/foo', try /help");
  await client.asks("/", "Error: Unknown command '/', try /help");
});

between("/quit confirms and closes the connection", async (stage) => {
  const bob = await stage.connectOther();
  const alice = await (await stage.connect()).takesName("Alice");
  await bob.hearsNothing();
  await alice.say("last words", "/quit");
  assertEquals(await alice.ending(), ended(stage, ["Goodbye!"], 1000));
  await bob.hears("[Alice]: last words");
  await bob.takesName("Alice");
  await bob.asks("/list", `Users online: Alice (${bob.address})`);
});

// Timeouts

alone("A client that sends nothing is disconnected", async ({ clock, connect, ...stage }) => {
  const client = await connect();
  await client.hearsNothing();
  clock.advance(30_000);
  assertEquals(await client.ending(), ended(stage, ["Disconnected due to inactivity"], 1001));
}, { idleTimeout: 30, ...BY_HAND });

alone("A client that never sent a byte is disconnected too", async ({ clock, ...stage }) => {
  const client = await stage.connect();
  await stage.server.settle();
  clock.advance(30_000);
  assertEquals(await client.ending(), ended(stage, ["Disconnected due to inactivity"], 1001));
}, { idleTimeout: 30, ...BY_HAND });

between("Input resets the idle timeout, and output does not", async (stage) => {
  const { clock } = stage;
  const listener = await stage.connectOther();
  const speaker = await stage.connect();
  await listener.hearsNothing();
  await times(3, async () => {
    clock.advance(29_750);
    await speaker.hearsNothing();
  });
}, { idleTimeout: 30, ...BY_HAND });

between("The idle timeout runs from the last byte received", async (stage) => {
  const { clock } = stage;
  const listener = await stage.connectOther();
  const speaker = await (await stage.connect()).takesName("Alice");
  await listener.hearsNothing();
  clock.advance(20_000);
  await speaker.say("still here?");
  await listener.hears("[Alice]: still here?");
  clock.advance(9_750);
  await speaker.say("and now?");
  await listener.hears("[Alice]: and now?");
  clock.advance(250);
  await speaker.say("gone?");
  assertEquals((await listener.ending()).lines[0], "Disconnected due to inactivity");
}, { idleTimeout: 30, ...BY_HAND });

alone("Half a line resets the idle timeout", async ({ clock, server, connect }) => {
  const client = await connect();
  await times(3, async () => {
    await client.socket.write("x");
    await server.settle();
    clock.advance(29_000);
  });
  await client.socket.write("\n");
  await client.hearsNothing();
}, { idleTimeout: 30, skips: NO_PARTIAL, ...BY_HAND });

alone("Clients are not disconnected if the idle timeout is 0", async ({ clock, connect }) => {
  const client = await connect();
  await client.hearsNothing();
  clock.advance(86_400_000);
  await client.hearsNothing();
}, { idleTimeout: 0, ...BY_HAND });

alone(
  "A quiet client is pinged, and its pong resets the idle timeout",
  async ({ clock, ...stage }) => {
    const client = await stage.connect() as WebSocketClient;
    await client.hearsNothing();
    await times(9, async () => {
      clock.advance(10_000);
      const { opcode, payload } = await client.frame();
      assertEquals(opcode, PING);
      await client.pong(payload);
      await stage.server.settle();
    });
    await client.hearsNothing();
  },
  { idleTimeout: 30, heartbeat: 10, skips: NO_PING, ...BY_HAND },
);

alone(
  "A client is not pinged before it has been quiet for the heartbeat",
  async ({ clock, connect }) => {
    const client = await connect();
    await times(5, async () => {
      await client.hearsNothing();
      clock.advance(9_750);
    });
    await client.hearsNothing();
  },
  { idleTimeout: 0, heartbeat: 10, skips: NO_PING, ...BY_HAND },
);

alone("An unanswered ping disconnects the client", async ({ clock, server, connect }) => {
  const client = await connect() as WebSocketClient;
  await client.hearsNothing();
  clock.advance(10_000);
  assertEquals((await client.frame()).opcode, PING);
  clock.advance(4_750);
  await server.settle();
  clock.advance(250);
  const { lines, code } = await client.ending();
  assertEquals(lines, []);
  assertNotEquals(code, 1000);
}, { idleTimeout: 30, heartbeat: 10, pongTimeout: 5, skips: NO_PING, ...BY_HAND });

alone("A short idle timeout does not make pings earlier", async ({ clock, ...stage }) => {
  const client = await stage.connect();
  await client.hearsNothing();
  clock.advance(5_000);
  assertEquals(await client.ending(), ended(stage, ["Disconnected due to inactivity"], 1001));
}, { idleTimeout: 5, heartbeat: 10, ...BY_HAND });

alone("Line clients are not pinged", async ({ clock, connect }) => {
  const client = await connect();
  await client.hearsNothing();
  clock.advance(3_600_000);
  await client.hearsNothing();
}, {
  heartbeat: 10,
  skips: { websocket: "the other half of the case is the one with pings" },
  ...BY_HAND,
});

// Shutdown

between("A server that shuts down notifies all clients", async (stage) => {
  const clients = await Promise.all([
    stage.connect(),
    stage.connectOther(),
    stage.connect().then((client) => client.takesName("Alice")),
  ]);
  await stage.server.settle();
  const done = stage.server.shutdown();
  const endings = await Promise.all(clients.map((client) => client.ending()));
  for (const { lines, code = 1001 } of endings) {
    assertEquals({ lines, code }, { lines: ["Server is shutting down"], code: 1001 });
  }
  await done;
});

between("Messages sent before the server shuts down still arrive", async (stage) => {
  const alice = await (await stage.connect()).takesName("Alice");
  const bob = await stage.connectOther();
  await bob.hearsNothing();
  await alice.say("one", "two");
  await alice.hearsNothing();
  const done = stage.server.shutdown();
  const [{ lines }] = await Promise.all([bob.ending(), alice.ending()]);
  assertEquals(lines, ["[Alice]: one", "[Alice]: two", "Server is shutting down"]);
  await done;
});

// Limits

const LIMITED = { maxPayload: 100 };

between("The largest message is accepted, counted in bytes without its line end", async (stage) => {
  const alice = await (await stage.connect()).takesName("Alice");
  const bob = await stage.connectOther();
  await bob.hearsNothing();
  const texts = ["x".repeat(100), "\u00e4".repeat(50)];
  await alice.say(...texts);
  await bob.hears(...texts.map((text) => `[Alice]: ${text}`));
}, LIMITED);

between("A longer line is one error, and the connection stays open", async (stage) => {
  const alice = await (await stage.connect()).takesName("Alice");
  const bob = await stage.connectOther();
  await bob.hearsNothing();
  await eachInTurn(["x".repeat(101), "x".repeat(100_000), "\u00e4".repeat(51)], async (text) => {
    await alice.asks(text, "Error: Line is longer than 100 bytes");
    await alice.hearsNothing();
  });
  await alice.say("short");
  await bob.hears("[Alice]: short");
}, {
  ...LIMITED,
  skips: { websocket: "a longer message ends a WebSocket, see the next case" },
});

alone("A longer message closes a WebSocket with 1009", async ({ connect }) => {
  const client = await connect();
  await client.say("x".repeat(101));
  assertEquals(await client.ending(), { lines: [], code: 1009 });
}, { ...LIMITED, skips: { tcp: "a longer line does not end a line client" } });

alone("Text that is not UTF-8 is refused", async (stage) => {
  const listener = await stage.connect();
  await listener.hearsNothing();
  const client = await stage.connect();
  const bytes = Uint8Array.of(0x61, 0xff, 0x62);
  if (client instanceof WebSocketClient) {
    await client.send(frame(TEXT, bytes));
    assertEquals(await client.ending(), { lines: [], code: 1007 });
  } else {
    await client.socket.write(bytes);
    await client.asks("", "Error: Line is not valid UTF-8");
    await client.hearsNothing();
  }
  await listener.hearsNothing();
});

// Echo

alone("--echo sends everything back to its sender and nowhere else", async (stage) => {
  const other = await stage.connect();
  await other.asks("mine", "mine");
  const client = await stage.connect();
  await client.asks("hello", "hello");
  await client.asks("/name Alice", "/name Alice");
  await client.asks("//shrug", "//shrug");
  await client.asks("", "");
  await other.asks("nothing but mine", "nothing but mine");
}, { echo: true, skips: NO_CHAT });

alone("--echo sends a message of several lines back as one", async (stage) => {
  const client = await stage.connect();
  await client.asks("one\ntwo\r\n", "one\ntwo\r\n");
}, { echo: true, skips: { ...ONE_LINE, ...NO_CHAT } });

// Both wires at once

Deno.test("The contract holds for clients of both wires in one room", async () => {
  await using server = new TestServer();
  using alice = await server.connect(TCP);
  using bob = await server.connect(WEBSOCKET);
  using carol = await server.connect(TCP);
  using dave = await server.connect(WEBSOCKET);
  await eachInTurn(
    [alice, bob, carol, dave].entries(),
    ([i, client]) => client.takesName(["Alice", "Bob", "Carol", "Dave"][i]!),
  );
  await alice.say("hello");
  await eachInTurn([bob, carol, dave], (client) => client.hears("[Alice]: hello"));
  await bob.say("hi");
  await eachInTurn([alice, carol, dave], (client) => client.hears("[Bob]: hi"));
  await dave.asks("/whisper alice psst", "[Whisper to Alice]: psst");
  await alice.hears("[Whisper from Dave]: psst");
  await alice.asks(
    "/list",
    `Users online: Alice (${alice.address}), Bob (${bob.address}), ` +
      `Carol (${carol.address}), Dave (${dave.address})`,
  );
});

function helpLine(): string {
  const commands = COMMANDS.map((command) => `${usage(command)} (${command.summary})`);
  return `Commands: ${commands.join(", ")}`;
}

function ended({ wire }: Pick<Stage, "wire">, lines: string[], code: number) {
  return wire === WEBSOCKET ? { lines, code } : { lines };
}
