// Collects what was measured: rows of a server in a scenario, and their medians.

import type { Metric, Outcome, RssSeries, Transport } from "./job.ts";
import { median } from "./stats.ts";

/**
 * The part of a core that others may take before a run counts as disturbed: 0.02 to 0.05 is usual on
 * a quiet machine, and what they take can be missing from the rates.
 */
const DISTURBED_BUSY = 0.2;

/** Not a matter of speed: the worst of all runs counts, not the median. */
const FAULTS: ReadonlySet<Metric> = new Set<Metric>(["lost", "extra"]);

/** Tells rows apart. */
export interface RowKey {
  readonly scenario: number;
  readonly variant: string;
  readonly transport: Transport;
  readonly server: string;
}

/** One server in one scenario: medians of its undisturbed runs, or of all if each was disturbed. */
export interface Row extends RowKey {
  readonly median: Readonly<Partial<Record<Metric, number>>>;
  readonly runs: readonly Outcome[];
  /** Memory over time, of the first run that counts. */
  readonly rss: RssSeries;
}

/** A run that gave no figures. */
export interface Failure extends Omit<RowKey, "variant"> {
  readonly error: string;
}

export class Results {
  readonly failures: Failure[] = [];
  readonly #outcomes = new Map<string, { key: RowKey; runs: Outcome[] }>();

  add(key: Omit<RowKey, "variant">, outcome: Outcome): void {
    const full: RowKey = { ...key, variant: outcome.variant };
    const id = [full.scenario, full.variant, full.transport, full.server].join("/");
    const entry = this.#outcomes.get(id) ?? { key: full, runs: [] };
    entry.runs.push(outcome);
    this.#outcomes.set(id, entry);
  }

  /** The rows with all the given properties. */
  rows(filter: Partial<RowKey> = {}): Row[] {
    const wanted = Object.entries(filter);
    const rows = [...this.#outcomes.values()].map(({ key, runs }) => toRow(key, runs));
    return rows.filter((row) => wanted.every(([name, value]) => row[name as keyof Row] === value));
  }
}

function toRow(key: RowKey, runs: readonly Outcome[]): Row {
  const quiet = runs.filter((run) => (run.metrics.othersBusy ?? 0) <= DISTURBED_BUSY);
  const counted = quiet.length > 0 ? quiet : runs;
  const metrics = Object.keys(runs[0]?.metrics ?? {}) as Metric[];
  const medians = metrics.map((metric) => {
    const isFault = FAULTS.has(metric);
    const values = (isFault ? runs : counted).map((run) => run.metrics[metric] ?? NaN);
    return [metric, isFault ? Math.max(...values) : median(values)];
  });
  return { ...key, median: Object.fromEntries(medians), runs, rss: counted[0]?.rss ?? [] };
}
