/**
 * `deno task soak`: runs rounds of churn, chat, slow readers and floods, and measures the resources of the server after
 * each. All rounds are the same, so resources that grow from round to round are leaks.
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

/** The default duration, in minutes. */
const MINUTES = 5;

/** Rounds without measurement: code is compiled, and pools and tables grow to their size. */
export const WARM_UP = 2;

/**
 * The most that memory may grow from the first half of the rounds to the second, in bytes. A round has some 400 connections
 * and 20,000 messages: a leak of 700 bytes for each connection exceeds it in two rounds.
 */
const ALLOWANCE = 524_288;

/** The parts of a round. */
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

  /** The resources that it holds now. */
  async holdings(): Promise<Holdings> {
    await this.#input.write(new TextEncoder().encode("\n"));
    return JSON.parse(await this.#line());
  }

  /** Closes its input, which ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#input.close();
    await patiently(this.#child.status, "the soaked server to end");
    await this.#lines.cancel();
  }

  /** It prints short lines only, so a line is one chunk. */
  async #line(): Promise<string> {
    return (await patiently(this.#lines.read(), "a line of the soaked server")).value ?? "";
  }
}

/** Runs one round, which is the same for the same seed. At its end all clients have disconnected. */
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

/** Clients that connect, choose a name, join a room, and disconnect. */
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

/** Runs an action `count` times, ten at a time. */
function inBatches(count: number, action: (index: number) => Promise<void>): Promise<void> {
  const batch = 10;
  return times(
    count / batch,
    (i) => Promise.all(Array.from({ length: batch }, (_, j) => action(i * batch + j))),
  );
}

/** Joins a room, and skips messages of the lobby. */
async function enter(client: Client, room: string): Promise<void> {
  await client.say(`/join ${room}`);
  await until(async () => await client.line() === `Joined room '${room}'`, `${room} is entered`);
}

/** A room in which each member sends a message and all receive it. */
async function chat(port: number): Promise<void> {
  const clients = await Promise.all(
    Array.from({ length: CHATTERS }, (_, i) => POLITE_WIRES[i % 2]!.connect(port)),
  );
  await Promise.all(clients.map((client) => enter(client, "chat")));
  await Promise.all(clients.map((client) => client.say("hello", "how are you")));
  await Promise.all(clients.map((client) => times(2 * (CHATTERS - 1), () => client.line())));
  for (const client of clients) client.close();
}

/** Clients that get many messages, and read few of them or none. */
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

/** Clients that request more than they read, and are cut off or disconnect meanwhile. */
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

/** The resources of the idle server. */
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

/** Waits until the server has closed all connections of a round, and returns its resources. */
export async function settled(soaked: Soaked, empty: Holdings): Promise<Holdings> {
  let held = await soaked.holdings();
  await until(async () => {
    held = await soaked.holdings();
    return held.descriptors <= empty.descriptors && held.timers <= empty.timers;
  }, `all descriptors and timers are given back: ${empty.descriptors} and ${empty.timers}`);
  return held;
}

/**
 * The growth of memory from the first to the last rounds. The minimum of each half counts, since leaked memory is there
 * after every round.
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
