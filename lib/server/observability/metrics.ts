/**
 * Metrics, and the text in which Prometheus reads them: exposition format 0.0.4.
 *
 * The numbers are kept where they come up, as plain fields that cost an addition; a metric only knows where to look when
 * it is asked. Sans-I/O: what the server measures stands in `server_metrics.ts`, who may read it in `status.ts`.
 * @module
 */

/** What a scrape has to be told of the body. */
export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** How often values came up, in buckets that are fixed from the start. */
export class Histogram {
  /** The largest value of each bucket, rising; one more without an end comes behind them. */
  readonly bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;

  /** An empty one. `bounds` rise. */
  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.#counts = Array<number>(bounds.length + 1).fill(0);
  }

  /** Counts a value. */
  observe(value: number): void {
    const { bounds } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]!) bucket++;
    this.#counts[bucket]!++;
    this.#sum += value;
  }

  /** How many values each bucket got, that without an end included. */
  get counts(): readonly number[] {
    return this.#counts;
  }

  /** All values together. */
  get sum(): number {
    return this.#sum;
  }

  /** How many values there were. */
  get count(): number {
    return this.#counts.reduce((all, count) => all + count);
  }
}

interface Named {
  /** In base units, the unit at the end; `_total` behind it for counters. */
  readonly name: string;
  readonly help: string;
}

/** A number that only grows (`counter`) or that goes up and down (`gauge`), or one for each value of a label. */
type Scalar =
  & Named
  & { readonly type: "counter" | "gauge" }
  & (
    | { readonly read: () => number }
    | { readonly label: string; readonly readEach: () => Readonly<Record<string, number>> }
  );

export type Metric =
  | Scalar
  | Named & { readonly type: "histogram"; readonly histogram: Histogram };

/** The metrics as a scrape gets them. */
export function renderMetrics(metrics: readonly Metric[]): string {
  return metrics.flatMap(renderMetric).map((line) => `${line}\n`).join("");
}

function renderMetric(metric: Metric): string[] {
  const { name, help, type } = metric;
  return [`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`, ...samples(metric)];
}

function samples(metric: Metric): string[] {
  const { name } = metric;
  if (metric.type === "histogram") return histogramSamples(name, metric.histogram);
  if ("read" in metric) return [`${name} ${formatNumber(metric.read())}`];
  return Object.entries(metric.readEach()).map(([value, number]) =>
    `${name}{${metric.label}="${escapeLabel(value)}"} ${formatNumber(number)}`
  );
}

/** Each bucket counts what is in those before it too. */
function histogramSamples(name: string, { bounds, counts, sum }: Histogram): string[] {
  let cumulated = 0;
  const buckets = counts.map((count, i) => {
    const bound = formatNumber(bounds[i] ?? Infinity);
    return `${name}_bucket{le="${bound}"} ${cumulated += count}`;
  });
  return [...buckets, `${name}_sum ${formatNumber(sum)}`, `${name}_count ${cumulated}`];
}

function formatNumber(value: number): string {
  if (value === Infinity) return "+Inf";
  return value === -Infinity ? "-Inf" : String(value);
}

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}
