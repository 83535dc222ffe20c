/**
 * Detects the protocol of a connection from its first bytes, which it does not consume.
 * @module
 */
import { decodeLatin1 } from "../text/decode.ts";

export type DetectedProtocol =
  /** An HTTP request line, correct or not, or so much of one that it can be nothing else. */
  | "http"
  /** Text lines, as `nc`, telnet and bots send them. */
  | "lines"
  /** A TLS handshake record (RFC 8446 5.1). */
  | "tls"
  /** The beginning of an HTTP request line or of a chat line: call again with more bytes. */
  | "more";

/**
 * The longest request line that is waited for, in bytes. It is the limit of the whole request head (RFC 9112 3 requires at
 * least 8,000 octets): a longer line is reported as HTTP, which refuses it.
 */
export const MAX_REQUEST_LINE = 16_384;

/** The longest word that counts as a method. The longest registered method, UPDATEREDIRECTREF, has 17 letters. */
const MAX_METHOD = 20;

/**
 * The most blanks and empty lines that may precede a request line, in bytes. RFC 9112 2.2 asks to accept one empty line;
 * a page of them is not HTTP.
 */
const MAX_MARGIN = 64;

const LF = 0x0a;

/**
 * Invisible characters that may precede a request, as they may precede a command: white space, control characters, the
 * sequences that a terminal sends for keys (CSI and SS3), and in UTF-8 the C1 controls, no-break spaces, a byte order mark
 * and other characters without a width.
 */
const UNSEEN = "\\x1b\\[[0-?]*[ -.]*[@-~]|\\x1bO[A-Za-z]|[\\0-\\x1a\\x1c-\\x20\\x7f]|" +
  "\\xc2[\\x80-\\xa0\\xad]|\\xe2\\x80[\\x8b-\\x8f\\xa8-\\xae]|\\xe2\\x81[\\xa0-\\xaf]|\\xef\\xbb\\xbf";

/** An incomplete one of these, at the end of the bytes. */
const UNSEEN_IN_PART = "\\x1b(?:O|\\[[0-?]*[ -.]*)?|\\xc2|\\xe2[\\x80\\x81]?|\\xef\\xbb?";

const MARGIN = new RegExp(`(?:${UNSEEN})*(?:(?:${UNSEEN_IN_PART})$)?`, "y");

/** The methods of RFC 9110 9 and RFC 5789, and of HTTP/2's preface (RFC 9113 3.4), recognized in any case. */
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

/** The form of all registered methods: capital letters and hyphens (RFC 9110 16.1). */
const CAPITALS = /^[A-Z][A-Z\d-]*$/;

const BLANKS = /[ \t\r]+/;

/** The beginning of a target (RFC 9112 3.2) that people do not type by chance. */
const TARGET = /^(?:\/|https?:\/\/|\*$)/i;

/** `HTTP/1.1`, perhaps misspelt: `http/1.1`, `HTTP/1.1x`, `HTTQ/1.1`, `HTTP1.1`; but not `https://`. */
const VERSION = /^(?:[Hh][Tt][Tt][A-Za-z]{0,2}(?:\/(?!\/)|\d)|[A-Z]{3,5}\/\d)/;

const WHOLE_VERSION = /^HTTP\/\d\.\d$/;

/**
 * Returns the protocol of a connection that begins with `bytes`.
 *
 * HTTP is a whole request line, `METHOD target HTTP/1.1` (RFC 9112 3), not four letters: a person may type
 * `GET well soon`. A line that is clearly meant as a request line is HTTP despite mistakes, and the HTTP parser refuses it:
 * otherwise the head that follows would be sent to a room, with its cookies and passwords.
 */
export function detect(bytes: Uint8Array): DetectedProtocol {
  if (bytes.length === 0) return "more";
  if (bytes[0] === 0x16) {
    if (bytes.length === 1) return "more";
    return bytes[1] === 0x03 ? "tls" : "lines";
  }
  const from = marginOf(bytes);
  if (from > MAX_MARGIN) return "lines";
  // A line beyond the longest request line is decided without its end.
  const end = bytes.subarray(0, from + MAX_REQUEST_LINE).indexOf(LF, from);
  const isWhole = end >= 0;
  const line = decodeLatin1(bytes.subarray(from, isWhole ? end : from + MAX_REQUEST_LINE));
  if (isWhole) return isRequestLine(line) ? "http" : "lines";
  if (!mayBecomeRequestLine(line)) return "lines";
  return line.length < MAX_REQUEST_LINE ? "more" : "http";
}

/** The number of bytes before the first word: a byte order mark or part of one, white space and empty lines. */
function marginOf(bytes: Uint8Array): number {
  MARGIN.lastIndex = 0;
  return MARGIN.exec(decodeLatin1(bytes.subarray(0, MAX_MARGIN + 1)))![0].length;
}

/** Whether a complete line is a request line, or was meant as one. */
function isRequestLine(line: string): boolean {
  return isMeantAsRequest(line) || endsAtCr(line);
}

function endsAtCr(line: string): boolean {
  const end = line.indexOf("\r");
  return end >= 0 && isMeantAsRequest(line.slice(0, end));
}

function isMeantAsRequest(line: string): boolean {
  const words = line.split(BLANKS).filter((word) => word !== "");
  const [method = "", target = "", protocol] = words;
  const version = words.at(-1) ?? "";
  if (words.length === 2 && isGlued(method, target)) return true;
  if (!isMethod(method)) return false;
  if (words.length >= 3 && TARGET.test(target)) {
    if (VERSION.test(version)) return true;
    // The version without its slash.
    return METHODS.includes(method) && protocol === "HTTP" &&
      /^\d+(?:\.\d+)?$/.test(version);
  }
  // With an unusual target, or without one, the method and the version decide.
  if (words.length === 3) return isKnown(method) && /^HTTP\/\d/i.test(version);
  return words.length === 2 && METHODS.includes(method) && WHOLE_VERSION.test(version);
}

/** Whether two words are a request line that lacks a blank: `GET/ HTTP/1.1` or `GET /HTTP/1.1`. */
function isGlued(first: string, second: string): boolean {
  return (isMethodAndTarget(first) && WHOLE_VERSION.test(second)) ||
    (METHODS.includes(first) && second.startsWith("/") && /HTTP\/\d\.\d$/.test(second));
}

function isMethodAndTarget(word: string): boolean {
  return METHODS.some((method) => word.startsWith(`${method}/`));
}

/** Whether {@linkcode isRequestLine} may become true as the line grows. */
function mayBecomeRequestLine(line: string): boolean {
  const [method = "", target, version, more = ""] = line.split(BLANKS, 4);
  if (target === undefined) return mayBecomeMethod(method) || isMethodAndTarget(method);
  if (isMethodAndTarget(method)) {
    return endsAtCr(line) || (!version && (WHOLE_VERSION.test(target) || isVersionInPart(target)));
  }
  if (!isMethod(method)) return false;
  if (version === undefined || TARGET.test(target) || endsAtCr(line)) return true;
  return more === "" && isKnown(method) && (/^HTTP\/\d/i.test(version) || isVersionInPart(version));
}

/** Whether a version may begin like this, in whatever case. */
function isVersionInPart(word: string): boolean {
  return "HTTP/".startsWith(word.toUpperCase()) || /^HTTP\/\d\.?$/i.test(word);
}

function isMethod(word: string): boolean {
  return word.length <= MAX_METHOD && (CAPITALS.test(word) || isKnown(word));
}

function isKnown(method: string): boolean {
  return METHODS.includes(method.toUpperCase());
}

function mayBecomeMethod(word: string): boolean {
  if (word.length > MAX_METHOD) return false;
  const capitals = word.toUpperCase();
  return word === "" || CAPITALS.test(word) ||
    METHODS.some((method) => method.startsWith(capitals));
}

/**
 * Decides about undecided bytes when the client has ended its side. A request line without its end, or without the end of
 * its version, is HTTP.
 */
export function detectEnded(bytes: Uint8Array): "http" | "lines" {
  const line = decodeLatin1(bytes.subarray(marginOf(bytes), MAX_REQUEST_LINE));
  if (isRequestLine(line)) return "http";
  const [method = "", target = "", version = "", more] = line.split(BLANKS);
  const isCutOff = version !== "" && isVersionInPart(version) && more === undefined;
  return isMethod(method) && TARGET.test(target) && isCutOff ? "http" : "lines";
}

/**
 * What undecided bytes are when no more come in time: HTTP that stalls (a method and the beginning of a target are there),
 * or else a person who has typed a word or two and thinks.
 */
export function detectStalled(bytes: Uint8Array): "http" | "lines" {
  const line = decodeLatin1(bytes.subarray(marginOf(bytes), MAX_REQUEST_LINE));
  const [method = "", target] = line.split(BLANKS, 2);
  if (target === undefined) return "lines";
  return CAPITALS.test(method) || TARGET.test(target) ? "http" : "lines";
}

/**
 * Whether undecided bytes are the beginning of a TLS record or of a known method, which programs send and people rarely
 * type. However slowly the rest arrives, such a client is not a line client that only reads.
 */
export function hasBegun(bytes: Uint8Array): boolean {
  if (bytes.length === 0) return false;
  if (bytes[0] === 0x16) return true;
  const from = marginOf(bytes);
  const word = decodeLatin1(bytes.subarray(from, from + MAX_METHOD)).toUpperCase();
  return word !== "" && METHODS.some((method) => method.startsWith(word));
}
