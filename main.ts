/**
 * The program: flags to options, log entries to lines, signals to a shutdown. Everything else is the library's.
 * @module
 */
import { parseArgs } from "@std/cli/parse-args";
import config from "./deno.json" with { type: "json" };
import { describeFlags, FLAGS, readFlags } from "./lib/net/flags.ts";
import { type ChatServer, formatLogEntry, HistoryError, serve, type Settings } from "./mod.ts";

/** Exit codes: 1 for what the machine refuses, 2 for what was typed wrong. */
const EXIT_FAILURE = 1, EXIT_USAGE = 2;

/** What asks a program to stop; Windows has no SIGTERM, and closes a console with SIGBREAK. */
const SIGNALS: Deno.Signal[] = ["SIGINT", Deno.build.os === "windows" ? "SIGBREAK" : "SIGTERM"];

const HELP =
  `Backchannel ${config.version}: a chat server for TCP, WebSocket and browser clients on one port

Usage: deno run --allow-net main.ts [flags]

${describeFlags()}`;

function main(args: string[]): void {
  const unknown: string[] = [];
  const flags = parseArgs(args, {
    ...FLAGS,
    unknown: (arg) => {
      unknown.push(arg);
      return false;
    },
  });
  if (unknown.length > 0) return fail(EXIT_USAGE, `Unknown argument '${unknown[0]}', try --help`);
  // parseArgs takes every value of a switch but "false" for true.
  for (const name of FLAGS.boolean) {
    const wrong = args.find((arg) => arg.startsWith(`--${name}=`) && !/=(true|false)$/.test(arg));
    if (wrong !== undefined) return fail(EXIT_USAGE, `--${name} takes no value, not '${wrong}'`);
  }
  if (flags.help) return console.log(HELP);
  if (flags.version) return console.log(`backchannel ${config.version}`);
  try {
    start(readFlags(flags), flags.quiet);
  } catch (error) {
    explain(error);
  }
}

function start(settings: Partial<Settings>, quiet: boolean): void {
  const print = joinedPrinter();
  const server = serve({
    ...settings,
    log: (entry) => {
      if (!quiet || entry.topic !== "connection") print(formatLogEntry(entry));
    },
  });
  greet(server.addr);
  stopOnSignal(server);
}

function greet({ hostname, port }: Deno.NetAddr): void {
  const host = hostname.includes(":") ? `[${hostname}]` : hostname;
  console.log(`Server listening on ${host}:${port}`);
  console.log(`WebSocket clients: ws://${host}:${port}`);
  console.log(`TCP clients: telnet ${hostname} ${port}`);
  console.log(`Browser: http://${host}:${port}/`);
}

/** Prints the lines of one turn of the loop at once: a hundred slow clients may all have one to say. */
function joinedPrinter(): (line: string) => void {
  let lines: string[] = [];
  const flush = () => {
    console.log(lines.join("\n"));
    lines = [];
  };
  return (line) => {
    if (lines.push(line) === 1) queueMicrotask(flush);
  };
}

/** The first signal shuts down; the second finds no listener any more, and kills. */
function stopOnSignal(server: ChatServer): void {
  const stop = () => {
    for (const signal of SIGNALS) Deno.removeSignalListener(signal, stop);
    console.log("Shutting down");
    server.shutdown();
  };
  for (const signal of SIGNALS) Deno.addSignalListener(signal, stop);
}

/** What a user can cause is told in one line. */
function explain(error: unknown): void {
  if (!(error instanceof Error)) throw error;
  if (error instanceof RangeError || error instanceof TypeError) fail(EXIT_USAGE, error.message);
  else if (error instanceof Deno.errors.AddrInUse) {
    fail(EXIT_FAILURE, "Cannot listen: the port is in use, try --port");
  } else if (error instanceof HistoryError) fail(EXIT_FAILURE, error.message);
  else fail(EXIT_FAILURE, `Cannot listen: ${error.message}`);
}

function fail(code: number, message: string): void {
  console.error(message);
  Deno.exitCode = code;
}

if (import.meta.main) main(Deno.args);
