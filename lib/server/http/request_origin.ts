/**
 * The origin that a request was sent to, as its client sees it: a proxy may have another name and port than the server.
 * @module
 */
import {
  readForwardedHost,
  readForwardedPort,
  readForwardedProto,
} from "../../protocol/http/forwarded.ts";
import type { RequestHead } from "../../protocol/http/request_head.ts";

/** The origin that a request is for, as far as it is known. */
export interface RequestOrigin {
  /** `host:port`, or a host alone. */
  readonly host: string | undefined;
  readonly scheme: "http" | "https" | undefined;
  /** A trusted proxy has passed the request on, and says so. No page can make a browser say that in a handshake. */
  readonly isForwarded: boolean;
}

const FORWARDED = ["for", "host", "proto", "port"].map((name) => `x-forwarded-${name}`);

/**
 * The origin that a request is for: the authority of its target (RFC 9112 3.2.2), Host, or what a trusted proxy says.
 *
 * @param trusted Whether the peer is a trusted proxy.
 * @throws {RequestError} 400 if a trusted proxy says what cannot be read.
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
