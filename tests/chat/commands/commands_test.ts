import { assert, assertEquals } from "@std/assert";
import { usage } from "../../../lib/chat/commands/command.ts";
import { handleLine } from "../../../lib/chat/commands/handle.ts";
import { COMMANDS, describeCommands } from "../../../lib/chat/commands/registry.ts";
import { NAME_RULES } from "../../../lib/chat/names.ts";
import { Chat, type Client, flushed } from "../fakes.ts";

/** Alice (10.0.0.1:1), Bob (10.0.0.1:2) and somebody without a name (10.0.0.1:3), who has said nothing. */
class Scene extends Chat {
  readonly alice = this.join("Alice");
  readonly bob = this.join("Bob");
  readonly nameless = this.join();

  /** Handles `line`; gives what its author gets, and checks what the others do: nothing, or what `others` says. */
  async type(author: Client, line: string, others: Record<string, string[]> = {}) {
    handleLine(this.hub, author.member, line);
    await flushed();
    const { alice, bob, nameless } = this;
    for (const [name, client] of Object.entries({ alice, bob, nameless })) {
      if (client !== author) assertEquals(client.lines(), others[name] ?? [], `${line}: ${name}`);
    }
    return author.lines();
  }
}

Deno.test("handleLine() says a line to all others and nothing to its author", async () => {
  const scene = new Scene();
  const hello = ["[Alice]: hello"], hi = ["[10.0.0.1:3]: hi"];
  assertEquals(await scene.type(scene.alice, "hello", { bob: hello, nameless: hello }), []);
  assertEquals(await scene.type(scene.nameless, "hi", { alice: hi, bob: hi }), []);
});

Deno.test("handleLine() says a line as it is", async () => {
  const scene = new Scene();
  for (const line of ["  two  spaces ", "\u{1f600} \u00e9\ufeff", "a/b", " /* x */", " // x"]) {
    const said = [`[Alice]: ${line}`];
    assertEquals(await scene.type(scene.alice, line, { bob: said, nameless: said }), []);
  }
});

Deno.test("handleLine() takes a line of white space for nothing", async () => {
  const scene = new Scene();
  for (const line of ["", " ", "\t \u3000"]) {
    assertEquals(await scene.type(scene.nameless, line), []);
  }
  assertEquals(scene.hub.users().length, 2);
});

Deno.test("handleLine() takes two slashes for one that is said", async () => {
  const scene = new Scene();
  const others = (text: string) => ({ bob: [`[Alice]: ${text}`], nameless: [`[Alice]: ${text}`] });
  assertEquals(await scene.type(scene.alice, "//shrug", others("/shrug")), []);
  assertEquals(await scene.type(scene.alice, "///name x", others("//name x")), []);
  assertEquals(await scene.type(scene.alice, "//", others("/")), []);
});

Deno.test("/name sets a name, frees the old one and allows one's own", async () => {
  const scene = new Scene();
  const { alice, nameless } = scene;
  assertEquals(await scene.type(nameless, "/name Carol"), ["Username set to 'Carol'"]);
  assertEquals(await scene.type(nameless, "/name Carol"), ["Username set to 'Carol'"]);
  assertEquals(await scene.type(nameless, "/name  CAROL  "), ["Username set to 'CAROL'"]);
  assertEquals(await scene.type(nameless, "/name Dave"), ["Username set to 'Dave'"]);
  assertEquals(await scene.type(alice, "/name carol"), ["Username set to 'carol'"]);
  assertEquals(await scene.type(alice, "/name cafe\u0301"), ["Username set to 'caf\u00e9'"]);
});

Deno.test("/name refuses a name that is taken, in any case or form", async () => {
  const scene = new Scene();
  for (const name of ["Bob", "bob", "BOB", "\uff22ob"]) {
    const expected = [`Error: Username '${name}' is already taken`];
    assertEquals(await scene.type(scene.alice, `/name ${name}`), expected);
  }
  assertEquals(scene.alice.member.name, "Alice");
});

Deno.test("/name says what is allowed", async () => {
  const scene = new Scene();
  for (const name of ["a b", "a:1", "x".repeat(33), "'", "/name"]) {
    const expected = [`Error: Username '${name}' is not allowed, use ${NAME_RULES}`];
    assertEquals(await scene.type(scene.nameless, `/name ${name}`), expected);
  }
  assertEquals(scene.hub.users().length, 2);
});

Deno.test("/name costs four messages more, whether it is done or not", async () => {
  const scene = new Scene();
  for (const line of ["/name Ada", "/name Bob", "/name a b", "/NAME Alice"]) {
    const before = scene.alice.charged;
    await scene.type(scene.alice, line);
    assertEquals(scene.alice.charged - before, 4, line);
  }
  for (const line of ["hello", "/name", "/list", "/foo", "//name Ada"]) {
    handleLine(scene.hub, scene.bob.member, line);
  }
  assertEquals(scene.bob.charged, 0);
});

Deno.test("/name without a name says how it is used", async () => {
  const scene = new Scene();
  for (const line of ["/name", "/name ", "/name\t"]) {
    assertEquals(await scene.type(scene.alice, line), ["Usage: /name <username>"]);
  }
});

Deno.test("/list gives those who said or named something", async () => {
  const scene = new Scene();
  const { alice, nameless } = scene;
  const both = "Users online: Alice (10.0.0.1:1), Bob (10.0.0.1:2)";
  assertEquals(await scene.type(nameless, "/list"), [both]);
  const hello = ["[10.0.0.1:3]: hello"];
  await scene.type(nameless, "hello", { alice: hello, bob: hello });
  assertEquals(await scene.type(alice, "/list"), [`${both}, 10.0.0.1:3`]);
  for (const client of [alice, scene.bob]) scene.leave(client);
  assertEquals(await scene.type(nameless, "/list"), ["Users online: 10.0.0.1:3"]);
});

Deno.test("/list without anybody says so", async () => {
  const chat = new Chat();
  const client = chat.join();
  handleLine(chat.hub, client.member, "/list");
  await flushed();
  assertEquals(client.lines(), ["No users online"]);
});

Deno.test("/whisper reaches one alone and is acknowledged", async () => {
  const scene = new Scene();
  const { alice, bob } = scene;
  assertEquals(
    await scene.type(alice, "/whisper Bob hi there", { bob: ["[Whisper from Alice]: hi there"] }),
    ["[Whisper to Bob]: hi there"],
  );
  assertEquals(
    await scene.type(bob, "/whisper  aLICE \t two  spaces ", {
      alice: ["[Whisper from Bob]: two  spaces"],
    }),
    ["[Whisper to Alice]: two  spaces"],
  );
  assertEquals(
    await scene.type(alice, "/whisper Alice me", {}),
    ["[Whisper from Alice]: me", "[Whisper to Alice]: me"],
  );
});

Deno.test("/whisper from and to somebody without a name goes by address", async () => {
  const scene = new Scene();
  const { alice, nameless } = scene;
  assertEquals(
    await scene.type(nameless, "/whisper Alice hi", { alice: ["[Whisper from 10.0.0.1:3]: hi"] }),
    ["[Whisper to Alice]: hi"],
  );
  assertEquals(
    await scene.type(alice, "/whisper 10.0.0.1:3 hi", { nameless: ["[Whisper from Alice]: hi"] }),
    ["[Whisper to 10.0.0.1:3]: hi"],
  );
});

Deno.test("/whisper to nobody and without a text says so", async () => {
  const scene = new Scene();
  for (
    const line of ["/whisper", "/whisper ", "/whisper Bob", "/whisper Bob ", "/whisper Nobody"]
  ) {
    assertEquals(await scene.type(scene.alice, line), ["Usage: /whisper <username> <message>"]);
  }
  for (const name of ["Nobody", "10.0.0.1:3", "10.0.0.1:1"]) {
    const expected = [`User '${name}' not found`];
    assertEquals(await scene.type(scene.alice, `/whisper ${name} hi`), expected);
  }
});

Deno.test("/stats gives one line of numbers", async () => {
  const scene = new Scene();
  const { alice, bob, nameless } = scene;
  const hello = ["[Alice]: hello"];
  await scene.type(alice, "hello", { bob: hello, nameless: hello });
  await scene.type(alice, "/whisper Bob hi", { bob: ["[Whisper from Alice]: hi"] });
  scene.leave(nameless);
  scene.now = 61_500;
  assertEquals(await scene.type(bob, "/stats"), [
    "Server Statistics: Total connections: 3 | Active connections: 2 | Total messages: 1 | " +
    "Total whispers: 1 | Dropped messages: 0 | Uptime: 61 s",
  ]);
});

Deno.test("/help gives every command of the table in one line", async () => {
  const scene = new Scene();
  const lines = await scene.type(scene.alice, "/help");
  assertEquals(lines.length, 1);
  for (const command of COMMANDS) {
    assert(lines[0]!.includes(`${usage(command)} (${command.summary})`), command.name);
  }
});

Deno.test("describeCommands() has the name, usage and summary of every command", () => {
  assertEquals(
    describeCommands(new Chat().hub).map(({ name }) => name),
    COMMANDS.map(({ name }) => name),
  );
  assertEquals(describeCommands(new Chat().hub)[2], {
    name: "whisper",
    usage: "/whisper <username> <message>",
    summary: "send a private message",
  });
});

Deno.test("/quit sees its author off", async () => {
  const scene = new Scene();
  assertEquals(await scene.type(scene.alice, "/quit"), []);
  assertEquals([scene.alice, scene.bob].map(({ farewells }) => farewells), [["quit"], []]);
});

Deno.test("handleLine() knows commands in any case and with anything behind them", async () => {
  const scene = new Scene();
  assertEquals(await scene.type(scene.alice, "/NAME Ann"), ["Username set to 'Ann'"]);
  assertEquals(await scene.type(scene.alice, "/Name\tAnna"), ["Username set to 'Anna'"]);
  const statistics = await scene.type(scene.alice, "/stats please");
  assertEquals(statistics.map((line) => line.split(":", 1)), [["Server Statistics"]]);
});

Deno.test("handleLine() refuses a command that it does not know", async () => {
  const scene = new Scene();
  for (const word of ["/foo", "/", "/names", "/n\u00e4me", "/constructor", "/__proto__"]) {
    const expected = [`Error: Unknown command '${word}', try /help`];
    assertEquals(await scene.type(scene.alice, word), expected);
    assertEquals(await scene.type(scene.alice, `${word} and more`), expected);
  }
});

Deno.test("/name refuses what looks like somebody else's, and what is reserved", async () => {
  const scene = new Scene();
  const { nameless } = scene;
  for (const name of ["B0b", "B\u043eb", "\u0412ob"]) {
    const expected = [`Error: Username '${name}' looks like 'Bob', who is here`];
    assertEquals(await scene.type(nameless, `/name ${name}`), expected);
  }
  for (const name of ["server", "Adm1n", "guest-1234", "127.0.0.1"]) {
    const expected = [`Error: Username '${name}' is reserved`];
    assertEquals(await scene.type(nameless, `/name ${name}`), expected);
  }
  assertEquals(await scene.type(scene.bob, "/name B0b"), ["Username set to 'B0b'"]);
  scene.leave(scene.bob);
  assertEquals(await scene.type(nameless, "/name Bob"), ["Username set to 'Bob'"]);
});

Deno.test("/name says why a name would deceive people, whoever is here", async () => {
  const scene = new Scene();
  const { nameless } = scene;
  const refused = [
    ["Car\u043el", "mixes Latin letters with Cyrillic in one word"],
    ["Cari\u0307na", "has a mark that can hardly be seen"],
    ["Caroq\u0301\u0301", "has the same mark twice on one letter"],
  ] as const;
  for (const [name, why] of refused) {
    const expected = [`Error: Username '${name}' is not allowed: it ${why}`];
    assertEquals(await scene.type(nameless, `/name ${name}`), expected);
  }
  const alike = [
    "Error: Username 'Al\u00edi\u0307ce' is not allowed: it has a mark that can hardly be seen",
  ];
  assertEquals(await scene.type(nameless, "/name Al\u00edi\u0307ce"), alike);
  const other = ["Error: Username 'Ali\u0307ce' looks like 'Alice', who is here"];
  assertEquals(await scene.type(nameless, "/name Ali\u0307ce"), other);
  assertEquals(await scene.type(nameless, "/name DJ-\u041c\u0430\u0448\u0430"), [
    "Username set to 'DJ-\u041c\u0430\u0448\u0430'",
  ]);
});

Deno.test("handleLine() says what is clean, and quotes nothing else", async () => {
  const scene = new Scene();
  const { alice } = scene;
  const said = ["[Alice]: a b c"];
  assertEquals(await scene.type(alice, "a\tb \x1b[31mc", { bob: said, nameless: said }), []);
  const lines = ["[Alice]: a", "[Alice]: [Bob]: b"];
  assertEquals(await scene.type(alice, "a\r[Bob]: b", { bob: lines, nameless: lines }), []);
  assertEquals(await scene.type(alice, "/a\x07b"), ["Error: Unknown command '/a b', try /help"]);
  assertEquals(await scene.type(alice, "/whisper a\x07b hi"), ["User 'a b' not found"]);
  assertEquals(await scene.type(alice, "/name a\x07b"), [
    `Error: Username 'a b' is not allowed, use ${NAME_RULES}`,
  ]);
});

Deno.test("handleLine() refuses more than may be said, in bytes and in lines", async () => {
  const chat = new Chat({ maxMessage: 4_096 });
  const [alice, bob] = [chat.join("Alice"), chat.join("Bob")];
  const type = async (line: string) => {
    handleLine(chat.hub, alice.member, line);
    await flushed();
    return [alice.lines(), bob.lines().length];
  };
  const tooLong = [["Error: Message is longer than 4096 bytes"], 0];
  for (const character of ["x", "\u00e9", "\u20ac", "\u{1f600}"]) {
    const most = Math.floor(4_096 / new TextEncoder().encode(character).length);
    const [longest, longer] = [character.repeat(most), character.repeat(most + 1)];
    assertEquals(await type(longest), [[], 1]);
    for (const line of [longer, `//${longer}`, `/me ${longer}`, `/whisper Bob ${longer}`]) {
      assertEquals(await type(line), tooLong);
    }
  }
  assertEquals(await type(`${"\x1b[0m".repeat(1_000)}${"x".repeat(4_096)}`), [[], 1]);
  assertEquals(await type("a\r".repeat(199) + "a"), [[], 200]);
  assertEquals(await type("a\r".repeat(200) + "a"), [
    ["Error: Message has more than 200 lines"],
    0,
  ]);
});

Deno.test("Hub gives members other names than their addresses, if these are hidden", async () => {
  const chat = new Chat({ hideAddresses: true });
  const [first, second] = [chat.join(), chat.join()];
  const { address, origin } = first.member;
  assertEquals(origin, "10.0.0.1:1");
  assert(/^guest-\d{4,}$/.test(address) && address !== second.member.address);
  chat.say(first, "hi");
  await flushed();
  assertEquals(second.lines(), [`[${address}]: hi`]);
  assertEquals(chat.hub.find(address), first.member);
  assertEquals(chat.hub.find(origin), undefined);
});

Deno.test("Hub gives the name of a guest who has left to others", () => {
  const chat = new Chat({ hideAddresses: true });
  // More than there are numbers of four digits.
  for (let i = 0; i < 20_000; i++) {
    const guest = chat.join();
    assertEquals(guest.member.address.length, "guest-1234".length);
    chat.leave(guest);
  }
});
