/**
 * Three servers and a Redis as processes, and what can happen to them.
 * @module
 */
import type { Random } from "../random.ts";
import { EngineRelay } from "../support/engine_relay.ts";
import { freePort } from "../support/free_port.ts";
import { denoRun, MAIN, Program } from "../support/program.ts";
import { delay } from "@std/async";
import { Redis } from "../support/redis.ts";

/** The number of servers. */
const NODES = 3;

/** Limits would only slow the clients down. */
const FLAGS = [
  "--rate",
  "0",
  "--connect-rate",
  "0",
  "--max-per-ip",
  "0",
  "--history-limit",
  "100000",
];

/** One server, which reaches the Redis through a relay of its own. */
class Node implements AsyncDisposable {
  readonly port = freePort();
  readonly relay: EngineRelay;
  #program: Program | undefined;

  constructor(redis: Redis) {
    this.relay = new EngineRelay(redis.port);
  }

  async start(): Promise<void> {
    const url = `redis://127.0.0.1:${this.relay.port}`;
    const flags = ["--port", String(this.port), "--cluster", url, ...FLAGS];
    this.#program = new Program(denoRun(MAIN, ...flags));
    await this.#program.listens();
  }

  kill(signal: Deno.Signal): void {
    this.#program?.kill(signal);
  }

  /** Kills it and starts it again. */
  async restart(signal: Deno.Signal = "SIGKILL"): Promise<void> {
    const program = this.#program;
    program?.kill(signal);
    await program?.ended;
    await this.start();
  }

  /** The lines of its log, for a failure. */
  get log(): string {
    return (this.#program?.out ?? []).concat(this.#program?.err ?? []).slice(-30).join("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program?.[Symbol.asyncDispose]();
    await this.relay[Symbol.asyncDispose]();
  }
}

/** What can happen, by name. Each ends with everything in order again. */
const FAULTS: Readonly<Record<string, (cluster: Cluster, random: Random) => Promise<void>>> = {
  "kill a server": ({ nodes }, random) => random.pick(nodes).restart(),
  "restart a server": ({ nodes }, random) => random.pick(nodes).restart("SIGTERM"),
  async "pause a server"({ nodes }, random) {
    const node = random.pick(nodes);
    node.kill("SIGSTOP");
    await delay(random.between(500, 3_000));
    node.kill("SIGCONT");
  },
  async "pause a server past its lease"({ nodes }, random) {
    const node = random.pick(nodes);
    node.kill("SIGSTOP");
    await delay(13_000);
    node.kill("SIGCONT");
  },
  "cut a server off"({ nodes }, random) {
    random.pick(nodes).relay.cut();
    return Promise.resolve();
  },
  async "block a server"({ nodes }, random) {
    const { relay } = random.pick(nodes);
    relay.block();
    await delay(random.between(100, 3_000));
    relay.unblock();
  },
  async "swallow what a server says"({ nodes }, random) {
    const { relay } = random.pick(nodes);
    relay.isSilent = true;
    await delay(random.between(100, 3_000));
    relay.isSilent = false;
    relay.cut();
  },
  async "lose answers"({ nodes }, random) {
    const { relay } = random.pick(nodes);
    relay.answersLost = true;
    await delay(random.between(50, 500));
    relay.cut();
    relay.answersLost = false;
  },
  async "delay a server"({ nodes }, random) {
    const { relay } = random.pick(nodes);
    relay.delay = random.between(5, 100);
    await delay(1_000);
    relay.delay = 0;
  },
  async "kill Redis"({ redis }, random) {
    await redis.stop();
    await delay(random.below(1_000));
    await redis.start();
  },
  async "pause Redis"({ redis }, random) {
    redis.kill("SIGSTOP");
    await delay(random.between(500, 3_000));
    redis.kill("SIGCONT");
  },
};

export const FAULT_NAMES: readonly string[] = Object.keys(FAULTS);

export class Cluster implements AsyncDisposable {
  readonly nodes: readonly Node[];

  private constructor(readonly redis: Redis) {
    this.nodes = Array.from({ length: NODES }, () => new Node(redis));
  }

  static async start(): Promise<Cluster> {
    const cluster = new Cluster(await Redis.start({ appendOnly: true }));
    await Promise.all(cluster.nodes.map((node) => node.start()));
    return cluster;
  }

  fault(name: string, random: Random): Promise<void> {
    return FAULTS[name]!(this, random);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.nodes.map((node) => node[Symbol.asyncDispose]()));
    await this.redis[Symbol.asyncDispose]();
  }
}
