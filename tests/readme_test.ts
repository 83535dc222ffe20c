/**
 * The examples in README, run as they stand there. That they compile is held by `deno task check`.
 * @module
 */
import { assertEquals, assertMatch } from "@std/assert";
import { LineClient } from "./support/client.ts";
import { projectPath } from "./support/paths.ts";
import { Program, run } from "./support/program.ts";
import { TempFolder } from "./support/temp_folder.ts";
import { TestServer } from "./support/server.ts";

const readme = await Deno.readTextFile(projectPath("README.md"));
const examples = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = ""]) => code);

/** The example with `word` in it, as a script of its own. */
async function script(folder: TempFolder, word: string, port = 8080): Promise<string[]> {
  const found = examples.filter((code) => code.includes(word));
  assertEquals(found.length, 1, word);
  const mod = import.meta.resolve("../mod.ts");
  const code = found[0]!.replace('"./mod.ts"', `"${mod}"`).replace("8080", String(port));
  await Deno.writeTextFile(folder.path("example.ts"), code);
  const config = `--config=${projectPath("deno.json")}`;
  return [Deno.execPath(), "run", "--quiet", "--allow-net", config, folder.path("example.ts")];
}

Deno.test("README.md's example of the library starts a server and ends", async () => {
  await using folder = new TempFolder();
  const { code, stdout, stderr } = await run(await script(folder, "serve("));
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /^\d+\n$/);
});

Deno.test("README.md's example of a bot answers", async () => {
  await using folder = new TempFolder();
  await using server = new TestServer({ presenceDelay: 0, announce: true });
  using alice = await (await LineClient.connect(server.port)).takesName("Alice");
  await using bot = new Program(await script(folder, "new WebSocket(", server.port));
  await alice.hears("Notice: clock joined");
  await alice.say("!time");
  assertMatch(await alice.line(), /^\[clock\]: \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  await bot.end("SIGTERM");
  assertEquals([...bot.out, ...bot.err], []);
});

Deno.test("README.md has no other example of code than those that are run here", () => {
  assertEquals(examples.length, 2);
});
