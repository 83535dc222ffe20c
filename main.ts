/**
 * The program: reads flags, starts the server with them, prints the log, and shuts down on signals.
 * @module
 */
import { delay } from "@std/async";
import config from "./deno.json" with { type: "json" };
import {
  describeFlags,
  type LogFlags,
  parseFlags,
  readFlags,
  readLogFlags,
} from "./lib/server/flags.ts";
import { hostAndPort } from "./lib/ip/socket_address.ts";
import { LineWriter } from "./lib/server/observability/line_writer.ts";
import { missingPermissions, permissionsFor } from "./lib/server/permissions.ts";
import { resolveSettings } from "./lib/server/resolve_settings.ts";
import { isLogged, logEntry } from "./lib/server/observability/log.ts";
import {
  type ChatServer,
  ClusterError,
  CredentialError,
  formatLogEntry,
  formatLogEntryAsJson,
  HistoryError,
  type LogEntry,
  serve,
  type Settings,
  WebhookError,
} from "./mod.ts";

/** Exit codes: 1 if the server cannot start, 2 for wrong flags. */
const EXIT_FAILURE = 1, EXIT_USAGE = 2;

/** Errors of files and permissions that explain themselves. */
const START_ERRORS = [HistoryError, CredentialError, WebhookError, ClusterError];

/** The signals that shut the server down. Windows has no SIGTERM, and closes a console with SIGBREAK. */
const SIGNALS: Deno.Signal[] = ["SIGINT", Deno.build.os === "windows" ? "SIGBREAK" : "SIGTERM"];

/** How long the program waits for the last lines of the log to be written, in ms. */
const LOG_TIMEOUT = 1_000;

const METRICS_IN_USE = "the metrics port is in use, try --metrics-port";

const HELP =
  `Backchannel ${config.version}: a chat server for TCP, WebSocket and browser clients on one port

Usage: deno run --allow-net main.ts [flags]

${describeFlags()}`;

function main(args: string[]): void {
  try {
    const flags = parseFlags(args);
    if (flags.help) console.log(HELP);
    else if (flags.version) console.log(`backchannel ${config.version}`);
    else start(readFlags(flags), { ...readLogFlags(flags), quiet: flags.quiet === true });
  } catch (error) {
    reportError(error);
  }
}

interface Logging extends LogFlags {
  readonly quiet: boolean;
}

function start(settings: Partial<Settings>, logging: Logging): void {
  // On a terminal the runtime would prompt for each missing permission, and block the server until the answer.
  const missing = Deno.stdin.isTerminal()
    ? missingPermissions(permissionsFor(resolveSettings(settings)))
    : [];
  if (missing.length > 0) {
    return fail(EXIT_FAILURE, `Cannot start: deno run needs ${missing.join(" ")} before main.ts`);
  }
  const writer = new LineWriter(Deno.stdout);
  const log = logTo((line) => writer.print(line), logging);
  const inform = (entry: LogEntry) => {
    log(entry)?.catch(() => {}); // there is no other place to report it
  };
  const server = serve({ ...settings, log });
  const greet = () => {
    for (const message of greeting(server)) inform(logEntry("listening", { message }));
  };
  if (settings.cluster === undefined) greet();
  else server.ready.then(greet, reportError);
  const stop = stopOnSignal(server, () => inform(logEntry("stopping", {})));
  stopOrReloadOnHangup(server, stop);
  server.finished.then(exitWithoutLog);
}

/** Ends the process even if the output of the log is blocked. Otherwise it ends by itself, before the timeout. */
async function exitWithoutLog(): Promise<void> {
  await delay(LOG_TIMEOUT, { persistent: false });
  Deno.exit();
}

/** Prints an entry. The promise rejects if that fails, and the server counts it. */
type Printer = (entry: LogEntry) => Promise<void> | undefined;

function logTo(
  print: (line: string) => Promise<void>,
  { logFormat, logLevel, quiet }: Logging,
): Printer {
  return (entry) => {
    if (!isLogged(entry.level, logLevel) || (quiet && entry.topic === "connection")) return;
    const isJson = logFormat === "json";
    return print(isJson ? formatLogEntryAsJson(entry, new Date()) : formatLogEntry(entry));
  };
}

function greeting({ addr, tlsAddr, metricsAddr }: ChatServer): string[] {
  const at = hostAndPort(addr);
  const lines = [
    `Server listening on ${at}`,
    `WebSocket clients: ws://${at}`,
    `TCP clients: telnet ${addr.hostname} ${addr.port}`,
  ];
  if (tlsAddr !== undefined) {
    lines.push(`With TLS: wss://${hostAndPort(tlsAddr)}, https://${hostAndPort(tlsAddr)}/`);
  }
  if (metricsAddr !== undefined) lines.push(`Metrics: http://${hostAndPort(metricsAddr)}/metrics`);
  return [...lines, `Browser: http://${at}/`];
}

/**
 * The first signal shuts the server down. The listeners are removed then, so that the second one kills the process. Returns
 * the action of the first signal.
 */
function stopOnSignal(server: ChatServer, announce: () => void): () => void {
  let isStopping = false;
  const stop = () => {
    if (isStopping) return;
    isStopping = true;
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, stop);
    announce();
    server.shutdown();
  };
  for (const signal of SIGNALS) Deno.addSignalListener(signal, stop);
  return stop;
}

/**
 * On a terminal, SIGHUP means that the terminal was closed, and stops the server. Without one, as under systemd, it reloads
 * the certificate. Without TLS it keeps the runtime's default action, which ends the process, under nohup too.
 */
function stopOrReloadOnHangup(server: ChatServer, stop: () => void): void {
  if (Deno.build.os === "windows") return;
  const reload = () => void server.reloadCertificate();
  if (isOnTerminal()) Deno.addSignalListener("SIGHUP", stop); // comes twice, from the shell and from the kernel
  else if (server.tlsAddr !== undefined) Deno.addSignalListener("SIGHUP", reload);
  server.finished.then(() => {
    Deno.removeSignalListener("SIGHUP", stop);
    Deno.removeSignalListener("SIGHUP", reload);
  });
}

/** Whether the program runs on a terminal. nohup replaces all three streams. */
function isOnTerminal(): boolean {
  return [Deno.stdin, Deno.stdout, Deno.stderr].some((stream) => stream.isTerminal());
}

/** Reports an error that a user can cause in one line. */
function reportError(error: unknown): void {
  if (!(error instanceof Error)) throw error;
  if (error instanceof RangeError || error instanceof TypeError) fail(EXIT_USAGE, error.message);
  else if (error instanceof Deno.errors.AddrInUse) {
    const isMetrics = error.message.includes("metrics");
    const inUse = "the port is in use, try --port (or --tls-port)";
    fail(EXIT_FAILURE, `Cannot listen: ${isMetrics ? METRICS_IN_USE : inUse}`);
  } else if (START_ERRORS.some((StartError) => error instanceof StartError)) {
    fail(EXIT_FAILURE, error.message);
  } else fail(EXIT_FAILURE, `Cannot listen: ${error.message}`);
}

function fail(code: number, message: string): void {
  console.error(message);
  Deno.exitCode = code;
}

if (import.meta.main) main(Deno.args);
