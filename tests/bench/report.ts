// Turns results into text tables.

import type { Transport } from "./job.ts";
import type { Failure, Results, Row } from "./results.ts";
import type { Column, Scenario } from "./scenarios.ts";
import { type MissingServer, OURS } from "./servers.ts";
import { judge, type Verdict } from "./targets.ts";

const TRANSPORT_TITLES: Readonly<Record<Transport, string>> = {
  ws: "WebSocket",
  tcp: "TCP lines",
  mixed: "both",
  api: "POST and event streams",
};

/** Samples of memory over time that fit into a line. */
const RSS_SAMPLES = 12;

/** Everything about one scenario. */
export function scenarioReport(
  scenario: Scenario,
  results: Results,
  missing: readonly MissingServer[],
): string {
  const rows = results.rows({ scenario: scenario.number });
  const blocks = Map.groupBy(rows, (row) => blockTitle(row));
  const failures = results.failures.filter((failure) => failure.scenario === scenario.number);
  return [
    `\nScenario ${scenario.number}, ${scenario.title}`,
    ...[...blocks].map(([title, block]) => `\n${blockReport(scenario, title, block)}`),
    ...missing.map(({ name, missing }) => `  ${name}: missing, ${missing}`),
    ...failures.map(failureLine),
    ...judge(results, scenario.number).map(verdictLine),
  ].join("\n");
}

function blockReport(scenario: Scenario, title: string, rows: readonly Row[]): string {
  const ours = rows.find((row) => row.server === OURS);
  const table = [
    [title, ...scenario.columns.map((column) => column.title)],
    ...rows.map((
      row,
    ) => [row.server, ...scenario.columns.map((column) => cell(column, row, ours))]),
  ];
  const series = rows.filter((row) => row.rss.length > 0).map(rssLine);
  return [...align(table), ...series].join("\n");
}

function blockTitle({ transport, variant }: Row): string {
  const title = TRANSPORT_TITLES[transport];
  return variant === "" ? title : `${title}, ${variant}`;
}

function cell({ metric, ratio, digits = 0, percent }: Column, row: Row, ours?: Row): string {
  const value = row.median[metric];
  if (value === undefined) return "n/a";
  if (percent) return `${number(value * 100, 0)} %`;
  if (!ratio) return number(value, digits);
  const own = ours?.median[metric];
  return own === undefined || row === ours ? "" : number(own / value, 2);
}

function rssLine({ server, rss }: Row): string {
  const step = Math.max(1, (rss.length - 1) / (RSS_SAMPLES - 1));
  const count = Math.min(RSS_SAMPLES, rss.length);
  const samples = Array.from({ length: count }, (_, i) => rss[Math.round(i * step)]!);
  const texts = samples.map(([seconds, mb]) => `${number(seconds, 1)}s ${number(mb, 0)}`);
  return `  RSS of ${server}: ${texts.join(", ")} MB`;
}

function failureLine({ server, transport, error }: Failure): string {
  return `  ${server} (${TRANSPORT_TITLES[transport]}) FAILED: ${error}`;
}

function verdictLine({ text, value, isReached }: Verdict): string {
  if (value === undefined) return `  target ${text}: not measured`;
  return `  target ${text}: ${number(value, 2)} ${isReached ? "PASS" : "FAIL"}`;
}

/** First column to the left, the others to the right. */
function align(table: ReadonlyArray<readonly string[]>): string[] {
  const widths = table[0]!.map((_, i) => Math.max(...table.map((row) => row[i]!.length)));
  const pad = (text: string, i: number) =>
    i === 0 ? text.padEnd(widths[0]!) : text.padStart(widths[i]!);
  return table.map((row) => `  ${row.map(pad).join("  ")}`);
}

function number(value: number, digits: number): string {
  const format = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return value.toLocaleString("en-US", format);
}
