/**
 * README.md, SECURITY.md and docs/: the examples compile and run as they stand there, the generated parts are fresh,
 * links lead somewhere, and flags and commands exist.
 * @module
 */
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { COMMANDS } from "../lib/chat/commands/registry.ts";
import { OPERATOR_COMMANDS } from "../lib/chat/commands/operator_commands.ts";
import { FLAG_DESCRIPTIONS } from "../lib/server/flags.ts";
import { PAGES, pageUrl, renderPage } from "./generate/docs.ts";
import { LineClient } from "./support/client.ts";
import { projectPath } from "./support/paths.ts";
import { until } from "./support/patience.ts";
import { denoRun, MAIN, Program, run } from "./support/program.ts";
import { TestServer } from "./support/server.ts";
import { TempFolder } from "./support/temp_folder.ts";
import { TLS } from "./support/tls.ts";

/** Lines of the README. It is an introduction; the rest is in docs/. */
const MAX_README = 200;

const NAMES = [
  "README.md",
  "SECURITY.md",
  ...Array.from(Deno.readDirSync(projectPath("docs")), ({ name }) => `docs/${name}`).sort(),
];
const texts = new Map(NAMES.map((name) => [name, Deno.readTextFileSync(projectPath(name))]));

interface Block {
  readonly page: string;
  readonly language: string;
  readonly code: string;
}

const blocks: readonly Block[] = [...texts].flatMap(([page, text]) =>
  Array.from(
    text.matchAll(/^```(\w+)\n(.*?)^```$/gms),
    ([, language = "", code = ""]) => ({ page, language, code }),
  )
);

function blocksOf(language: string): Block[] {
  return blocks.filter((block) => block.language === language);
}

/** The only block of a page with `word` in it. */
function blockWith(page: string, language: string, word: string): string {
  const found = blocksOf(language).filter((block) =>
    block.page === page && block.code.includes(word)
  );
  assertEquals(found.length, 1, `${page}: ${language} with ${word}`);
  return found[0]!.code;
}

// Examples

/** Writes an example as a script and gives the command that runs it. */
async function script(folder: TempFolder, code: string, port = 8080): Promise<string[]> {
  const text = code.replace('"./mod.ts"', `"${import.meta.resolve("../mod.ts")}"`)
    .replace("8080", String(port));
  await Deno.writeTextFile(folder.path("example.ts"), text);
  const config = `--config=${projectPath("deno.json")}`;
  const deno = [Deno.execPath(), "run", "--quiet", "--check", "--allow-net", config];
  return [...deno, folder.path("example.ts")];
}

/** The output of the examples of the library. */
const PRINTED: Readonly<Record<string, RegExp>> = {
  "README.md": /^ws:\/\/127\.0\.0\.1:\d+\n$/,
  "docs/library.md": /^(\d+|200 ok\n?)?\n?$/,
};

for (const [index, { page, code }] of blocksOf("ts").entries()) {
  if (!code.includes("serve(")) continue;
  Deno.test(`${page}: the example of the library starts a server and ends (${index})`, async () => {
    await using folder = new TempFolder();
    const { code: exit, stdout, stderr } = await run(await script(folder, code));
    assertEquals([exit, stderr], [0, ""]);
    assertMatch(stdout, PRINTED[page]!);
  });
}

for (const page of ["README.md", "docs/protocol.md"]) {
  Deno.test(`${page}: the bot answers`, async () => {
    await using folder = new TempFolder();
    await using server = new TestServer({ presenceDelay: 0, announce: true });
    using alice = await (await LineClient.connect(server.port)).takesName("Alice");
    const code = blockWith(page, "ts", "new WebSocket(");
    await using bot = new Program(await script(folder, code, server.port));
    await alice.hears("Notice: clock joined");
    await alice.say("!time");
    assertMatch(await alice.line(), /^\[clock\]: \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    await bot.end("SIGTERM");
    assertEquals([...bot.out, ...bot.err], []);
  });
}

Deno.test("Every example in TypeScript is one that is run here", () => {
  const others = blocksOf("ts").filter(({ code }) => !/serve\(|new WebSocket\(/.test(code));
  assertEquals(others, []);
});

const hasBash = await Deno.stat("/bin/bash").then(() => true, () => false);

Deno.test({
  name: "docs/terminal.md: the bot in bash answers" +
    (hasBash ? "" : " (skipped: there is no /bin/bash)"),
  ignore: !hasBash,
  fn: async () => {
    await using server = new TestServer({ presenceDelay: 0, announce: true });
    using alice = await (await LineClient.connect(server.port)).takesName("Alice");
    const code = blockWith("docs/terminal.md", "bash", "/dev/tcp/").replace(
      "8080",
      String(server.port),
    );
    await using bot = new Program(["/bin/bash", "-c", code]);
    await alice.hears("Notice: datebot joined");
    await alice.say("what does !date do?", "!date");
    assertMatch(await alice.line(), /^\[datebot\]: .*\d\d:\d\d/);
    bot.kill("SIGKILL");
    assertEquals(bot.err, []);
  },
});

/** The value of a variable of the unit, with its continuation lines joined. */
function unitSetting(unit: string, name: string): string {
  const [, value = ""] = new RegExp(`^${name}=((?:.*\\\\\n)*.*)$`, "m").exec(unit) ?? [];
  return value.replaceAll(/\\\n\s*/g, "");
}

Deno.test("docs/operate.md: the unit starts a server with history, TLS and operators", async () => {
  await using folder = new TempFolder();
  const unit = blockWith("docs/operate.md", "ini", "[Service]");
  const compile = blockWith("docs/operate.md", "sh", "deno compile");
  const place = (text: string) =>
    text.replaceAll("/var/lib/backchannel", folder.path("state"))
      .replaceAll("/etc/backchannel", folder.path("etc"));
  for (const name of ["state", "etc"]) Deno.mkdirSync(folder.path(name));
  Deno.copyFileSync(TLS.tlsCert, folder.path("etc/chain.pem"));
  Deno.copyFileSync(TLS.tlsKey, folder.path("etc/key.pem"));
  const token = "0123456789abcdef0123456789abcdef";
  Deno.writeTextFileSync(folder.path("etc/operator.token"), `${token}\n`, { mode: 0o400 });

  // The binary has the permissions that it is compiled with.
  const permissions = place(compile).match(/--allow-\S+/g) ?? [];
  const flags = place(unitSetting(unit, "ExecStart"))
    .replace(/--(port|tls-port) \d+/g, "--$1 0")
    .replace("--hostname 0.0.0.0", "--hostname 127.0.0.1")
    .replace(/--metrics-port \d+ /, "") // which cannot be 0
    .split(/\s+/).slice(1);
  const deno = [Deno.execPath(), "run", "--quiet", "--no-prompt"];
  await using program = new Program([...deno, ...permissions, MAIN, ...flags]);
  await program.prints(/"Browser: /);
  const port = Number(/listening on 127\.0\.0\.1:(\d+)/.exec(program.out.join("\n"))?.[1]);
  assert(program.out.some((line) => line.includes("With TLS: ")));
  using client = await LineClient.connect(port);
  await client.asks(`/oper ${token}`, "You are an operator now, see /help");
  program.kill("SIGTERM");
  await client.hears("Server is shutting down");
  client.close();
  const { code } = await program.ended;
  assertEquals([code, program.err], [0, []]);
  assert(Deno.statSync(folder.path("state/chat.db")).isFile);
  const drain = Number(/--drain (\d+)/.exec(unit)?.[1]);
  assert(Number(unitSetting(unit, "TimeoutStopSec")) > drain);
});

/** logrotate's `copytruncate` truncates it so. A program that does not append would leave a hole of zeros. */
Deno.test("docs/operate.md: a log that is appended to a file can be truncated", async () => {
  await using folder = new TempFolder();
  const log = folder.path("backchannel.log");
  const command = ["/bin/sh", "-c", 'exec "$0" "$@" >> "$LOG"'];
  await using program = new Program(
    [...command.slice(0, 2), `LOG='${log}'; ${command[2]}`, ...denoRun(MAIN, "--port=0")],
  );
  const read = () => Deno.readTextFile(log).catch(() => "");
  await until(async () => (await read()).includes("Browser: "), "it listens");
  await Deno.truncate(log);
  assertEquals((await program.end("SIGTERM")).code, 0);
  assertEquals(await read(), "Shutting down\n");
});

// Generated parts

for (const page of Object.keys(PAGES)) {
  Deno.test(`docs/${page} is what \`deno task docs\` writes`, async () => {
    const text = await Deno.readTextFile(pageUrl(page));
    assertEquals(text, renderPage(page, text), "It is stale: run deno task docs");
  });
}

Deno.test("renderPage() puts what is stale right, and refuses a page without the part", () => {
  const begin = "<!-- begin flags (deno task docs) -->\n", end = "<!-- end flags -->";
  const page = renderPage("configuration.md", `before\n${begin}stale\n${end}\nafter\n`);
  assert(page.startsWith(`before\n${begin}\n### Network\n`));
  assert(page.endsWith(`\n\n${end}\nafter\n`));
  assert(!page.includes("stale"));
  assertThrows(() => renderPage("configuration.md", "nothing"), Error, "no part 'flags'");
});

Deno.test("docs/configuration.md has every flag once", () => {
  const rows = texts.get("docs/configuration.md")!.matchAll(/^\| `(--[^`]+)` +\|(?:[^|]*\|){3}$/gm);
  assertEquals(
    Array.from(rows, ([, flag]) => flag).toSorted(),
    FLAG_DESCRIPTIONS.map(({ flag }) => flag).toSorted(),
  );
});

// Words

Deno.test(`README.md has fewer than ${MAX_README} lines`, () => {
  assert(texts.get("README.md")!.split("\n").length < MAX_README);
});

Deno.test("Every flag that is named exists", () => {
  const known = new Set(FLAG_DESCRIPTIONS.map(({ flag }) => /^--[a-z-]+/.exec(flag)![0]));
  for (const [name, text] of texts) {
    if (name === "docs/contributing.md") continue; // the flags of its tools
    for (const [command] of text.matchAll(/main\.ts( .*)?$/gm)) {
      for (const [flag] of command.matchAll(/--[a-z-]+/g)) {
        assert(known.has(flag), `${name}: ${flag}`);
      }
    }
    // In running text, all that is not of Deno, Docker or OpenSSL.
    const others =
      /^--(allow-(net|read|write)|v8-flags|max-semi-space-size|output|build-arg|publish|stop-timeout|ulimit|volume|now|system|home-dir|shell|quick)$/;
    for (const [, flag = ""] of text.matchAll(/(?<![\w-])(--[a-z][a-z0-9-]+)/g)) {
      assert(known.has(flag) || others.test(flag), `${name}: ${flag}`);
    }
  }
});

Deno.test("Every command is explained", () => {
  for (const { name } of COMMANDS) {
    assert(texts.get("docs/terminal.md")!.includes(`\`/${name}`), name);
  }
  for (const { name } of OPERATOR_COMMANDS) {
    assert(texts.get("docs/operate.md")!.includes(`\`/${name}`), name);
  }
});

/** A heading as the anchor that GitHub gives it. */
function anchorOf(heading: string): string {
  return heading.toLowerCase().replaceAll(/[^\w\- ]/g, "").replaceAll(" ", "-");
}

Deno.test("Every link to the project leads somewhere", () => {
  for (const [name, text] of texts) {
    for (const [, target = ""] of text.matchAll(/\]\(([^)\s]+)\)|(?<=src=")([^"]+)/g)) {
      if (/^https?:/.test(target) || target === "") continue;
      const [path = "", anchor] = target.split("#");
      const file = path === "" ? name : new URL(path, `file:///${name}`).pathname.slice(1);
      assert(Deno.statSync(projectPath(file)), `${name}: ${target}`);
      if (anchor === undefined) continue;
      const headings = Deno.readTextFileSync(projectPath(file)).matchAll(/^#+ (.*)$/gm);
      const anchors = Array.from(headings, ([, heading = ""]) => anchorOf(heading));
      assert(anchors.includes(anchor), `${name}: ${target}`);
    }
  }
});

/** "Who sends nothing is disconnected": a sentence whose subject has to be guessed. */
Deno.test("No sentence begins with Who, Whoever, What or That", () => {
  for (const [name, text] of texts) {
    const prose = text.replaceAll(/^```.*?^```$/gms, "").replaceAll(/`[^`]*`/g, "")
      .replaceAll(/^#.*$/gm, "");
    const found = prose.match(/(?:^|[.:;!?] |\n- |\*\* )(?:Who|Whoever|What|That) [^.?\n]*/g) ?? [];
    assertEquals(found, [], name);
  }
});
