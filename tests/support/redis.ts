/**
 * A Redis of one test, on a free port with a temporary folder.
 * @module
 */
import { freePort } from "./free_port.ts";
import { patiently, until } from "./patience.ts";
import { TempFolder } from "./temp_folder.ts";

/** Redis as Debian installs it. */
export const REDIS = "/usr/bin/redis-server";

/** Why tests that need Redis are skipped; `undefined` if it is there. */
export const NO_REDIS = isInstalled() ? undefined : `${REDIS} is not installed`;

function isInstalled(): boolean {
  try {
    return Deno.statSync(REDIS).isFile;
  } catch {
    return false;
  }
}

/** Registers a test that needs Redis. */
export function redisTest(name: string, fn: () => Promise<void>): void {
  if (NO_REDIS === undefined) Deno.test(name, fn);
  else Deno.test({ name: `${name} (skipped: ${NO_REDIS})`, ignore: true, fn() {} });
}

export interface RedisOptions {
  /** Whether every write is on disk before it is answered. By default nothing is kept. */
  readonly appendOnly?: boolean;
  readonly flags?: readonly string[];
}

export class Redis implements AsyncDisposable {
  readonly port = freePort();
  readonly #folder = new TempFolder();
  readonly #options: RedisOptions;
  #child: Deno.ChildProcess | undefined;

  private constructor(options: RedisOptions) {
    this.#options = options;
  }

  static async start(options: RedisOptions = {}): Promise<Redis> {
    const redis = new Redis(options);
    await redis.start();
    return redis;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it, with what it kept. */
  async start(): Promise<void> {
    const dir = this.#folder.path("").replace(/\/$/, "");
    const keep = this.#options.appendOnly
      ? ["--appendonly", "yes", "--appendfsync", "always"]
      : ["--appendonly", "no"];
    this.#child = new Deno.Command(REDIS, {
      args: [
        ...["--port", String(this.port), "--bind", "127.0.0.1", "--dir", dir, "--save", ""],
        ...["--loglevel", "warning", ...keep, ...this.#options.flags ?? []],
      ],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    await until(() => this.#isReady(), "Redis answers");
  }

  kill(signal: Deno.Signal): void {
    this.#child?.kill(signal);
  }

  /** Ends it at once. */
  async stop(signal: Deno.Signal = "SIGKILL"): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#child = undefined;
    child.kill("SIGCONT");
    child.kill(signal);
    await patiently(child.status, "the end of Redis");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await this.#folder[Symbol.asyncDispose]();
  }

  async #isReady(): Promise<boolean> {
    try {
      using conn = await Deno.connect({ hostname: "127.0.0.1", port: this.port });
      await conn.write(new TextEncoder().encode("PING\r\n"));
      const buffer = new Uint8Array(64);
      const length = await conn.read(buffer);
      const answer = new TextDecoder().decode(buffer.subarray(0, length ?? 0));
      return answer.startsWith("+PONG") || answer.startsWith("-NOAUTH");
    } catch {
      return false;
    }
  }
}
