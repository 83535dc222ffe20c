/**
 * What others see of somebody: clean texts, honest names and no addresses, over real sockets and every wire.
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { concat, utf8 } from "../protocol/reading.ts";
import { eachSeed, type Random } from "../random.ts";
import { type Client, TCP, WebSocketClient, WIRES } from "../support/client.ts";
import { jam } from "../support/jam.ts";
import { JsonClient } from "../support/json_client.ts";
import { eachInTurn, times, until } from "../support/patience.ts";
import { TestServer } from "../support/server.ts";
import { connectLine, TLS } from "../support/tls.ts";

/** Characters that no terminal and no page of somebody else may get; LF ends lines. */
function forbiddenIn(text: string): string[] {
  return Array.from(text).filter((character) => {
    const code = character.codePointAt(0)!;
    return (code < 0x20 && code !== 0x0a) || (code >= 0x7f && code <= 0x9f) ||
      (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x206f) ||
      (code >= 0xd800 && code <= 0xdfff);
  }).map(escape);
}

/** All texts in a JSON value, names of members too. */
function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => [name, ...textsIn(member)]);
}

/** One more message to others, and what of it they get, lines apart. */
const EVIL: ReadonlyArray<readonly [typed: string, ...lines: string[]]> = [
  ["red \x1b[31mred\x1b[0m", "red red"],
  ["title \x1b]0;pwned\x07.", "title ."],
  ["link \x1b]8;;http://evil/\x1b\\here\x1b]8;;\x1b\\", "link here"],
  ["clear \x1b[2J\x1bc.", "clear ."],
  ["eight bits \u009b31m\u009d0;x\u009c.", "eight bits ."],
  ["bell \x07 back\x08\x08 del \x7f nul \0.", "bell  back del  nul ."],
  ["tab\there", "tab here"],
  ["file \u202etxt.exe\u202c", "file txt.exe"],
  ["isolated \u2066x\u2069", "isolated x"],
  ["over\rwritten", "over", "written"],
  ["one\u2028two\u2029three\u0085four\vfive", "one", "two", "three", "four", "five"],
  [
    "\u{1f468}\u200d\u{1f469}\u200d\u{1f467} \u2764\ufe0f",
    "\u{1f468}\u200d\u{1f469}\u200d\u{1f467} \u2764\ufe0f",
  ],
];

for (const wire of WIRES) {
  Deno.test(`Nothing that gives orders reaches others [${wire.name}]`, async () => {
    await using server = new TestServer();
    using line = await server.connect(TCP);
    using frame = await WebSocketClient.connect(server.port);
    using program = await JsonClient.connect(server.port);
    using alice = await server.connect(wire);
    await eachInTurn([line, frame], (client) => client.hearsNothing());
    await alice.takesName("Alice");
    await eachInTurn(EVIL, async ([typed, ...lines]) => {
      const heard = lines.map((text) => `[Alice]: ${text}`);
      await alice.say(typed);
      await line.hears(...heard);
      await frame.hears(heard.join("\n"));
      assertEquals((await program.next("message")).text, lines.join("\n"));

      const acted = lines.map((text) => `* Alice ${text}`);
      await alice.say(`/me ${typed}`);
      await line.hears(...acted);
      await frame.hears(acted.join("\n"));
      assertEquals((await program.next("message")).text, lines.join("\n"));
    });
    await alice.hearsNothing();
  });

  Deno.test(`Whispers, topics and reasons to be away are clean, for both sides [${wire.name}]`, async () => {
    await using server = new TestServer();
    using bob = await (await server.connect(TCP)).takesName("Bob");
    using alice = await (await server.connect(wire)).takesName("Alice");
    const typed = "a\x1b[31m\u202eb\tc";
    await alice.asks(`/whisper Bob ${typed}`, "[Whisper to Bob]: ab c");
    await bob.hears("[Whisper from Alice]: ab c");
    await alice.asks(`/topic ${typed}`, "Topic set to 'a b c'");
    await bob.hears("Notice: Alice set the topic to 'a b c'");
    await bob.asks("/topic", "Topic of 'lobby': a b c");
    await alice.asks(`/away ${typed}`, "You are away: a b c");
    await alice.asks("/whisper x\x1b[31my hi", "User 'x y' not found");
    await alice.asks("/x\x1b[31my", "Error: Unknown command '/x y', try /help");
    await alice.asks(
      "/join x\x1b[31m\x07y",
      "Error: Room 'x y' is not allowed, use " +
        "1 to 32 letters, digits, '-', '_' or '.'",
    );
    await alice.asks("/list x\x1b[31my", "Room 'x y' not found");
    await bob.hearsNothing();
  });

  Deno.test(`What nobody can see says nothing [${wire.name}]`, async () => {
    await using server = new TestServer();
    using bob = await (await server.connect(TCP)).takesName("Bob");
    using alice = await server.connect(wire);
    await alice.say("\x1b[31m", "\0", "\x07 \t", "\u202e", "\u200b\u200d", "\x1b]0;title\x07");
    await alice.asks("/me \x1b[2J", "Usage: /me <action>");
    await alice.asks("/whisper Bob \x07", "Usage: /whisper <username> <message>");
    await alice.say("\u2800", "\u3164\uffa0\u115f", "\u0301", "\u{e0100}\ufe0f", "\u{1d159}");
    await alice.asks("/topic \u2800", "No topic in 'lobby'");
    await alice.asks("/away \u3164", "You are back");
    await bob.asks("/list", `Users online: Bob (${bob.address})`);
    await bob.hearsNothing();
  });
}

Deno.test("A program's text keeps its line breaks, and loses what gives orders", async () => {
  await using server = new TestServer();
  using line = await server.connect(TCP);
  await line.hearsNothing();
  using other = await JsonClient.connect(server.port);
  using program = await JsonClient.connect(server.port);
  await eachInTurn([program, other], (client) => client.next("hello"));
  const text = "one\r\ntwo\rthree\x1b[2J\ud800\nfour\u2028five";
  const ack = await program.request({ type: "message", text, id: "1" });
  assertEquals(ack.type === "ack" && ack.ref, "1");
  const lines = ["one", "two", "three\ufffd", "four", "five"];
  assertEquals((await other.next("message")).text, lines.join("\n"));
  await line.hears(...lines.map((each) => `[${program.address}]: ${each}`));
  const blank = await program.request({ type: "message", text: "\x1b[0m\u202e", id: "2" });
  assertEquals(blank.type === "error" && [blank.code, blank.ref], ["malformed", "2"]);
});

/** Pieces of orders, so that they meet in every way. */
const PIECES = [
  ..."ab0;[]()\\mJHPX^_ #?\x07\x1b\x1b\x1b\x90\x98\x9b\x9c\x9d\x9f\0\r\t\v\x7f\x85\u2028\u2029\u202e\u2066\u2069",
  "\x1b[31m",
  "\x1b]0;",
  "\ud83d",
  "\ude00",
  "\u{1f600}",
  "\u200d",
];
const COMMANDS = [
  "",
  "",
  "",
  "//",
  "/me ",
  "/whisper Ear ",
  "/whisper Eye ",
  "/topic ",
  "/away ",
  "/search ",
  "/name ",
  "/",
];

function mixture(random: Random): string {
  const text = Array.from({ length: random.between(1, 20) }, () => random.pick(PIECES)).join("");
  return random.pick(COMMANDS) + text;
}

Deno.test("Random mixtures never reach anybody with anything forbidden in them", async () => {
  await using server = new TestServer({ capacity: 100_000 });
  await using stack = new AsyncDisposableStack();
  const join = async (client: Promise<Client>) => stack.use(await client);
  const typist = await join(server.connect(TCP));
  const frames = await join(WebSocketClient.connect(server.port));
  const program = stack.use(await JsonClient.connect(server.port));
  const ear = await (await join(server.connect(TCP))).takesName("Ear");
  const eye = stack.use(await JsonClient.connect(server.port));
  await eye.say("/name Eye");
  const clock = await (await join(server.connect(TCP))).takesName("Clock");
  await eachSeed(30, async (random) => {
    const mixtures = () => Array.from({ length: 20 }, () => mixture(random));
    await typist.socket.write(concat(
      ...mixtures().flatMap((text) => [utf8(text), random.bytes(random.below(4)), utf8("\n")]),
    ));
    await frames.say(...mixtures());
    await program.say(
      ...mixtures().map((text) =>
        JSON.stringify({ type: "message", text: text + random.pick(PIECES) })
      ),
    );
    await server.settle();
    const end = `round ${random.seed}`;
    await clock.say(end);
    await eachInTurn([typist, frames, ear], async (client) => {
      let heard = "";
      for (let line = ""; line !== `[Clock]: ${end}`; heard += line) {
        line = await client.line();
        assertEquals(forbiddenIn(line), [], line);
      }
      assert(heard.length > 0);
    });
    await eachInTurn([program, eye], async (client) => {
      for (let text = ""; text !== end;) {
        const event = await client.event();
        assertEquals(textsIn(event).flatMap(forbiddenIn), [], JSON.stringify(event));
        text = event.type === "message" ? event.text : "";
      }
    });
  });
});

// Telnet

Deno.test("What telnet negotiates is not said, and what is not UTF-8 is refused", async () => {
  await using server = new TestServer();
  using bob = await server.connect(TCP);
  await bob.hearsNothing();
  using alice = await server.connect(TCP);
  // IAC WILL NAWS, IAC DO ECHO, IAC SB NAWS 80 24 IAC SE
  const negotiation = [255, 251, 31, 255, 253, 1, 255, 250, 31, 0, 80, 0, 24, 255, 240];
  // IAC DONT NAWS, IAC WONT ECHO
  const refusals = [255, 254, 31, 255, 252, 1];
  await alice.socket.writeChopped(Uint8Array.from(negotiation));
  await alice.socket.write(concat(utf8("/na"), Uint8Array.from(negotiation), utf8("me Alice\r\n")));
  assertEquals([...await alice.socket.bytes(12)], [...refusals, ...refusals]);
  await alice.hears("Username set to 'Alice'");
  await alice.socket.write(concat(utf8("hel"), Uint8Array.of(255, 241), utf8("lo\r\n")));
  await bob.hears("[Alice]: hello");
  await eachInTurn(
    [[0xff, 0x61], [0xff, 0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0x80]],
    async (bytes) => {
      await alice.socket.write(concat(utf8("x"), Uint8Array.from(bytes), utf8("\n")));
      await alice.hears("Error: Line is not valid UTF-8");
    },
  );
  await alice.say("still here");
  await bob.hears("[Alice]: still here");
});

/** Ctrl-C made Debian's telnet deaf: it throws away all that it gets until its TIMING-MARK is answered. */
Deno.test("Telnet's requests are answered in order with its lines, on every port", async () => {
  await using server = new TestServer(TLS);
  const tls = () => connectLine(server.server.tlsAddr!.port);
  await eachInTurn([() => server.connect(TCP), tls], async (connect) => {
    using alice = await connect();
    const interrupt = [255, 244, 255, 253, 6];
    await alice.socket.write(concat(
      utf8("/name Alice\r\n"),
      Uint8Array.from([...interrupt, 255, 251, 24, 255, 252, 1, 255, 254, 3]),
      utf8("/topic\r\0"),
    ));
    await alice.hears("Username set to 'Alice'");
    assertEquals([...await alice.socket.bytes(6)], [255, 251, 6, 255, 254, 24]);
    await alice.hears("No topic in 'lobby'");
  });
});

Deno.test("A telnet client that reads slowly gets its answer all the same", async () => {
  await using server = new TestServer({ capacity: 8 });
  using jammed = await jam(server);
  await jammed.socket.write(Uint8Array.of(255, 244, 255, 253, 6));
  await jammed.halfClose();
  const answers = (await jammed.socket.rest()).filter((byte) => byte === 255).length;
  assertEquals(answers, 1);
});

// Limits

for (const wire of WIRES) {
  Deno.test(`A message over --max-message is one error, and the connection lives [${wire.name}]`, async () => {
    await using server = new TestServer({ maxMessage: 4_096 });
    using bob = await (await server.connect(TCP)).takesName("Bob");
    using alice = await (await server.connect(wire)).takesName("Alice");
    const tooLong = "Error: Message is longer than 4096 bytes";
    await eachInTurn(
      ["x".repeat(4_097), "\u00e9".repeat(2_049), "\u{1f600}".repeat(1_025)],
      async (text) => {
        await alice.asks(text, tooLong);
        await alice.asks(`/me ${text}`, tooLong);
        await alice.asks(`/whisper Bob ${text}`, tooLong);
        await alice.hearsNothing();
      },
    );
    await eachInTurn(
      ["x".repeat(4_096), "\u00e9".repeat(2_048), "\u{1f600}".repeat(1_024)],
      async (text) => {
        await alice.say(text);
        await bob.hears(`[Alice]: ${text}`);
        await alice.asks(`/whisper Bob ${text}`, `[Whisper to Bob]: ${text}`);
        await bob.hears(`[Whisper from Alice]: ${text}`);
      },
    );
    await alice.asks("a\r".repeat(201), "Error: Message has more than 200 lines");
    await bob.hearsNothing();
  });

  Deno.test(`--echo knows no --max-message and cleans nothing [${wire.name}]`, async () => {
    await using server = new TestServer({ echo: true, maxMessage: 10 });
    using client = await server.connect(wire);
    await eachInTurn(
      ["x".repeat(10_000), "a\x1b[31m\u202e\tb\0", "\r.", "\u0085"],
      (text) => client.asks(text, text),
    );
  });
}

Deno.test("A program is told how long a message may be, and by code when one is longer", async () => {
  await using server = new TestServer({ maxMessage: 10 });
  using program = await JsonClient.connect(server.port);
  assertEquals((await program.next("hello")).limits.maxMessage, 10);
  const error = await program.request({ type: "message", text: "x".repeat(11), id: "1" });
  assertEquals(error.type === "error" && [error.code, error.text, error.ref], [
    "too_long",
    "Error: Message is longer than 10 bytes",
    "1",
  ]);
  const ack = await program.request({ type: "message", text: "x".repeat(10), id: "2" });
  assertEquals(ack.type, "ack");
});

// Names

for (const wire of WIRES) {
  Deno.test(`A name that looks like another's is refused while that one is there [${wire.name}]`, async () => {
    await using server = new TestServer();
    using alice = await (await server.connect(TCP)).takesName("Alice");
    using eve = await server.connect(wire);
    await eachInTurn(
      ["\u0410lice", "A1ice", "AIice", "\u0391lice"],
      (name) =>
        eve.asks(`/name ${name}`, `Error: Username '${name}' looks like 'Alice', who is here`),
    );
    await eve.asks("/name ALICE", "Error: Username 'ALICE' is already taken");
    await eachInTurn(
      ["server", "Adm1n", "SYSTEM", "n\u043etice", "guest-4821", "127.0.0.1"],
      (name) => eve.asks(`/name ${name}`, `Error: Username '${name}' is reserved`),
    );
    await eve.asks("/list", `Users online: Alice (${alice.address})`);
    await alice.takesName("Anna");
    await eve.takesName("A1ice");
    await alice.asks("/name Alice", "Error: Username 'Alice' looks like 'A1ice', who is here");
  });
}

for (const wire of WIRES) {
  Deno.test(`Names and rooms with hidden marks or mixed scripts are refused, with a reason [${wire.name}]`, async () => {
    await using server = new TestServer();
    using alice = await (await server.connect(TCP)).takesName("Alice");
    using eve = await server.connect(wire);
    await eachInTurn(
      ["Ali\u0307ce", "Al\u0335ice", "Al\u0131\u0307ce", "\u0391l\u0456\u0307ce"],
      (name) =>
        eve.asks(`/name ${name}`, `Error: Username '${name}' looks like 'Alice', who is here`),
    );
    const hidden = "it has a mark that can hardly be seen";
    const mixed = "it mixes Latin letters with Cyrillic in one word";
    await eachInTurn(
      [["Bobbi\u0307", hidden], ["B\u043eb", mixed]] as const,
      ([name, why]) =>
        eve.asks(`/name ${name}`, `Error: Username '${name}' is not allowed: ${why}`),
    );
    await eachInTurn(
      [["dev\u0338", hidden], ["p\u0430yroll", mixed]] as const,
      ([name, why]) => eve.asks(`/join ${name}`, `Error: Room '${name}' is not allowed: ${why}`),
    );
    await eve.asks("/name admi\u0307n", "Error: Username 'admi\u0307n' is reserved");
    await alice.asks("/join payroll", "Joined room 'payroll'");
    await eachInTurn(
      ["payro11", "p\u0430yroll", "\u0440\u0430\u0443\u0433\u043e\u04cf\u04cf"],
      (name) =>
        eve.asks(`/join ${name}`, `Error: Room '${name}' looks like 'payroll', which is there`),
    );
    await eve.asks("/rooms", "Rooms: payroll (1), lobby (0)");
    await eve.asks("/join \u0434\u0435\u043b\u0430", "Joined room '\u0434\u0435\u043b\u0430'");
    await alice.hearsNothing();
  });
}

Deno.test("A program gets a code for a name that is confusable or reserved", async () => {
  await using server = new TestServer();
  using alice = await (await server.connect(TCP)).takesName("Alice");
  using program = await JsonClient.connect(server.port);
  await program.next("hello");
  const codes: string[] = [];
  await eachInTurn(["alice", "A1ice", "admin"], async (name) => {
    const error = await program.request({ type: "command", text: `/name ${name}` });
    codes.push(error.type === "error" ? error.code : error.type);
  });
  assertEquals(codes, ["name_taken", "name_confusable", "name_reserved"]);
  await alice.hearsNothing();
});

// Addresses

Deno.test("--hide-addresses shows guests instead of addresses everywhere but in the log", async () => {
  await using server = new TestServer({ hideAddresses: true, announce: true, presenceDelay: 0 });
  using program = await JsonClient.connect(server.port);
  const { you } = await program.next("hello");
  assertMatch(you.address, /^guest-\d{4,}$/);
  using line = await server.connect(TCP);
  await line.hearsNothing();
  using alice = await server.connect(TCP);
  await alice.say("hello");
  const { from } = await program.next("message");
  const guest = from.address;
  assertMatch(guest, /^guest-\d{4,}$/);
  assert(guest !== you.address);
  await line.hears(`Notice: ${guest} joined`, `[${guest}]: hello`);
  await line.asks("/list", `Users online: ${guest}`);
  await line.asks(`/whisper ${alice.address} hi`, `User '${alice.address}' not found`);
  await line.asks(`/whisper ${guest} hi`, `[Whisper to ${guest}]: hi`);
  assertMatch(await alice.line(), /^Notice: guest-\d+ joined$/);
  assertMatch(await alice.line(), /^\[Whisper from guest-\d+\]: hi$/);
  await alice.takesName("Alice");
  await line.hears(`Notice: ${guest} is now Alice`);
  await line.say("/list");
  assertMatch(await line.line(), new RegExp(`^Users online: Alice \\(${guest}\\), guest-\\d+$`));
  await server.settle();
  assert(server.hasLogged("Connected over tcp", alice.address));
  assertEquals(server.log.filter(({ address }) => address?.includes("guest")), []);
  const { address } = alice;
  alice.close();
  await line.hears("Notice: Alice left");
  await server.logs(/^Disconnected/, address);
});

Deno.test("Addresses are shown on loopback, unless they are to be hidden", async () => {
  await using server = new TestServer();
  using client = await server.connect(TCP);
  using other = await server.connect(TCP);
  await other.hearsNothing();
  await times(2, async (i) => {
    await client.say(`${i}`);
    await other.hears(`[${client.address}]: ${i}`);
  });
});

Deno.test("The log has the address of a slow client whose address is hidden", async () => {
  const options = { hideAddresses: true, capacity: 10, maxMessage: 60_000 };
  await using server = new TestServer(options);
  using jammed = await server.connect(TCP);
  await jammed.hearsNothing();
  using speaker = await server.connect(TCP);
  await until(async () => {
    await speaker.say(...Array<string>(10).fill("x".repeat(60_000)));
    await speaker.hearsNothing();
    return server.hasLogged(/^Slow client/, jammed.address);
  }, "the log has the slow client");
});
