/**
 * Reads the header of the PROXY protocol, versions 1 and 2 (haproxy.org/download/2.9/doc/proxy-protocol.txt), by which a
 * TCP proxy names its client at the beginning of a connection.
 *
 * Anybody can send such a header: the caller must check that the peer is a trusted proxy.
 * @module
 */
import { isIPv4, isIPv6 } from "node:net";
import { formatIpAddress, parseIpAddress } from "../../ip/ip_address.ts";
import type { SocketAddress } from "../../ip/socket_address.ts";

export interface ProxyHeader {
  /** The length of the header, in bytes. */
  readonly length: number;
  /** The client; absent if the proxy connects for itself or does not know the client. */
  readonly source?: SocketAddress;
}

/** A malformed header. The data after it cannot be interpreted. */
export class ProxyHeaderError extends Error {
  override readonly name = "ProxyHeaderError";
}

/** The longest header of version 1, in bytes, including its CRLF (2.1). */
export const MAX_TEXT_HEADER = 107;

/**
 * The longest header of version 2 that is accepted, in bytes. Signature and addresses take 52; cloud and TLS proxies add
 * some hundred bytes, for example names of certificates.
 */
export const MAX_BINARY_HEADER = 4_096;

const TEXT_BEGINNING = new TextEncoder().encode("PROXY ");
const SIGNATURE = new TextEncoder().encode("\r\n\r\n\0\r\nQUIT\n");
/** The length of signature, version and command, family, and length field. */
const FIXED = 16;
const LF = 0x0a;

/**
 * Reads the header at the beginning of a connection. Returns `none` if there is none, `more` if there are too few bytes to
 * tell, and `begun` if it is an incomplete header.
 *
 * @throws {ProxyHeaderError} If the header is malformed or too long. The connection must be closed (2.1, 2.2).
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

/** Whether one of the two is a prefix of the other. */
function beginsLike(bytes: Uint8Array, beginning: Uint8Array): boolean {
  const length = Math.min(bytes.length, beginning.length);
  return bytes.subarray(0, length).every((byte, i) => byte === beginning[i]);
}

/** 2.1: `PROXY TCP4 192.0.2.1 198.51.100.1 56324 443` and CRLF, with single spaces. */
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
  if (family === "UNKNOWN") return { length }; // 2.1: the rest of the line is ignored
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

/** 2.2: signature, version and command, family and protocol, length, addresses, and extensions, which are ignored. */
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
  // Two addresses and two ports. Unix sockets and datagrams have no client address.
  const size = protocol !== 1 ? 0 : family === 1 ? 4 : family === 2 ? 16 : 0;
  const isLocal = command === 0; // a connection of the proxy itself, whose addresses must be ignored
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
