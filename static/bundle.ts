/**
 * Makes static/app.js, which is committed and embedded in the server, of the modules in static/src: one classic script,
 * because browsers refuse modules to a page that is opened from disk. `deno task bundle` runs this.
 * @module
 */

const HEAD = "// Made of static/src by `deno task bundle`. Do not change it here.\n";

const ROOT = new URL("..", import.meta.url);

/** The entry module of the page, and what is made of it. */
const ENTRY = "static/src/main.ts", SCRIPT = "static/app.js";

/** One classic script made of a module of the project and everything that it imports. */
export async function bundle(entry = ENTRY): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--format", "iife", "--platform", "browser", entry],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  if (!success) throw new Error(`Cannot bundle ${entry}: ${new TextDecoder().decode(stderr)}`);
  return HEAD + new TextDecoder().decode(stdout);
}

if (import.meta.main) await Deno.writeTextFile(new URL(SCRIPT, ROOT), await bundle());
