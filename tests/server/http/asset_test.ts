import { assert, assertEquals, assertMatch } from "@std/assert";
import { gunzipSync } from "node:zlib";
import { createAsset, respondWithAsset } from "../../../lib/server/http/asset.ts";
import { EMBEDDED_ASSETS, FILES } from "../../../lib/server/http/embedded_assets.ts";
import { errorResponse } from "../../../lib/server/http/responses.ts";
import type { HttpResponse } from "../../../lib/protocol/http/response.ts";

function get(target: string, fields: Record<string, string[]> = {}, method = "GET"): HttpResponse {
  const head = { method, target, version: "HTTP/1.1", fields: new Map(Object.entries(fields)) };
  return respondWithAsset(head, EMBEDDED_ASSETS);
}

const field = (response: HttpResponse, name: string) =>
  [...response.fields].find(([key]) => key === name)?.[1];

Deno.test("respondWithAsset() serves every file", () => {
  for (const [path, { type, body }] of Object.entries(FILES)) {
    const response = get(path);
    assertEquals([response.status, response.body], [200, body]);
    assertEquals(field(response, "content-type"), type);
    assertMatch(field(response, "etag") ?? "", /^"[\w-]{22}"$/);
  }
});

Deno.test("respondWithAsset() compresses the page for clients that accept gzip: a load is less than 100 kB", () => {
  let total = 0;
  for (const path of ["/", "/app.js", "/style.css", "/icon.svg"]) {
    const response = get(path, { "accept-encoding": ["gzip, deflate, br"] });
    assertEquals(field(response, "content-encoding"), "gzip", path);
    assertEquals(field(response, "vary"), "accept-encoding");
    const body = response.body as Uint8Array;
    assertEquals(new TextDecoder().decode(gunzipSync(body)), FILES[path]?.body);
    total += body.length;
  }
  assert(total < 100_000, `${total} bytes`);
  assertEquals(field(get("/app.js"), "content-encoding"), undefined);
});

Deno.test("respondWithAsset() gives different files different tags, and the same file the same one", () => {
  const tags = new Map<string, string>();
  for (const [path, { body }] of Object.entries(FILES)) {
    const tag = field(get(path), "etag")!;
    assertEquals(tags.get(body) ?? tag, tag);
    tags.set(body, tag);
  }
  assertEquals(new Set(tags.values()).size, tags.size);
});

Deno.test("respondWithAsset() compares tags weakly, in lists and with a star", () => {
  const tag = field(get("/"), "etag")!;
  const same = [[tag], [`W/${tag}`], ["*"], [`"x", ${tag}`], [`"x",${tag},"y"`], ['"x"', tag]];
  for (const values of same) {
    const response = get("/", { "if-none-match": values });
    assertEquals([response.status, response.body], [304, undefined], values.join());
    assertEquals(field(response, "etag"), tag);
  }
  for (const values of [['"x"'], [tag.slice(1, -1)], [""]]) {
    assertEquals(get("/", { "if-none-match": values }).status, 200, values.join());
  }
});

Deno.test("respondWithAsset() ignores query, fragment and origin", () => {
  for (const target of ["/?a", "/#a", "/?/b", "http://a", "https://a:1/?b", "http://a?b"]) {
    assertEquals(get(target).status, 200, target);
  }
  for (const target of ["/x?/", "http://a/x", "//a/", "*", "a:80", "/INDEX.HTML", "/app.js/"]) {
    assertEquals(get(target).status, 404, target);
  }
});

Deno.test("respondWithAsset() serves no file that is not in the table", () => {
  for (const target of ["/constructor", "/__proto__", "/toString", "/../main.ts", "/static/"]) {
    assertEquals(get(target).status, 404, target);
  }
});

const ALLOWED = "GET, HEAD, OPTIONS";

Deno.test("respondWithAsset() refuses known methods with 405, and others with 501 (RFC 9110 9.1)", () => {
  assertEquals(get("/", {}, "HEAD").status, 200);
  for (const method of ["POST", "PUT", "DELETE", "CONNECT", "TRACE", "PATCH"]) {
    const response = get("/", {}, method);
    assertEquals([response.status, field(response, "allow")], [405, ALLOWED]);
  }
  for (const method of ["M-SEARCH", "PROPFIND", "FOO", "PRI"]) {
    assertEquals(get("/", {}, method).status, 501);
  }
});

Deno.test("respondWithAsset() answers OPTIONS for existing files, as load balancers need it", () => {
  for (const target of ["*", "/", "/app.js?x"]) {
    const { status, body, fields } = get(target, {}, "OPTIONS");
    assertEquals([status, body, new Map(fields).get("allow")], [204, undefined, ALLOWED], target);
  }
  assertEquals(get("/nothing", {}, "OPTIONS").status, 404);
});

Deno.test("respondWithAsset() reads Accept-Encoding and If-None-Match as lists", () => {
  const asset = createAsset({
    type: "text/plain",
    body: "a body",
    caching: "no-cache",
    policy: "",
    compressed: new Uint8Array(3),
  });
  const ask = (fields: Record<string, string[]>) => {
    const head = { method: "GET", target: "/", version: "HTTP/1.1" };
    const all = new Map(Object.entries(fields));
    return respondWithAsset({ ...head, fields: all }, new Map([["/", asset]]));
  };
  for (const list of [["gzip"], ["br,gzip"], ["br ,\tGZIP;q=1"], ["", "x,,gzip ;q=0.1"]]) {
    assertEquals(
      field(ask({ "accept-encoding": list }), "content-encoding"),
      "gzip",
      list.join("|"),
    );
  }
  for (const list of [[""], ["gzip;q=0"], ["gzip ; q=0.000, br"], ["gzipped"], ['"x, gzip"']]) {
    assertEquals(
      field(ask({ "accept-encoding": list }), "content-encoding"),
      undefined,
      list.join("|"),
    );
  }
  for (const tags of [[asset.etag], [`"x,y",W/${asset.etag}`], ["", ",*"]]) {
    assertEquals(ask({ "if-none-match": tags }).status, 304, tags.join("|"));
  }
  assertEquals(ask({ "if-none-match": [`"x, ${asset.etag.slice(1, -1)}, y"`] }).status, 200);
});

Deno.test("Responses forbid content sniffing, and none has a Connection field of its own", () => {
  const responses = [
    get("/"),
    get("/healthz"),
    get("/nothing"),
    get("/", {}, "POST"),
    get("/", { "if-none-match": ["*"] }),
    errorResponse(400, "Malformed"),
    errorResponse(426, "Version"),
  ];
  for (const response of responses) {
    assertEquals(field(response, "connection"), undefined);
    assertEquals(field(response, "x-content-type-options"), "nosniff");
    const names = [...response.fields].map(([name]) => name);
    assertEquals(new Set(names).size, names.length);
  }
});

Deno.test("The page may load nothing from other origins", () => {
  const policy = field(get("/"), "content-security-policy") ?? "";
  assertMatch(policy, /default-src 'none'/);
  assertMatch(policy, /frame-ancestors 'none'/);
  assert(!/unsafe|https?:|\*/.test(policy), policy);
});

Deno.test("errorResponse() has the message, and the fields that the status requires", () => {
  const response = errorResponse(426, "Only WebSocket version 13 is spoken here");
  assertEquals(response.body, "Only WebSocket version 13 is spoken here\n");
  assertEquals(field(response, "sec-websocket-version"), "13");
  assertEquals(field(response, "upgrade"), "websocket");
  assertEquals(field(errorResponse(400, "x"), "upgrade"), undefined);
});
