/**
 * IP addresses as text and as bytes.
 *
 * An IPv4 address is four bytes even if it is written as an IPv6 address (`::ffff:10.0.0.1`). A socket for both families
 * reports IPv4 peers in that form.
 * @module
 */
import { isIPv4, isIPv6 } from "node:net";

/** Ten zero bytes and two bytes of ones precede an IPv4 address in IPv6 form (RFC 4291 2.5.5.2). */
const MAPPED_PREFIX = 12;

/**
 * The 4 or 16 bytes of an address, or `undefined` if the text is not an address. Zones (`%eth0`) are not part of one, and
 * a number with a leading zero, which some read as octal (RFC 6943 3.1.1), is not a number of one.
 */
export function parseIpAddress(text: string): Uint8Array | undefined {
  if (isIPv4(text)) return Uint8Array.from(text.split("."), Number);
  if (!isIPv6(text) || text.includes("%")) return undefined;
  const [left = "", right] = canonicalIpv6(text).split("::");
  const groups = (part: string) => part === "" ? [] : part.split(":").map((it) => parseInt(it, 16));
  const before = groups(left), after = groups(right ?? "");
  const zeros = Array<number>(8 - before.length - after.length).fill(0);
  const bytes = [...before, ...zeros, ...after].flatMap((group) => [group >> 8, group & 0xff]);
  return unmap(Uint8Array.from(bytes));
}

/** The bytes of an address as text, IPv6 in its shortest form (RFC 5952). */
export function formatIpAddress(bytes: Uint8Array): string {
  const address = unmap(bytes);
  if (address.length === 4) return address.join(".");
  const groups = Array.from(
    { length: 8 },
    (_, i) => (address[2 * i]! << 8 | address[2 * i + 1]!).toString(16),
  );
  return canonicalIpv6(groups.join(":"));
}

/** The runtime's URL parser writes an IPv6 address in groups of hexadecimal digits with at most one `::`. */
function canonicalIpv6(address: string): string {
  return new URL(`http://[${address}]/`).hostname.slice(1, -1);
}

function unmap(bytes: Uint8Array): Uint8Array {
  const isMapped = bytes.length === 16 &&
    bytes.subarray(0, MAPPED_PREFIX).every((byte, i) => byte === (i < 10 ? 0 : 0xff));
  return isMapped ? bytes.slice(MAPPED_PREFIX) : bytes;
}

/** 127.0.0.0/8 (RFC 1122 3.2.1.3), ::1 (RFC 4291 2.5.3), the first mapped into IPv6, and the name (RFC 6761 6.3). */
const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\]|\[::ffff:7f[\da-f]{2}:[\da-f]{1,4}\])$/;

/**
 * Whether only this machine reaches `hostname`: a loopback address in any notation, or `localhost`. Other names are not
 * looked up and do not count.
 */
export function isLoopback(hostname: string): boolean {
  // A URL has only one notation for each address.
  const url = URL.parse(`http://${hostname.includes(":") ? `[${hostname}]` : hostname}`);
  return url !== null && LOOPBACK.test(url.hostname);
}
