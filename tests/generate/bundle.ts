/**
 * Bundles the modules in static/src into static/app.js, which is committed and embedded in the server. It is a classic
 * script because browsers do not load modules for a page that is opened from disk. `deno task bundle` runs this.
 * @module
 */

const HEAD = "// Generated from static/src by `deno task bundle`. Do not edit.\n";

const ROOT = new URL("../../", import.meta.url);

/** The generated script. */
const SCRIPT = "static/app.js";

/** The entry modules: the features, which add themselves, and the module that starts the page. */
export function entries(): string[] {
  const features = Array.from(
    Deno.readDirSync(new URL("static/src/features", ROOT)),
    ({ name }) => name,
  );
  return [
    ...features.toSorted().map((name) => `static/src/features/${name}`),
    "static/src/main.ts",
  ];
}

/** Bundles modules and their imports into one classic script. */
export async function bundle(modules = entries()): Promise<string> {
  const entry = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    const imports = modules.map((module) =>
      `import ${JSON.stringify(new URL(module, ROOT).href)};\n`
    );
    await Deno.writeTextFile(entry, imports.join(""));
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "bundle",
        "--quiet",
        "--config",
        "deno.json",
        "--format",
        "iife",
        "--platform",
        "browser",
        entry,
      ],
      cwd: ROOT,
      env: { NO_COLOR: "1" },
    }).output();
    if (!success) throw new Error(`Cannot bundle: ${new TextDecoder().decode(stderr)}`);
    return HEAD + new TextDecoder().decode(stdout);
  } finally {
    await Deno.remove(entry);
  }
}

if (import.meta.main) await Deno.writeTextFile(new URL(SCRIPT, ROOT), await bundle());
