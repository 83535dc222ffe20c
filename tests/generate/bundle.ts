/**
 * Makes static/app.js, which is committed and embedded in the server, of the modules in static/src: one classic script,
 * because browsers refuse modules to a page that is opened from disk. `deno task bundle` runs this.
 * @module
 */

const HEAD = "// Made of static/src by `deno task bundle`. Do not change it here.\n";

const ROOT = new URL("../../", import.meta.url);

/** What is made of the modules. */
const SCRIPT = "static/app.js";

/** The modules that nobody imports: the features, which register themselves, and the one that starts the page. */
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

/** One classic script made of modules of the project and everything that they import. */
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
