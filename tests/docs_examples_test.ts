/**
 * docs/examples/: every example runs as it stands there and does what its page says.
 * @module
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { ServeOptions } from "../mod.ts";
import { LineClient } from "./support/client.ts";
import { freePort } from "./support/free_port.ts";
import { projectPath } from "./support/paths.ts";
import { eachInTurn, patiently, until } from "./support/patience.ts";
import { denoRun, Program, run } from "./support/program.ts";
import { TestServer } from "./support/server.ts";
import { TempFolder } from "./support/temp_folder.ts";

function example(name: string, ...args: string[]): string[] {
  return denoRun(projectPath(`docs/examples/${name}`), ...args);
}

/** A command with variables of the environment, which `env` sets. */
function withEnvironment(variables: Readonly<Record<string, string>>, command: string[]): string[] {
  return ["/usr/bin/env", ...Object.entries(variables).map((pair) => pair.join("=")), ...command];
}

Deno.test("docs/examples: the list has every example", async () => {
  const page = await Deno.readTextFile(projectPath("docs/examples/README.md"));
  const files = Array.from(Deno.readDirSync(projectPath("docs/examples")), ({ name }) => name);
  for (const name of files) {
    assert(name === "README.md" || page.includes(`](${name})`), name);
  }
});

Deno.test("docs/examples/bot.ts rolls dice, also after the server was restarted", async () => {
  const port = freePort();
  const options: ServeOptions = { port, presenceDelay: 0, announce: true };
  await using bot = new Program(example("bot.ts", `ws://127.0.0.1:${port}`));
  await eachInTurn([1, 2], async () => {
    await using server = new TestServer(options);
    using alice = await (await LineClient.connect(server.port)).takesName("Alice");
    // The bot may have come before or after Alice.
    await until(() => bot.out.length > 0, "the bot is there");
    bot.out.length = 0;
    const asks = async (text: string) => {
      await alice.say(text);
      const line = await alice.line();
      return line.startsWith("Notice: ") ? await alice.line() : line;
    };
    assertMatch(await asks("!roll"), /^\[dice\]: Alice rolled [1-6]$/);
    const [, first, second, total] =
      /^\[dice\]: Alice rolled ([1-9]) \+ ([1-9]) = (\d+)$/.exec(await asks("!roll 2d9")) ?? [];
    assertEquals(Number(first) + Number(second), Number(total));
    assertEquals(await asks("!roll 100d100"), "[dice]: Alice has no such dice");
    assertEquals(await asks("!roll !roll"), "[dice]: Alice should try: !roll 2d6");
    await alice.say("!rolling", "roll", "/me !roll");
    await alice.hearsNothing();
  });
  assertEquals(bot.err, []);
});

Deno.test("docs/examples/bot.ts ends with a reason if its name is taken", async () => {
  await using server = new TestServer();
  using _dice = await (await LineClient.connect(server.port)).takesName("dice");
  const { code, stderr } = await run(example("bot.ts", `ws://127.0.0.1:${server.port}`));
  assertEquals(code, 1);
  assertMatch(stderr, /^[^\n]*'dice'[^\n]*\n$/);
});

/** Reads up to a line of the referee. */
async function refereeSays(client: LineClient): Promise<string> {
  const line = await client.line();
  return line.startsWith("[referee]: ") ? line : await refereeSays(client);
}

Deno.test("docs/examples/lobby.ts seats players, gives each a turn, and finds a winner", async () => {
  const port = freePort();
  await using lobby = new Program(example("lobby.ts", String(port)));
  await lobby.prints(/^The lobby is open: /);
  using stranger = await LineClient.connect(port);
  await stranger.asks("/open", "Error: Take a name first: /name Alice");
  using alice = await (await LineClient.connect(port)).takesName("Alice");
  using bob = await (await LineClient.connect(port)).takesName("Bob");
  await alice.asks("/open 9", "Error: A table has 1 to 8 seats");
  await alice.asks("/open", "Table open, sit down with: /join table-1");
  await alice.asks("/join table-1", "Joined room 'table-1'");
  await bob.asks("/tables", "table-1: 1 of 2 seats taken");
  await bob.asks("/join table-1", "Joined room 'table-1'");
  const begins = "[referee]: Guess my number from 1 to 100. It is your turn, Alice";
  await alice.hears(begins);
  await bob.hears(begins);
  await bob.asks("50", "Error: It is the turn of Alice");
  await bob.say("good luck");
  await alice.hears("[Bob]: good luck");
  await alice.asks("/name Alicia", "Error: Finish your game first");
  await stranger.asks("/name Carol", "Username set to 'Carol'");
  await stranger.say("/join table-1");
  assertEquals(
    [await stranger.line(), await stranger.line()].toSorted(),
    ["Joined room 'table-1'", "[Whisper from server]: You are watching table-1"].toSorted(),
  );
  await stranger.asks("7", "Error: It is the turn of Alice");

  // Two guesses at once are one turn.
  await alice.say("0", "0");
  const first = "[referee]: 0 is too low. It is your turn, Bob";
  assertEquals([await refereeSays(alice), await refereeSays(bob)], [first, first]);

  // Both players halve the interval.
  let low = 1, high = 100;
  for (let [player, other] = [bob, alice], name = "Bob";; [player, other] = [other, player]) {
    const guess = Math.floor((low + high) / 2);
    await player.say(String(guess));
    const verdict = await refereeSays(player);
    assertEquals(await refereeSays(other), verdict);
    if (verdict === `[referee]: ${guess} is right: ${name} wins`) break;
    name = name === "Alice" ? "Bob" : "Alice";
    const [, way] =
      new RegExp(`^\\[referee\\]: ${guess} is too (low|high)\\. It is your turn, ${name}$`)
        .exec(verdict) ?? [];
    if (way === "low") low = guess + 1;
    else if (way === "high") high = guess - 1;
    else throw new Error(verdict);
    assert(low <= high, "the referee is fair");
  }
  const [, next = ""] = /It is your turn, (Alice|Bob)$/.exec(await alice.line()) ?? [];
  await bob.line();
  const [leaver, stayer] = next === "Alice" ? [alice, bob] : [bob, alice];
  await leaver.asks("/leave", "Left room 'table-1'");
  const rest = next === "Alice" ? "Bob" : "Alice";
  await stayer.hears(`[referee]: ${next} has left. It is your turn, ${rest}`);
  await stayer.say("/leave");
  await until(async () => {
    await stranger.say("/tables");
    return (await stranger.line()).startsWith("There are no tables");
  }, "the table is closed");
  assertEquals((await lobby.end("SIGINT")).code, 0);
  assertEquals(lobby.err, []);
});

Deno.test("docs/examples/shared_port.ts answers for the shop and the chat on one port", async () => {
  const port = freePort();
  await using shop = new Program(example("shared_port.ts", String(port)));
  await shop.prints(/^Shop: /);
  const base = `http://127.0.0.1:${port}`;
  const order = async (item: string, origin = base) => {
    const body = new URLSearchParams({ item });
    const headers = { origin };
    const response = await fetch(`${base}/orders`, {
      ...{ method: "POST", body, headers, redirect: "manual" },
    });
    await response.body?.cancel();
    return response.status;
  };
  const pageText = async (path: string) => await (await fetch(`${base}${path}`)).text();

  using alice = await (await LineClient.connect(port)).takesName("Alice");
  await alice.asks("/join orders", "Joined room 'orders'");
  assertEquals(await order("two teas"), 303);
  await alice.hears("[shop]: Somebody has ordered: two teas");
  assertEquals(await order("coffee", "https://other.example"), 403);
  assertEquals(await order("<b>"), 400);
  assertEquals(await order("x".repeat(2_000)), 413);
  await alice.say("<script>alert(1)</script> & more");
  await alice.hearsNothing();
  const page = await pageText("/");
  assertStringIncludes(page, "<pre>shop: Somebody has ordered: two teas\nAlice: &lt;script>");
  assertStringIncludes(page, "people here: 1");
  assertMatch(await pageText("/chat/"), /^<!doctype html>/i);
  assertEquals(await pageText("/nothing"), "There is no such page\n");

  const socket = new WebSocket(`ws://127.0.0.1:${port}/chat/`, "backchannel.v1.json");
  const { data } = await patiently(
    new Promise<MessageEvent>((resolve) => socket.onmessage = resolve),
    "the chat's first event",
  );
  assertEquals(JSON.parse(data).type, "hello");
  const closed = new Promise((resolve) => socket.onclose = resolve);
  assertEquals((await shop.end("SIGINT")).code, 0);
  await patiently(closed, "the end of the chat");
  assertEquals(shop.err, []);
});

const hasCurl = await Deno.stat("/usr/bin/curl").then(() => true, () => false);
const WRITER = "ci-0123456789abcdef", READER = "dash-0123456789abcdef";

Deno.test({
  name: "docs/examples: notify.sh posts, follow.ts prints, and nothing is lost or printed twice" +
    (hasCurl ? "" : " (skipped: there is no curl)"),
  ignore: !hasCurl,
  fn: async () => {
    await using folder = new TempFolder();
    const port = freePort();
    const options: ServeOptions = {
      port,
      history: folder.path("chat.db"),
      apiTokens: [
        { name: "ci", token: WRITER, write: ["deploys"] },
        { name: "dash", token: READER, read: ["deploys"] },
      ],
    };
    const SERVER = `http://127.0.0.1:${port}`;
    const script = projectPath("docs/examples/notify.sh");
    const notify = (room: string, text: string) =>
      run(withEnvironment({ SERVER, TOKEN: WRITER }, ["/bin/sh", script, room, text]));
    const posts = async (text: string) => {
      const { code, stdout, stderr } = await notify("deploys", text);
      assertEquals([code, stderr], [0, ""], stdout);
      assertEquals(JSON.parse(stdout).room, "deploys");
    };
    const [deno = "", ...args] = example("follow.ts", SERVER, "deploys");
    const follow = withEnvironment({ TOKEN: READER }, [
      deno,
      ...args.toSpliced(1, 0, "--allow-env=TOKEN"),
    ]);

    const first = new TestServer(options);
    await posts("posted before");
    await using follower = new Program(follow);
    await until(() => first.server.counters.eventStreams === 1, "it follows");
    await posts("web 1.2.3 is live & well = 100%");
    await posts('two\nlines "quoted"');
    await follower.prints(/lines "quoted"/);
    const { code, stdout } = await notify("secret", "hello");
    assertEquals(code, 22); // of curl, for an error of HTTP
    assertEquals(JSON.parse(stdout).status, 403);
    await first.shutdown();

    await using second = new TestServer(options);
    await posts("posted while it was away");
    await until(() => second.server.counters.eventStreams === 1, "it follows again");
    await posts("and after");
    await follower.prints(/and after/);
    assertEquals(follower.out, [
      "ci: web 1.2.3 is live & well = 100%",
      "ci: two",
      'lines "quoted"',
      "ci: posted while it was away",
      "ci: and after",
    ]);
  },
});

Deno.test("docs/examples/follow.ts ends with a reason if its token is wrong", async () => {
  await using server = new TestServer({
    apiTokens: [{ name: "dash", token: READER, read: ["*"] }],
  });
  const [deno = "", ...args] = example("follow.ts", `http://127.0.0.1:${server.port}`);
  const command = [deno, ...args.toSpliced(1, 0, "--allow-env=TOKEN")];
  const { code, stderr } = await run(withEnvironment({ TOKEN: WRITER }, command));
  assertEquals(code, 1);
  assertMatch(stderr, /^401 /);
});
