/**
 * `deno task soak`: churn, chat, slow readers and floods, round after round, and what the server holds behind each round.
 * Every round is the same, so whatever grows from round to round is not given back.
 *
 * ```sh
 * deno task soak --minutes 60 --seed 7
 * ```
 * @module
 */
import { assertEquals } from "@std/assert";
import { parseArgs } from "@std/cli/parse-args";
import { Random } from "../random.ts";
import { beStranger } from "../fuzz/strangers.ts";
import { Witnesses } from "../fuzz/witnesses.ts";
import { frame, TEXT } from "../protocol/client_frames.ts";
import { concat, utf8 } from "../protocol/reading.ts";
import { type Client, handshake, LineClient } from "../support/client.ts";
import { patiently, times, turn, until } from "../support/patience.ts";
import { POLITE_WIRES } from "../support/polite.ts";
import { CHILD_ENVIRONMENT } from "../support/environment.ts";
import { projectPath } from "../support/paths.ts";
import { RawSocket } from "../support/raw_socket.ts";
import type { Holdings } from "./program.ts";

/** For how long, in minutes, if nothing is said. */
const MINUTES = 5;

/** Rounds that are not looked at: code is compiled, pools and tables take the size that they need. */
export const WARM_UP = 2;

/**
 * How much more memory may be held in the second half of the rounds than in the first, in bytes. A round has some 400
 * connections and 20,000 messages: it takes 700 bytes left of each connection two rounds to be more.
 */
const ALLOWANCE = 524_288;

/** What happens in a round. */
const CHURN = 150, STRANGERS = 200, CHATTERS = 40, SLOW = 20, FLOODERS = 20;

/** The server under soak. */
export class Soaked implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  #port = 0;

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    this.#input = child.stdin.getWriter();
  }

  static async start(): Promise<Soaked> {
    const path = projectPath("tests/soak/program.ts");
    const command = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "-A", "--v8-flags=--expose-gc", path],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
      ...CHILD_ENVIRONMENT,
    });
    const soaked = new Soaked(command.spawn());
    soaked.#port = Number(await soaked.#line());
    return soaked;
  }

  get port(): number {
    return this.#port;
  }

  /** What it holds now. */
  async holdings(): Promise<Holdings> {
    await this.#input.write(new TextEncoder().encode("\n"));
    return JSON.parse(await this.#line());
  }

  /** Its input ends, and so does it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close();
    await patiently(this.#child.status, "the soaked server to end");
    await this.#lines.cancel();
  }

  /** Whatever it prints is one short line, so one chunk. */
  async #line(): Promise<string> {
    return (await patiently(this.#lines.read(), "a line of the soaked server")).value ?? "";
  }
}

/** One round; the same each time for the same seed. When it is over all have gone. */
export async function round(port: number, seed: number): Promise<void> {
  await using _ = await Witnesses.meet(port, "amid");
  await Promise.all([
    churn(port),
    strangers(port, seed),
    chat(port),
    slowReaders(port),
    floods(port),
  ]);
}

/** Come, take a name, go to a room, and go. */
function churn(port: number): Promise<void> {
  return inBatches(CHURN, async (i) => {
    using client = await POLITE_WIRES[i % 2]!.connect(port);
    await client.say(`/name churn-${i}`, `/join room-${i % 7}`, "hello", "/away", "/quit");
    assertEquals((await client.ending()).lines.at(-1), "Goodbye!");
  });
}

function strangers(port: number, seed: number): Promise<void> {
  return inBatches(STRANGERS, (i) => beStranger(port, new Random(seed * 1_000_003 + i)));
}

/** Does something `count` times, ten at a time. */
function inBatches(count: number, action: (index: number) => Promise<void>): Promise<void> {
  const batch = 10;
  return times(
    count / batch,
    (i) => Promise.all(Array.from({ length: batch }, (_, j) => action(i * batch + j))),
  );
}

/** Goes to a room; what is said in the lobby meanwhile is not for us. */
async function enter(client: Client, room: string): Promise<void> {
  await client.say(`/join ${room}`);
  await until(async () => await client.line() === `Joined room '${room}'`, `${room} is entered`);
}

/** A room in which everybody says something and everybody hears it. */
async function chat(port: number): Promise<void> {
  const clients = await Promise.all(
    Array.from({ length: CHATTERS }, (_, i) => POLITE_WIRES[i % 2]!.connect(port)),
  );
  await Promise.all(clients.map((client) => enter(client, "chat")));
  await Promise.all(clients.map((client) => client.say("hello", "how are you")));
  await Promise.all(clients.map((client) => times(2 * (CHATTERS - 1), () => client.line())));
  for (const client of clients) client.close();
}

/** Are told much, and read a little of it or nothing. */
async function slowReaders(port: number): Promise<void> {
  using speaker = await LineClient.connect(port);
  await enter(speaker, "slow");
  const slow = await Promise.all(
    Array.from({ length: SLOW }, (_, i) => POLITE_WIRES[i % 2]!.connect(port)),
  );
  await Promise.all(slow.map((client) => enter(client, "slow")));
  const much = "x".repeat(10_000);
  await times(20, () => speaker.say(...Array<string>(25).fill(much)));
  await Promise.all(slow.map(async (client, i) => {
    await times(i % 3, () => client.line());
    client.close();
  }));
}

/** Ask for more than they take, and are cut or go in the middle of it. */
async function floods(port: number): Promise<void> {
  await Promise.all(Array.from({ length: FLOODERS }, async (_, i) => {
    using socket = await RawSocket.connect(port);
    const request = i % 2 ? utf8("/help\n") : frame(TEXT, "/help");
    if (i % 2 === 0) await socket.write(handshake());
    const all = concat(...Array<Uint8Array>(2_000).fill(request));
    const flooding = socket.write(all).catch(() => {});
    await Promise.race([flooding, times(50, turn)]);
    socket.close();
    await flooding;
  }));
}

/** What it holds when it has opened all that it needs itself, and nobody is there. */
export async function atRest(soaked: Soaked): Promise<Holdings> {
  const first = await soaked.holdings();
  using client = await LineClient.connect(soaked.port);
  await client.hearsNothing();
  client.close();
  let held = first;
  await until(
    async () => (held = await soaked.holdings()).timers <= first.timers,
    "the server is at rest",
  );
  return held;
}

/** Waits until all connections of a round are closed on the other side too, and tells what is held then. */
export async function settled(soaked: Soaked, empty: Holdings): Promise<Holdings> {
  let held = await soaked.holdings();
  await until(async () => {
    held = await soaked.holdings();
    return held.descriptors <= empty.descriptors && held.timers <= empty.timers;
  }, `all descriptors and timers are given back: ${empty.descriptors} and ${empty.timers}`);
  return held;
}

/**
 * How much memory is held behind the last rounds that was not behind the first. The least of each half counts: what is
 * not given back is there in every round.
 */
export function growth(rounds: readonly Holdings[]): number {
  const half = Math.floor(rounds.length / 2);
  const least = (some: readonly Holdings[]) =>
    Math.min(...some.map(({ heap, external }) => heap + external));
  return least(rounds.slice(half)) - least(rounds.slice(0, half));
}

export function isLeak(rounds: readonly Holdings[]): boolean {
  return growth(rounds) > ALLOWANCE;
}

async function main(): Promise<number> {
  const flags = parseArgs(Deno.args, { string: ["minutes", "seed"] });
  const seed = Number(flags.seed ?? 1);
  const end = performance.now() + Number(flags.minutes ?? MINUTES) * 60_000;
  await using soaked = await Soaked.start();
  const empty = await atRest(soaked);
  console.log(`Empty: ${shown(empty)}`);
  const rounds: Holdings[] = [];
  for (let i = 1; performance.now() < end || i <= WARM_UP + 4; i++) {
    await round(soaked.port, seed);
    const held = await settled(soaked, empty);
    if (i > WARM_UP) rounds.push(held);
    console.log(`Round ${i}: ${shown(held)}`);
  }
  const kilobytes = Math.round(growth(rounds) / 1_000);
  console.log(`Memory of the second half above that of the first: ${kilobytes} kB`);
  return isLeak(rounds) ? 1 : 0;
}

function shown({ heap, external, rss, descriptors, timers }: Holdings): string {
  const mega = (bytes: number) => (bytes / 1e6).toFixed(2);
  return `heap ${mega(heap)} MB, buffers ${mega(external)} MB, RSS ${mega(rss)} MB, ` +
    `${descriptors} descriptors, ${timers} timers`;
}

if (import.meta.main) Deno.exit(await main());
