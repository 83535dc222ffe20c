// The command line of the bench.

import { parseArgs } from "@std/cli/parse-args";
import { SCENARIOS } from "./scenarios.ts";
import { SERVER_NAMES } from "./servers.ts";

const DEFAULT_RUNS = 3;
const DEFAULT_SECONDS = 2;

/** `--quick` is to show that everything works, not to give figures to quote. */
const QUICK_RUNS = 1;
const QUICK_SECONDS = 1;
const QUICK_SERVERS = ["backchannel", "bun", "deno"];

export const HELP = `Measures Backchannel and its peers, one after the other, on this machine.

Usage: deno task bench [flags]

  --scenario 1,2   only these scenarios (1 to ${SCENARIOS.length})
  --server a,b     only these servers (${SERVER_NAMES.join(", ")})
  --runs N         runs of the short measurements, of which the median counts (${DEFAULT_RUNS})
  --seconds N      length of one run of scenarios 1, 2 and 7 (${DEFAULT_SECONDS})
  --quick          a smoke test: one short run each, fewer servers and clients
  --json           one JSON document instead of tables
  --help           this text`;

/** The selected measurements. */
export interface Settings {
  readonly scenarios: readonly number[];
  readonly servers: readonly string[];
  readonly runs: number;
  readonly seconds: number;
  readonly quick: boolean;
  readonly json: boolean;
  readonly help: boolean;
}

/** @throws {SyntaxError} in words for the user. */
export function parseFlags(args: readonly string[]): Settings {
  const flags = parseArgs([...args], {
    boolean: ["quick", "json", "help"],
    string: ["scenario", "server", "runs", "seconds"],
    unknown(arg) {
      throw new SyntaxError(`Unknown argument '${arg}', try --help`);
    },
  });
  const { quick, json, help } = flags;
  const numbers = SCENARIOS.map(({ number }) => String(number));
  return {
    scenarios: choice("scenario", flags.scenario, numbers, numbers).map(Number),
    servers: choice("server", flags.server, SERVER_NAMES, quick ? QUICK_SERVERS : SERVER_NAMES),
    runs: positive("runs", flags.runs, quick ? QUICK_RUNS : DEFAULT_RUNS),
    seconds: positive("seconds", flags.seconds, quick ? QUICK_SECONDS : DEFAULT_SECONDS),
    quick,
    json,
    help,
  };
}

/** Keeps the order of the tables, whatever that of the flag. */
function choice(
  flag: string,
  value: string | undefined,
  allowed: readonly string[],
  otherwise: readonly string[],
): readonly string[] {
  if (value === undefined) return otherwise;
  const chosen = value.split(",");
  const unknown = chosen.find((name) => !allowed.includes(name));
  if (unknown === undefined) return allowed.filter((name) => chosen.includes(name));
  throw new SyntaxError(`Unknown --${flag} '${unknown}', there are ${allowed.join(", ")}`);
}

function positive(flag: string, value: string | undefined, otherwise: number): number {
  const number = value === undefined ? otherwise : Number(value);
  if (number > 0 && Number.isFinite(number)) return number;
  throw new SyntaxError(`Invalid --${flag} '${value}', expected a number above 0`);
}
