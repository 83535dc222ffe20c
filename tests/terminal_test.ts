/**
 * The program on a terminal: the runtime asks there for what it may not do, and closing it is a signal. The terminal is
 * that of `script` (util-linux): when that is killed, it is closed.
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { LineClient } from "./support/client.ts";
import { eachInTurn, patiently, until } from "./support/patience.ts";
import { MAIN, Program } from "./support/program.ts";
import { connectLine, presents, TLS } from "./support/tls.ts";

const hasScript = await new Deno.Command("script", { args: ["--version"] }).output()
  .then(({ stdout }) => new TextDecoder().decode(stdout).includes("util-linux"), () => false);

function onTerminal(name: string, fn: () => Promise<void>): void {
  const why = hasScript ? "" : " (skipped: there is no script of util-linux)";
  Deno.test({ name: name + why, ignore: !hasScript, fn });
}

/** Starts a command of Deno's on a terminal of its own. Its lines end with CR LF. */
function start(...args: string[]): Program {
  const command = [Deno.execPath(), ...args].map((arg) => `'${arg}'`).join(" ");
  return new Program([
    "script",
    "--quiet",
    "--return",
    "--command",
    `exec ${command}`,
    "/dev/null",
  ]);
}

const TLS_FLAGS = ["--tls-port=0", `--tls-cert=${TLS.tlsCert}`, `--tls-key=${TLS.tlsKey}`];

/** The port in the line that begins so. */
function portIn(program: Program, beginning: string): number {
  const line = program.out.find((line) => line.startsWith(beginning)) ?? "";
  return Number(/:(\d+)\b/.exec(line)?.[1]);
}

/** The runtime asked, in the middle of the start, and the server waited. */
onTerminal("main.ts says on a terminal which permission is missing, and exits with 1", async () => {
  const cases: ReadonlyArray<readonly [string[], string[], RegExp]> = [
    [[], [], /^Cannot start: deno run needs --allow-net=127\.0\.0\.1:0 before main\.ts\r?$/],
    [
      ["--allow-net"],
      TLS_FLAGS,
      /^Cannot start: deno run needs --allow-read=\S+crt,\S+key before /,
    ],
    [
      ["--allow-net", "--allow-read"],
      ["--history=nowhere.db"],
      /^Cannot start: deno run needs --allow-write=nowhere\.db before main\.ts\r?$/,
    ],
    [["--allow-net"], ["--static=static"], /^Cannot start: deno run needs --allow-read=static /],
    [["--allow-net=127.0.0.1:0"], ["--metrics-port=9464"], / --allow-net=127\.0\.0\.1:9464 /],
  ];
  await eachInTurn(cases, async ([permissions, flags, line]) => {
    await using program = start("run", ...permissions, MAIN, "--port=0", ...flags);
    assertEquals((await patiently(program.ended, "its end")).code, 1);
    assertEquals(program.out.length, 1, program.out.join("\n"));
    assertMatch(program.out[0]!, line);
  });
});

onTerminal("main.ts starts on a terminal with just the permissions that it needs", async () => {
  const read = `--allow-read=${TLS.tlsCert},${TLS.tlsKey}`;
  await using program = start(
    "run",
    "--allow-net=127.0.0.1:0",
    read,
    MAIN,
    "--port=0",
    ...TLS_FLAGS,
  );
  await program.listens();
  using alice = await connectLine(portIn(program, "With TLS: "));
  await alice.asks("/list", "No users online");
});

for (const flags of [[], TLS_FLAGS]) {
  const how = flags.length > 0 ? "with TLS" : "without TLS";
  onTerminal(`Closing the terminal ends main.ts, with a goodbye [${how}]`, async () => {
    const program = start("run", "--allow-net", "--allow-read", MAIN, "--port=0", ...flags);
    await program.listens();
    const port = portIn(program, "Server listening on ");
    using client = await (await LineClient.connect(port)).takesName("Alice");
    await program[Symbol.asyncDispose](); // kills what the terminal belongs to
    assertEquals((await client.ending()).lines, ["Server is shutting down"]);
    await until(async () => {
      try {
        (await Deno.connect({ hostname: "127.0.0.1", port })).close();
        return false;
      } catch {
        return true;
      }
    }, "the port is closed");
  });
}

Deno.test("Without a terminal SIGHUP ends no server that speaks TLS", async () => {
  await using program = new Program([
    ...[Deno.execPath(), "run", "--quiet", "--allow-net", "--allow-read"],
    ...[MAIN, "--port=0", ...TLS_FLAGS],
  ]);
  await program.listens();
  program.kill("SIGHUP");
  await program.prints(/^The certificate was read again$/);
  assert(await presents(portIn(program, "With TLS: "), "first"));
});
