/**
 * The files of static/, embedded in the program, so that it is a single file to copy.
 * @module
 */
import { createHash } from "node:crypto";
import app from "../../../static/app.js" with { type: "text" };
import icon from "../../../static/icon.svg" with { type: "text" };
import index from "../../../static/index.html" with { type: "text" };
import style from "../../../static/style.css" with { type: "text" };
import { type Assets, compress, createAsset } from "./asset.ts";

interface File {
  readonly type: string;
  readonly body: string;
}

const HTML = "text/html; charset=utf-8";
const script = (body: string): File => ({ type: "text/javascript; charset=utf-8", body });
const page: File = { type: HTML, body: index };
const svg: File = { type: "image/svg+xml", body: icon };

/** By path. */
export const FILES: Readonly<Record<string, File>> = {
  "/": page,
  "/index.html": page,
  "/app.js": script(app),
  "/style.css": { type: "text/css; charset=utf-8", body: style },
  "/icon.svg": svg,
  "/favicon.ico": svg,
};

/** Hashes of the inline scripts of the page, which are the only ones that may run (CSP 3, 8.3). */
const INLINE_SCRIPTS = Array.from(
  FILES["/index.html"]?.body.matchAll(/<script>([^]*?)<\/script>/g) ?? [],
  ([, script = ""]) => ` 'sha256-${createHash("sha256").update(script).digest("base64")}'`,
).join("");

/** The page loads nothing from other origins, and no other page may frame it. */
const POLICY = `default-src 'none'; script-src 'self'${INLINE_SCRIPTS}; ` +
  "style-src 'self'; img-src 'self' data:; connect-src 'self' ws: wss:; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The embedded files. Browsers revalidate them each time, so that a new server's page is loaded at once. */
export const EMBEDDED_ASSETS: Assets = new Map(
  Object.entries(FILES).map(([path, file]) => [
    path,
    createAsset({
      ...file,
      ...compress(file.type, file.body),
      caching: "no-cache",
      policy: POLICY,
    }),
  ]),
);
