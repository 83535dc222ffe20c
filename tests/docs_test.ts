/**
 * README.md, SECURITY.md and docs/: the examples compile and run as they stand there, the generated parts are fresh,
 * links lead somewhere, and flags, commands, metrics and files exist.
 * @module
 */
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { COMMANDS } from "../lib/chat/commands/registry.ts";
import { OPERATOR_COMMANDS } from "../lib/chat/commands/operator_commands.ts";
import { FLAG_DESCRIPTIONS, parseFlags, readFlags } from "../lib/server/flags.ts";
import { Counters } from "../lib/server/observability/counters.ts";
import { formatLogEntryAsJson } from "../lib/server/observability/log.ts";
import { missingPermissions, permissionsFor } from "../lib/server/permissions.ts";
import { resolveSettings } from "../lib/server/resolve_settings.ts";
import { flagName, SETTINGS } from "../lib/server/settings.ts";
import { GENERATED, pageUrl, renderPage } from "./generate/docs.ts";
import { Gateway } from "./browser/gateway.ts";
import { LineClient } from "./support/client.ts";
import { projectPath } from "./support/paths.ts";
import { eachInTurn, until } from "./support/patience.ts";
import { denoRun, MAIN, Program, run } from "./support/program.ts";
import { RawSocket } from "./support/raw_socket.ts";
import { TestServer } from "./support/server.ts";
import { TempFolder } from "./support/temp_folder.ts";
import { TLS } from "./support/tls.ts";
import { secretKey, signToken } from "./support/tokens.ts";

/** Lines of the README. It is an introduction; the rest is in docs/. */
const MAX_README = 200;

/** The files of a folder, but not those of its folders. */
function filesIn(folder: string): string[] {
  const entries = [...Deno.readDirSync(projectPath(folder))].filter(({ isFile }) => isFile);
  return entries.map(({ name }) => `${folder}/${name}`).sort();
}

const NAMES = [
  "README.md",
  "SECURITY.md",
  "CHANGELOG.md",
  ...filesIn("docs"),
  "docs/examples/README.md", // docs_examples_test.ts runs the others
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
  const text = code.replace(/"\.\/((?:lib\/client\/)?mod\.ts)"/, (_, module) => {
    return JSON.stringify(import.meta.resolve(`../${module}`));
  }).replace("8080", String(port));
  await Deno.writeTextFile(folder.path("example.ts"), text);
  const config = `--config=${projectPath("deno.json")}`;
  const deno = [Deno.execPath(), "run", "--quiet", "--check", "--allow-net", config];
  return [...deno, folder.path("example.ts")];
}

/** The output that stands behind an example. */
function printedBy({ page, code }: Block): string | undefined {
  const rest = texts.get(page)!.split(`\`\`\`ts\n${code}\`\`\`\n`)[1] ?? "";
  return /^\n```text\n(.*?)^```$/ms.exec(rest)?.[1];
}

for (const [index, block] of blocksOf("ts").entries()) {
  const { page, code } = block;
  if (!code.includes('"./mod.ts"')) continue;
  Deno.test(`${page}: the example of the library prints what stands behind it (${index})`, async () => {
    await using folder = new TempFolder();
    const { code: exit, stdout, stderr } = await run(await script(folder, code));
    assertEquals([exit, stderr], [0, ""]);
    const printed = printedBy(block);
    if (printed !== undefined) assertEquals(stdout, printed);
    else assertMatch(stdout, /^ws:\/\/127\.0\.0\.1:\d+\/chat\/\n$/); // README.md, where the port is any
  });
}

for (const page of ["README.md", "docs/protocol.md", "docs/client.md"]) {
  Deno.test(`${page}: the bot answers`, async () => {
    await using folder = new TempFolder();
    await using server = new TestServer({ presenceDelay: 0, announce: true });
    using alice = await (await LineClient.connect(server.port)).takesName("Alice");
    const code = blockWith(page, "ts", "!time");
    await using bot = new Program(await script(folder, code, server.port));
    await alice.hears("Notice: clock joined");
    await alice.say("!time");
    assertMatch(await alice.line(), /^\[clock\]: \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    await bot.end("SIGTERM");
    assertEquals([...bot.out, ...bot.err], []);
  });
}

Deno.test("docs/client.md: the program that sends prints what became of it", async () => {
  await using folder = new TempFolder();
  await using server = new TestServer();
  using alice = await (await LineClient.connect(server.port)).takesName("Alice");
  await alice.asks("/join dev", "Joined room 'dev'");
  const command = await script(folder, blockWith("docs/client.md", "ts", "whisper("), server.port);
  const { code, stdout, stderr } = await run(command);
  assertEquals([code, stdout, stderr], [0, "message 1\nuser_not_found\n", ""]);
  await alice.hears("[deploy]: Version 1.2.3 is live");
});

Deno.test("docs/client.md: the archive prints what it hears, and fetches what it missed", async () => {
  await using folder = new TempFolder();
  await using server = new TestServer({ announce: true, presenceDelay: 0, historyLimit: 100 });
  await using gateway = new Gateway(() => server.port);
  using alice = await (await LineClient.connect(server.port)).takesName("Alice");
  const example = blockWith("docs/client.md", "ts", `"gap"`);
  await using archive = new Program(await script(folder, example, gateway.port));
  await alice.hears("Notice: archive joined");
  await alice.say("one");
  await archive.prints(/^1 Alice: one$/);
  gateway.down = true;
  gateway.cut();
  await alice.hears("Notice: archive left");
  const missed = Array.from({ length: 230 }, (_, i) => `missed ${i}`);
  await alice.say(...missed);
  await server.settle();
  gateway.down = false;
  await archive.prints(/^lobby: fetched/);
  await alice.say("stop");
  assertEquals((await archive.ended).code, 0);
  assertEquals(archive.out.filter((line) => !/^\d+ Alice: missed/.test(line)), [
    "1 Alice: one",
    "lobby: fetched 50 of 180",
    "232 Alice: stop",
  ]);
});

Deno.test("docs/client.md: the program that logs in prints who it is", async () => {
  await using folder = new TempFolder();
  const key = secretKey("0123456789abcdef0123456789abcdef");
  await using server = new TestServer({ jwtKey: key.jwk });
  const token = await signToken(key, { sub: "7", name: "Ann" });
  await using service = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, () => {
    return new Response(token);
  });
  const example = blockWith("docs/client.md", "ts", "chat-token")
    .replace("9090", String(service.addr.port));
  const { code, stdout, stderr } = await run(await script(folder, example, server.port));
  assertEquals([code, stdout, stderr], [0, "logged in as Ann\n", ""]);
});

Deno.test("Every example in TypeScript is one that is run here", () => {
  const run = /"\.\/mod\.ts"|new WebSocket\(|!time|whisper\(|"gap"|chat-token/;
  const others = blocksOf("ts").filter(({ code }) => !run.test(code));
  assertEquals(others.map(({ page }) => page), ["docs/webhooks.md"]); // see docs_webhooks_test.ts
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

/** The status that a WebSocket handshake with these header fields gets. */
async function webSocketStatus(
  port: number,
  fields: readonly string[],
): Promise<string | undefined> {
  using socket = await RawSocket.connect(port);
  const head = [
    "GET / HTTP/1.1",
    ...fields,
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  ];
  if (!fields.some((field) => field.startsWith("Upgrade:"))) {
    head.push("Upgrade: websocket", "Connection: upgrade");
  }
  await socket.write(`${head.join("\r\n")}\r\n\r\n`);
  return /^HTTP\/1\.1 (\d+)/.exec(await socket.through("\r\n\r\n"))?.[1];
}

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
  assertEquals(
    await webSocketStatus(port, ["Host: chat.example:8443", "Origin: https://chat.example:8443"]),
    "101",
  );
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

/** The command lines of a page that run the server, in one line each. */
function commandLines({ code }: Block): string[] {
  const lines = code.replaceAll(/\\\n\s*/g, "").split("\n");
  return lines.filter((line) => /^(?:\$ )?(?:deno|npx -y deno@\S+) run .*main\.ts/.test(line));
}

Deno.test("Every command line that runs the server has good flags and all permissions", () => {
  const all = [...blocksOf("sh"), ...blocksOf("console")].flatMap((block) =>
    commandLines(block).map((line) => ({ line, page: block.page }))
  );
  assert(all.length >= 8, `${all.length} command lines`);
  for (const { line, page } of all) {
    const [, allowed = "", given = ""] = /run (.*)main\.ts(.*?)(?: >>.*)?$/.exec(line) ?? [];
    const allow = new Map(
      Array.from(
        allowed.matchAll(/--allow-(\w+)(?:=(\S+))?/g),
        ([, name = "", values]) => [name, values?.split(",")],
      ),
    );
    const settings = resolveSettings(readFlags(parseFlags(given.split(/\s+/).filter(Boolean))));
    const missing = missingPermissions(permissionsFor(settings), (permission) => {
      const value = permission.name === "net" ? permission.host : permission.path;
      const isGranted = allow.has(permission.name) &&
        (allow.get(permission.name)?.includes(String(value)) ?? true);
      return isGranted ? "granted" : "prompt";
    });
    assertEquals(missing, [], `${page}: ${line}`);
  }
});

Deno.test("README.md shows what the program prints", async () => {
  const shown = blockWith("README.md", "console", "Server listening");
  await using program = new Program(denoRun(MAIN, "--port=0"));
  await program.prints(/Browser: /);
  const [, port = ""] = /:(\d+)$/.exec(program.out[0] ?? "") ?? [];
  const printed = program.out.map((line) => line.replace(port, "8080"));
  assertEquals(printed, shown.trimEnd().split("\n").slice(1));
  await program.end("SIGTERM");
});

Deno.test("docs/operate.md: with nginx's fields, a page on another port than 443 connects", async () => {
  const nginx = blockWith("docs/operate.md", "nginx", "proxy_pass");
  const variables: Readonly<Record<string, string>> = {
    $http_host: "chat.example:8443",
    $scheme: "https",
    $http_upgrade: "websocket",
    $connection_upgrade: "upgrade",
    $proxy_add_x_forwarded_for: "203.0.113.7",
  };
  const fields = Array.from(
    nginx.matchAll(/proxy_set_header (\S+) (\S+);/g),
    ([, name, value = ""]) => `${name}: ${variables[value]}`,
  );
  await using server = new TestServer({ trustProxy: "127.0.0.1" });
  const statusFor = (origin: string) =>
    webSocketStatus(server.port, [...fields, `Origin: ${origin}`]);
  assertEquals(await statusFor("https://chat.example:8443"), "101");
  await until(
    () => server.log.some(({ address }) => address?.startsWith("203.0.113.7:")),
    "the client has its own address",
  );
  assertEquals(await statusFor("https://chat.example"), "403");
  assertEquals(await statusFor("http://chat.example:8443"), "403");
});

const HANDSHAKE = [
  "Connection: upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];

/** A request for each status in the table of HTTP. */
const REQUESTS: ReadonlyArray<readonly [status: string, line: string, ...fields: string[]]> = [
  ["200", "GET / HTTP/1.1", "Host: localhost"],
  ["204", "OPTIONS * HTTP/1.1", "Host: localhost"],
  ["101", "GET / HTTP/1.1", "Host: localhost", ...HANDSHAKE],
  [
    "426",
    "GET / HTTP/1.1",
    "Host: localhost",
    ...HANDSHAKE.map((field) => field.replace("13", "8")),
  ],
  ["403", "GET / HTTP/1.1", "Host: localhost", "Origin: https://other.example", ...HANDSHAKE],
  ["421", "GET / HTTP/1.1", "Host: other.example", "Origin: http://other.example", ...HANDSHAKE],
  ["404", "GET /nothing HTTP/1.1", "Host: localhost"],
  ["405", "POST / HTTP/1.1", "Host: localhost"],
  ["501", "BREW / HTTP/1.1", "Host: localhost"],
  ["400", "get / http/1.1"],
  ["414", `GET /${"x".repeat(16_400)} HTTP/1.1`],
  ["431", "GET / HTTP/1.1", ...Array.from({ length: 101 }, (_, i) => `X-Field-${i}: x`)],
  ["505", "GET / HTTP/2.0", "Host: localhost"],
];

/** What takes time, many connections or an operator has tests of its own. */
const OTHER_STATUSES = ["304", "401", "408", "429", "503"];

Deno.test("docs/protocol.md: the server answers HTTP with each status in the table", async () => {
  const [, section = ""] = /^## HTTP\n(.*)/ms.exec(texts.get("docs/protocol.md")!) ?? [];
  const shown = new Set(section.match(/\b[1-5]\d\d\b(?! requests)/g));
  shown.delete("100"); // fields, and requests on a connection
  const known = [...REQUESTS.map(([status]) => status), ...OTHER_STATUSES];
  assertEquals([...shown].toSorted(), known.toSorted());
  await using server = new TestServer();
  await eachInTurn(REQUESTS, async ([status, ...head]) => {
    using socket = await RawSocket.connect(server.port);
    await socket.write(`${head.join("\r\n")}\r\n\r\n`);
    assertMatch(await socket.through("\r\n"), new RegExp(`^HTTP/1\\.1 ${status} `), head[0]);
  });
});

Deno.test("docs/operate.md: the lines of a JSON log are as the program writes them", () => {
  const lines = blockWith("docs/operate.md", "jsonl", '"ts"').trimEnd().split("\n");
  for (const line of lines) {
    const { ts, ...entry } = JSON.parse(line);
    assertEquals(formatLogEntryAsJson(entry, new Date(ts)), line);
  }
});

// Generated parts

for (const page of GENERATED) {
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

Deno.test("docs/metrics.md has every cause, and no metric that there is not", () => {
  const page = texts.get("docs/metrics.md")!;
  const causesBehind = (title: string) => {
    const [, table = ""] =
      new RegExp(`^The \`cause\` of ${title}.*?\\n\\n(.*?)\\n\\n`, "ms").exec(page) ?? [];
    return Array.from(table.matchAll(/^\| `(\w+)`/gm), ([, cause = ""]) => cause).toSorted();
  };
  const { refused, closed } = new Counters();
  assertEquals(causesBehind("a refusal"), Object.keys(refused).toSorted());
  assertEquals(causesBehind("a close"), Object.keys(closed).toSorted());
  const known = new Set(Array.from(page.matchAll(/^\| `(backchannel_\w+)`/gm), ([, name]) => name));
  for (const [name, text] of texts) {
    for (const [metric] of text.matchAll(/\bbackchannel_\w+/g)) {
      assert(known.has(metric.replace(/_bucket$/, "")), `${name}: ${metric}`);
    }
  }
});

Deno.test("README.md has the flags that --help calls most used", () => {
  const [, section = ""] = /^## The most used flags\n(.*?)^## /ms.exec(texts.get("README.md")!) ??
    [];
  const [table = ""] = section.split("\n\n`--help`");
  const mostUsed = Object.entries(SETTINGS).filter(([, { isMostUsed }]) => isMostUsed)
    .map(([name]) => `--${flagName(name)}`);
  const named = Array.from(
    table.matchAll(/^\| (.*?) +\|/gm),
    ([, cell = ""]) => Array.from(cell.matchAll(/`(--[a-z-]+)/g), ([, flag = ""]) => flag),
  ).flat();
  assertEquals(named.toSorted(), mostUsed.toSorted());
});

Deno.test("Every file that is named exists", () => {
  for (const [name, text] of texts) {
    for (const [, path = ""] of text.matchAll(/`((?:lib|tests|static)\/[\w./-]+)`/g)) {
      assert(Deno.statSync(projectPath(path)), `${name}: ${path}`);
    }
  }
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
    // In running text, all that is not of Deno, Docker, OpenSSL or curl.
    const others =
      /^--(allow-(net|read|write|env)|unstable-net|v8-flags|max-semi-space-size|output|build-arg|publish|stop-timeout|ulimit|volume|now|system|home-dir|shell|quick|sysctl|json|data-urlencode|data-binary)$/;
    for (const [, flag = ""] of text.matchAll(/(?<![\w-])(--[a-z][a-z0-9-]+)/g)) {
      assert(known.has(flag) || others.test(flag), `${name}: ${flag}`);
    }
  }
});

Deno.test("A number in parentheses behind a flag is its default", () => {
  const defaults = new Map<string, unknown>(
    Object.entries(SETTINGS).map(([name, setting]) => [`--${flagName(name)}`, setting.default]),
  );
  let count = 0;
  for (const [name, text] of texts) {
    const stated = /`(--[a-z-]+)[^`]*`[^`()\n]*\((\d[\d,]*)(?: (?:seconds|bytes|messages))?\)/g;
    for (const [, flag = "", number = ""] of text.matchAll(stated)) {
      assertEquals(Number(number.replaceAll(",", "")), defaults.get(flag), `${name}: ${flag}`);
      count++;
    }
  }
  assert(count >= 10, `${count} defaults`);
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
