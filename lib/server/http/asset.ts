/**
 * A file that is served, with all that is said of it.
 * @module
 */
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";

/** Where from it is served is not its business: from the program or from a folder. */
export interface Asset {
  readonly type: string;
  readonly body: string | Uint8Array<ArrayBuffer>;
  /** Names this content (RFC 9110 8.8.3). */
  readonly etag: string;
  /** The value of Cache-Control. */
  readonly caching: string;
  /** The value of Content-Security-Policy. */
  readonly policy: string;
  /** The same for who takes gzip, if that is shorter. It is another representation, so it has another tag. */
  readonly compressed?: { readonly body: Uint8Array<ArrayBuffer>; readonly etag: string };
}

/** By path. */
export type Assets = ReadonlyMap<string, Asset>;

/** Makes a page of its content. */
export function createAsset(
  { compressed, ...page }: Omit<Asset, "etag" | "compressed"> & {
    readonly compressed?: Uint8Array<ArrayBuffer>;
  },
): Asset {
  const hash = createHash("sha256").update(page.body).digest("base64url").slice(0, 22);
  return {
    ...page,
    etag: `"${hash}"`,
    ...(compressed === undefined
      ? {}
      : { compressed: { body: compressed, etag: `"${hash}-gzip"` } }),
  };
}

/** What is text, and worth the work of compressing it. */
const COMPRESSIBLE = /^text\/|json$|xml$|wasm$/;

/** The compressed form of a file, if it is text and that is shorter. */
export function compress(
  type: string,
  body: string | Uint8Array<ArrayBuffer>,
): { readonly compressed?: Uint8Array<ArrayBuffer> } {
  if (!COMPRESSIBLE.test(type)) return {};
  const compressed = new Uint8Array(gzipSync(body));
  return compressed.length < body.length ? { compressed } : {};
}
