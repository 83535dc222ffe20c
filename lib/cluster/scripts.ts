/**
 * The scripts that the engine runs. Each decides and writes in one step that nothing can interrupt; see docs/cluster.md.
 * @module
 */
import { createHash } from "node:crypto";
import { RespError, type RespValue } from "../protocol/resp/resp.ts";
import type { EngineConnection } from "./engine_connection.ts";
import act from "./scripts/act.lua" with { type: "text" };
import beat from "./scripts/beat.lua" with { type: "text" };
import common from "./scripts/common.lua" with { type: "text" };
import open from "./scripts/open.lua" with { type: "text" };

export interface Script {
  readonly text: string;
  /** By which the engine knows the script once it has run it. */
  readonly sha1: string;
}

function script(text: string): Script {
  const whole = `${common}\n${text}`;
  return { text: whole, sha1: createHash("sha1").update(whole).digest("hex") };
}

export const SCRIPTS = { act: script(act), open: script(open), beat: script(beat) };

/** The prefix of all keys of a chat. The hash tag keeps them together. */
export function keyPrefix(chat: string): string {
  return `{bc:${chat}}:`;
}

/**
 * Runs a script, which the engine is given only if it does not know it.
 *
 * @throws {EngineUnavailable} If the connection ends before the answer.
 */
export async function runScript(
  connection: EngineConnection,
  { text, sha1 }: Script,
  prefix: string,
  args: readonly (string | number)[],
): Promise<RespValue> {
  const answer = await connection.send("EVALSHA", sha1, 1, prefix, ...args);
  if (!(answer instanceof RespError) || answer.code !== "NOSCRIPT") return answer;
  return await connection.send("EVAL", text, 1, prefix, ...args);
}
