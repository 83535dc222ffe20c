/**
 * Memory that a separate program measures: in this process, earlier tests would count too.
 * @module
 */
import { assertEquals } from "@std/assert";
import { CHILD_ENVIRONMENT } from "./environment.ts";

/** The number of bytes that `script` prints. It may call the garbage collector. */
export async function measuredBy(script: URL): Promise<number> {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "--allow-net",
      "--v8-flags=--expose-gc",
      decodeURIComponent(script.pathname),
    ],
    ...CHILD_ENVIRONMENT,
    stderr: "inherit",
  }).output();
  assertEquals(code, 0);
  return Number(new TextDecoder().decode(stdout));
}
