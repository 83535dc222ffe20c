/**
 * `deno task fuzz`: runs all fuzzers in turn, with new seeds each time, until the time is over or one finds something.
 *
 * ```sh
 * deno task fuzz --minutes 10                  # everything
 * deno task fuzz --target frames --minutes 1   # one fuzzer
 * deno task fuzz --target frames --seed 4711   # one seed of it
 * ```
 *
 * With `--seed`, only this seed is tried. With `--minutes` too, it is the first one.
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import { besiege } from "./server.ts";
import { tryTarget } from "./target.ts";
import { TARGETS } from "./targets.ts";

/** The default duration, in minutes. */
const MINUTES = 5;

/** Strangers in one siege of the whole server. */
const STRANGERS = 2_000;

/** The number of short runs in a turn of a fuzzer. A turn takes about as long as a siege. */
const SEEDS_A_TURN = 5;

interface Fuzzer {
  readonly name: string;
  /** Tries the seeds of one turn from `seed` on, or only this one. Returns their number. */
  run(seed: number, once: boolean): Promise<number>;
}

const FUZZERS: readonly Fuzzer[] = [
  ...TARGETS.map((target): Fuzzer => ({
    name: target.name,
    async run(seed, once) {
      const count = once ? 1 : SEEDS_A_TURN * target.short;
      for (let i = 0; i < count; i++) await tryTarget(target, seed + i);
      return count;
    },
  })),
  {
    name: "server",
    async run(seed) {
      const { said, longest } = await besiege(seed, STRANGERS);
      console.log(
        `server: ${STRANGERS} strangers of seed ${seed}; the witnesses said ${said} words, ` +
          `each there and back within ${Math.ceil(longest)} ms`,
      );
      return 1;
    },
  },
];

async function main(): Promise<void> {
  const flags = parseArgs(Deno.args, { string: ["seed", "minutes", "target"] });
  const fuzzers = FUZZERS.filter(({ name }) => flags.target === undefined || name === flags.target);
  if (fuzzers.length === 0) {
    console.error(
      `There is no target '${flags.target}', only: ${FUZZERS.map(({ name }) => name).join(", ")}`,
    );
    Deno.exit(2);
  }
  const once = flags.seed !== undefined && flags.minutes === undefined;
  const first = Number(flags.seed ?? Date.now() % 1_000_000_000);
  const end = performance.now() + Number(flags.minutes ?? MINUTES) * 60_000;
  console.log(`First seed: ${first}`);
  const next = new Map(fuzzers.map((fuzzer) => [fuzzer, first]));
  do {
    for (const [fuzzer, seed] of next) {
      next.set(fuzzer, seed + await fuzzer.run(seed, once));
    }
  } while (!once && performance.now() < end);
  for (const [{ name }, seed] of next) console.log(`${name}: ${seed - first} seeds, nothing found`);
}

if (import.meta.main) {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof Error ? error.stack : error);
    Deno.exit(1);
  }
}
