/**
 * The branch of "peek and branch": what do the first bytes of a connection speak?
 *
 * A pure function of those bytes. It consumes nothing; whoever asks keeps the bytes and hands them on.
 * @module
 */

export type Speech =
  /** An HTTP request line has been seen whole, or so much of one that nothing else can follow. */
  | "http"
  | "lines"
  /** A TLS record (RFC 8446 5.1) that holds a handshake. */
  | "tls"
  /** The bytes are the beginning of an HTTP request line or of a chat line: ask again with more. */
  | "more";

/**
 * The longest request line that is waited for, in bytes. It is the limit of the whole request head (RFC 9112 3 asks for
 * at least 8,000 octets): a longer one could not be answered anyway, so it is handed to HTTP to be refused.
 */
export const MAX_REQUEST_LINE = 16_384;

/** The longest method name that is taken for one. The longest registered one, UPDATEREDIRECTREF, has 17 letters. */
const MAX_METHOD = 20;

const LF = 0x0a, CR = 0x0d, SP = 0x20;
const VERSION = [0x48, 0x54, 0x54, 0x50, 0x2f]; // "HTTP/"

/**
 * Says what `bytes`, the first of a connection, are the beginning of.
 *
 * HTTP is a whole request line, `METHOD target HTTP/1.1` (RFC 9112 3), not four letters: a person may well type
 * `GET well soon`. Whatever the method is, a line of that form is HTTP and never a chat line.
 */
export function detect(bytes: Uint8Array): Speech {
  if (bytes.length === 0) return "more";
  if (bytes[0] === 0x16) {
    if (bytes.length === 1) return "more";
    return bytes[1] === 0x03 ? "tls" : "lines";
  }
  let at = 0;
  while (at < bytes.length && isMethodByte(bytes[at]!)) at++;
  if (at > MAX_METHOD) return "lines";
  if (at === bytes.length) return "more";
  if (at === 0 || bytes[at] !== SP) return "lines";

  const target = ++at;
  while (at < bytes.length && bytes[at]! > SP && bytes[at] !== 0x7f) at++;
  if (at >= MAX_REQUEST_LINE) return "http";
  if (at === bytes.length) return "more";
  if (at === target || bytes[at] !== SP) return "lines";

  return detectVersion(bytes.subarray(at + 1));
}

/** The rest of a request line: `HTTP/` DIGIT `.` DIGIT and the end of the line, a bare LF allowed (RFC 9112 2.2). */
function detectVersion(rest: Uint8Array): Speech {
  for (let i = 0; i < rest.length; i++) {
    const byte = rest[i]!;
    if (i < 5 ? byte !== VERSION[i] : i === 6 ? byte !== 0x2e : i < 8 && !isDigit(byte)) {
      return "lines";
    }
    if (i === 8 && byte !== CR && byte !== LF) return "lines";
    if (byte === LF) return "http";
    if (i === 9) return "lines";
  }
  return "more";
}

/**
 * What undecided bytes are when no more come in time: HTTP that stalls (a method and a space are there), or else a
 * person who has typed one word and thinks.
 */
export function detectStalled(bytes: Uint8Array): "http" | "lines" {
  return bytes.includes(SP) ? "http" : "lines";
}

/** The methods that programs send first (RFC 9110 9.3, RFC 5789, RFC 9113 3.4). */
const METHODS = [
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "DELETE",
  "CONNECT",
  "OPTIONS",
  "TRACE",
  "PATCH",
  "PRI",
];

const decoder = new TextDecoder();

/**
 * Whether undecided bytes are the beginning of something that programs send and people rarely do: a TLS record, or a known
 * method. However slowly the rest arrives, such a client is no line client that only listens.
 */
export function hasBegun(bytes: Uint8Array): boolean {
  if (bytes.length === 0) return false;
  if (bytes[0] === 0x16) return true;
  const word = decoder.decode(bytes.subarray(0, MAX_METHOD)).toUpperCase();
  return METHODS.some((method) => method.startsWith(word));
}

/** Methods are case-sensitive, and every registered one is of capital letters and hyphens (RFC 9110 16.1). */
function isMethodByte(byte: number): boolean {
  return (byte >= 0x41 && byte <= 0x5a) || byte === 0x2d;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}
