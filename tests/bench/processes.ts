// Starts the servers and the load generator, each on its own core, and makes sure that they end.

import { type Job, LOAD_CORE, type LoadLine, SERVER_CORE, type Target } from "./job.ts";

const START_LIMIT_MS = 20_000;

/** A measurement bounds its own time; this is for one that hangs. */
const LOAD_LIMIT_MS = 180_000;

/** The line that a server prints when it is ready. */
const READY_LINE = /^(?:Server listening on \S+:|listening on )(\d+)$/m;

/** The line that a cluster prints instead: its servers and its engine. */
const CLUSTER_LINE = /^cluster (\{.*\})$/m;

/** Where something listens; the process is another one than that which printed it. */
interface Started {
  readonly port: number;
  readonly pid?: number;
  readonly cluster: Pick<Target, "other" | "enginePid">;
}

/** As much of stderr as an error message quotes. */
const QUOTED_CHARACTERS = 500;

export interface RunningServer {
  readonly pid: number;
  readonly port: number;
  /** The rest of a cluster, if it is one. */
  readonly cluster: Pick<Target, "other" | "enginePid">;
  stop(): Promise<void>;
}

const children = new Set<Deno.ChildProcess>();

/** Whether processes can be kept apart; without it the figures say little. */
export const canPin = navigator.hardwareConcurrency > LOAD_CORE && hasTaskset();

/** Starts a server and waits until it listens. @throws {Error} when it does not. */
export async function startServer(command: readonly string[]): Promise<RunningServer> {
  const child = spawn(command, SERVER_CORE);
  const errors = readTail(child.stderr);
  const stop = async () => {
    // A cluster ends its processes when it is asked to.
    kill(child, isCluster(command) ? "SIGTERM" : "SIGKILL");
    await child.status;
    children.delete(child);
  };
  const timer = setTimeout(() => kill(child), START_LIMIT_MS);
  try {
    const { port, pid = child.pid, cluster } = await readPort(child.stdout);
    return { pid, port, cluster, stop };
  } catch (error) {
    await stop();
    const said = (await errors).trim();
    throw new Error(`Cannot start the server: ${said || "it never said that it listens"}`, {
      cause: error,
    });
  } finally {
    clearTimeout(timer);
  }
}

/** Runs one job in a separate load generator. */
export async function runLoad(job: Job): Promise<LoadLine[]> {
  const program = new URL("load.ts", import.meta.url).pathname;
  const command = [Deno.execPath(), "run", "-A", program, JSON.stringify(job)];
  const child = spawn(command, LOAD_CORE);
  const timer = setTimeout(() => kill(child), LOAD_LIMIT_MS);
  const { stdout, stderr } = await child.output();
  clearTimeout(timer);
  children.delete(child);
  const decoder = new TextDecoder();
  const lines = decoder.decode(stdout).split("\n").filter((line) => line !== "");
  const results = lines.map((line): LoadLine => JSON.parse(line));
  if (results.length > 0) return results;
  return [{
    error: `The load generator failed: ${decoder.decode(stderr).slice(-QUOTED_CHARACTERS)}`,
  }];
}

/** Ends all that is running, at once. */
export function stopAll(): void {
  for (const child of children) kill(child);
}

/** The process id stays the same through sh and taskset: each becomes the next. */
function spawn(command: readonly string[], core: number): Deno.ChildProcess {
  const pinned = canPin ? ["taskset", "-c", String(core), ...command] : command;
  const child = new Deno.Command("sh", {
    args: ["-c", 'ulimit -n "$(ulimit -Hn)"; exec "$@"', "sh", ...pinned],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  children.add(child);
  return child;
}

/** Resolves when the server says its port. Reads on after that: a full pipe would stop the server. */
function readPort(stdout: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Started> {
  const { promise, resolve, reject } = Promise.withResolvers<Started>();
  const read = async () => {
    let text: string | undefined = "";
    for await (const chunk of stdout.pipeThrough(new TextDecoderStream())) {
      if (text === undefined) continue;
      text += chunk;
      const cluster = text.match(CLUSTER_LINE);
      const port = text.match(READY_LINE)?.[1];
      if (cluster !== null) resolve(JSON.parse(cluster[1]!));
      else if (port !== undefined) resolve({ port: Number(port), cluster: {} });
      else continue;
      text = undefined;
    }
    reject(new Error("The server ended, or was ended, before it said that it listens"));
  };
  read().catch(reject);
  return promise;
}

/** The last output of a stream, once it has ended. */
async function readTail(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  let tail = "";
  for await (const chunk of stream.pipeThrough(new TextDecoderStream())) {
    tail = (tail + chunk).slice(-QUOTED_CHARACTERS);
  }
  return tail;
}

function isCluster(command: readonly string[]): boolean {
  return command.some((word) => word.endsWith("/cluster.ts"));
}

function kill(child: Deno.ChildProcess, signal: Deno.Signal = "SIGKILL"): void {
  try {
    child.kill(signal);
  } catch {
    // It has ended already.
  }
}

function hasTaskset(): boolean {
  try {
    return new Deno.Command("taskset", { args: ["--version"] }).outputSync().success;
  } catch {
    return false;
  }
}
