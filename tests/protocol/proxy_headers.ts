/**
 * Encodes headers of the PROXY protocol.
 * @module
 */
import { concat, utf8 } from "./reading.ts";

export const PROXY_SIGNATURE = utf8("\r\n\r\n\0\r\nQUIT\n");

/** A header of version 2: the bytes for version and command, family and protocol, and the rest after the length. */
export function binaryProxyHeader(
  command: number,
  family: number,
  rest: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const length = [rest.length >> 8, rest.length & 0xff];
  return concat(PROXY_SIGNATURE, Uint8Array.of(command, family, ...length), rest);
}
