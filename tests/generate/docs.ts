/**
 * Writes the parts of docs/ that are made from the program's tables: `deno task docs`. A test says when they are stale.
 *
 * A page has such a part between `<!-- begin NAME (deno task docs) -->` and `<!-- end NAME -->`; openapi.json is made as a whole.
 * @module
 */
import config from "../../deno.json" with { type: "json" };
import { describeApi } from "../../lib/server/api/openapi.ts";
import { API_ROUTES } from "../../lib/server/api/routes.ts";
import { FLAG_DESCRIPTIONS, type FlagDescription } from "../../lib/server/flags.ts";
import { Counters, serverMetrics } from "../../lib/server/observability/counters.ts";
import { LOG_KINDS } from "../../lib/server/observability/log_kinds.ts";
import { SECTIONS } from "../../lib/server/settings.ts";

import { table } from "./markdown.ts";
import { generateProtocolReference } from "./protocol_reference.ts";

const FOLDER = new URL("../../docs/", import.meta.url);

/** The files that are generated as a whole. */
const FILES: Readonly<Record<string, () => string>> = {
  "openapi.json": () => `${JSON.stringify(describeApi(config.version), undefined, 2)}\n`,
};

/** The pages with generated parts, and what each part says. */
export const PAGES: Readonly<Record<string, Readonly<Record<string, () => string>>>> = {
  "api.md": { paths: apiReference },
  "configuration.md": { flags: flagsReference },
  "metrics.md": { metrics: metricsReference },
  "operate.md": { "log kinds": logReference },
  "protocol.md": { reference: generateProtocolReference },
};

/** The names of all of them. */
export const GENERATED: readonly string[] = [...Object.keys(PAGES), ...Object.keys(FILES)];

/** The address of a page in docs/. */
export function pageUrl(page: string): URL {
  return new URL(page, FOLDER);
}

/**
 * A page with its generated parts as they should be.
 *
 * @throws {Error} If the page has no place for one of them.
 */
export function renderPage(page: string, text: string): string {
  const file = FILES[page];
  if (file !== undefined) return file();
  for (const [name, render] of Object.entries(PAGES[page] ?? {})) {
    const begin = `<!-- begin ${name} (deno task docs) -->\n`, end = `<!-- end ${name} -->`;
    const from = text.indexOf(begin), to = text.indexOf(end);
    if (from < 0 || to < from) throw new Error(`Cannot write ${page}: it has no part '${name}'`);
    text = `${text.slice(0, from + begin.length)}\n${render()}\n\n${text.slice(to)}`;
  }
  return text;
}

function apiReference(): string {
  const rows = API_ROUTES.flatMap(({ path, operations }) =>
    Object.entries(operations).map(([method, operation]) => {
      const { summary, right = "", query = {}, headers = {} } = operation!;
      const parameters = [...Object.keys(query), ...Object.keys(headers)].map(code).join(", ");
      return [code(`${method} ${path}`), right, parameters, summary];
    })
  );
  return table(["request", "right", "parameters", "what it does"], rows);
}

function flagsReference(): string {
  return SECTIONS.map((section) => {
    const rows = FLAG_DESCRIPTIONS.filter((flag) => flag.section === section).map(flagRow);
    return `### ${section}\n\n${table(["flag", "default", "range", "what it does"], rows)}`;
  }).join("\n\n");
}

function flagRow({ flag, default: value, range, help }: FlagDescription): string[] {
  return [code(flag), value === "" ? "" : code(value), range, help];
}

function metricsReference(): string {
  const metrics = serverMetrics({
    version: "",
    counters: new Counters(),
    statistics: () => {
      throw new Error("Only the names of metrics are read");
    },
    rooms: () => 0,
    sockets: () => 0,
    stalled: () => 0,
    ready: () => true,
    cluster: { lag: 0, applied: 0, pending: 0, problem: undefined },
    memory: () => ({ rss: 0, heapUsed: 0 }),
    webhook: { waiting: 0, age: 0 },
  });
  const rows = metrics.map((metric) => {
    const label = "label" in metric ? ` by ${code(metric.label)}` : "";
    return [code(metric.name) + label, metric.type, metric.help.replace(/\.$/, "")];
  });
  return table(["metric", "type", "what it is"], rows);
}

function logReference(): string {
  const rows = Object.entries(LOG_KINDS).map(([kind, { level, topic, doc }]) => {
    const isAnyTopic = kind.startsWith("log_flood");
    return [code(kind), level, isAnyTopic ? "any" : code(topic), doc.replace(/\.$/, "")];
  });
  return table(["kind", "level", "topic", "what it tells"], rows);
}

function code(text: string): string {
  return `\`${text}\``;
}

if (import.meta.main) {
  for (const page of GENERATED) {
    const url = pageUrl(page);
    const text = await Deno.readTextFile(url).catch(() => "");
    await Deno.writeTextFile(url, renderPage(page, text));
    console.log(`Wrote docs/${page}`);
  }
}
