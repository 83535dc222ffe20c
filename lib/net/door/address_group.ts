/**
 * Whose address is this, for limits that count by address?
 * @module
 */
import { formatIpAddress, parseIpAddress } from "../../protocol/ip_address.ts";
import { isLoopback } from "./loopback.ts";

/** The group of all addresses of the machine itself. */
export const LOOPBACK = "loopback";

/** How much of an IPv6 address is somebody's network, in bytes: who has one address of a /64 has all of them. */
const IPV6_GROUP = 8;

/**
 * The group that `ip` is counted in: an IPv4 address is one by itself, also if it is written as IPv6; of an IPv6 address it
 * is the /64. `undefined` if it is no address.
 */
export function addressGroup(ip: string): string | undefined {
  const address = parseIpAddress(ip.replace(/%.*$/s, "")); // the zone (RFC 4007 11) is ours, not the peer's
  if (address === undefined) return undefined;
  const text = formatIpAddress(address);
  if (isLoopback(text)) return LOOPBACK;
  return address.length === 4
    ? text
    : `${formatIpAddress(address.map((byte, i) => i < IPV6_GROUP ? byte : 0))}/64`;
}

/** The group of whatever a socket says. What is no address, which no socket of ours has, counts as one. */
export function groupOf(ip: string): string {
  return addressGroup(ip) ?? "unknown";
}
