// Installs what the peers need from npm, into a cache directory outside of the checkout.

/** Exact versions, so that the figures of two runs can be compared. */
const WS_VERSION = "8.23.0";
const BUN_VERSION = "1.4.5";

const CACHE = `${
  Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME") ?? "/tmp"}/.cache`
}/backchannel-bench`;

/** A program or module that is there, and what it is. */
export interface Installed {
  readonly path: string;
  readonly version: string;
}

/** The npm package `ws`. @throws {Error} when it cannot be installed. */
export async function installWs(): Promise<Installed> {
  const folder = await install("ws", WS_VERSION);
  return { path: `${folder}/wrapper.mjs`, version: WS_VERSION };
}

/** Bun's binary for this machine. @throws {Error} when it cannot be installed or does not run. */
export async function installBun(): Promise<Installed> {
  // The package `bun` only fetches one of these, in an install script that may be forbidden.
  const folder = await install(bunPackage(), BUN_VERSION);
  const path = `${folder}/bin/bun`;
  return { path, version: await versionOf(path) };
}

/** The output of `program --version`. @throws {Error} If it does not run. */
export async function versionOf(program: string): Promise<string> {
  return (await run(program, ["--version"])).trim();
}

/** Returns the folder of the package. Installs it only if that is not there. */
async function install(name: string, version: string): Promise<string> {
  const prefix = `${CACHE}/${name.replace("/", "+")}@${version}`;
  const folder = `${prefix}/node_modules/${name}`;
  if (await exists(`${folder}/package.json`)) return folder;
  await Deno.mkdir(prefix, { recursive: true });
  const quiet = ["--no-audit", "--no-fund", "--ignore-scripts"];
  await run("npm", ["install", "--prefix", prefix, ...quiet, `${name}@${version}`]);
  return folder;
}

function bunPackage(): string {
  if (Deno.build.arch === "aarch64") return "@oven/bun-linux-aarch64";
  const hasAvx2 = Deno.readTextFileSync("/proc/cpuinfo").includes(" avx2 ");
  return hasAvx2 ? "@oven/bun-linux-x64" : "@oven/bun-linux-x64-baseline";
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}

async function run(program: string, args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args }).output();
  const decoder = new TextDecoder();
  if (success) return decoder.decode(stdout);
  throw new Error(`${program} ${args.join(" ")} failed: ${decoder.decode(stderr).trim()}`);
}
