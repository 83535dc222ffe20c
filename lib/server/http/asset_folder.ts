/**
 * The files of a folder, read when the server starts and served instead of the embedded page with `--static`.
 *
 * They are kept in memory by request path. Requests touch no file system, so no path can lead out of the folder; changes in
 * the folder take effect after a restart.
 * @module
 */
import { type Asset, type Assets, compress, createAsset } from "./asset.ts";

/** Maximum size of the folder, in bytes: a hundred times a chat page. It also stops a mistaken `/`. */
export const MAX_FOLDER_BYTES = 67_108_864;

/** Maximum number of files, for the same reasons. */
const MAX_FOLDER_FILES = 10_000;

/** The type of all other files: a browser saves them and does not run them. */
const OTHER = "application/octet-stream";

const TYPES: ReadonlyMap<string, string> = new Map([
  ["html", "text/html; charset=utf-8"],
  ["js", "text/javascript; charset=utf-8"],
  ["mjs", "text/javascript; charset=utf-8"],
  ["css", "text/css; charset=utf-8"],
  ["json", "application/json"],
  ["map", "application/json"],
  ["webmanifest", "application/manifest+json"],
  ["txt", "text/plain; charset=utf-8"],
  ["xml", "application/xml"],
  ["wasm", "application/wasm"],
  ["svg", "image/svg+xml"],
  ["png", "image/png"],
  ["jpg", "image/jpeg"],
  ["jpeg", "image/jpeg"],
  ["gif", "image/gif"],
  ["webp", "image/webp"],
  ["avif", "image/avif"],
  ["ico", "image/x-icon"],
  ["woff", "font/woff"],
  ["woff2", "font/woff2"],
  ["ttf", "font/ttf"],
  ["otf", "font/otf"],
  ["mp3", "audio/mpeg"],
  ["mp4", "video/mp4"],
  ["webm", "video/webm"],
  ["pdf", "application/pdf"],
]);

/** A name with a hash of the content, as bundlers make it: `main-HSLUF4A4.js`. Other content has another name. */
const HASHED = /-[A-Z0-9]{8}\.\w+$/;

/** Revalidated each time, and answered with 304 while unchanged. */
const REVALIDATE = "no-cache";

/** Cached for a year without revalidation. */
const FOREVER = "public, max-age=31536000, immutable";

/** Like that of the embedded page, but for any kind of file. No inline scripts, nothing from other origins. */
const POLICY = "default-src 'self'; img-src 'self' data:; connect-src 'self' ws: wss:; " +
  "object-src 'none'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'";

/**
 * Reads a folder and its subfolders, except names that begin with a dot, and symbolic links, which may lead anywhere. The
 * path of a folder serves its `index.html`.
 *
 * @throws {TypeError} If the folder cannot be read, or has no `index.html`: most likely it is the wrong one.
 * @throws {RangeError} If it is too large.
 */
export function readAssetFolder(folder: string): Assets {
  try {
    const assets = new Map<string, Asset>();
    let size = 0;
    for (const path of listFiles(folder)) {
      const body = Deno.readFileSync(`${folder}${path}`);
      size += body.length;
      if (assets.size >= MAX_FOLDER_FILES || size > MAX_FOLDER_BYTES) {
        throw new RangeError(
          `Cannot serve '${folder}': more than ${MAX_FOLDER_FILES} files or ${MAX_FOLDER_BYTES} bytes`,
        );
      }
      const asset = toAsset(path, body);
      assets.set(path, asset);
      if (path.endsWith("/index.html")) assets.set(path.slice(0, -"index.html".length), asset);
    }
    if (!assets.has("/")) throw new Error("there is no index.html in it");
    return assets;
  } catch (error) {
    if (error instanceof RangeError) throw error;
    throw new TypeError(`Cannot serve '${folder}': ${reasonOf(error, folder)}`, { cause: error });
  }
}

/** The request paths of all files in a folder: `/assets/a.svg`. */
function* listFiles(folder: string, path = "/"): Generator<string> {
  for (const { name, isFile, isDirectory } of Deno.readDirSync(`${folder}${path}`)) {
    if (name.startsWith(".")) continue;
    if (isDirectory) yield* listFiles(folder, `${path}${name}/`);
    else if (isFile) yield `${path}${name}`;
  }
}

function toAsset(path: string, body: Uint8Array<ArrayBuffer>): Asset {
  const extension = /\.(\w+)$/.exec(path)?.[1]?.toLowerCase();
  const type = TYPES.get(extension ?? "") ?? OTHER;
  return createAsset({
    type,
    body,
    ...compress(type, body),
    caching: HASHED.test(path) && extension !== "html" ? FOREVER : REVALIDATE,
    policy: POLICY,
  });
}

function reasonOf(error: unknown, folder: string): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such folder";
  if (error instanceof Deno.errors.NotADirectory) return "it is no folder";
  if (error instanceof Deno.errors.NotCapable) {
    return `it may not be read, try --allow-read=${folder}`;
  }
  return error instanceof Error ? error.message : String(error);
}
