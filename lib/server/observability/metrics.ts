/**
 * Metrics, and the text in which Prometheus reads them: exposition format 0.0.4.
 *
 * Values are plain fields, and counting costs an addition. A metric reads them at the time of a scrape. The metrics of the
 * server are a table in `counters.ts`.
 * @module
 */

/** The media type of the text. */
export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Counts of observed values in fixed buckets. */
export class Histogram {
  /** The largest value of each bucket, ascending. A last bucket without a bound follows. */
  readonly bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;

  /** An empty histogram.
   *
   * @param bounds The largest value of each bucket, ascending.
   */
  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.#counts = Array<number>(bounds.length + 1).fill(0);
  }

  /** Adds a value. */
  observe(value: number): void {
    const { bounds } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]!) bucket++;
    this.#counts[bucket]!++;
    this.#sum += value;
  }

  /** The number of values in each bucket, including the one without a bound. */
  get counts(): readonly number[] {
    return this.#counts;
  }

  /** The sum of all values. */
  get sum(): number {
    return this.#sum;
  }

  /** The number of values. */
  get count(): number {
    return this.#counts.reduce((all, count) => all + count);
  }
}

interface Named {
  /** In base units, ending with the unit, and for counters with `_total`. */
  readonly name: string;
  readonly help: string;
}

/** A number that only grows (`counter`) or that rises and falls (`gauge`), or one number for each value of a label. */
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

/** The response to a scrape. */
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

/** The buckets are cumulative: each includes the ones before it. */
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
