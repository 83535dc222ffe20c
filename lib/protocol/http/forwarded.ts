/**
 * `X-Forwarded-For`, `-Host`, `-Proto` and `-Port`, by which an HTTP proxy describes the request that it forwards. No RFC
 * defines them. Each proxy appends to the list or replaces it, so only the last element comes from the trusted proxy. The
 * fields of other peers must be ignored.
 *
 * An unreadable value is an error. If it were skipped, the client would have the address and the rights of the proxy.
 * @module
 */
import { formatIpAddress, parseIpAddress } from "../../ip/ip_address.ts";
import { splitList } from "./list_field.ts";
import { RequestError } from "./request_head.ts";

/**
 * The client of a request that a trusted proxy forwards: the last address in the list that is not a trusted proxy, or the
 * first if all are. `undefined` without such a field.
 *
 * @param values The values of all fields of that name, in order.
 * @throws {RequestError} 400 if there is no address in the list, or something else in the relevant position: `unknown`,
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
 * Reads an address as proxies write it: with a port (`192.0.2.1:4711`, `[2001:db8::1]:4711`), in brackets, or with a zone
 * (RFC 4007 11), which is dropped since it has a meaning only on the proxy's machine.
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
 * The host that the client requested, with or without a port.
 *
 * @throws {RequestError} 400 if it is malformed.
 */
export function readForwardedHost(values: readonly string[] | undefined): string | undefined {
  return readLast(values, /^(?:\[[\da-f:.]+\]|[\w.~-]+)(?::\d{1,5})?$/i, "X-Forwarded-Host");
}

/**
 * The scheme that the client used. `ws` and `wss` stand for the schemes of their handshakes, `http` and `https`.
 *
 * @throws {RequestError} 400 if it is another scheme.
 */
export function readForwardedProto(
  values: readonly string[] | undefined,
): "http" | "https" | undefined {
  const proto = readLast(values, /^(?:https?|wss?)$/i, "X-Forwarded-Proto");
  if (proto === undefined) return undefined;
  return /s$/i.test(proto) && proto.toLowerCase() !== "ws" ? "https" : "http";
}

/**
 * The port that the client connected to.
 *
 * @throws {RequestError} 400 if it is malformed.
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
