/**
 * Files that are served, from the program or from a folder: their metadata, and the responses to requests for them.
 * @module
 */
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { splitList } from "../../protocol/http/list_field.ts";
import type { RequestHead } from "../../protocol/http/request_head.ts";
import type { HttpResponse } from "../../protocol/http/response.ts";
import { COMMON_FIELDS, isRead, notFound, optionsResponse, pathOf } from "./responses.ts";

export interface Asset {
  readonly type: string;
  readonly body: string | Uint8Array<ArrayBuffer>;
  /** The entity tag of this content (RFC 9110 8.8.3). */
  readonly etag: string;
  /** The value of Cache-Control. */
  readonly caching: string;
  /** The value of Content-Security-Policy. */
  readonly policy: string;
  /** The gzip representation, if it is shorter. It has its own entity tag. */
  readonly compressed?: { readonly body: Uint8Array<ArrayBuffer>; readonly etag: string };
}

/** Assets by path. */
export type Assets = ReadonlyMap<string, Asset>;

/** Creates an asset with entity tags for its content. */
export function createAsset(
  { compressed, ...asset }: Omit<Asset, "etag" | "compressed"> & {
    readonly compressed?: Uint8Array<ArrayBuffer>;
  },
): Asset {
  const hash = createHash("sha256").update(asset.body).digest("base64url").slice(0, 22);
  return {
    ...asset,
    etag: `"${hash}"`,
    ...(compressed === undefined
      ? {}
      : { compressed: { body: compressed, etag: `"${hash}-gzip"` } }),
  };
}

/** Types that are worth compressing. */
const COMPRESSIBLE = /^text\/|json$|xml$|wasm$/;

/** Compresses a file, if it is text and gets shorter. */
export function compress(
  type: string,
  body: string | Uint8Array<ArrayBuffer>,
): { readonly compressed?: Uint8Array<ArrayBuffer> } {
  if (!COMPRESSIBLE.test(type)) return {};
  const compressed = new Uint8Array(gzipSync(body));
  return compressed.length < body.length ? { compressed } : {};
}

/** The response to a request that asks for one of `assets`, or for something that does not exist. */
export function respondWithAsset(
  { method, target, fields }: RequestHead,
  assets: Assets,
): HttpResponse {
  const asset = assets.get(decodePath(pathOf(target)));
  if (method === "OPTIONS" && (target === "*" || asset !== undefined)) return optionsResponse();
  if (asset === undefined || !isRead(method)) return notFound({ method });
  const common: Array<readonly [string, string]> = [
    ...COMMON_FIELDS,
    ["content-security-policy", asset.policy],
    ["cache-control", asset.caching],
  ];
  if (asset.compressed !== undefined) common.push(["vary", "accept-encoding"]); // RFC 9110 12.5.5
  const gzip = asset.compressed !== undefined && acceptsGzip(fields.get("accept-encoding"));
  const { body, etag } = gzip ? asset.compressed : asset;
  common.push(["etag", etag]);
  if (matches(fields.get("if-none-match"), etag)) return { status: 304, fields: common };
  if (gzip) common.push(["content-encoding", "gzip"]);
  return { status: 200, fields: [...common, ["content-type", asset.type]], body };
}

/** Whether there is an asset for a target. */
export function hasAsset(assets: Assets, target: string): boolean {
  return assets.has(decodePath(pathOf(target)));
}

/** Decodes the percent-encoding of a path (RFC 3986 2.1). An invalid path matches no asset. */
function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return "";
  }
}

/** Whether Accept-Encoding has gzip with a weight other than 0 (RFC 9110 12.5.3). */
function acceptsGzip(values: readonly string[] = []): boolean {
  return splitList(values).some((coding) =>
    /^gzip[\t ]*(;[\t ]*q=(?!0(\.0*)?$).*)?$/i.test(coding)
  );
}

/** Whether If-None-Match has this tag, in the weak comparison (RFC 9110 13.1.2). */
function matches(values: readonly string[] = [], etag: string): boolean {
  return splitList(values).some((tag) => tag === "*" || tag.replace(/^W\//, "") === etag);
}
