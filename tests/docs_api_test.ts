/**
 * docs/api.md: the commands are run as they stand there, and print what the page shows.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { parseApiTokens } from "../lib/identity/api_tokens.ts";
import { ApiClient } from "./support/api_client.ts";
import { projectPath } from "./support/paths.ts";
import { eachInTurn, until } from "./support/patience.ts";
import { Program, run } from "./support/program.ts";
import { TestServer } from "./support/server.ts";

const page = await Deno.readTextFile(projectPath("docs/api.md"));

/** The program that the page is about; in some images it is missing. */
const hasCurl = await run(["/bin/sh", "-c", "command -v curl"]).then(({ code }) => code === 0);

interface Session {
  readonly command: string;
  readonly output: string;
}

/** The commands of the page, each with what it prints. */
const sessions: readonly Session[] = Array.from(
  page.matchAll(/^```console\n(.*?)^```$/gms),
  ([, code = ""]) =>
    code.split(/^\$ /m).slice(1).map((session) => {
      const end = session.indexOf("\n");
      return { command: session.slice(0, end), output: session.slice(end + 1) };
    }),
).flat();

const [, tokenFile = ""] = /^```text\n(.*?)^```$/ms.exec(page) ?? [];
const apiTokens = parseApiTokens(tokenFile);
const [ci, dash] = apiTokens;

/** Epochs, times and accounts differ from run to run. The history may not know the account of a message. */
function pattern(text: string): string {
  return text.replaceAll(/[\da-f]{8}-[\da-f-]{27}/g, "<epoch>")
    .replaceAll(/"time":\d+/g, '"time":<time>').replaceAll(
      /,"account":"[\w-]+"/g,
      "",
    );
}

/** A command as the shell of a user has it. */
function shell(command: string, port: number): string[] {
  const variables = `TOKEN=${ci!.token} DASH=${dash!.token}`;
  const quiet = command.replaceAll("curl ", "curl --silent --show-error --max-time 30 ")
    .replaceAll("127.0.0.1:8080", `127.0.0.1:${port}`);
  return ["/bin/sh", "-c", `${variables}; ${quiet}`];
}

Deno.test({
  name: "docs/api.md: the commands print what the page shows" +
    (hasCurl ? "" : " (skipped: there is no curl)"),
  ignore: !hasCurl,
  fn: async () => {
    assert(sessions.length >= 10, `${sessions.length} commands`);
    await using server = new TestServer({ apiTokens });
    await eachInTurn(sessions, async ({ command, output }) => {
      if (command.includes("/events")) return await playStream(command, output, server);
      const { code, stdout, stderr } = await run(shell(command, server.port));
      assertEquals([code, stderr], [0, ""], command);
      assertEquals(pattern(stdout), pattern(output), command);
    });
  },
});

/** The second event is a message that somebody posts while the stream is read. */
async function playStream(command: string, output: string, { port }: TestServer): Promise<void> {
  await using reader = new Program(shell(`exec ${command}`, port)); // so that the signal reaches curl
  await until(() => reader.out.length >= 4, "the stream has begun");
  await new ApiClient(port, ci!.token).post("dev", "deployed 1.2.4");
  await until(() => reader.out.length >= 7, "the message is there");
  reader.kill("SIGTERM");
  assertEquals(pattern(reader.out.join("\n")).trimEnd(), pattern(output).trimEnd());
}
