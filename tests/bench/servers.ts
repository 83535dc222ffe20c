// The servers under test: this one and its peers, each with the commands that start it.

import { installBun, installWs, versionOf } from "./install.ts";
import type { Dialect, Transport } from "./job.ts";

/** Everything that would limit, or show, the measurement is off. */
const BACKCHANNEL_FLAGS = [
  ...["--port", "0", "--idle-timeout", "0", "--heartbeat", "0"],
  ...["--rate", "0", "--max-clients", "100000", "--quiet"],
];

export const OURS = "backchannel";

/** A server that can be started. */
export interface Server {
  readonly name: string;
  readonly version: string;
  readonly dialect: Dialect;
  readonly commands: Readonly<Partial<Record<Transport, readonly string[]>>>;
  /** The only scenarios that it takes part in. */
  readonly scenarios?: readonly number[];
}

/** A server that cannot, and why. */
export interface MissingServer {
  readonly name: string;
  readonly missing: string;
}

/** How this server is started. */
export function ourCommand(
  flags: readonly string[] = [],
  permissions: readonly string[] = [],
): string[] {
  const program = local("../../main.ts");
  const run = [Deno.execPath(), "run", "--allow-net", ...permissions, program];
  return [...run, ...BACKCHANNEL_FLAGS, ...flags];
}

/** In the order of the tables. */
const RECIPES: Readonly<Record<string, () => Promise<Omit<Server, "name">>>> = {
  [OURS]() {
    // The peers keep none either; scenario 8 is about what it costs.
    const command = ourCommand(["--no-history"]);
    const commands = { ws: command, tcp: command, mixed: command };
    const version = `Deno ${Deno.version.deno}`;
    return Promise.resolve({ version, dialect: "backchannel", commands });
  },
  async bun() {
    const { path, version } = await installBun();
    const commands = {
      ws: [path, local("peers/bun.mjs")],
      tcp: [path, local("peers/node_net.mjs")],
    };
    return { version: `Bun ${version}, publish; node:net`, dialect: "relay", commands };
  },
  deno() {
    const commands = { ws: [Deno.execPath(), "run", "--allow-net", local("peers/deno_serve.ts")] };
    const version = `Deno ${Deno.version.deno}, Deno.serve`;
    return Promise.resolve({ version, dialect: "relay", commands });
  },
  floor() {
    const command = [Deno.execPath(), "run", "--allow-net", local("peers/floor.ts")];
    const commands = { ws: [...command, "ws"], tcp: [...command, "tcp"] };
    const version =
      `Deno ${Deno.version.deno}, conn.write and nothing else: what the runtime takes`;
    return Promise.resolve({ version, dialect: "relay", commands, scenarios: [1, 5] });
  },
  async node() {
    const node = await versionOf("node");
    const ws = await installWs();
    const commands = {
      ws: ["node", local("peers/node_ws.mjs"), ws.path],
      tcp: ["node", local("peers/node_net.mjs")],
    };
    return { version: `Node ${node}, ws ${ws.version}; node:net`, dialect: "relay", commands };
  },
};

export const SERVER_NAMES: readonly string[] = Object.keys(RECIPES);

/** Installs what is needed. Never throws. */
export function prepare(names: readonly string[]): Promise<Array<Server | MissingServer>> {
  return Promise.all(names.map(async (name) => {
    try {
      return { name, ...await RECIPES[name]!() };
    } catch (error) {
      return { name, missing: error instanceof Error ? error.message : String(error) };
    }
  }));
}

function local(path: string): string {
  return new URL(path, import.meta.url).pathname;
}
