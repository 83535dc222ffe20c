/**
 * The direction of dependencies, held: `main -> mod -> net -> { chat, protocol, history -> chat }`. Of these, chat and
 * protocol know neither each other nor the runtime (but for the decoder of its buffers), and history knows its contracts
 * and SQLite. DESIGN.md of the project says why.
 */
import { assert, assertEquals } from "@std/assert";

const ROOT = new URL("../", import.meta.url);

/** A part of the program: a folder of lib/, or the file itself outside of it. */
type Part = string;

interface Source {
  readonly path: string;
  readonly part: Part;
  readonly text: string;
  /** Without comments. */
  readonly code: string;
  /** What it imports: parts of the program and, by their names, packages. */
  readonly imports: readonly Part[];
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");
}

function partOf(path: string): Part {
  return /^lib\/([^/]+)\//.exec(path)?.[1] ?? path;
}

function importsOf(code: string, url: URL): Part[] {
  const specifiers = code.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*"([^"]+)"/g);
  return Array.from(specifiers, ([, specifier = ""]) => {
    const target = new URL(specifier, url).href;
    return specifier.startsWith(".") ? partOf(target.slice(ROOT.href.length)) : specifier;
  });
}

function read(path: string): Source {
  const url = new URL(path, ROOT);
  const text = Deno.readTextFileSync(url);
  const code = withoutComments(text);
  return { path, part: partOf(path), text, code, imports: importsOf(code, url) };
}

function* walk(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, ROOT))) {
    if (isDirectory) yield* walk(`${folder}${name}/`);
    else if (name.endsWith(".ts")) yield `${folder}${name}`;
  }
}

const lib = [...walk("lib/")].filter((path) => partOf(path) !== "std").map(read);
const faces = ["main.ts", "mod.ts"].map(read);

function of(part: Part): Source[] {
  const sources = lib.filter((source) => source.part === part);
  assert(sources.length > 0, `There are no files in lib/${part}`);
  return sources;
}

for (const [part, ...packages] of [["chat"], ["protocol", "node:buffer"]] as const) {
  Deno.test(`lib/${part} imports nothing but ${["itself", ...packages].join(" and ")}`, () => {
    const allowed: readonly string[] = [part, ...packages];
    for (const { path, imports } of of(part)) {
      assertEquals(imports.filter((target) => !allowed.includes(target)), [], path);
    }
  });

  Deno.test(`lib/${part} uses no Deno, no network and no timers`, () => {
    for (const { path, code } of of(part)) {
      const found = code.match(/\bDeno\b|\b(?:fetch|set(?:Timeout|Interval|Immediate))\(/g);
      assertEquals(found, null, path);
    }
  });
}

Deno.test("lib/history imports nothing but itself, its contracts in lib/chat and node:sqlite", () => {
  for (const { path, code, imports } of of("history")) {
    const others = imports.filter((target) => !["history", "chat", "node:sqlite"].includes(target));
    assertEquals(others, [], path);
    const fromChat = new Set(code.match(/"\.\.\/chat\/[^"]*"/g));
    for (const contract of ["history", "sanctions"]) fromChat.delete(`"../chat/${contract}.ts"`);
    assertEquals([...fromChat], [], path);
  }
});

Deno.test("lib/history uses no timers, and of Deno only what locks a file and tells it from another", () => {
  for (const { path, code } of of("history")) {
    const found = code.match(/\bDeno\.[\w.]+|\b(?:fetch|set(?:Timeout|Interval|Immediate))\(/g) ??
      [];
    const allowed = [
      "Deno.statSync",
      "Deno.openSync",
      "Deno.FsFile",
      "Deno.build.os",
      "Deno.errors.NotCapable",
    ];
    assertEquals(found.filter((use) => !allowed.includes(use)), [], path);
  }
});

Deno.test("Only lib/net brings chat and protocol together", () => {
  for (const { path, part, imports } of [...lib, ...faces]) {
    const both = imports.includes("chat") && imports.includes("protocol");
    assert(!both || part === "net", `${path} imports from both`);
  }
  assert(of("net").some(({ imports }) => imports.includes("chat")));
});

Deno.test("Nothing in lib/ imports main.ts or mod.ts", () => {
  for (const { path, imports } of lib) {
    assertEquals(imports.filter((target) => /^(?:main|mod)\.ts$/.test(target)), [], path);
  }
});

Deno.test("Every file under lib/ begins with a doc comment", () => {
  for (const { path, text } of lib) assert(text.startsWith("/**\n"), path);
});

Deno.test("withoutComments() leaves code alone, and importsOf() finds every import", () => {
  const code = [
    '/** import "no.ts"; Deno. */',
    'import { a } from "./a.ts"; // Deno.',
    "export {",
    "  b,",
    '} from "../net/b.ts";',
    'import type { C } from "@std/assert";',
    'import "https://example.org/d.ts"; // import "no.ts"',
    'const e = await import("./e.ts"), url = "http://x"; Deno.exit();',
  ].join("\n");
  const bare = withoutComments(code);
  assertEquals(importsOf(bare, new URL("lib/chat/x.ts", ROOT)), [
    "chat",
    "net",
    "@std/assert",
    "https://example.org/d.ts",
    "chat",
  ]);
  assertEquals(bare.match(/Deno\./g)?.length, 1);
});
