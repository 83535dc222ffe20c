/**
 * Memory that a program of its own has measured: in this one the tests before would count too.
 * @module
 */
import { assertEquals } from "@std/assert";
import { CHILD_ENVIRONMENT } from "./environment.ts";

/** What `script` prints, in bytes. It may collect garbage when it wants to. */
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
