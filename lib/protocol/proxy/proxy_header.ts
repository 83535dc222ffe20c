/**
 * The header of the PROXY protocol, versions 1 and 2 (haproxy.org/download/2.9/doc/proxy-protocol.txt): what a TCP proxy
 * writes in front of everything else to say whom it speaks for.
 *
 * A pure function of the first bytes of a connection. Who is believed is for others to decide: these bytes are just as
 * easily written by anybody.
 * @module
 */
import { isIPv4, isIPv6 } from "node:net";
import { formatIpAddress, parseIpAddress } from "../../ip/ip_address.ts";
import type { SocketAddress } from "../../ip/socket_address.ts";

export interface ProxyHeader {
  /** How many bytes it takes. */
  readonly length: number;
  /** Whom the proxy speaks for; left out if it speaks for itself or does not know. */
  readonly source?: SocketAddress;
}

/** The header is one, and wrong: nothing behind it can be made sense of. */
export class ProxyHeaderError extends Error {
  override readonly name = "ProxyHeaderError";
}

/** The longest header of version 1 that there can be, in bytes, its CRLF included: the specification counts it. */
export const MAX_TEXT_HEADER = 107;

/**
 * The longest header of version 2 that is taken, in bytes. The addresses are 52 with what stands before them; the rest
 * is for what clouds and TLS proxies add, some hundred bytes, names of certificates among them.
 */
export const MAX_BINARY_HEADER = 4_096;

const TEXT_BEGINNING = new TextEncoder().encode("PROXY ");
const SIGNATURE = new TextEncoder().encode("\r\n\r\n\0\r\nQUIT\n");
/** Signature, version and command, family, length. */
const FIXED = 16;
const LF = 0x0a;

/**
 * Reads the header that `bytes`, the first of a connection, begin with: `none` if they do not, `more` if they are too
 * few to say so, and `begun` if they are a header for sure, but not all of it.
 *
 * @throws {ProxyHeaderError} If it is malformed or too long. The connection has to be closed (2.1, 2.2).
 */
export function readProxyHeader(bytes: Uint8Array): ProxyHeader | "none" | "more" | "begun" {
  if (beginsLike(bytes, TEXT_BEGINNING)) {
    return bytes.length < TEXT_BEGINNING.length ? "more" : readText(bytes);
  }
  if (beginsLike(bytes, SIGNATURE)) {
    return bytes.length < SIGNATURE.length ? "more" : readBinary(bytes);
  }
  return "none";
}

/** Whether the two are the same as far as both go. */
function beginsLike(bytes: Uint8Array, beginning: Uint8Array): boolean {
  const length = Math.min(bytes.length, beginning.length);
  return bytes.subarray(0, length).every((byte, i) => byte === beginning[i]);
}

/** 2.1: `PROXY TCP4 192.0.2.1 198.51.100.1 56324 443` and CRLF, one space between two words. */
function readText(bytes: Uint8Array): ProxyHeader | "begun" {
  const end = bytes.subarray(0, MAX_TEXT_HEADER).indexOf(LF);
  if (end < 0) {
    if (bytes.length < MAX_TEXT_HEADER) return "begun";
    throw new ProxyHeaderError(`Header is longer than ${MAX_TEXT_HEADER} bytes`);
  }
  const length = end + 1;
  const line = String.fromCharCode(...bytes.subarray(0, length));
  if (!line.endsWith("\r\n")) throw new ProxyHeaderError("Header does not end with CRLF");
  const [family, source, destination, ...ports] = line.slice(TEXT_BEGINNING.length, -2).split(" ");
  if (family === "UNKNOWN") return { length }; // whatever follows it
  const isAddress = family === "TCP4" ? isIPv4 : family === "TCP6" ? isIPv6 : undefined;
  if (
    isAddress === undefined || source === undefined || destination === undefined ||
    ![source, destination].every((address) => isAddress(address) && !address.includes("%")) ||
    ports.length !== 2 || !ports.every(isPort)
  ) throw new ProxyHeaderError("Malformed header");
  return { length, source: { hostname: canonical(source), port: Number(ports[0]) } };
}

function isPort(text: string): boolean {
  return /^(0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535;
}

function canonical(address: string): string {
  return formatIpAddress(parseIpAddress(address)!);
}

/** 2.2: signature, version and command, family and protocol, length, addresses, and more that is of no use here. */
function readBinary(bytes: Uint8Array): ProxyHeader | "begun" {
  if (bytes.length < FIXED) return "begun";
  const version = bytes[12]! >> 4, command = bytes[12]! & 0x0f;
  const family = bytes[13]! >> 4, protocol = bytes[13]! & 0x0f;
  if (version !== 2 || command > 1) throw new ProxyHeaderError("Unknown version or command");
  if (family > 3 || protocol > 2) throw new ProxyHeaderError("Unknown family or protocol");
  const length = FIXED + (bytes[14]! << 8 | bytes[15]!);
  if (length > MAX_BINARY_HEADER) {
    throw new ProxyHeaderError(`Header is longer than ${MAX_BINARY_HEADER} bytes`);
  }
  // Two addresses, two ports; of Unix sockets and datagrams there is nothing to tell.
  const size = protocol !== 1 ? 0 : family === 1 ? 4 : family === 2 ? 16 : 0;
  const isLocal = command === 0; // the proxy's own: its addresses are to be ignored
  if (!isLocal && size > 0 && length < FIXED + 2 * size + 4) {
    throw new ProxyHeaderError("Header is too short for its addresses");
  }
  if (bytes.length < length) return "begun";
  if (isLocal || size === 0) return { length };
  const at = FIXED + 2 * size;
  return {
    length,
    source: {
      hostname: formatIpAddress(bytes.subarray(FIXED, FIXED + size)),
      port: bytes[at]! << 8 | bytes[at + 1]!,
    },
  };
}
