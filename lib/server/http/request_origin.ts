/**
 * The origin that a request was sent to, as its client sees it. A proxy may have another name and port than the server.
 * @module
 */
import {
  readForwardedHost,
  readForwardedPort,
  readForwardedProto,
} from "../../protocol/http/forwarded.ts";
import type { RequestHead } from "../../protocol/http/request_head.ts";

/** The target origin of a request, as far as it is known. */
export interface RequestOrigin {
  /** `host:port`, or a host alone. */
  readonly host: string | undefined;
  readonly scheme: "http" | "https" | undefined;
  /** Whether a trusted proxy states that it forwarded the request. No page can make a browser send such a field. */
  readonly isForwarded: boolean;
}

const FORWARDED = ["for", "host", "proto", "port"].map((name) => `x-forwarded-${name}`);

/**
 * The target origin of a request: the authority of its target (RFC 9112 3.2.2), Host, or what a trusted proxy states.
 *
 * @param trusted Whether the peer is a trusted proxy.
 * @throws {RequestError} 400 if a trusted proxy sends an invalid field.
 */
export function originOf({ target, fields }: RequestHead, trusted: boolean): RequestOrigin {
  const [, authority] = /^https?:\/\/([^/?]*)/i.exec(target) ?? [];
  const host = authority ?? fields.get("host")?.[0];
  if (!trusted) return { host, scheme: undefined, isForwarded: false };
  const forwarded = readForwardedHost(fields.get("x-forwarded-host")) ?? host;
  const port = readForwardedPort(fields.get("x-forwarded-port"));
  const hasPort = forwarded === undefined || forwarded === "" || /:\d+$/.test(forwarded);
  return {
    host: hasPort || port === undefined ? forwarded : `${forwarded}:${port}`,
    scheme: readForwardedProto(fields.get("x-forwarded-proto")),
    isForwarded: FORWARDED.some((name) => fields.has(name)),
  };
}
