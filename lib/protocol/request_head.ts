/**
 * The head of an HTTP/1 request (RFC 9112 2 to 5): bytes in, a checked structure or a status code out.
 *
 * Strict where leniency is how requests are smuggled, since a proxy may stand in front. Knows no socket and no route.
 * @module
 */

import { Buffer } from "node:buffer";

const { toString } = Buffer.prototype;

/** The longest request head, in bytes. Browsers and proxies stay under 8 kB; RFC 9112 3 asks for that much at least. */
export const MAX_REQUEST_HEAD = 16_384;

export interface RequestHead {
  readonly method: string;
  /** As it stands in the request line, in whichever form (RFC 9112 3.2). */
  readonly target: string;
  /** `HTTP/1.0` or `HTTP/1.1`. */
  readonly version: string;
  /** Names in lower case. A field that came twice has all its values, in order. */
  readonly fields: ReadonlyMap<string, readonly string[]>;
}

/** The head was not acceptable; `status` is the answer owed. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  /** @param retryAfter When it can be answered, in seconds, if that is known. */
  constructor(readonly status: number, message: string, readonly retryAfter?: number) {
    super(message);
  }
}

const LF = 0x0a, CR = 0x0d;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/; // RFC 9110 5.6.2
const REQUEST_LINE = /^([A-Z-]+) ([\x21-\x7e\x80-\xff]+) HTTP\/(\d)\.(\d)$/;
/** No control characters but tab (RFC 9110 5.5); bytes from 0x80 on are opaque. */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Bytes as the code points of the same numbers, which is what HTTP/1 fields are (RFC 9110 5.5). */
function latin1(bytes: Uint8Array): string {
  return toString.call(bytes, "latin1");
}

/**
 * Where the head in `bytes` ends, behind its empty line, or -1 if that has not come yet. A bare LF ends a line too
 * (RFC 9112 2.2). `from` says up to where it was searched before.
 */
export function findHeadEnd(bytes: Uint8Array, from = 0): number {
  for (let at = bytes.indexOf(LF, Math.max(0, from - 2)); at >= 0; at = bytes.indexOf(LF, at + 1)) {
    const next = bytes[at + 1];
    if (next === LF) return at + 2;
    if (next === CR && bytes[at + 2] === LF) return at + 3;
  }
  return -1;
}

/**
 * Parses a whole head, its empty line included.
 *
 * @throws {RequestError} 400 for what is malformed, 431 for a head over {@linkcode MAX_REQUEST_HEAD}, 505 for another
 * major version than 1.
 */
export function parseRequestHead(bytes: Uint8Array): RequestHead {
  if (bytes.length > MAX_REQUEST_HEAD) throw new RequestError(431, "Request head is too long");
  const [requestLine = "", ...lines] = latin1(bytes).replace(/(\r?\n)+$/, "").split(/\r?\n/);
  const match = REQUEST_LINE.exec(requestLine);
  if (!match) throw new RequestError(400, "Malformed request line");
  const [, method = "", target = "", major, minor] = match;
  if (major !== "1") throw new RequestError(505, "Only HTTP/1.1 is spoken here");

  const fields = new Map<string, string[]>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon);
    const value = trimBlanks(line.slice(colon + 1));
    // A name with white space around it, and so obsolete line folding too, is refused (RFC 9112 5.1, 5.2).
    if (colon < 1 || !TOKEN.test(name) || !FIELD_VALUE.test(value)) {
      throw new RequestError(400, "Malformed header field");
    }
    const key = name.toLowerCase();
    const values = fields.get(key);
    if (values) values.push(value);
    else fields.set(key, [value]);
  }
  checkHost(fields, minor === "0");
  return { method, target, version: minor === "0" ? "HTTP/1.0" : "HTTP/1.1", fields };
}

/** Without the blanks around it. Not by an expression: one that ends with `[\t ]+$` takes quadratic time. */
function trimBlanks(value: string): string {
  let from = 0, to = value.length;
  while (from < to && isBlank(value.charCodeAt(from))) from++;
  while (to > from && isBlank(value.charCodeAt(to - 1))) to--;
  return value.slice(from, to);
}

function isBlank(unit: number): boolean {
  return unit === 0x20 || unit === 0x09;
}

/** RFC 9112 3.2: 400 to an HTTP/1.1 request without Host, and to any with more than one or a malformed one. */
function checkHost(fields: ReadonlyMap<string, readonly string[]>, mayLack: boolean): void {
  const hosts = fields.get("host");
  if (!hosts) {
    if (mayLack) return;
    throw new RequestError(400, "Host is missing");
  }
  if (hosts.length > 1) throw new RequestError(400, "Host is given twice");
  if (!/^[A-Za-z0-9.\-_~%!$&'()*+;=:[\]]*$/.test(hosts[0]!)) {
    throw new RequestError(400, "Malformed Host");
  }
}
