/**
 * `X-Forwarded-For`: whom an HTTP proxy speaks for. No RFC has it; every proxy appends the address that it sees to the
 * list, so that only what trusted proxies wrote, at its end, is worth anything.
 * @module
 */
import { formatIpAddress, parseIpAddress } from "./ip_address.ts";

/**
 * The client that a request comes from, seen from a trusted proxy: the last address in the list that is not of a trusted
 * proxy itself, and the first if all are. `undefined` if there is no list, or something on the way to it is no address.
 *
 * @param values The values of all fields of that name, in order.
 */
export function readForwardedFor(
  values: readonly string[] | undefined,
  isTrusted: (address: string) => boolean,
): string | undefined {
  let client: string | undefined;
  for (const item of values?.join(",").split(",").toReversed() ?? []) {
    const bytes = parseIpAddress(withoutPort(item.trim()));
    if (bytes === undefined) return undefined;
    client = formatIpAddress(bytes);
    if (!isTrusted(client)) break;
  }
  return client;
}

/** Some write the port too: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function withoutPort(text: string): string {
  const [, ipv6, ipv4] = /^(?:\[([^\]]*)\](?::\d+)?|([\d.]+):\d+)$/.exec(text) ?? [];
  return ipv6 ?? ipv4 ?? text;
}
