/**
 * The files of a folder, read when the server starts: what is served instead of the embedded page with `--static`.
 *
 * All of them are in memory, by the path under which they are asked for. So a request touches no file system, and there
 * is nothing that a path could lead out of; what changes in the folder is seen after a restart.
 * @module
 */
import { type Asset, type Assets, compress, createAsset } from "./asset.ts";

/** The most that is taken into memory, in bytes: a hundred times what a chat page has. A mistaken `/` ends here, too. */
export const MAX_FOLDER_BYTES = 67_108_864;

/** The most files, for the same reason. */
const MAX_FOLDER_FILES = 10_000;

/** The type of everything else: a browser saves it and does not run it. */
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

/** A name that a bundler has put a hash of the content into, as in `main-HSLUF4A4.js`: another content, another name. */
const HASHED = /-[A-Z0-9]{8}\.\w+$/;

/** Asked for again each time, answered with 304 as long as it is the same. */
const REVALIDATE = "no-cache";

/** Never asked for again. */
const FOREVER = "public, max-age=31536000, immutable";

/** As for the embedded page, but with all that a page may be made of. Still nothing inline, nothing from elsewhere. */
const POLICY = "default-src 'self'; img-src 'self' data:; connect-src 'self' ws: wss:; " +
  "object-src 'none'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'";

/**
 * Reads a folder with all that is in it, but for names that begin with a dot and links, which may lead anywhere.
 * `index.html` is also what its folder is asked for as.
 *
 * @throws {TypeError} If it cannot be read, or has no page of its own: most likely it is the wrong one.
 * @throws {RangeError} If it has more than can be held.
 */
export function readFolder(folder: string): Assets {
  try {
    const pages = new Map<string, Asset>();
    let size = 0;
    for (const path of listFiles(folder)) {
      const body = Deno.readFileSync(`${folder}${path}`);
      size += body.length;
      if (pages.size >= MAX_FOLDER_FILES || size > MAX_FOLDER_BYTES) {
        throw new RangeError(
          `Cannot serve '${folder}': more than ${MAX_FOLDER_FILES} files or ${MAX_FOLDER_BYTES} bytes`,
        );
      }
      const page = toPage(path, body);
      pages.set(path, page);
      if (path.endsWith("/index.html")) pages.set(path.slice(0, -"index.html".length), page);
    }
    if (!pages.has("/")) throw new Error("there is no index.html in it");
    return pages;
  } catch (error) {
    if (error instanceof RangeError) throw error;
    throw new TypeError(`Cannot serve '${folder}': ${reasonOf(error, folder)}`, { cause: error });
  }
}

/** The paths of all files in a folder, as they are asked for: `/assets/a.svg`. */
function* listFiles(folder: string, path = "/"): Generator<string> {
  for (const { name, isFile, isDirectory } of Deno.readDirSync(`${folder}${path}`)) {
    if (name.startsWith(".")) continue;
    if (isDirectory) yield* listFiles(folder, `${path}${name}/`);
    else if (isFile) yield `${path}${name}`;
  }
}

function toPage(path: string, body: Uint8Array<ArrayBuffer>): Asset {
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
