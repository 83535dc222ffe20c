/**
 * Whose address is this, for limits that count by address?
 * @module
 */
import { formatIpAddress, parseIpAddress } from "./ip_address.ts";
import { isLoopback } from "./loopback.ts";

/** The group of all addresses of the machine itself. */
export const LOOPBACK = "loopback";

/** Addresses that count as one. */
export interface AddressGroup {
  readonly name: string;
  /** How many times what a single address may have all of them together may have. */
  readonly share: number;
}

/**
 * The networks that an IPv6 address is counted in, in bytes of prefix. Whoever has one address of a /64 has all of them,
 * a home is given a /56 and a site or a tunnel a /48, at no cost: without totals for these one machine would be 65,536
 * addresses. A mobile network gives a /64 to each phone, so the totals are more than one household needs.
 */
const IPV6_NETWORKS = [
  { bytes: 8, share: 1 },
  { bytes: 7, share: 2 },
  { bytes: 6, share: 4 },
];

/**
 * The groups that `ip` is counted in, the smallest first: an IPv4 address is one by itself, also if it is written as IPv6.
 * None if it is no address.
 */
function groupsOfAddress(ip: string): AddressGroup[] {
  const address = parseIpAddress(ip.replace(/%.*$/s, "")); // the zone (RFC 4007 11) is ours, not the peer's
  if (address === undefined) return [];
  const text = formatIpAddress(address);
  if (isLoopback(text)) return [{ name: LOOPBACK, share: 1 }];
  if (address.length === 4) return [{ name: text, share: 1 }];
  return IPV6_NETWORKS.map(({ bytes, share }) => {
    const network = formatIpAddress(address.map((byte, i) => i < bytes ? byte : 0));
    return { name: `${network}/${bytes * 8}`, share };
  });
}

/** The groups of whatever a socket says. What is no address, which no socket of ours has, counts as one. */
export function addressGroups(ip: string): readonly AddressGroup[] {
  const groups = groupsOfAddress(ip);
  return groups.length === 0 ? [{ name: "unknown", share: 1 }] : groups;
}

/** The smallest group that `ip` is counted in. `undefined` if it is no address. */
export function addressGroup(ip: string): string | undefined {
  return groupsOfAddress(ip)[0]?.name;
}

/** The same of whatever a socket says. */
export function groupOf(ip: string): string {
  return addressGroup(ip) ?? "unknown";
}
