/**
 * Finds the engine among its addresses: the one that is the master. Checks that it is one that can be used.
 * @module
 */
import { RespError } from "../protocol/resp/resp.ts";
import { EngineConnection, type EngineConnectionOptions } from "./engine_connection.ts";
import { EngineRefused, EngineUnavailable } from "./engine_error.ts";
import { describeAddress, type EngineAddress } from "./engine_url.ts";

/** Redis 7 is the first version with the streams, ranges and options that are used. Valkey began with 7.2. */
const MIN_VERSION = 7;

/** An engine that is ready, and which run of it this is. */
export interface Engine {
  readonly connection: EngineConnection;
  /** Changes with every start of the engine, and when another one takes over. */
  readonly run: string;
}

/**
 * Connects to the first address whose engine is the master.
 *
 * @throws {EngineUnavailable} If none is reachable, or all are replicas or still loading.
 * @throws {EngineRefused} If it refuses the password, or is too old.
 */
export async function connectToEngine(
  addresses: readonly EngineAddress[],
  options: EngineConnectionOptions,
): Promise<Engine> {
  const problems: string[] = [];
  for (const address of addresses) {
    try {
      const connection = await EngineConnection.open(address, options);
      const engine = await look(connection);
      if (typeof engine !== "string") return engine;
      connection.close();
      problems.push(`${describeAddress(address)} ${engine}`);
    } catch (error) {
      if (!(error instanceof EngineUnavailable)) throw error;
      problems.push(error.message);
    }
  }
  throw new EngineUnavailable(problems.join("; "));
}

/** Returns the engine, or why it cannot be used now. */
async function look(connection: EngineConnection): Promise<Engine | string> {
  const info = await connection.send("INFO", "server", "replication", "persistence");
  if (info instanceof RespError) {
    connection.close();
    throw new EngineRefused(
      `Cannot use the engine at ${describeAddress(connection.address)}: ${info.message}`,
    );
  }
  const fields = parseInfo(String(info));
  const version = fields.get("valkey_version") ?? fields.get("redis_version") ?? "";
  if (!(Number.parseInt(version) >= MIN_VERSION)) {
    connection.close();
    throw new EngineRefused(
      `Cannot use the engine at ${describeAddress(connection.address)}: ` +
        `it is version ${version || "unknown"}, and Redis ${MIN_VERSION} or Valkey is needed`,
    );
  }
  if (fields.get("role") !== "master") return "is a replica";
  if (fields.get("loading") === "1") return "is loading its data";
  return { connection, run: fields.get("run_id") ?? "" };
}

/** The fields of INFO, which has a line for each and headings that begin with `#`. */
export function parseInfo(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const colon = line.indexOf(":");
    if (colon > 0 && !line.startsWith("#")) fields.set(line.slice(0, colon), line.slice(colon + 1));
  }
  return fields;
}
