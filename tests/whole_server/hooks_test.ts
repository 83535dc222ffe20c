/**
 * Hooks of the program that embeds the server, over real sockets: they decide, fail and hang, and cost nobody else anything.
 * @module
 */
import { assertEquals, assertMatch } from "@std/assert";
import type { ChatUser, LogEntry, ServeOptions, UserMessage } from "../../mod.ts";
import { type Client, LineClient, TCP, type Wire, WIRES } from "../support/client.ts";
import { FakeClock } from "../support/clock.ts";
import { JsonClient } from "../support/json_client.ts";
import { eachInTurn, until } from "../support/patience.ts";
import { TestServer } from "../support/server.ts";
import { TempFolder } from "../support/temp_folder.ts";

/** An operator token. */
const TOKEN = "0123456789abcdef0123456789abcdef";

const FAILED = "Error: Not done, because the application behind this chat failed";

/** The option for operators whose token is {@linkcode TOKEN}. */
function operators(folder: TempFolder) {
  const operatorTokenFile = folder.path("token");
  Deno.writeTextFileSync(operatorTokenFile, TOKEN, { mode: 0o600 });
  return { operatorTokenFile };
}

function onEachWire(name: string, run: (wire: Wire) => Promise<void>): void {
  for (const wire of WIRES) Deno.test(`${name} [${wire.name}]`, () => run(wire));
}

/** A server with Alice, who uses this wire, and Bob, who uses lines. */
class Scene implements AsyncDisposable {
  private constructor(
    readonly server: TestServer,
    readonly alice: Client,
    readonly bob: Client,
  ) {}

  static async open(options: ServeOptions, wire: Wire = TCP): Promise<Scene> {
    const server = new TestServer(options);
    const alice = await (await server.connect(wire)).takesName("Alice");
    const bob = await (await server.connect(TCP)).takesName("Bob");
    return new Scene(server, alice, bob);
  }

  /** The failures that the log has got since this was asked last. */
  failures(): LogEntry[] {
    const { log } = this.server;
    const isFailure = ({ kind }: LogEntry) => kind === "application_failed";
    const failures = log.filter(isFailure);
    log.splice(0, log.length, ...log.filter((entry) => !isFailure(entry)));
    return failures;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.alice.close();
    this.bob.close();
    await this.server[Symbol.asyncDispose]();
  }
}

/** A hook whose decisions a test makes one by one. */
class Waiting<Result> {
  readonly #open: Array<{ readonly text: string; resolve(result: Result): void }> = [];

  readonly hook = ({ text }: UserMessage): Promise<Result> => {
    const { promise, resolve } = Promise.withResolvers<Result>();
    this.#open.push({ text, resolve });
    return promise;
  };

  get texts(): string[] {
    return this.#open.map(({ text }) => text);
  }

  async decide(text: string, result: Result): Promise<void> {
    await until(() => this.texts.includes(text), `the hook is asked about ${text}`);
    const [asked] = this.#open.splice(this.texts.indexOf(text), 1);
    asked!.resolve(result);
  }
}

const moderate = ({ text }: UserMessage) => {
  if (text.includes("spoiler")) return { refused: "No spoilers, please" };
  return text.includes("darn") ? { text: text.replace("darn", "****") } : undefined;
};

for (const isAsync of [false, true]) {
  const kind = isAsync ? "An asynchronous" : "A synchronous";
  const onMessage = isAsync
    ? (message: UserMessage) => Promise.resolve(moderate(message))
    : moderate;

  onEachWire(`${kind} onMessage passes, changes and refuses`, async (wire) => {
    await using scene = await Scene.open({ onMessage }, wire);
    const { alice, bob } = scene;
    await alice.say("hello", "the spoiler", "darn it", "/me darns", "/me says darn");
    await alice.hears("Error: No spoilers, please");
    await bob.hears("[Alice]: hello", "[Alice]: **** it", "* Alice ****s", "* Alice says ****");
    await alice.asks("/whisper Bob darn", "[Whisper to Bob]: ****");
    await bob.hears("[Whisper from Alice]: ****");
    await alice.asks("/whisper Bob spoiler", "Error: No spoilers, please");
    await alice.asks("/topic darn", "Topic set to '****'");
    await bob.hears("Notice: Alice set the topic to '****'");
    await alice.asks("/topic spoiler", "Error: No spoilers, please");
    await alice.asks("/away darn", "You are away: ****");
    await alice.asks("/away spoiler", "Error: No spoilers, please");
    await alice.asks("/away", "You are back");
    await eachInTurn([alice, bob], (client) => client.hearsNothing());
  });
}

Deno.test("onMessage learns who sends what to whom, and nothing about commands", async () => {
  const asked: UserMessage[] = [];
  await using scene = await Scene.open({ onMessage: (message) => void asked.push(message) });
  const { alice, bob } = scene;
  await alice.say("hi", "/me waves", "/join dev", "there", "/whisper bob psst", "/topic Tea");
  await alice.hears("Joined room 'dev'", "[Whisper to Bob]: psst", "Topic set to 'Tea'");
  await alice.asks("/away lunch", "You are away: lunch");
  const user = asked[0]!.user;
  const { id } = user;
  const known = { id, name: "Alice", address: alice.address, operator: false };
  assertEquals(user, { ...known, userId: undefined });
  const to = { ...asked[3]!.to!, name: "Bob", address: bob.address };
  assertEquals(asked, [
    { kind: "message", user, room: "lobby", to: undefined, text: "hi" },
    { kind: "action", user, room: "lobby", to: undefined, text: "waves" },
    { kind: "message", user, room: "dev", to: undefined, text: "there" },
    { kind: "whisper", user, room: undefined, to, text: "psst" },
    { kind: "topic", user, room: "dev", to: undefined, text: "Tea" },
    { kind: "away", user, room: undefined, to: undefined, text: "lunch" },
  ]);
});

onEachWire("A message that waits for a decision delays its sender alone", async (wire) => {
  const waiting = new Waiting<{ refused: string } | undefined>();
  const onMessage = (message: UserMessage) =>
    message.user.name === "Alice" ? waiting.hook(message) : undefined;
  await using scene = await Scene.open({ onMessage }, wire);
  const { server, alice, bob } = scene;
  using carol = await (await server.connect(wire)).takesName("Carol");
  await alice.say("1", "2", "/list", "3");
  await until(() => waiting.texts.length === 1, "the hook is asked");
  await bob.say("not delayed");
  await eachInTurn([alice, carol], (client) => client.hears("[Bob]: not delayed"));
  await server.settle();
  assertEquals(waiting.texts, ["1"], "The second message waits for the first");
  await waiting.decide("1", undefined);
  await bob.hears("[Alice]: 1");
  await waiting.decide("2", { refused: "Not that" });
  await alice.hears("Error: Not that");
  assertMatch(await alice.line(), /^Users in lobby|^Users/);
  await waiting.decide("3", undefined);
  await bob.hears("[Alice]: 3");
  await carol.hears("[Alice]: 1", "[Alice]: 3");
});

onEachWire("Whatever a hook does, it costs one message, and the log says why", async (wire) => {
  const answers: Record<string, () => unknown> = {
    throws: () => {
      throw new Error("Out of coffee");
    },
    rejects: () => Promise.reject(new Error("Out of tea")),
    nonsense: () => 42,
    "later nonsense": () => Promise.resolve({ text: 42 }),
    blank: () => ({ text: " \u200b " }),
    long: () => ({ text: "x".repeat(1_001) }),
    odd: () => {
      throw Object.create(null);
    },
  };
  const onMessage = ({ text }: UserMessage) => answers[text]?.() as undefined;
  await using scene = await Scene.open({ onMessage, maxMessage: 1_000 }, wire);
  const { alice, bob } = scene;
  await eachInTurn(Object.keys(answers), (text) => alice.asks(text, FAILED));
  await alice.say("fine");
  await bob.hears("[Alice]: fine");
  const failures = scene.failures();
  assertEquals(
    failures.map((entry) => "error" in entry && entry.error),
    [
      "Out of coffee",
      "Out of tea",
      "returned a number, not nothing, { text } or { refused }",
      "returned an object, not nothing, { text } or { refused }",
      "The text is blank",
      "Message is longer than 1000 bytes",
      "unknown error",
    ],
  );
  for (const { level, topic, user } of failures) {
    assertEquals([level, topic, user], ["error", "application", "Alice"]);
  }
  assertEquals(failures[0]!.room, "lobby");
  assertMatch(failures[0]!.message, /^onMessage failed: Error: Out of coffee\n +at /);
});

onEachWire(
  "A hook that hangs costs its message 5 seconds, and nobody else anything",
  async (wire) => {
    const clock = new FakeClock();
    const onMessage = ({ text }: UserMessage) =>
      text === "hang" ? new Promise<undefined>(() => {}) : undefined;
    await using scene = await Scene.open({ onMessage, clock }, wire);
    const { server, alice, bob } = scene;
    await alice.say("hang", "next");
    await server.settle();
    clock.advance(4_999);
    await bob.say("meanwhile");
    await alice.hears("[Bob]: meanwhile");
    clock.advance(1);
    await alice.hears(FAILED);
    await bob.hears("[Alice]: next");
    assertEquals(scene.failures().map(({ message }) => message), [
      "onMessage failed: no result within 5 s",
    ]);
  },
);

onEachWire(
  "Nothing is published of a client that was disconnected while it waited",
  async (wire) => {
    await using folder = new TempFolder();
    const waiting = new Waiting<undefined>();
    await using scene = await Scene.open({ onMessage: waiting.hook, ...operators(folder) }, wire);
    const { alice, bob } = scene;
    await bob.asks(`/oper ${TOKEN}`, "You are an operator now, see /help");
    await alice.say("too late");
    await until(() => waiting.texts.length === 1, "the hook is asked");
    await bob.asks("/kick Alice", "Kicked 'Alice'");
    await waiting.decide("too late", undefined);
    assertEquals((await alice.ending()).lines, ["Kicked by Bob"]);
    await bob.hearsNothing();
  },
);

Deno.test("A client that has sent a message and closed its side is heard", async () => {
  const waiting = new Waiting<undefined>();
  await using scene = await Scene.open({ onMessage: waiting.hook });
  const { alice, bob } = scene;
  await alice.say("the last word");
  await alice.halfClose();
  await waiting.decide("the last word", undefined);
  await bob.hears("[Alice]: the last word");
  assertEquals(await alice.ending(), { lines: [] });
});

Deno.test("A sender who is muted while a message waits is told so", async () => {
  await using folder = new TempFolder();
  const waiting = new Waiting<undefined>();
  await using scene = await Scene.open({ onMessage: waiting.hook, ...operators(folder) });
  const { alice, bob } = scene;
  await bob.asks(`/oper ${TOKEN}`, "You are an operator now, see /help");
  await alice.say("psst");
  await until(() => waiting.texts.length === 1, "the hook is asked");
  await bob.say("/mute Alice");
  assertMatch(await bob.line(), /^Muted /);
  await waiting.decide("psst", undefined);
  await alice.hears("Error: You are muted");
  await bob.hearsNothing();
});

Deno.test("A message that is sent again is not decided about again, and is answered as before", async () => {
  let asked = 0;
  const onMessage = ({ text }: UserMessage) => {
    asked++;
    return { text: `${text} (${asked})` };
  };
  await using scene = await Scene.open({ onMessage });
  const { server, bob } = scene;
  using carol = await JsonClient.connect(server.port);
  const id = crypto.randomUUID();
  const number = await carol.says("once", id);
  assertEquals(await carol.says("once", id), number);
  assertMatch(await bob.line(), /: once \(1\)$/);
  await bob.hearsNothing();
  const whisper = { type: "command", text: "/whisper Bob psst", id: "w" } as const;
  const first = await carol.ask(whisper);
  assertEquals(first.type, "reply");
  assertEquals({ ...await carol.ask(whisper), time: 0, text: "", data: {} }, {
    ...first,
    time: 0,
    text: "",
    data: {},
  });
  assertMatch(await bob.line(), /: psst \(2\)$/);
  await bob.hearsNothing();
  assertEquals(asked, 2);
  // From another connection too, which may be sent again before the first one is decided.
  using dave = await JsonClient.connect(server.port);
  assertEquals(await dave.says("once", id), number);
});

Deno.test("A sender learns the text that was published in place of its own", async () => {
  await using scene = await Scene.open({ onMessage: moderate });
  using carol = await JsonClient.connect(scene.server.port);
  const changed = await carol.ask({ type: "message", text: "darn it", id: "1" });
  assertEquals(changed.type === "ack" && changed.text, "**** it");
  const passed = await carol.ask({ type: "message", text: "hello", id: "2" });
  assertEquals("text" in passed, false);
});

Deno.test("JSON clients get the codes of refusals and failures", async () => {
  const onMessage = ({ text }: UserMessage) =>
    text === "no" ? { refused: "Not here" } : text as unknown as undefined;
  await using scene = await Scene.open({ onMessage });
  using carol = await JsonClient.connect(scene.server.port);
  const refused = await carol.ask({ type: "message", text: "no", id: "1" });
  assertEquals({ ...refused, time: 0 }, {
    type: "error",
    time: 0,
    ref: "1",
    code: "rejected",
    text: "Error: Not here",
  });
  const failed = await carol.ask({ type: "message", text: "maybe", id: "2" });
  assertEquals(failed.type === "error" && failed.code, "failed");
  assertEquals(scene.failures().length, 1);
});

onEachWire("onRename decides about names", async (wire) => {
  const asked: Array<readonly [string | undefined, string]> = [];
  const onRename = ({ name: before }: ChatUser, name: string) => {
    asked.push([before, name]);
    if (name === "Voldemort") return { refused: "That name is not spoken" };
    if (name === "Later") return Promise.resolve({ refused: "Not now" });
    if (name === "Never") throw new Error("Never");
    return name === "Slow" ? Promise.resolve() : undefined;
  };
  await using scene = await Scene.open({ onRename }, wire);
  const { alice } = scene;
  await alice.asks("/name Voldemort", "Error: That name is not spoken");
  await alice.asks("/name Later", "Error: Not now");
  await alice.asks("/name Never", FAILED);
  assertEquals(scene.failures().length, 1);
  await alice.asks("/name Bob", "Error: Username 'Bob' is already taken");
  await alice.asks("/name Slow", "Username set to 'Slow'");
  assertEquals(asked.slice(2), [
    ["Alice", "Voldemort"],
    ["Alice", "Later"],
    ["Alice", "Never"],
    ["Alice", "Slow"],
  ]);
});

Deno.test("A name that another client takes meanwhile is taken", async () => {
  const waiting = new Waiting<undefined>();
  const onRename = ({ name }: ChatUser, text: string) =>
    name === "Alice" ? waiting.hook({ text } as UserMessage) : undefined;
  await using scene = await Scene.open({ onRename });
  const { alice, bob } = scene;
  await alice.say("/name Zoe");
  await until(() => waiting.texts.length === 1, "the hook is asked");
  await bob.asks("/name Zoe", "Username set to 'Zoe'");
  await waiting.decide("Zoe", undefined);
  await alice.hears("Error: Username 'Zoe' is already taken");
});

Deno.test("onJoin and onLeave tell who is in which room, in order, and may fail", async () => {
  const told: string[] = [];
  const clock = new FakeClock();
  const options: ServeOptions = {
    clock,
    onJoin: ({ name }, room) => {
      told.push(`${name} joins ${room}`);
      if (room === "broken") throw new Error("Out of seats");
    },
    onLeave: ({ name }, room) => {
      told.push(`${name} leaves ${room}`);
      return room === "broken" ? Promise.reject(new Error("No way out")) : undefined;
    },
    presenceDelay: 15,
  };
  await using scene = await Scene.open(options);
  const { server, alice } = scene;
  await alice.asks("/join dev", "Joined room 'dev'");
  await alice.asks("/join broken", "Joined room 'broken'");
  assertEquals(told.splice(0), [
    "Alice joins lobby",
    "Bob joins lobby",
    "Alice joins dev",
    "Alice joins broken",
  ]);
  clock.advance(15_000);
  await server.settle();
  assertEquals(told.splice(0), ["Alice leaves lobby", "Alice leaves dev"]);
  alice.close();
  await until(() => server.hasLogged(/^Disconnected/, alice.address), "Alice is gone");
  const again = await (await LineClient.connect(server.port)).takesName("Alice");
  await again.asks("/join broken", "Joined room 'broken'");
  // The room was empty meanwhile, so it is another one now.
  assertEquals(told.splice(0), ["Alice joins lobby", "Alice leaves broken", "Alice joins broken"]);
  again.close();
  await until(() => server.hasLogged(/^Disconnected/, again.address), "Alice is gone again");
  clock.advance(15_000);
  await until(() => told.length === 2, "Alice has left both rooms");
  assertEquals(told, ["Alice leaves lobby", "Alice leaves broken"]);
  await until(
    () => server.log.at(-1)?.message.startsWith("onLeave failed") === true,
    "it is logged",
  );
  const failures = scene.failures().map(({ message, room }) => [message.split("\n")[0], room]);
  const seats = ["onJoin failed: Error: Out of seats", "broken"];
  const exits = ["onLeave failed: Error: No way out", "broken"];
  assertEquals(failures.toSorted(), [seats, seats, exits, exits]);
});

Deno.test("Decisions may come in any order: the messages of each sender keep theirs", async () => {
  const waiting = new Waiting<undefined>();
  await using scene = await Scene.open({ onMessage: waiting.hook });
  const { server, alice, bob } = scene;
  using carol = await (await server.connect(TCP)).takesName("Carol");
  await alice.say("a1", "a2");
  await bob.say("b1", "b2");
  await waiting.decide("b1", undefined);
  await waiting.decide("b2", undefined);
  await carol.hears("[Bob]: b1", "[Bob]: b2");
  await waiting.decide("a1", undefined);
  await waiting.decide("a2", undefined);
  await carol.hears("[Alice]: a1", "[Alice]: a2");
});

Deno.test("Messages of the HTTP API are decided about like all others", async () => {
  const seen: Array<readonly [string | undefined, string | undefined, string]> = [];
  const token = "0123456789abcdef";
  await using scene = await Scene.open({
    apiTokens: [{ name: "ci", token, write: ["*"] }],
    onMessage: (message) => {
      const { user, room, kind } = message;
      seen.push([user.name, room, kind]);
      if (message.text === "throw") throw new Error("Out of order");
      return moderate(message);
    },
  });
  const { server, alice } = scene;
  const post = async (body: string) => {
    const response = await fetch(`http://127.0.0.1:${server.port}/api/rooms/lobby/messages`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "text/plain" },
      body,
    });
    return `${response.status} ${await response.text()}`;
  };
  assertMatch(await post("darn it"), /^201 /);
  await alice.hears("[ci]: **** it");
  assertMatch(await post("spoiler"), /^403 .*No spoilers, please/);
  assertMatch(await post("throw"), /^502 .*the application behind this chat failed/);
  await alice.hearsNothing();
  assertEquals(scene.failures().length, 1);
  assertEquals(seen, Array(3).fill(["ci", "lobby", "message"]));
});
