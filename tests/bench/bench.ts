// Measures this server and its peers: `deno task bench`, see `--help`.
//
// One scenario after the other, and in each one server after the other, again for every run, so that
// a slow minute of the machine meets all of them. Every measurement has a fresh server and a fresh
// load generator.

import { HELP, parseFlags, type Settings } from "./flags.ts";
import type { Task, Transport } from "./job.ts";
import { writeLine } from "./output.ts";
import { canPin, runLoad, startServer, stopAll } from "./processes.ts";
import { scenarioReport } from "./report.ts";
import { Results } from "./results.ts";
import { type Scenario, SCENARIOS } from "./scenarios.ts";
import { type MissingServer, OURS, prepare, type Server } from "./servers.ts";
import { judge } from "./targets.ts";

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
/** As shells have it: 128 and the signal's number. */
const EXIT_INTERRUPTED = 130;

/** One start of one server. */
interface Measurement {
  readonly scenario: Scenario;
  readonly task: Task;
  readonly transport: Transport;
  readonly server: Server;
  readonly command: readonly string[];
  /** The edition of this server, if there are several. */
  readonly variant?: string;
  readonly run: number;
}

async function main(settings: Settings): Promise<void> {
  const prepared = await prepare(settings.servers);
  const servers = prepared.filter((server) => !("missing" in server)) as Server[];
  const missing = prepared.filter((server) => "missing" in server);
  const results = new Results();
  const scenarios = SCENARIOS.filter(({ number }) => settings.scenarios.includes(number));
  if (!settings.json) writeLine(Deno.stdout, preamble(settings, servers));
  await inSequence(scenarios, async (scenario) => {
    await inSequence(plan(scenario, settings, servers), (next) => take(next, results));
    if (!settings.json) writeLine(Deno.stdout, scenarioReport(scenario, results, missing));
  });
  if (settings.json) {
    writeLine(
      Deno.stdout,
      JSON.stringify(toDocument(settings, results, servers, missing), null, 2),
    );
  }
  if (results.failures.length > 0) Deno.exitCode = EXIT_FAILED;
}

/** All measurements of a scenario, in their order. */
function plan(scenario: Scenario, settings: Settings, servers: readonly Server[]): Measurement[] {
  const runs = Array.from({ length: scenario.once ? 1 : settings.runs }, (_, i) => i + 1);
  const hasAll = (server: Server) => scenario.transports.every((one) => server.commands[one]);
  const isMeant = ({ scenarios }: Server) => scenarios?.includes(scenario.number) ?? true;
  const candidates = servers.filter((one) => isMeant(one) && (!scenario.needsAll || hasAll(one)));
  const all = runs.flatMap((run) =>
    scenario.tasks(settings).flatMap((task) =>
      scenario.transports.flatMap((transport) =>
        candidates.flatMap((server) => {
          const one = { scenario, task, transport, server, run };
          if (scenario.editions === undefined) {
            return { ...one, command: server.commands[transport] };
          }
          if (server.name !== OURS) return [];
          return scenario.editions.map(({ variant, command }) => (
            { ...one, variant, command: command() }
          ));
        })
      )
    )
  );
  return all.filter((one): one is Measurement => one.command !== undefined);
}

async function take(measurement: Measurement, results: Results): Promise<void> {
  const { scenario, task, transport, server, command, variant, run } = measurement;
  const key = { scenario: scenario.number, transport, server: server.name };
  writeLine(Deno.stderr, `scenario ${key.scenario}, ${transport}, ${server.name}, run ${run}`);
  try {
    const { pid, port, cluster, stop } = await startServer(command);
    try {
      const target = { port, pid, ...cluster, transport, dialect: server.dialect };
      for (const line of await runLoad({ target, task })) {
        if ("outcome" in line) {
          const parts = [variant, "variant" in task ? task.variant : undefined];
          const shown = parts.filter((part) => part !== undefined && part !== "").join(", ");
          results.add(key, shown === "" ? line.outcome : { ...line.outcome, variant: shown });
        } else results.failures.push({ ...key, error: line.error });
      }
    } finally {
      await stop();
    }
  } catch (error) {
    results.failures.push({
      ...key,
      error: error instanceof Error ? error.message : String(error),
    });
  }
}

/** Notes on the figures. */
function preamble({ runs, quick }: Settings, servers: readonly Server[]): string {
  const { cpu, cores, kernel } = machine();
  const medians = runs === 1
    ? "one run"
    : `medians of ${runs} runs, disturbed ones left out; scenarios 4 and 5 one run`;
  return [
    `${cpu}, ${cores} cores, Linux ${kernel}`,
    ...servers.map(({ name, version }) => `${name}: ${version}`),
    canPin
      ? "server on core 0, load generator on core 1"
      : "NOT PINNED: taskset or a second core is missing, so server and load generator share cores",
    `${medians}${
      quick ? ", quick: too short to quote" : ""
    }; ours:its is our figure through theirs`,
  ].join("\n");
}

function toDocument(
  settings: Settings,
  results: Results,
  servers: readonly Server[],
  missing: readonly MissingServer[],
) {
  return {
    date: new Date().toISOString(),
    machine: { ...machine(), isPinned: canPin },
    settings,
    servers: servers.map(({ name, version }) => ({ name, version })),
    missing,
    rows: results.rows(),
    failures: results.failures,
    targets: settings.scenarios.flatMap((scenario) => judge(results, scenario)),
  };
}

function machine() {
  const model = Deno.readTextFileSync("/proc/cpuinfo").match(/^model name\s*: (.*)$/m)?.[1];
  return {
    cpu: model ?? Deno.build.arch,
    cores: navigator.hardwareConcurrency,
    kernel: Deno.osRelease(),
  };
}

/** One after the other: two measurements at once would be none. */
async function inSequence<T>(items: Iterable<T>, run: (item: T) => Promise<void>): Promise<void> {
  for (const item of items) await run(item);
}

function readSettings(): Settings {
  try {
    return parseFlags(Deno.args);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    writeLine(Deno.stderr, `bench: ${error.message}`);
    Deno.exit(EXIT_USAGE);
  }
}

if (import.meta.main) {
  const settings = readSettings();
  if (settings.help) {
    writeLine(Deno.stdout, HELP);
  } else {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      Deno.addSignalListener(signal, () => {
        stopAll();
        Deno.exit(EXIT_INTERRUPTED);
      });
    }
    await main(settings);
  }
}
