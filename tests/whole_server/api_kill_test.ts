/**
 * The HTTP API and a server that is killed: a program that repeats its requests with their keys posts each message once.
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { Random } from "../random.ts";
import { ApiClient } from "../support/api_client.ts";
import { eachInTurn, times, turn } from "../support/patience.ts";
import { denoRun, MAIN, Program } from "../support/program.ts";
import { TempFolder } from "../support/temp_folder.ts";

const TOKEN = "ci-0123456789abcdef";

/** Lives of the server. */
const LIVES = 4;

/** Messages that one program posts, each until it is acknowledged. */
const MESSAGES = 30;

/** Programs that post at the same time. */
const PROGRAMS = 4;

/** A server that is killed and started again, with the same history and the same tokens. */
class Mortal {
  port = 0;
  #program: Program | undefined;
  readonly #folder: TempFolder;

  constructor(folder: TempFolder) {
    this.#folder = folder;
    Deno.writeTextFileSync(folder.path("tokens"), `ci ${TOKEN} read=* write=*\n`, { mode: 0o600 });
  }

  async start(): Promise<void> {
    const path = this.#folder.path("");
    const [deno = "", run = "", ...rest] = denoRun(
      MAIN,
      "--port=0",
      "--api-rate=0",
      `--history=${path}chat.db`,
      `--api-token-file=${path}tokens`,
    );
    this.#program = new Program([
      deno,
      run,
      `--allow-read=${path}`,
      `--allow-write=${path}`,
      ...rest,
    ]);
    await this.#program.prints(/Browser: /);
    this.port = this.#program.port;
  }

  async kill(): Promise<void> {
    this.#program?.kill("SIGKILL");
    await this.#program?.ended;
  }
}

/** Posts a message until the server has acknowledged it, whatever happens to the server. */
async function postUntilAcknowledged(server: Mortal, text: string, key: string): Promise<number> {
  for (;;) {
    try {
      const { status, json } = await new ApiClient(server.port, TOKEN)
        .post("dev", text, "Content-Type: text/plain", `Idempotency-Key: ${key}`);
      assertEquals(status, 201);
      return json.id;
    } catch (error) {
      // The connection was refused, reset, or ended before the response.
      if (!(error instanceof Error) || error.name === "AssertionError") throw error;
      await turn();
    }
  }
}

Deno.test("Messages that are posted until they are acknowledged are there once each, however often the server is killed", async () => {
  await using folder = new TempFolder();
  const server = new Mortal(folder);
  await server.start();
  const random = new Random(1);
  const texts = Array.from({ length: PROGRAMS * MESSAGES }, (_, i) => `message ${i}`);
  const keys = texts.map(() => crypto.randomUUID());
  let isPosting = true;
  const posting = Promise.all(
    Array.from({ length: PROGRAMS }, (_, program) =>
      times(MESSAGES, (i) => {
        const at = program * MESSAGES + i;
        return postUntilAcknowledged(server, texts[at]!, keys[at]!);
      })),
  ).finally(() => isPosting = false);
  const killing = times(LIVES - 1, async () => {
    await times(random.between(5, 60), turn);
    if (!isPosting) return;
    await server.kill();
    await server.start();
  });
  await Promise.all([posting, killing]);
  // What was acknowledged right before a kill may not have been written: a program that wants to be sure repeats it.
  await eachInTurn(texts, (text, i) => postUntilAcknowledged(server, text, keys[i]!));
  const api = new ApiClient(server.port, TOKEN);
  const { messages } = (await api.ask("rooms/dev/messages?limit=200")).json;
  const stored: string[] = messages.map(({ text }: { text: string }) => text);
  assertEquals(stored.toSorted(), texts.toSorted());
  const ids: number[] = messages.map(({ id }: { id: number }) => id);
  assert(ids.every((id, i) => i === 0 || id > ids[i - 1]!), "The numbers grow");
  await server.kill();
});
