/**
 * The program under test: main.ts in a separate process.
 * @module
 */
import { CHILD_ENVIRONMENT } from "./environment.ts";
import { projectPath } from "./paths.ts";
import { patiently, until } from "./patience.ts";

export const MAIN = projectPath("main.ts");

/** The command line that runs a script with only network access. */
export function denoRun(script: string, ...args: string[]): string[] {
  return [Deno.execPath(), "run", "--quiet", "--allow-net", script, ...args];
}

export interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command until it ends by itself. */
export async function run(command: string[], cwd?: string): Promise<Output> {
  await using program = new Program(command, cwd);
  const { code } = await patiently(program.ended, `the end of ${command.join(" ")}`);
  const text = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join("");
  return { code, stdout: text(program.out), stderr: text(program.err) };
}

export class Program implements AsyncDisposable {
  /** The lines of standard output. */
  readonly out: string[] = [];
  readonly err: string[] = [];
  /** Resolves when it has ended and all output has been read. */
  readonly ended: Promise<Deno.CommandStatus>;
  readonly #child: Deno.ChildProcess;

  constructor([program = "", ...args]: string[], cwd?: string) {
    this.#child = new Deno.Command(program, {
      args,
      ...CHILD_ENVIRONMENT,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      ...(cwd === undefined ? {} : { cwd }),
    }).spawn();
    this.ended = Promise.all([
      this.#child.status,
      collect(this.#child.stdout, this.out),
      collect(this.#child.stderr, this.err),
    ]).then(([status]) => status);
  }

  /** Starts main.ts on a free port and waits until it listens. */
  static async start(...flags: string[]): Promise<Program> {
    const program = new Program(denoRun(MAIN, "--port", "0", ...flags));
    await program.listens();
    return program;
  }

  get pid(): number {
    return this.#child.pid;
  }

  get port(): number {
    const line = this.out.find((line) => line.startsWith("Server listening on "));
    return Number(line?.split(":").at(-1));
  }

  listens(): Promise<void> {
    return this.prints(/^Browser: /);
  }

  /** Waits for a line on standard output. */
  async prints(line: RegExp): Promise<void> {
    const ended = this.ended.then(() => true);
    let over = false;
    void ended.then(() => over = true);
    await until(() => over || this.out.some((it) => line.test(it)), `it prints ${line}`);
    if (!this.out.some((it) => line.test(it))) {
      throw new Error(`It ended and printed: ${[...this.out, ...this.err].join("\n")}`);
    }
  }

  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Sends a signal and waits for the end. */
  end(signal: Deno.Signal): Promise<Deno.CommandStatus> {
    this.kill(signal);
    return patiently(this.ended, `the end after ${signal}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.kill("SIGKILL");
    } catch {
      // It has already ended.
    }
    await this.ended;
  }
}

async function collect(stream: ReadableStream<Uint8Array<ArrayBuffer>>, lines: string[]) {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + text).split("\n");
    rest = parts.pop()!;
    lines.push(...parts);
  }
  if (rest !== "") lines.push(rest);
}
