/**
 * Groups of addresses that limits count as one.
 * @module
 */
import { formatIpAddress, isLoopback, parseIpAddress } from "./ip_address.ts";

/** The name of the group of all loopback addresses. */
export const LOOPBACK = "loopback";

/** Addresses that count as one. */
export interface AddressGroup {
  readonly name: string;
  /** The limit of the whole group, as a multiple of the limit of a single address. */
  readonly share: number;
}

/**
 * The networks that an IPv6 address counts in, in bytes of prefix. Someone with one address of a /64 has all of them, and
 * gets a /56 for a home, or a /48 for a site or a tunnel, at no cost: without totals for these, one machine would count as
 * 65,536 addresses. A mobile network gives each phone a /64, so the totals are more than one household needs.
 */
const IPV6_NETWORKS = [
  { bytes: 8, share: 1 },
  { bytes: 7, share: 2 },
  { bytes: 6, share: 4 },
];

/** The group of everything that is not an address. Sockets report addresses only, so it stays empty in practice. */
const UNKNOWN: readonly AddressGroup[] = [{ name: "unknown", share: 1 }];

/** The groups that `ip` counts in, the smallest first. An IPv4 address is a group of its own, in IPv6 form too. */
export function addressGroups(ip: string): readonly AddressGroup[] {
  const address = parseIpAddress(ip.replace(/%.*$/s, "")); // the server adds the zone (RFC 4007 11), not the peer
  if (address === undefined) return UNKNOWN;
  const text = formatIpAddress(address);
  if (isLoopback(text)) return [{ name: LOOPBACK, share: 1 }];
  if (address.length === 4) return [{ name: text, share: 1 }];
  return IPV6_NETWORKS.map(({ bytes, share }) => {
    const network = formatIpAddress(address.map((byte, i) => i < bytes ? byte : 0));
    return { name: `${network}/${bytes * 8}`, share };
  });
}

/** The name of the smallest group that `ip` counts in. */
export function groupOf(ip: string): string {
  return addressGroups(ip)[0]!.name;
}
