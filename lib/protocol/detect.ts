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
 * The most blanks and empty lines that are looked past, in bytes: RFC 9112 2.2 asks for one empty line, and nobody means
 * HTTP by a page of them.
 */
const MAX_MARGIN = 64;

const LF = 0x0a, CR = 0x0d, SP = 0x20, HTAB = 0x09;

/** A byte order mark in UTF-8: what an editor puts in front of a file, it puts in front of a request too. */
const BOM = [0xef, 0xbb, 0xbf];

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

/** How many bytes of white space and empty lines stand in front, behind a byte order mark or part of one. */
function marginOf(bytes: Uint8Array): number {
  const isMarked = BOM.every((byte, i) => i >= bytes.length || bytes[i] === byte);
  let at = isMarked ? Math.min(bytes.length, BOM.length) : 0;
  for (; at <= MAX_MARGIN && at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte !== LF && byte !== CR && byte !== SP && byte !== HTAB) break;
  }
  return at;
}

/** Whether a whole line is a request line, or was meant as one. */
function isRequestLine(line: string): boolean {
  const words = line.split(BLANKS).filter((word) => word !== "");
  const [method = "", target = ""] = words;
  const version = words.at(-1) ?? "";
  if (!isMethod(method)) return false;
  if (words.length >= 3 && TARGET.test(target)) return VERSION.test(version);
  // Without a target that looks like one, or without any, method and version have to say what is meant.
  if (words.length === 3) return isKnown(method) && /^HTTP\/\d/i.test(version);
  return words.length === 2 && METHODS.includes(method) && /^HTTP\/\d\.\d$/.test(version);
}

/** Whether {@linkcode isRequestLine} may still hold when the line is whole. */
function mayBecomeRequestLine(line: string): boolean {
  const [method = "", target, version, more = ""] = line.split(BLANKS, 4);
  if (target === undefined) return mayBecomeMethod(method);
  if (!isMethod(method)) return false;
  if (version === undefined || TARGET.test(target)) return true;
  return more === "" && isKnown(method) &&
    (/^HTTP\/\d/i.test(version) || "HTTP/".startsWith(version.toUpperCase()));
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
