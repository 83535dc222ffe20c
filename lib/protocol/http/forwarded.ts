/**
 * `X-Forwarded-For`, `-Host`, `-Proto` and `-Port`: what an HTTP proxy says of the request that it passes on. No RFC has
 * them. Each proxy writes what it sees at the end of the list, or in place of it, so that only the end is the word of a
 * trusted one. From anybody else they mean nothing.
 *
 * An unreadable value is refused and not skipped: skipping it would leave the client the proxy's own address and rights.
 * @module
 */
import { formatIpAddress, parseIpAddress } from "../../ip/ip_address.ts";
import { splitList } from "./list_field.ts";
import { RequestError } from "./request_head.ts";

/**
 * The client that a request comes from, seen from a trusted proxy: the last address in the list that is not of a trusted
 * proxy itself, and the first if all are. `undefined` if there is no such field.
 *
 * @param values The values of all fields of that name, in order.
 * @throws {RequestError} 400 if there is no address in the list, or something else stands where one counts: `unknown`,
 * `_hidden`, a name.
 */
export function readForwardedFor(
  values: readonly string[] | undefined,
  isTrusted: (address: string) => boolean,
): string | undefined {
  if (values === undefined) return undefined;
  let client: string | undefined;
  for (const element of splitList(values).toReversed()) {
    client = readAddress(element);
    if (client === undefined) break;
    if (!isTrusted(client)) break;
  }
  if (client === undefined) {
    throw new RequestError(400, "X-Forwarded-For has no address of a client");
  }
  return client;
}

/**
 * An address as proxies write it: with a port (`192.0.2.1:4711`, `[2001:db8::1]:4711`), in brackets, with a zone (RFC 4007
 * 11), which means something on the proxy's machine alone and is left out.
 */
function readAddress(text: string): string | undefined {
  const [, bracketed, ipv4, port] = /^(?:\[([^\]]*)\]|([\d.]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  if (port !== undefined && Number(port) > 65_535) return undefined;
  if (bracketed !== undefined && !bracketed.includes(":")) return undefined;
  const host = bracketed ?? ipv4 ?? text;
  const [address = "", zone] = host.split("%", 2);
  if (zone === "" || (zone !== undefined && !/^[\w.~-]+$/.test(zone.replace(/^25/, "")))) {
    return undefined;
  }
  const bytes = parseIpAddress(address);
  if (bytes === undefined || (zone !== undefined && bytes.length === 4)) return undefined;
  return formatIpAddress(bytes);
}

/**
 * The host that the client has asked for, with or without a port.
 *
 * @throws {RequestError} 400 if it is none.
 */
export function readForwardedHost(values: readonly string[] | undefined): string | undefined {
  return readLast(values, /^(?:\[[\da-f:.]+\]|[\w.~-]+)(?::\d{1,5})?$/i, "X-Forwarded-Host");
}

/**
 * The scheme that the client has used; `ws` and `wss` are those of the requests by which they begin.
 *
 * @throws {RequestError} 400 if it is another one.
 */
export function readForwardedProto(
  values: readonly string[] | undefined,
): "http" | "https" | undefined {
  const proto = readLast(values, /^(?:https?|wss?)$/i, "X-Forwarded-Proto");
  if (proto === undefined) return undefined;
  return /s$/i.test(proto) && proto.toLowerCase() !== "ws" ? "https" : "http";
}

/**
 * The port that the client has connected to.
 *
 * @throws {RequestError} 400 if it is none.
 */
export function readForwardedPort(values: readonly string[] | undefined): number | undefined {
  const port = readLast(values, /^\d{1,5}$/, "X-Forwarded-Port");
  return port === undefined ? undefined : Number(port);
}

function readLast(
  values: readonly string[] | undefined,
  pattern: RegExp,
  name: string,
): string | undefined {
  if (values === undefined) return undefined;
  const last = splitList(values).at(-1) ?? "";
  if (!pattern.test(last)) throw new RequestError(400, `Malformed ${name}`);
  return last;
}
