/**
 * The branch of "peek and branch": what do the first bytes of a connection speak?
 *
 * A pure function of those bytes. It consumes nothing; whoever asks keeps the bytes and hands them on.
 * @module
 */
import { latin1 } from "./http/request_head.ts";

export type DetectedProtocol =
  /** An HTTP request line has been seen whole, correct or not, or so much of one that nothing else can follow. */
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

/**
 * The most bytes without a visible character that are looked past: RFC 9112 2.2 asks for one empty line, and nobody means
 * HTTP by a page of them.
 */
const MAX_MARGIN = 64;

const LF = 0x0a;

/**
 * What may stand unseen in front of a request, as it may in front of a command: blanks and controls, the keys of a terminal
 * (CSI and SS3), and in UTF-8 C1 controls, blanks that do not break, a byte order mark, and what else has no width.
 */
const UNSEEN = "\\x1b\\[[0-?]*[ -.]*[@-~]|\\x1bO[A-Za-z]|[\\0-\\x1a\\x1c-\\x20\\x7f]|" +
  "\\xc2[\\x80-\\xa0\\xad]|\\xe2\\x80[\\x8b-\\x8f\\xa8-\\xae]|\\xe2\\x81[\\xa0-\\xaf]|\\xef\\xbb\\xbf";

/** The beginning of any of these, where no more bytes came yet. */
const UNSEEN_IN_PART = "\\x1b(?:O|\\[[0-?]*[ -.]*)?|\\xc2|\\xe2[\\x80\\x81]?|\\xef\\xbb?";

const MARGIN = new RegExp(`(?:${UNSEEN})*(?:(?:${UNSEEN_IN_PART})$)?`, "y");

/** The methods of RFC 9110 9 and RFC 5789, and HTTP/2's preface (RFC 9113 3.4): known also where they are misspelt. */
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

/** A method in the form that every registered one has: capital letters, and hyphens (RFC 9110 16.1). */
const CAPITALS = /^[A-Z][A-Z\d-]*$/;

const BLANKS = /[ \t\r]+/;

/** The beginnings of a target (RFC 9112 3.2) that people do not type by chance. */
const TARGET = /^(?:\/|https?:\/\/|\*$)/i;

/** `HTTP/1.1` with whatever mistakes: `http/1.1`, `HTTP/1.1x`, `HTTQ/1.1`, `HTTP1.1`; but no `https://`. */
const VERSION = /^(?:[Hh][Tt][Tt][A-Za-z]{0,2}(?:\/(?!\/)|\d)|[A-Z]{3,5}\/\d)/;

const WHOLE_VERSION = /^HTTP\/\d\.\d$/;

/**
 * Says what `bytes`, the first of a connection, are the beginning of.
 *
 * HTTP is a whole request line, `METHOD target HTTP/1.1` (RFC 9112 3), not four letters: a person may well type
 * `GET well soon`. A line that is plainly meant as a request line is HTTP too, with whatever mistakes: otherwise the head
 * behind it would be sent to a room, with its cookies and passwords. The HTTP parser then refuses it.
 */
export function detect(bytes: Uint8Array): DetectedProtocol {
  if (bytes.length === 0) return "more";
  if (bytes[0] === 0x16) {
    if (bytes.length === 1) return "more";
    return bytes[1] === 0x03 ? "tls" : "lines";
  }
  const from = marginOf(bytes);
  if (from > MAX_MARGIN) return "lines";
  // Up to the longest request line alone: one that is longer is decided by that.
  const end = bytes.subarray(0, from + MAX_REQUEST_LINE).indexOf(LF, from);
  const isWhole = end >= 0;
  const line = latin1(bytes.subarray(from, isWhole ? end : from + MAX_REQUEST_LINE));
  if (isWhole) return isRequestLine(line) ? "http" : "lines";
  if (!mayBecomeRequestLine(line)) return "lines";
  return line.length < MAX_REQUEST_LINE ? "more" : "http";
}

/** How many bytes stand unseen in front. */
function marginOf(bytes: Uint8Array): number {
  MARGIN.lastIndex = 0;
  return MARGIN.exec(latin1(bytes.subarray(0, MAX_MARGIN + 1)))![0].length;
}

/** Whether a whole line is a request line, or was meant as one. A bare CR may have been meant as its end. */
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
  // Without a target that looks like one, or without any, method and version have to say what is meant.
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

/** Whether {@linkcode isRequestLine} may still hold when the line is whole. */
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
 * What undecided bytes are when their sender has said that no more come: a request line without its end, or even without
 * the end of its version, is HTTP.
 */
export function detectEnded(bytes: Uint8Array): "http" | "lines" {
  const line = latin1(bytes.subarray(marginOf(bytes), MAX_REQUEST_LINE));
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
  const line = latin1(bytes.subarray(marginOf(bytes), MAX_REQUEST_LINE));
  const [method = "", target] = line.split(BLANKS, 2);
  if (target === undefined) return "lines";
  return CAPITALS.test(method) || TARGET.test(target) ? "http" : "lines";
}

/**
 * Whether undecided bytes are the beginning of something that programs send and people rarely do: a TLS record, or a known
 * method. However slowly the rest arrives, such a client is no line client that only listens.
 */
export function hasBegun(bytes: Uint8Array): boolean {
  if (bytes.length === 0) return false;
  if (bytes[0] === 0x16) return true;
  const from = marginOf(bytes);
  const word = latin1(bytes.subarray(from, from + MAX_METHOD)).toUpperCase();
  return word !== "" && METHODS.some((method) => method.startsWith(word));
}
