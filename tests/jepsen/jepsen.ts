/**
 * `deno task jepsen`: three servers of one chat on a real Redis, to which everything happens that happens to servers and
 * networks, while clients write, read and claim confusable names. What they saw is checked against what is promised.
 *
 * ```sh
 * deno task jepsen --minutes 30 --seed 7
 * ```
 * @module
 */
import { delay } from "@std/async";
import { parseArgs } from "@std/cli/parse-args";
import { Random } from "../random.ts";
import { until } from "../support/patience.ts";
import { NO_REDIS } from "../support/redis.ts";
import { check, type Observation } from "./checker.ts";
import { claim, listen, readHistory, ROOMS, type World, write } from "./clients.ts";
import { Cluster, FAULT_NAMES } from "./cluster.ts";

/** The default duration, in minutes. */
const MINUTES = 5;

/** The numbers of clients. */
const WRITERS = 5, READERS = 4, CLAIMERS = 4;

/** The longest pause between two faults, in ms. */
const MAX_PAUSE = 1_500;

export interface Run {
  readonly seed: number;
  readonly ms: number;
  /** Which faults may happen. @default all */
  readonly faults?: readonly string[];
  readonly say?: (line: string) => void;
}

export interface Outcome {
  readonly problems: readonly string[];
  readonly observations: readonly Observation[];
  /** What happened, in order. */
  readonly faults: readonly string[];
}

/** Runs one test. */
export async function jepsen({ seed, ms, faults = FAULT_NAMES, say }: Run): Promise<Outcome> {
  const random = new Random(seed);
  const observations: Observation[] = [];
  await using cluster = await Cluster.start();
  const end = performance.now() + ms;
  const world: World = {
    random,
    ports: cluster.nodes.map(({ port }) => port),
    record: (observation) => observations.push(observation),
    isOver: () => performance.now() > end,
  };
  const readers = await Promise.all(
    Array.from({ length: READERS }, (_, i) => listen(world, `reader-${i}`)),
  );
  const clients = [
    ...Array.from({ length: WRITERS }, (_, i) => write(world, `writer-${i}`)),
    ...Array.from({ length: CLAIMERS }, (_, i) => claim(world, `claimer-${i}`)),
  ];
  const happened: string[] = [];
  while (!world.isOver()) {
    await delay(random.below(MAX_PAUSE));
    const fault = random.pick(faults);
    happened.push(fault);
    say?.(fault);
    await cluster.fault(fault, random);
  }
  await Promise.all(clients);
  await caughtUp(observations, readers.length);
  for (const room of ROOMS) await readHistory(world, room);
  await Promise.all(readers.map((reader) => reader.close()));
  return { problems: check(observations), observations, faults: happened };
}

/** Waits until the readers have what was acknowledged last, or know that they do not. */
async function caughtUp(observations: readonly Observation[], readers: number): Promise<void> {
  const last = new Map<string, number>();
  for (const it of observations) {
    if (it.type === "acked") last.set(it.room, Math.max(it.id, last.get(it.room) ?? 0));
  }
  for (const [room, id] of last) {
    await until(() => {
      const there = observations.filter((it) =>
        (it.type === "read" && it.room === room && it.id >= id) ||
        (it.type === "gap" && it.room === room && (it.to ?? 0) >= id)
      );
      return new Set(there.map((it) => "reader" in it ? it.reader : "")).size === readers;
    }, `all readers have #${id} of ${room}`);
  }
}

if (import.meta.main) {
  if (NO_REDIS !== undefined) throw new Error(`Cannot run: ${NO_REDIS}`);
  const { minutes, seed } = parseArgs(Deno.args, { string: ["minutes", "seed"] });
  const run = {
    seed: Number(seed ?? Math.floor(Math.random() * 1_000_000)),
    ms: Number(minutes ?? MINUTES) * 60_000,
    say: (line: string) => console.log(line),
  };
  console.log(`Seed ${run.seed}`);
  const { problems, observations, faults } = await jepsen(run);
  const count = (type: Observation["type"]) => observations.filter((it) => it.type === type).length;
  console.log(
    `${faults.length} faults, ${count("acked")} messages acknowledged, ${count("read")} read, ` +
      `${count("gap")} gaps told, ${count("named")} proofs of names`,
  );
  for (const problem of problems.slice(0, 20)) console.error(problem);
  if (problems.length > 0) Deno.exitCode = 1;
}
