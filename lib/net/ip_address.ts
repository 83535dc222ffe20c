/**
 * Whose address is this, for limits that count by address?
 * @module
 */

/** The group of all addresses of the machine itself. */
export const LOOPBACK = "loopback";

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

/**
 * The group that `ip` is counted in: an IPv4 address is one by itself, also if it is written as IPv6 (RFC 4291 2.5.5.2); of
 * an IPv6 address it is the /64, since who has one address of a network has all of them. `undefined` if it is no address.
 */
export function addressGroup(ip: string): string | undefined {
  if (IPV4.test(ip)) return groupOfIpv4(ip);
  const units = parseIpv6(ip.replace(/%.*$/s, "")); // the zone (RFC 4007 11) is ours, not the peer's
  if (units === undefined) return undefined;
  const [high, low] = units.slice(6) as [number, number];
  if (units.slice(0, 5).every((unit) => unit === 0)) {
    if (units[5] === 0xffff) {
      return groupOfIpv4([high >> 8, high & 0xff, low >> 8, low & 0xff].join("."));
    }
    if (units[5] === 0 && high === 0 && low === 1) return LOOPBACK;
  }
  return `${units.slice(0, 4).map((unit) => unit.toString(16)).join(":")}::/64`;
}

function groupOfIpv4(ip: string): string {
  return ip.startsWith("127.") ? LOOPBACK : ip;
}

/** The eight units of an address in any of the forms of RFC 4291 2.2. */
function parseIpv6(text: string): number[] | undefined {
  const [before = "", after, more] = text.split("::");
  if (more !== undefined) return undefined;
  const head = parseUnits(before, after === undefined), tail = parseUnits(after ?? "", true);
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (after === undefined ? missing !== 0 : missing < 1) return undefined;
  return [...head, ...Array<number>(missing).fill(0), ...tail];
}

/** Units in hexadecimal. At the end of an address the last two may be an IPv4 address. */
function parseUnits(text: string, atEnd: boolean): number[] | undefined {
  if (text === "") return [];
  const parts = text.split(":");
  const last = parts[parts.length - 1]!;
  if (atEnd && IPV4.test(last)) {
    const [a = 0, b = 0, c = 0, d = 0] = last.split(".").map(Number);
    parts.splice(-1, 1, (a << 8 | b).toString(16), (c << 8 | d).toString(16));
  }
  if (!parts.every((part) => /^[0-9a-f]{1,4}$/i.test(part))) return undefined;
  return parts.map((part) => parseInt(part, 16));
}
