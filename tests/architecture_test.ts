/**
 * The direction of dependencies: every import from one folder of lib/ and static/src/ to another is listed here, type-only
 * imports included. No folders, at any depth, and no files import each other in a cycle. See docs/architecture.md.
 */
import { assert, assertEquals } from "@std/assert";

const ROOT = new URL("../", import.meta.url);

/** What the files of each folder import, besides other files of the folder: folders, packages and embedded files. */
const EDGES: Readonly<Record<string, readonly string[]>> = {
  "chat": ["delivery", "identity", "text", "wire"],
  "chat/commands": ["chat", "identity", "text", "wire"],
  "client": ["wire"],
  "cluster": ["chat", "history", "lib/cluster/scripts/*", "node:crypto", "protocol/resp"],
  "delivery": [],
  "history": ["chat", "node:sqlite"],
  "identity": ["limits", "node:crypto", "text"],
  "ip": ["node:net"],
  "limits": ["ip"],
  "main.ts": ["@std/async", "deno.json", "ip", "mod.ts", "server", "server/observability"],
  "mod.ts": [
    "chat",
    "cluster",
    "delivery",
    "history",
    "identity",
    "moderation",
    "server",
    "server/connection",
    "server/embedding",
    "server/observability",
    "server/tls",
    "webhook",
    "wire",
  ],
  "moderation": ["chat", "identity", "ip", "limits", "text", "wire"],
  "protocol": ["text"],
  "protocol/http": ["ip", "node:http", "text"],
  "protocol/lines": ["protocol", "text"],
  "protocol/proxy": ["ip", "node:net"],
  "protocol/resp": [],
  "protocol/websocket": ["protocol", "protocol/http", "text"],
  "server": [
    "@std/cli/parse-args",
    "chat",
    "chat/commands",
    "cluster",
    "delivery",
    "deno.json",
    "history",
    "identity",
    "ip",
    "limits",
    "moderation",
    "protocol",
    "protocol/http",
    "protocol/proxy",
    "server/admission",
    "server/api",
    "server/connection",
    "server/embedding",
    "server/http",
    "server/observability",
    "server/session",
    "server/tls",
    "webhook",
    "wire",
  ],
  "server/api": [
    "chat",
    "chat/commands",
    "delivery",
    "identity",
    "limits",
    "node:http",
    "protocol/http",
    "server/admission",
    "server/connection",
    "server/http",
    "server/observability",
    "wire",
  ],
  "server/admission": ["ip", "limits", "server/connection", "server/observability"],
  "server/connection": ["ip", "limits", "server/observability", "wire"],
  "server/embedding": [
    "chat",
    "chat/commands",
    "delivery",
    "identity",
    "ip",
    "protocol/http",
    "server/connection",
    "server/http",
    "server/observability",
    "server/session",
    "wire",
  ],
  "server/http": [
    "identity",
    "ip",
    "node:crypto",
    "node:zlib",
    "protocol/http",
    "protocol/websocket",
    "server/admission",
    "server/connection",
    "server/observability",
    "static/*",
    "wire",
  ],
  "server/observability": ["identity", "limits", "webhook", "wire"],
  "server/session": [
    "chat",
    "chat/commands",
    "delivery",
    "identity",
    "limits",
    "protocol",
    "protocol/lines",
    "protocol/websocket",
    "server/admission",
    "server/connection",
    "server/observability",
    "wire",
  ],
  "server/tls": ["node:stream", "node:tls", "server/connection", "server/observability", "wire"],
  "static/src": ["static/src/model", "static/src/net", "static/src/view"],
  "static/src/features": ["static/src/model", "static/src/net", "static/src/view"],
  "static/src/model": ["static/src/net"],
  "static/src/net": ["client", "wire"],
  "static/src/view": ["static/src/model", "static/src/net"],
  "text": ["node:buffer"],
  "webhook": ["delivery", "node:crypto", "wire"],
  "wire": [],
};

/** Folders whose code decides and does not act: no sockets, files, timers or clocks of the runtime. */
const SANS_IO = ["text", "ip", "protocol", "delivery", "wire", "chat", "client", "webhook"];

/** What these folders get from the runtime, in one place. */
const RUNTIME = ["lib/client/runtime.ts"];

interface Source {
  readonly path: string;
  /** Without comments. */
  readonly code: string;
  readonly text: string;
  /** Paths of files of this project, and names of packages. */
  readonly imports: readonly string[];
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");
}

function importsOf(code: string, url: URL): string[] {
  const specifiers = code.matchAll(
    /^(?:import|export)\b[^;]*?\bfrom "([^"]+)"|^import "([^"]+)"|\bimport\("([^"]+)"\)/gm,
  );
  return Array.from(specifiers, ([, from, bare, dynamic]) => from ?? bare ?? dynamic ?? "").map((
    specifier,
  ) =>
    specifier.startsWith(".") ? new URL(specifier, url).href.slice(ROOT.href.length) : specifier
  );
}

function read(path: string): Source {
  const url = new URL(path, ROOT);
  const text = Deno.readTextFileSync(url);
  const code = withoutComments(text);
  return { path, text, code, imports: importsOf(code, url) };
}

function* walk(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder, ROOT))) {
    if (isDirectory) yield* walk(`${folder}${name}/`);
    else if (name.endsWith(".ts")) yield `${folder}${name}`;
  }
}

const sources = [...walk("lib/"), ...walk("static/src/"), "main.ts", "mod.ts"]
  .filter((path) => !path.startsWith("lib/std/")).map(read);

/** The folder of a file: `server/http` of `lib/server/http/routes.ts`, `static/src/net`; a file at the top is its own. */
function folderOf(path: string): string {
  return path.replace(/^lib\//, "").replace(/\/?[^/]*$/, "") || path;
}

/** What a folder imports is shown as: a folder, a package, or a file that is embedded. */
function targetOf(path: string): string {
  if (!path.includes("/") || /^[@\w]+:|^@/.test(path)) return path;
  return path.endsWith(".ts") ? folderOf(path) : path.replace(/[^/]*$/, "*");
}

/** A graph as its edges, sorted. */
type Graph = ReadonlyMap<string, ReadonlySet<string>>;

function graphOf(edges: Iterable<readonly [string, string]>): Graph {
  const graph = new Map<string, Set<string>>();
  for (const [from, to] of edges) {
    if (from === to) continue;
    graph.set(from, (graph.get(from) ?? new Set()).add(to));
  }
  return graph;
}

/** One cycle, if there is any. */
function cycleIn(graph: Graph): string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (node: string): string[] | undefined => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node];
    if (done.has(node)) return undefined;
    path.push(node);
    for (const next of graph.get(node) ?? []) {
      const cycle = visit(next);
      if (cycle !== undefined) return cycle;
    }
    path.pop();
    done.add(node);
    return undefined;
  };
  for (const node of graph.keys()) {
    const cycle = visit(node);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

const fileEdges = sources.flatMap(({ path, imports }) =>
  imports.map((target) => [path, target] as const)
);

Deno.test("Every edge between folders is listed, and every listed edge is there", () => {
  const found: Record<string, string[]> = {};
  for (const { path, imports } of sources) {
    const folder = folderOf(path);
    found[folder] ??= [];
    for (const target of imports.map(targetOf)) {
      if (target !== folder && !found[folder].includes(target)) found[folder].push(target);
    }
  }
  const sorted = (edges: Readonly<Record<string, readonly string[]>>) =>
    Object.fromEntries(
      Object.entries(edges).toSorted().map(([from, to]) => [from, to.toSorted()]),
    );
  assertEquals(sorted(found), sorted(EDGES));
});

Deno.test("No files import one another in a circle", () => {
  assertEquals(cycleIn(graphOf(fileEdges)), undefined);
});

Deno.test("No folders, at any depth, import one another in a circle", () => {
  const depths = sources.map(({ path }) => path.split("/").length);
  for (let depth = 1; depth <= Math.max(...depths); depth++) {
    const cut = (path: string) => path.split("/").slice(0, -1).slice(0, depth + 1).join("/");
    const edges = fileEdges.filter(([, to]) => to.endsWith(".ts"))
      .map(([from, to]) => [cut(from), cut(to)] as const);
    assertEquals(cycleIn(graphOf(edges)), undefined, `depth ${depth}`);
  }
});

Deno.test("What decides does not act: no Deno, network or timers below the server", () => {
  for (const { path, code } of sources) {
    if (!SANS_IO.includes(folderOf(path).split("/")[0]!) || RUNTIME.includes(path)) continue;
    const found = code.match(
      /\bDeno\b|\b(?:fetch|set(?:Timeout|Interval|Immediate)|new WebSocket)\(/g,
    );
    assertEquals(found, null, path);
  }
});

Deno.test("Every file under lib/ begins with a doc comment that does not list what the file ignores", () => {
  for (const { path, text } of sources) {
    if (!path.startsWith("lib/")) continue;
    assert(text.startsWith("/**\n"), path);
    assertEquals(
      /\b(?:[Kk]nows nothing|[Mm]ust never know|[Ii]t knows no)\b/.exec(text)?.[0],
      undefined,
      path,
    );
  }
});
