/**
 * The program: flags to options, log entries to lines, signals to a shutdown. Everything else is the library's.
 * @module
 */
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
import { resolveSettings } from "./lib/server/settings.ts";
import { isLogged } from "./lib/server/observability/log.ts";
import {
  type ChatServer,
  formatLogEntry,
  formatLogEntryAsJson,
  HistoryError,
  type LogEntry,
  OperatorTokenError,
  serve,
  type Settings,
} from "./mod.ts";

/** Exit codes: 1 for what the machine refuses, 2 for what was typed wrong. */
const EXIT_FAILURE = 1, EXIT_USAGE = 2;

/** What asks a program to stop; Windows has no SIGTERM, and closes a console with SIGBREAK. */
const SIGNALS: Deno.Signal[] = ["SIGINT", Deno.build.os === "windows" ? "SIGBREAK" : "SIGTERM"];

/** How long the last lines of the log may take to be written, in ms. */
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
    explain(error);
  }
}

interface Logging extends LogFlags {
  readonly quiet: boolean;
}

function start(settings: Partial<Settings>, logging: Logging): void {
  // At a terminal the runtime would ask for each permission, and the server would wait for the answers.
  const missing = Deno.stdin.isTerminal()
    ? missingPermissions(permissionsFor(resolveSettings(settings)))
    : [];
  if (missing.length > 0) {
    return fail(EXIT_FAILURE, `Cannot start: deno run needs ${missing.join(" ")} before main.ts`);
  }
  const writer = new LineWriter(Deno.stdout);
  const log = logTo((line) => writer.print(line), logging);
  const tell = (message: string) => {
    log({ level: "info", topic: "server", message })?.catch(() => {}); // it is in the log or nowhere
  };
  const server = serve({ ...settings, log });
  for (const line of greeting(server)) tell(line);
  const stop = stopOnSignal(server, tell);
  stopOrReloadOnHangup(server, stop);
  // What the log goes to may stand still.
  server.finished.then(() => Deno.unrefTimer(setTimeout(() => Deno.exit(), LOG_TIMEOUT)));
}

/** Prints an entry. What it returns rejects if that failed, which the server counts. */
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
 * The first signal shuts down; the second finds no listener any more, and kills. Returns what the first one does, which
 * something else may do as well.
 */
function stopOnSignal(server: ChatServer, tell: (message: string) => void): () => void {
  let isStopping = false;
  const stop = () => {
    if (isStopping) return;
    isStopping = true;
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, stop);
    tell("Shutting down");
    server.shutdown();
  };
  for (const signal of SIGNALS) Deno.addSignalListener(signal, stop);
  return stop;
}

/**
 * SIGHUP says that the terminal is closed, if there is one: that stops a server. Without a terminal, as under systemd or
 * nohup, it asks for the certificate to be read again; without TLS there is nothing to reload, and it does what it always
 * does.
 */
function stopOrReloadOnHangup(server: ChatServer, stop: () => void): void {
  if (Deno.build.os === "windows") return;
  const reload = () => void server.reloadCertificate();
  if (isOnTerminal()) Deno.addSignalListener("SIGHUP", stop); // which comes twice: the shell's and the kernel's
  else if (server.tlsAddr !== undefined) Deno.addSignalListener("SIGHUP", reload);
  server.finished.then(() => {
    Deno.removeSignalListener("SIGHUP", stop);
    Deno.removeSignalListener("SIGHUP", reload);
  });
}

/** Whether the program was started on a terminal. nohup puts something else in place of each of the three. */
function isOnTerminal(): boolean {
  return [Deno.stdin, Deno.stdout, Deno.stderr].some((stream) => stream.isTerminal());
}

/** What a user can cause is told in one line. */
function explain(error: unknown): void {
  if (!(error instanceof Error)) throw error;
  if (error instanceof RangeError || error instanceof TypeError) fail(EXIT_USAGE, error.message);
  else if (error instanceof Deno.errors.AddrInUse) {
    const isMetrics = error.message.includes("metrics");
    const inUse = "the port is in use, try --port (or --tls-port)";
    fail(EXIT_FAILURE, `Cannot listen: ${isMetrics ? METRICS_IN_USE : inUse}`);
  } else if (error instanceof HistoryError || error instanceof OperatorTokenError) {
    fail(EXIT_FAILURE, error.message);
  } else fail(EXIT_FAILURE, `Cannot listen: ${error.message}`);
}

function fail(code: number, message: string): void {
  console.error(message);
  Deno.exitCode = code;
}

if (import.meta.main) main(Deno.args);
