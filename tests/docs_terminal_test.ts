/**
 * docs/terminal.md: the server answers every command, and says everything, as the page shows it. The sessions there and in
 * README.md are played.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { resolveSettings } from "../lib/server/resolve_settings.ts";
import { LineClient } from "./support/client.ts";
import { projectPath } from "./support/paths.ts";
import { TestServer } from "./support/server.ts";

const page = await Deno.readTextFile(projectPath("docs/terminal.md"));

/** The first two columns of the rows of a section, where both are code. */
function rows(section: string): Map<string, string> {
  const [, text = ""] = new RegExp(`^## ${section}\n(.*?)(?=^## )`, "ms").exec(page) ?? [];
  const cells = text.matchAll(/^\| `([^`]+)` +\| `([^`]+)`/gm);
  return new Map(Array.from(cells, ([, typed = "", answer = ""]) => [typed, answer] as const));
}

/** Addresses and numbers differ from run to run. */
function pattern(text: string): string {
  return text.replaceAll("\\|", "|").replaceAll(/\d+(?:\.\d+)+:\d+/g, "<address>")
    .replaceAll(/\d+/g, "<n>").replace(/ \.\.\.$/, "");
}

/** Commands that have to be given before. */
const BEFORE: Readonly<Record<string, readonly string[]>> = {
  "/list dev": ["/join dev"],
  "/leave": ["/join dev"],
  "/rooms": ["/join dev"],
  "/topic Release on Friday": ["/join dev"],
  "/topic -": ["/join dev", "/topic Release on Friday"],
  "/topic": ["/join dev", "/topic Release on Friday"],
};

const commands = rows("Commands");

for (const [typed, answer] of commands) {
  Deno.test(`docs/terminal.md: ${typed} is answered as the page shows`, async () => {
    await using server = new TestServer();
    using bob = await (await LineClient.connect(server.port)).takesName("Bob");
    using alice = await LineClient.connect(server.port);
    if (typed !== "/name Alice") await alice.takesName("Alice");
    using other = await LineClient.connect(server.port);
    await other.hearsNothing();
    if (typed === "/list") {
      await bob.say("/quit");
      await bob.ending();
      await other.say("hello");
      await alice.line();
    }
    for (const line of BEFORE[typed] ?? []) {
      await alice.say(line);
      await alice.line();
    }
    await alice.say(typed);
    const line = pattern(await alice.line());
    if (answer.endsWith("...")) assert(line.startsWith(pattern(answer)), line);
    else assertEquals(line, pattern(answer));
  });
}

Deno.test("docs/terminal.md shows the answers of most commands", () => {
  assert(commands.size >= 12, `${commands.size} commands`);
});

/** The limits that the page states. */
const { maxPayload, maxMessage } = resolveSettings({});

/** Lines that make the server say what the page shows. */
const MISTAKES: ReadonlyArray<readonly [line: string, answer: string]> = [
  ["/whisper", "Usage: /whisper <username> <message>"],
  ["/foo", "Error: Unknown command '/foo', try /help"],
  ["/name Bob", "Error: Username 'Bob' is already taken"],
  ["/name B0b", "Error: Username 'B0b' looks like 'Bob', who is here"],
  [
    "/name Rоn",
    "Error: Username 'Rоn' is not allowed: it mixes Latin letters with Cyrillic in one word",
  ],
  ["/name admin", "Error: Username 'admin' is reserved"],
  [
    "/name a b",
    "Error: Username 'a b' is not allowed, use 1 to 32 letters, digits, '-', '_' or '.'",
  ],
  ["/whisper Nobody hi", "User 'Nobody' not found"],
  ["/list nowhere", "Room 'nowhere' not found"],
  ["∕list", "Error: Not said, because it looks like a command: these begin with '/' (U+002F)"],
  ["my /oper 0123456789abcdef", "Error: Not said, because it looks like /oper and a token"],
  [
    "my /login 0123456789abcdef",
    "Error: Not said, because it looks like /login and a password or token",
  ],
  ["/join l0bby", "Error: Room 'l0bby' looks like 'lobby', which is there"],
  [`/topic ${"x".repeat(201)}`, "Error: Topic is longer than 200 characters"],
  ["x".repeat(16_385), "Error: Line is longer than 16384 bytes"],
  ["x".repeat(4_097), "Error: Message is longer than 4096 bytes"],
];

for (const [line, answer] of MISTAKES) {
  Deno.test(`docs/terminal.md: a mistake is answered with '${answer}'`, async () => {
    assert(page.includes(`\`${answer}\``));
    await using server = new TestServer({ maxPayload, maxMessage });
    using bob = await (await LineClient.connect(server.port)).takesName("Bob");
    using alice = await LineClient.connect(server.port);
    await alice.asks(line, answer);
    await bob.hearsNothing();
  });
}

// Sessions

for (const name of ["README.md", "docs/terminal.md"]) {
  Deno.test(`${name}: the session goes as the page shows`, async () => {
    const text = await Deno.readTextFile(projectPath(name));
    const [, session = ""] = /^```console\n\$ nc [^\n]*\n(.*?)^```$/ms.exec(text) ?? [];
    const lines = session.trimEnd().split("\n");
    assert(lines.length > 5, session);
    await using server = new TestServer();
    using bob = await (await LineClient.connect(server.port)).takesName("Bob");
    using carol = await (await LineClient.connect(server.port)).takesName("Carol");
    const others = new Map([["Bob", bob], ["Carol", carol]]);
    using alice = await LineClient.connect(server.port);
    for (const line of lines) {
      if (line.startsWith("> ")) {
        await alice.say(line.slice(2));
        continue;
      }
      const [, whisper, author = "", said = ""] = /^\[(Whisper from )?(\w+)\]: (.*)$/.exec(line) ??
        [];
      await others.get(author)?.say(whisper === undefined ? said : `/whisper Alice ${said}`);
      assertEquals(pattern(await alice.line()), pattern(line));
    }
    assertEquals((await alice.ending()).lines, []);
  });
}
