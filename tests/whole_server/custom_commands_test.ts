/**
 * Commands of the program that embeds the server, over real sockets.
 * @module
 */
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { type CommandCall, type CommandOptions, type LogEntry, serve } from "../../mod.ts";
import { LineClient, WIRES } from "../support/client.ts";
import { FakeClock } from "../support/clock.ts";
import { JsonClient } from "../support/json_client.ts";
import { eachInTurn } from "../support/patience.ts";
import { TestServer } from "../support/server.ts";
import { TempFolder } from "../support/temp_folder.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";

const FAILED = "Error: Not done, because the application behind this chat failed";

const deploy: CommandOptions = {
  usage: "<service> [version]",
  summary: "deploy a service",
  run: ({ text }) => {
    const [service, version = "latest"] = text.split(/\s+/);
    if (service === "payroll") return { refused: "Ask the accountants first" };
    return { text: `Deployed ${service} ${version}`, data: { service, version } };
  },
};

/** Removes the failures from the log, and returns them. */
function takeFailures({ log }: TestServer): LogEntry[] {
  const failures = log.filter(({ kind }) => kind === "application_failed");
  log.splice(0, log.length, ...log.filter((entry) => !failures.includes(entry)));
  return failures;
}

for (const wire of WIRES) {
  Deno.test(`A custom command runs, is listed, and its sender alone is answered [${wire.name}]`, async () => {
    const calls: CommandCall[] = [];
    const roll: CommandOptions = {
      summary: "roll a die",
      run: async (call) => {
        calls.push(call);
        await Promise.resolve();
        return "4\nchosen by fair dice roll";
      },
    };
    await using server = new TestServer({ commands: { deploy, roll } });
    using alice = await (await server.connect(wire)).takesName("Alice");
    using bob = await (await server.connect(wire)).takesName("Bob");
    await alice.asks("/deploy api 1.2.3", "Deployed api 1.2.3");
    await alice.asks("  /DEPLOY web", "Deployed web latest");
    await alice.asks("/deploy", "Usage: /deploy <service> [version]");
    await alice.asks("/deploy payroll", "Error: Ask the accountants first");
    await alice.say("/roll 2d6 twice", "/roll");
    if (wire.name === "tcp") await alice.hears("4", "chosen by fair dice roll");
    else await alice.hears("4\nchosen by fair dice roll");
    const [{ user, room, text } = { user: undefined }] = calls;
    assertEquals([user?.name, room, text], ["Alice", "lobby", "2d6 twice"]);
    if (wire.name === "tcp") await alice.hears("4", "chosen by fair dice roll");
    else await alice.hears("4\nchosen by fair dice roll");
    await alice.say("/help");
    assertMatch(
      await alice.line(),
      /\/quit \(disconnect\), \/deploy <service> \[version\] \(deploy a service\), \/roll \(roll a die\)$/,
    );
    await eachInTurn([alice, bob], (client) => client.hearsNothing());
  });
}

Deno.test("JSON clients get the data of a custom command, and it is in their hello", async () => {
  await using server = new TestServer({ commands: { deploy } });
  using client = await JsonClient.connect(server.port);
  const hello = await client.next("hello");
  assertEquals(hello.commands.at(-1), {
    name: "deploy",
    usage: "/deploy <service> [version]",
    summary: "deploy a service",
  });
  const reply = await client.ask({ type: "command", text: "/deploy api", id: "d" });
  assertEquals({ ...reply, time: 0 } as unknown, {
    type: "reply",
    time: 0,
    ref: "d",
    text: "Deployed api latest",
    command: "deploy",
    data: { service: "api", version: "latest" },
  });
  const refused = await client.ask({ type: "command", text: "/deploy payroll", id: "p" });
  assertEquals(refused.type === "error" && refused.code, "rejected");
});

Deno.test("A message that looks like a custom command is not said", async () => {
  await using server = new TestServer({ commands: { deploy } });
  using alice = await (await LineClient.connect(server.port)).takesName("Alice");
  using bob = await LineClient.connect(server.port);
  await alice.asks(
    "\u2044deploy api",
    "Error: Not said, because it looks like a command: these begin with '/' (U+002F)",
  );
  await alice.asks("\x1b[A/deploy api", "Deployed api latest");
  await bob.hearsNothing();
});

Deno.test("Commands for operators are refused and not listed for others", async () => {
  await using folder = new TempFolder();
  const operatorTokenFile = folder.path("token");
  await Deno.writeTextFile(operatorTokenFile, TOKEN, { mode: 0o600 });
  const commands = { deploy: { ...deploy, operator: true } };
  await using server = new TestServer({ commands, operatorTokenFile });
  using client = await JsonClient.connect(server.port);
  const hello = await client.next("hello");
  const names = (list: typeof hello.commands) => list.map(({ name }) => name);
  assert(!names(hello.commands).includes("deploy"));
  const refused = await client.ask({ type: "command", text: "/deploy api", id: "1" });
  assertEquals(refused.type === "error" && refused.code, "not_operator");
  const oper = await client.ask({ type: "command", text: `/oper ${TOKEN}`, id: "2" });
  assert(oper.type === "reply" && oper.command === "oper");
  assert(names(oper.data.commands).includes("deploy"));
  const reply = await client.ask({ type: "command", text: "/deploy api", id: "3" });
  assertEquals(reply.type, "reply");
  const help = await client.ask({ type: "command", text: "/help", id: "4" });
  assert(help.type === "reply" && help.command === "help");
  assert(names(help.data.commands).includes("deploy"));
});

Deno.test("A command that fails or hangs costs its sender an error", async () => {
  const clock = new FakeClock();
  const cycle: unknown[] = [];
  cycle.push(cycle);
  const results: Record<string, () => unknown> = {
    throws: () => {
      throw new Error("Out of order");
    },
    nonsense: () => 42,
    cycle: () => ({ text: "x", data: cycle }),
    long: () => "x".repeat(16_385),
    large: () => ({ text: "x", data: { x: "x".repeat(65_530) } }),
    array: () => ({ text: "x", data: ["x"] }),
    hangs: () => new Promise(() => {}),
    nothing: () => undefined,
    blank: () => "\u200b",
  };
  const commands = Object.fromEntries(
    Object.entries(results).map(([name, run]) =>
      [name, { summary: "fail", run: run as CommandOptions["run"] }] as const
    ),
  );
  await using server = new TestServer({ commands, clock });
  using client = await LineClient.connect(server.port);
  await eachInTurn(
    ["throws", "nonsense", "cycle", "long", "large", "array"],
    (name) => client.asks(`/${name}`, FAILED),
  );
  await client.say("/hangs", "/nothing");
  await server.settle();
  clock.advance(29_999);
  await server.settle();
  clock.advance(1);
  await client.hears(FAILED, "Done");
  await client.asks("/blank", "Done");
  assertEquals(takeFailures(server).map(({ message }) => message.split("\n")[0]), [
    "/throws failed: Error: Out of order",
    "/nonsense failed: returned a number, not a text, { text, data } or { refused }",
    "/cycle failed: TypeError: Converting circular structure to JSON",
    "/long failed: The text is longer than 16384 bytes",
    "/large failed: The data has more than 65536 characters of JSON",
    "/array failed: The data is not an object",
    "/hangs failed: no result within 30 s",
  ]);
});

Deno.test("serve() refuses commands that cannot be used, and listens to nothing then", () => {
  const run = () => "ok";
  const refusals: ReadonlyArray<readonly [Record<string, unknown>, string]> = [
    [{ Deploy: { summary: "s", run } }, "use up to 32 of a-z"],
    [{ "": { summary: "s", run } }, "use up to 32 of a-z"],
    [{ quit: { summary: "s", run } }, "there is a built-in command of this name"],
    [{ kick: { summary: "s", run } }, "there is a built-in command of this name"],
    [{ oper: { summary: "s", run } }, "there is a built-in command of this name"],
    [{ deploy: { run } }, "summary is not a text"],
    [{ deploy: { summary: "two\nlines", run } }, "summary is not one line"],
    [{ deploy: { summary: "s", usage: "/deploy <x>", run } }, "that begins with '<' or '['"],
    [{ deploy: { summary: "s" } }, "run is not a function"],
    [{ deploy: { summary: "s", run, operator: "yes" } }, "operator is not true or false"],
  ];
  for (const [commands, problem] of refusals) {
    const options = { port: 0, commands: commands as Record<string, CommandOptions> };
    assertThrows(() => serve(options), TypeError, problem);
  }
  const costly = { deploy: { summary: "s", run, cost: -1 } };
  assertThrows(() => serve({ port: 0, commands: costly }), RangeError, "cost is not a number");
  const many = Object.fromEntries(
    Array.from({ length: 101 }, (_, i) => [`c${i}`, { summary: "s", run }]),
  );
  assertThrows(() => serve({ port: 0, commands: many }), RangeError, "the maximum is 100");
  const hook = { port: 0, onMessage: "yes" as unknown as () => undefined };
  assertThrows(() => serve(hook), TypeError, "Cannot set onMessage to a string: not a function");
});
