// The targets, and whether they were reached. A missed target is not a failure: the machine may be busy.

import type { Metric } from "./job.ts";
import type { Results, Row, RowKey } from "./results.ts";
import { ALONE, CLUSTERED, WITHOUT_HISTORY } from "./scenarios.ts";
import { OURS } from "./servers.ts";

/** Memory that the runtime moves by itself in a few seconds, with nothing kept. */
const FLAT_RSS_MB = 10;

/** The scenario whose rows are compared with each other. */
const MIXED = 7;

/** The scenario in which only this server takes part. */
const HISTORY = 8;

/** The scenario of several servers. */
const SEVERAL = 10;

/** The scenario of the HTTP API. */
const NOTIFICATIONS = 9;

/** A bound for one figure of our row. */
interface Target {
  readonly of: Partial<RowKey>;
  readonly metric: Metric;
  readonly what: string;
  /** The figure is divided by that of this row. */
  readonly relativeTo?: Partial<RowKey>;
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** A target and what came out. */
export interface Verdict {
  readonly scenario: number;
  readonly text: string;
  /** Left out when something needed was not measured. */
  readonly value?: number;
  readonly isReached?: boolean;
}

const perCpu = { metric: "perCpuSecond", what: "per CPU second" } as const;
const ws = { transport: "ws" } as const;
const bun = { server: "bun" } as const;
const deno = { server: "deno" } as const;

/** A target without a transport or a variant holds for each of ours. */
const TARGETS: readonly Target[] = [
  { of: { scenario: 1, ...ws }, ...perCpu, relativeTo: bun, atLeast: 0.95 },
  { of: { scenario: 1, ...ws }, ...perCpu, relativeTo: deno, atLeast: 1 },
  { of: { scenario: 2, ...ws }, ...perCpu, relativeTo: bun, atLeast: 1.1 },
  { of: { scenario: 2, ...ws }, ...perCpu, relativeTo: deno, atLeast: 25 },
  { of: { scenario: 2 }, metric: "lost", what: "lost", atMost: 0 },
  { of: { scenario: 2 }, metric: "extra", what: "delivered twice or to the sender", atMost: 0 },
  { of: { scenario: 3 }, metric: "lost", what: "lost", atMost: 0 },
  { of: { scenario: 3 }, metric: "p99Ms", what: "p99", relativeTo: bun, atMost: 2 },
  { of: { scenario: 3 }, metric: "rssGrowthMb", what: "RSS growth, MB", atMost: FLAT_RSS_MB },
  { of: { scenario: 4 }, metric: "rssGrowthMb", what: "RSS growth, MB", atMost: 64 },
  { of: { scenario: 5 }, metric: "rssIdleMb", what: "RSS when idle, MB", atMost: 110 },
  { of: { scenario: 5 }, metric: "connectSeconds", what: "seconds to connect", atMost: 2 },
  {
    of: { scenario: 5, ...ws },
    metric: "rssIdleMb",
    what: "RSS when idle",
    relativeTo: deno,
    atMost: 0.5,
  },
  // 100 clients hear each other: there it would mean 50 million deliveries a second.
  { of: { scenario: 6, variant: "1 client" }, ...perCpu, atLeast: 500_000 },
  { of: { scenario: MIXED }, metric: "lost", what: "lost", atMost: 0 },
  { of: { scenario: HISTORY }, metric: "lost", what: "lost", atMost: 0 },
  ...["in memory", "in a file"].map((variant) => ({
    of: { scenario: HISTORY, variant },
    ...perCpu,
    relativeTo: { server: OURS, variant: WITHOUT_HISTORY },
    atLeast: 0.8,
  })),
  { of: { scenario: SEVERAL }, metric: "lost", what: "lost", atMost: 0 },
  { of: { scenario: SEVERAL }, metric: "extra", what: "delivered twice", atMost: 0 },
  ...([["single writes", 0.85], ["pipelined", 0.9]] as const).map(([task, atLeast]) => ({
    of: { scenario: SEVERAL, variant: `${CLUSTERED}, ${task}` },
    ...perCpu,
    relativeTo: { server: OURS, variant: `${ALONE}, ${task}` },
    atLeast,
  })),
  { of: { scenario: NOTIFICATIONS }, metric: "lost", what: "lost", atMost: 0 },
  { of: { scenario: NOTIFICATIONS }, metric: "extra", what: "delivered twice", atMost: 0 },
  { of: { scenario: MIXED }, metric: "extra", what: "delivered twice or to the sender", atMost: 0 },
];

/** Verdicts of one scenario. */
export function judge(results: Results, scenario: number): Verdict[] {
  const bounds = TARGETS.filter(({ of }) => of.scenario === scenario);
  const verdicts = bounds.flatMap((target) =>
    results.rows({ ...target.of, server: OURS }).map((row) => verdict(results, target, row))
  );
  return scenario === MIXED ? [...verdicts, judgeMixed(results)] : verdicts;
}

function verdict(results: Results, target: Target, ours: Row): Verdict {
  const { relativeTo, atLeast, atMost, metric } = target;
  const { scenario, transport, variant } = ours;
  const [base] = relativeTo === undefined
    ? []
    : results.rows({ scenario, transport, variant, ...relativeTo });
  const divisor = relativeTo === undefined ? 1 : base?.median[metric];
  const value = quotient(ours.median[metric], divisor);
  const bound = atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`;
  const unit = relativeTo === undefined
    ? ""
    : ` x ${relativeTo.server === OURS ? relativeTo.variant : relativeTo.server}`;
  const where = [transport, variant].filter((part) => part !== "").join(", ");
  return decide(scenario, `${target.what}, ${where}: ${bound}${unit}`, value, atLeast, atMost);
}

/** Both kinds of clients in one room: no worse than the slower kind alone. */
function judgeMixed(results: Results): Verdict {
  const rate = (transport: "ws" | "tcp" | "mixed") =>
    results.rows({ scenario: MIXED, transport, server: OURS })[0]?.median.perCpuSecond;
  const slower = Math.min(rate("ws") ?? NaN, rate("tcp") ?? NaN);
  const value = quotient(rate("mixed"), slower);
  return decide(
    7,
    "per CPU second, mixed: at least 1 x the slower of both alone",
    value,
    1,
    undefined,
  );
}

function decide(
  scenario: number,
  text: string,
  value: number | undefined,
  atLeast = -Infinity,
  atMost = Infinity,
): Verdict {
  if (value === undefined) return { scenario, text };
  return { scenario, text, value, isReached: value >= atLeast && value <= atMost };
}

function quotient(value: number | undefined, divisor: number | undefined): number | undefined {
  if (value === undefined || divisor === undefined) return undefined;
  const result = value / divisor;
  return Number.isNaN(result) ? undefined : result;
}
