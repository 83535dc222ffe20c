/**
 * The program: its output, exit codes and flags, and the bundle in one file.
 * @module
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import config from "../deno.json" with { type: "json" };
import { FILES } from "../lib/server/http/embedded_assets.ts";
import { flagName, SETTINGS } from "../lib/server/settings.ts";
import { LineClient, WebSocketClient } from "./support/client.ts";
import { freePort } from "./support/free_port.ts";
import { eachInTurn, patiently, times, until } from "./support/patience.ts";
import { denoRun, MAIN, type Output, Program, run } from "./support/program.ts";
import { TempFolder } from "./support/temp_folder.ts";

function main(...flags: string[]): Promise<Output> {
  return run(denoRun(MAIN, ...flags));
}

/** Asserts that a mistake of the user is reported in one line. */
async function assertFails(flags: readonly string[], code: number, message: RegExp): Promise<void> {
  const { stderr, ...rest } = await main(...flags);
  assertEquals(rest, { code, stdout: "" }, flags.join(" "));
  assertMatch(stderr, /^[^\n]+\n$/);
  assertMatch(stderr, message);
}

// Start

Deno.test("main.ts prints where it listens and how to connect", async () => {
  await using program = await Program.start();
  const { port } = program;
  assertEquals(program.out, [
    `Server listening on 127.0.0.1:${port}`,
    `WebSocket clients: ws://127.0.0.1:${port}`,
    `TCP clients: telnet 127.0.0.1 ${port}`,
    `Browser: http://127.0.0.1:${port}/`,
  ]);
  assertEquals(program.err, []);
});

Deno.test("main.ts prints the address of the metrics if they have a separate port", async () => {
  await using program = await Program.start("--metrics-port", String(freePort()));
  const lines = program.out.filter((line) => line.startsWith("Metrics: "));
  assertEquals(lines.length, 1);
  const { host, pathname } = new URL(lines[0]!.slice("Metrics: ".length));
  assertEquals(pathname, "/metrics");
  assertStringIncludes(await (await fetch(`http://${host}/metrics`)).text(), "backchannel_ready 1");
});

Deno.test("main.ts logs connects and disconnects in one line each", async () => {
  await using program = await Program.start();
  const client = await (await LineClient.connect(program.port)).takesName("Alice");
  client.close();
  await program.prints(/Disconnected/);
  assertEquals(program.out.slice(4), [
    `[${client.address}] Connected over tcp`,
    `[${client.address}] Disconnected: closed by the client`,
  ]);
});

Deno.test("main.ts --quiet suppresses only connects and disconnects", async () => {
  await using program = await Program.start("--quiet");
  using client = await WebSocketClient.connect(program.port);
  await client.takesName("Alice");
  await client.socket.write(Uint8Array.of(0xff));
  await client.ending();
  await program.end("SIGTERM");
  assertEquals(program.out.slice(4), [
    `[${client.address}] Closed with 1002: Reserved bit set`,
    "Shutting down",
  ]);
});

Deno.test("main.ts passes its flags to the server", async () => {
  await using program = await Program.start("--echo", "--max-payload", "100", "--idle-timeout=0");
  using client = await LineClient.connect(program.port);
  await client.asks("/list", "/list");
  await client.asks("x".repeat(101), "Error: Line is longer than 100 bytes");
});

Deno.test("main.ts --idle-timeout accepts fractions of a second", async () => {
  await using program = await Program.start("--idle-timeout", "0.05");
  using client = await LineClient.connect(program.port);
  assertEquals((await client.ending()).lines, ["Disconnected due to inactivity"]);
});

// Log

Deno.test("main.ts --log-format json prints one object per line and nothing else", async () => {
  await using program = new Program(denoRun(MAIN, "--port=0", "--log-format=json"));
  await program.prints(/"Browser: /);
  const port = Number(/listening on 127\.0\.0\.1:(\d+)/.exec(program.out[0]!)?.[1]);
  using client = await LineClient.connect(port);
  await client.takesName("Alice");
  client.close();
  await program.prints(/Disconnected/);
  await program.end("SIGTERM");
  const entries = program.out.map((line) => JSON.parse(line));
  for (const { ts, level, topic, message } of entries) {
    assertEquals(new Date(ts).toISOString(), ts);
    assertEquals([level, typeof topic, typeof message], ["info", "string", "string"]);
  }
  assertEquals(entries.slice(4).map(({ topic, address, cause }) => [topic, address, cause]), [
    ["connection", client.address, undefined],
    ["connection", client.address, "peer"],
    ["server", undefined, undefined],
  ]);
});

Deno.test("main.ts --log-level warn suppresses info entries", async () => {
  const port = freePort();
  await using program = new Program(
    denoRun(
      MAIN,
      "--port",
      String(port),
      "--log-level=warn",
      "--capacity=1",
      "--rate=0",
      "--max-payload=65536",
      "--max-message=65536",
      "--max-payload=65536",
    ),
  );
  await until(() => isListening(port), "it listens");
  using reader = await LineClient.connect(port);
  using writer = await LineClient.connect(port);
  await writer.say(...Array<string>(50).fill("x".repeat(60_000)));
  await until(async () => {
    await writer.say(...Array<string>(50).fill("x".repeat(60_000)));
    return program.out.some((line) => line.startsWith(`[${reader.address}] Slow client`));
  }, "the reader is slow");
  await program.end("SIGTERM");
  for (const line of program.out) assertMatch(line, /Slow client|Recovered/);
});

const hasFullDisk = await Deno.stat("/dev/full").then(() => true, () => false);

/** The log may go to a file on a full disk: the first line that could not be written once ended the server. */
Deno.test({
  name: "A log that cannot be written costs its lines, and main.ts goes on" +
    (hasFullDisk ? "" : " (skipped: there is no /dev/full)"),
  ignore: !hasFullDisk,
  fn: async () => {
    const port = freePort();
    const command = denoRun(MAIN, "--port", String(port));
    await using program = new Program(["/bin/sh", "-c", 'exec "$0" "$@" > /dev/full', ...command]);
    await until(() => isListening(port), "it listens");
    await times(2, async () => {
      using client = await LineClient.connect(port);
      await client.asks("/list", "No users online");
    });
    await until(async () => {
      const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      return /^backchannel_log_failures_total [1-9]/m.test(metrics);
    }, "lost lines are counted");
    assertEquals([(await program.end("SIGTERM")).code, program.err], [0, []]);
  },
});

/** A pager, or a stopped terminal, at the other end of the pipe: a full pipe once blocked the server. */
Deno.test("main.ts works and ends although nobody reads its log", async () => {
  const port = freePort();
  const [program = "", ...args] = denoRun(MAIN, "--port", String(port), "--log-format=json");
  await using child = new Deno.Command(program, { args, stdout: "piped", stderr: "null" }).spawn();
  await until(() => isListening(port), "it listens");
  const visits = 500; // of two lines each, in all more than a pipe holds
  await times(visits, async () => {
    using client = await LineClient.connect(port);
    await client.asks("/quit", "Goodbye!");
  });
  child.kill("SIGTERM");
  assertEquals((await patiently(child.status, "its end")).code, 0);
  await child.stdout.cancel();
});

async function isListening(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}

// Metrics

Deno.test("main.ts --metrics-port serves metrics, and reports that the port is in use", async () => {
  await using program = await Program.start();
  const port = String(program.port);
  await assertFails(
    ["--port=0", "--metrics-port", port],
    1,
    /^Cannot listen: the metrics port is in use, try --metrics-port\n$/,
  );
  await program.end("SIGTERM");
  await using other = await Program.start("--metrics-port", port);
  const response = await fetch(`http://127.0.0.1:${port}/metrics`);
  assertStringIncludes(
    await response.text(),
    `backchannel_build_info{version="${config.version}"} 1\n`,
  );
  assertEquals((await other.end("SIGTERM")).code, 0);
});

// Shutdown

Deno.test("main.ts --drain disconnects clients one by one and exits with 0", async () => {
  await using program = await Program.start("--drain", "1");
  const clients = await Promise.all([0, 1, 2].map(() => LineClient.connect(program.port)));
  await eachInTurn(clients, (client) => client.hearsNothing());
  program.kill("SIGTERM");
  await eachInTurn(clients, async (client) => {
    assertEquals(await client.ending(), { lines: ["Server is shutting down"] });
  });
  assertEquals((await program.ended).code, 0);
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`main.ts says goodbye and exits with 0 at ${signal}`, async () => {
    await using program = await Program.start();
    using line = await LineClient.connect(program.port);
    using web = await WebSocketClient.connect(program.port);
    await line.hearsNothing();
    program.kill(signal);
    assertEquals(await line.ending(), { lines: ["Server is shutting down"] });
    assertEquals(await web.ending(), { lines: ["Server is shutting down"], code: 1001 });
    const { code, signal: by } = await program.ended;
    assertEquals([code, by], [0, null]);
    assertEquals(program.err, []);
  });

  Deno.test(`main.ts ends at a second ${signal}`, async () => {
    // The first signal waits a second for this client. If the second one comes too late, the test tries again.
    let ended: Deno.CommandStatus | undefined;
    await times(5, async () => {
      if (ended?.signal === signal) return;
      await using program = await Program.start();
      using client = await LineClient.connect(program.port);
      await client.hearsNothing();
      program.kill(signal);
      await client.hears("Server is shutting down");
      ended = await program.end(signal);
    });
    assertEquals(ended?.signal, signal);
  });
}

Deno.test("main.ts without clients ends at once", async () => {
  await using program = await Program.start();
  assertEquals((await program.end("SIGINT")).code, 0);
});

// Mistakes of users

Deno.test("main.ts exits with 2 for an unknown argument", async () => {
  await eachInTurn(
    [
      ["--bogus"],
      ["--bogus=1"],
      ["-p", "8080"],
      ["-x"],
      ["8080"],
      ["--port", "0", "here"],
      ["--", "here"],
      ["--port=0", "--", "--echo"],
      ["--", "0x10"],
      ["--Port", "0"],
      ["--maxPayload", "1"],
      ["--no-port=0"],
      ["--no-port", "0"],
      ["--port.x=0"],
      ["-qx"],
      ["--__proto__.echo=1"],
    ],
    (flags) => assertFails(flags, 2, /^Unknown argument '[^']+', try --help\n$/),
  );
  await assertFails(["--", "0x10"], 2, /'0x10'/);
});

Deno.test("main.ts exits with 2 for an empty argument", async () => {
  await assertFails(["--port=0", ""], 2, /^An argument is empty, try --help\n$/);
  await assertFails(["--port=0", "--hostname", ""], 2, /^An argument is empty, try --help\n$/);
});

Deno.test("main.ts exits with 2 for a bad value", async () => {
  const wrong: Record<string, string[]> = {
    "port": ["x", "-1", "65536", "1.5", "1e3", "0x10", "", " 1", "99999999999999999999"],
    "sniff-timeout": ["0", "61"],
    "head-timeout": ["0"],
    "handshake-timeout": ["0", "x"],
    "line-idle-timeout": ["soon", "-1"],
    "idle-timeout": ["soon", "-1", "86401", "Infinity", "NaN"],
    "heartbeat": ["x"],
    "pong-timeout": ["0"],
    "write-timeout": ["x"],
    "capacity": ["0", "1.5"],
    "capacity-bytes": ["10"],
    "overflow": ["drop", "Drop-Oldest", ""],
    "max-payload": ["0", "many"],
    "hostname": [""],
    "drain": ["-1", "soon"],
    "metrics-port": ["65536"],
    "log-format": ["xml", ""],
    "log-level": ["debug"],
    "static": [""],
  };
  const flags = Object.entries(wrong).flatMap(([name, values]) =>
    values.map((value) => `--${name}=${value}`)
  );
  await Promise.all(flags.map((flag) => {
    const [name] = flag.split("=");
    return assertFails([flag], 2, new RegExp(`^${name} (must be|needs) [^\n]+\n$`));
  }));
});

Deno.test("main.ts exits with 2 for a missing value", async () => {
  await assertFails(["--port"], 2, /^--port needs a value\n$/);
  await assertFails(["--port", "--echo"], 2, /^--port needs a value\n$/);
});

Deno.test("main.ts exits with 2 for a switch with an invalid value", async () => {
  await assertFails(["--port=0", "--echo=perhaps"], 2, /--echo takes no value/);
  await assertFails(["--port=0", "--echo", "perhaps"], 2, /^Unknown argument 'perhaps'/);
  // parseArgs reads this as --history=chat.db.
  await assertFails(["--port=0", "--no-history=chat.db"], 2, /--no-history takes no value/);
  await assertFails(["--port=0", "--no-history=true"], 2, /--no-history takes no value/);
});

Deno.test("main.ts exits with 2 for a folder that cannot be served, and reports the reason", async () => {
  await assertFails(
    ["--static=no such folder"],
    2,
    /^Cannot serve 'no such folder': .*--allow-read/,
  );
  await assertFails(["--static=/dev/null"], 2, /^Cannot serve '\/dev\/null': [^\n]+\n$/);
});

Deno.test("main.ts exits with 1 if the port is in use", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await assertFails(["--port", String(listener.addr.port)], 1, /^Cannot listen: .*in use/);
});

Deno.test("main.ts exits with 1 for an address of another machine", async () => {
  await assertFails(["--port=0", "--hostname=192.0.2.1"], 1, /^Cannot listen: /);
  await assertFails(["--port=0", "--hostname=not a host"], 1, /^Cannot listen: /);
});

Deno.test("main.ts exits with 1 without a permission, and names it", async () => {
  const { code, stdout, stderr } = await run([Deno.execPath(), "run", "--quiet", MAIN, "--port=0"]);
  assertEquals([code, stdout], [1, ""]);
  assertMatch(stderr, /^Cannot listen: .*--allow-net[^\n]*\n$/);
});

Deno.test("main.ts exits with 1 without the permission to send webhooks, and names it", async () => {
  await using folder = new TempFolder();
  const secret = folder.path("secret");
  await Deno.writeTextFile(secret, "0123456789abcdef01234567\n", { mode: 0o600 });
  const flags = [
    "--port=0",
    "--webhook=https://hooks.example/T0KEN",
    "--webhook-secret-file",
    secret,
  ];
  const allowed = (...permissions: string[]) =>
    run([Deno.execPath(), "run", "--quiet", "--no-prompt", ...permissions, MAIN, ...flags]);
  const net = "--allow-net=127.0.0.1:0";
  const missing = await allowed(net, `--allow-read=${secret}`);
  assertEquals(missing, {
    code: 1,
    stdout: "",
    stderr: "Cannot send webhooks: they need --allow-net=hooks.example:443\n",
  });
  const unreadable = await allowed(`${net},hooks.example:443`);
  assertEquals(unreadable.code, 1);
  assertEquals(
    unreadable.stderr,
    `Cannot use webhook secret file '${secret}': it needs --allow-read for this path\n`,
  );
  await using program = new Program([
    ...[Deno.execPath(), "run", "--quiet", "--no-prompt", `${net},hooks.example:443`],
    ...[`--allow-read=${secret}`, MAIN, ...flags],
  ]);
  await program.listens();
});

Deno.test("main.ts exits with 2 for a webhook without a secret or with a bad URL, which is not shown", async () => {
  await assertFails(
    ["--webhook=https://hooks.example/T0KEN"],
    2,
    /^Cannot send webhooks: there is no secret to sign them with\n$/,
  );
  await assertFails(
    ["--webhook=hooks.example/T0KEN"],
    2,
    /^Cannot send webhooks: the URL does not/,
  );
  await assertFails(
    ["--webhook=https://me:T0KEN@hooks.example/"],
    2,
    /^Cannot send webhooks: the URL has a user name or a password/,
  );
});

// Flags

Deno.test("main.ts --version prints the version of deno.json", async () => {
  const { code, stdout, stderr } = await main("--version");
  assertEquals([code, stdout, stderr], [0, `backchannel ${config.version}\n`, ""]);
});

/** Flags that existing deployments use. */
const PROMISED = [
  "port",
  "hostname",
  "idle-timeout",
  "heartbeat",
  "pong-timeout",
  "capacity",
  "capacity-bytes",
  "overflow",
  "max-payload",
  "rate",
  "max-clients",
  "max-per-ip",
  "allow-origin",
  "echo",
  "quiet",
  "help",
  "version",
  "drain",
  "metrics-port",
  "log-format",
];

/** Flags that are not settings of the library. */
const PROGRAM_FLAGS = ["log-format", "log-level", "quiet", "help", "version"];

Deno.test("main.ts --help lists every setting with its default", async () => {
  const { code, stdout, stderr } = await main("--help");
  assertEquals([code, stderr], [0, ""]);
  for (const line of stdout.split("\n")) assert(line.length <= 100, line);
  assertMatch(stdout, /\n\nMost used:\n {2}--port <port> /);
  const lines = stdout.replaceAll(/\n {4,}/g, " ").split("\n")
    .filter((line) => line.startsWith("  --"));
  const flags = lines.map((line) => /^ {2}--([a-z-]+)/.exec(line)?.[1]);
  const settings = Object.keys(SETTINGS).map(flagName);
  assertEquals(flags.toSorted(), [...settings, ...PROGRAM_FLAGS].toSorted());
  for (const flag of PROMISED) assert(flags.includes(flag), flag);
  for (const [name, setting] of Object.entries(SETTINGS)) {
    const line = lines.find((line) => line.startsWith(`  --${flagName(name)} `)) ?? "";
    assertStringIncludes(line, setting.help);
    const isNamed = setting.type !== "switch" && setting.default !== undefined;
    if (isNamed) assertStringIncludes(line, `(${setting.default})`);
  }
});

// Bundle

Deno.test("main.ts bundled into one file runs from an empty folder and serves the page", async () => {
  const folder = await Deno.makeTempDir({ prefix: "backchannel-" });
  try {
    const bundle = `${folder}/backchannel.js`;
    const built = await run([Deno.execPath(), "bundle", "--quiet", MAIN, "--output", bundle]);
    assertEquals(built.code, 0, built.stderr);
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["backchannel.js"]);

    await using program = new Program(denoRun("backchannel.js", "--port", "0"), folder);
    await program.listens();
    const origin = `http://127.0.0.1:${program.port}`;
    await eachInTurn(Object.entries(FILES), async ([path, { type, body }]) => {
      const response = await fetch(origin + path);
      assertEquals(response.status, 200, path);
      assertEquals(response.headers.get("content-type"), type);
      assertEquals(await response.text(), body, path);
    });
    using alice = await (await LineClient.connect(program.port)).takesName("Alice");
    using bob = await WebSocketClient.connect(program.port);
    await alice.say("hello");
    await bob.hears("[Alice]: hello");
    assertEquals((await program.end("SIGTERM")).code, 0);
    assertEquals(program.err, []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
