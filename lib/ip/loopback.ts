/**
 * Whether an address is reached from this machine alone.
 * @module
 */

/** 127.0.0.0/8 (RFC 1122 3.2.1.3), ::1 (RFC 4291 2.5.3), the first mapped into IPv6, and the name (RFC 6761 6.3). */
const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\]|\[::ffff:7f[\da-f]{2}:[\da-f]{1,4}\])$/;

/** Whether `hostname` is a loopback address, in whatever form it is written. A name that may mean another one is not. */
export function isLoopback(hostname: string): boolean {
  // A URL has only one form for each address.
  const url = URL.parse(`http://${hostname.includes(":") ? `[${hostname}]` : hostname}`);
  return url !== null && LOOPBACK.test(url.hostname);
}
