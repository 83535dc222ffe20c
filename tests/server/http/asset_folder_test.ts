import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { gunzipSync } from "node:zlib";
import { MAX_FOLDER_BYTES, readAssetFolder } from "../../../lib/server/http/asset_folder.ts";
import { respondWithAsset } from "../../../lib/server/http/asset.ts";
import type { HttpResponse } from "../../../lib/protocol/http/response.ts";
import { RawSocket } from "../../support/raw_socket.ts";
import { TestServer } from "../../support/server.ts";
import "../../support/environment.ts"; // fetch

const SCRIPT = "console.log(1);\n".repeat(100);

/** A folder with these files; texts by path. */
class Folder implements Disposable {
  readonly path = Deno.makeTempDirSync({ prefix: "backchannel-" });

  constructor(files: Readonly<Record<string, string>>) {
    for (const [name, text] of Object.entries(files)) {
      const path = `${this.path}/${name}`;
      Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
      Deno.writeTextFileSync(path, text);
    }
  }

  /** The response to a request for a path. */
  get(target: string, fields: Readonly<Record<string, string>> = {}): HttpResponse {
    return respondWithAsset(
      {
        method: "GET",
        target,
        version: "HTTP/1.1",
        fields: new Map(Object.entries(fields).map(([name, value]) => [name, [value]])),
      },
      readAssetFolder(this.path),
    );
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}

const field = (response: HttpResponse, name: string) =>
  [...response.fields].find(([key]) => key === name)?.[1];

function textOf({ body }: HttpResponse): string {
  return typeof body === "string" ? body : new TextDecoder().decode(body);
}

Deno.test("readAssetFolder() returns every file with its type, and index.html for its folder", () => {
  using folder = new Folder({
    "index.html": "<!DOCTYPE html>page",
    "a.js": SCRIPT,
    "a.css": "a{}",
    "a.svg": "<svg/>",
    "a.PNG": "png",
    "a.woff2": "font",
    "a.webmanifest": "{}",
    "a.exe": "?",
    "LICENSE": "free",
    "docs/index.html": "docs",
    "docs/more/\u00e4 b%.txt": "text",
  });
  const types: Record<string, string> = {
    "/": "text/html; charset=utf-8",
    "/index.html": "text/html; charset=utf-8",
    "/a.js": "text/javascript; charset=utf-8",
    "/a.css": "text/css; charset=utf-8",
    "/a.svg": "image/svg+xml",
    "/a.PNG": "image/png",
    "/a.woff2": "font/woff2",
    "/a.webmanifest": "application/manifest+json",
    "/a.exe": "application/octet-stream",
    "/LICENSE": "application/octet-stream",
    "/docs/": "text/html; charset=utf-8",
    "/docs/more/%C3%A4%20b%25.txt?x#y": "text/plain; charset=utf-8",
  };
  for (const [path, type] of Object.entries(types)) {
    const response = folder.get(path);
    assertEquals([response.status, field(response, "content-type")], [200, type], path);
  }
  assertEquals(textOf(folder.get("/")), "<!DOCTYPE html>page");
  assertEquals(textOf(folder.get("/docs/more/%C3%A4%20b%25.txt")), "text");
  for (const path of ["/app.js", "/docs", "/docs/more/", "/%zz", "/favicon.ico"]) {
    assertEquals(folder.get(path).status, 404, path);
  }
});

Deno.test("readAssetFolder() returns no hidden files, links, or files outside the folder", () => {
  using outside = new Folder({ "secret.txt": "secret" });
  using folder = new Folder({ "index.html": "page", ".env": "secret", ".git/config": "secret" });
  Deno.symlinkSync(outside.path, `${folder.path}/link`);
  Deno.symlinkSync(`${outside.path}/secret.txt`, `${folder.path}/link.txt`);
  const name = outside.path.slice(outside.path.lastIndexOf("/") + 1);
  const paths = [
    "/.env",
    "/%2Eenv",
    "/.git/config",
    "/link/secret.txt",
    "/link.txt",
    `/../${name}/secret.txt`,
    `/%2e%2e/${name}/secret.txt`,
    `/..%2f${name}%2fsecret.txt`,
    `/..%5c${name}%5csecret.txt`,
    `/x/../../${name}/secret.txt`,
    `//${outside.path}/secret.txt`,
    `${outside.path}/secret.txt`,
    "/index.html%00.txt",
    "/index.html/",
  ];
  for (const path of paths) assertEquals(folder.get(path).status, 404, path);
});

Deno.test("readAssetFolder() caches only names with a hash of the content", () => {
  using folder = new Folder({
    "index.html": "page",
    "main-HSLUF4A4.js": SCRIPT,
    "main.js": SCRIPT,
    "page-HSLUF4A4.html": "page",
    "main-short.js": SCRIPT,
  });
  const forever = "public, max-age=31536000, immutable";
  assertEquals(field(folder.get("/main-HSLUF4A4.js"), "cache-control"), forever);
  for (const path of ["/", "/main.js", "/page-HSLUF4A4.html", "/main-short.js"]) {
    assertEquals(field(folder.get(path), "cache-control"), "no-cache", path);
  }
  const etag = field(folder.get("/main.js"), "etag") ?? "";
  assertMatch(etag, /^"[\w-]{22}"$/);
  const again = folder.get("/main.js", { "if-none-match": etag });
  assertEquals([again.status, again.body, field(again, "etag")], [304, undefined, etag]);
});

Deno.test("readAssetFolder() compresses files that get shorter, for clients that accept gzip", () => {
  using folder = new Folder({ "index.html": "", "a.js": SCRIPT, "short.js": "1", "a.png": SCRIPT });
  const plain = folder.get("/a.js");
  for (const coding of ["gzip", "br, GZIP;q=0.5", "deflate,gzip ; q=1"]) {
    const response = folder.get("/a.js", { "accept-encoding": coding });
    assertEquals(field(response, "content-encoding"), "gzip", coding);
    assertEquals(field(response, "vary"), "accept-encoding");
    assert(typeof response.body === "object" && response.body.length < SCRIPT.length);
    assertEquals(gunzipSync(response.body).toString(), SCRIPT);
    const etag = field(response, "etag") ?? "";
    assert(etag !== field(plain, "etag"));
    const again = folder.get("/a.js", { "accept-encoding": coding, "if-none-match": etag });
    assertEquals([again.status, field(again, "vary")], [304, "accept-encoding"]);
  }
  for (const coding of ["", "br", "gzip;q=0", "gzip; q=0.000", "xgzip", "*;q=0"]) {
    const response = folder.get("/a.js", { "accept-encoding": coding });
    assertEquals(
      [field(response, "content-encoding"), textOf(response)],
      [undefined, SCRIPT],
      coding,
    );
    assertEquals(field(response, "vary"), "accept-encoding");
  }
  for (const path of ["/short.js", "/a.png"]) {
    const response = folder.get(path, { "accept-encoding": "gzip" });
    assertEquals([field(response, "content-encoding"), field(response, "vary")], [
      undefined,
      undefined,
    ]);
  }
});

Deno.test("A page from a folder may have no inline scripts and load nothing from other origins", () => {
  using folder = new Folder({ "index.html": "page" });
  const policy = field(folder.get("/"), "content-security-policy") ?? "";
  assertMatch(policy, /default-src 'self'/);
  assertMatch(policy, /frame-ancestors 'none'/);
  assert(!/unsafe|https?:|\*/.test(policy), policy);
});

Deno.test("readAssetFolder() says why a folder cannot be served", () => {
  using folder = new Folder({ "file.txt": "text" });
  assertThrows(
    () => readAssetFolder("/no/such"),
    TypeError,
    "Cannot serve '/no/such': there is no such",
  );
  assertThrows(() => readAssetFolder(`${folder.path}/file.txt`), TypeError, "it is no folder");
  assertThrows(() => readAssetFolder(folder.path), TypeError, "there is no index.html in it");
  Deno.truncateSync(`${folder.path}/file.txt`, MAX_FOLDER_BYTES + 1);
  assertThrows(() => readAssetFolder(folder.path), RangeError, `more than 10000 files or`);
});

Deno.test("serve() serves the folder of `static` byte by byte, and fails before it listens", async () => {
  using folder = new Folder({ "index.html": "<!DOCTYPE html>folder", "a.js": SCRIPT });
  await using server = new TestServer({ static: folder.path });
  assertStringIncludes(await request(server.port, "/"), "\r\n\r\n<!DOCTYPE html>folder");
  const page = await fetch(`http://127.0.0.1:${server.port}/a.js`);
  assertEquals(await page.text(), SCRIPT);
  assert(Number(page.headers.get("content-length")) < SCRIPT.length, "It came compressed");
  assertStringIncludes(await request(server.port, "/app.js"), "HTTP/1.1 404 ");
  assertThrows(() => new TestServer({ static: `${folder.path}/none` }), TypeError, "Cannot serve");
});

async function request(port: number, path: string): Promise<string> {
  using socket = await RawSocket.connect(port);
  await socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  return await socket.restText();
}

/**
 * Regression: each response was a copy of the whole file. Thirty requests for 16 MB, by clients that read nothing, held
 * 480 MB for as long as they liked.
 */
Deno.test("A large file is in memory once, however many clients request it", async () => {
  const size = 16_000_000, count = 10;
  using folder = new Folder({
    "index.html": "page",
    "large.bin": "0123456789abcdef".repeat(size / 16),
  });
  await using server = new TestServer({ static: folder.path });
  const before = Deno.memoryUsage().external;
  const sockets = await Promise.all(Array.from({ length: count }, () => ask(server.port)));
  await server.settle();
  const held = Deno.memoryUsage().external - before;
  assert(held < size * count / 4, `${held} bytes are held`);
  const [first] = sockets;
  assertStringIncludes(await first!.through("\r\n\r\n"), `\r\ncontent-length: ${size}`);
  const body = await first!.rest();
  assertEquals(body.length, size);
  assert(body.every((byte, i) => byte === "0123456789abcdef".charCodeAt(i % 16)));
  for (const socket of sockets) socket[Symbol.dispose]();
});

async function ask(port: number): Promise<RawSocket> {
  const socket = await RawSocket.connect(port);
  await socket.write("GET /large.bin HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  return socket;
}
