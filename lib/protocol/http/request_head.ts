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

/** The most header fields. Browsers send about 20, proxies add a dozen; Apache and nginx's modules stop at 100 too. */
export const MAX_FIELDS = 100;

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
/** RFC 9110 5.6.2. */
export const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Every registered method is of capital letters and hyphens (RFC 9110 16.1); `get` is none (9.1). */
const REQUEST_LINE = /^([A-Z][A-Z0-9-]*) ([\x21-\x7e\x80-\xff]+) HTTP\/(\d)\.(\d)$/;
/** No control characters but tab (RFC 9110 5.5); bytes from 0x80 on are opaque. */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** `uri-host [ ":" port ]` (RFC 9110 7.2, RFC 3986 3.2.2), an empty one too. */
const HOST = /^(?:\[[\da-f:.]+\]|[A-Za-z0-9\-._~%!$&'()*+;=]*)(?::\d{0,5})?$/i;
/** RFC 9112 3.2.2, without user information, which RFC 9110 4.2.4 wants to be an error. */
const ABSOLUTE_FORM = /^https?:\/\/([^/?]+)(?:[/?]|$)/i;
/** RFC 9112 3.2.3: a host and a port, for CONNECT alone. */
const AUTHORITY_FORM = /^(?:\[[\da-f:.]+\]|[A-Za-z0-9\-._~]+):\d{1,5}$/i;

/** Bytes as the code points of the same numbers, which is what HTTP/1 fields are (RFC 9110 5.5). */
export function latin1(bytes: Uint8Array): string {
  return toString.call(bytes, "latin1");
}

/** How many bytes of empty lines `bytes` begin with: in front of a request line they mean nothing (RFC 9112 2.2). */
export function countEmptyLines(bytes: Uint8Array): number {
  let at = 0;
  for (;;) {
    if (bytes[at] === LF) at++;
    else if (bytes[at] === CR && bytes[at + 1] === LF) at += 2;
    else return at;
  }
}

/**
 * Where the head in `bytes` ends, behind its empty line, or -1 if that has not come yet. A bare LF ends a line too
 * (RFC 9112 2.2), if it does in the whole head: `parseRequestHead` looks at that. `from` says up to where it was searched
 * before.
 */
export function findHeadEnd(bytes: Uint8Array, from = 0): number {
  for (let at = bytes.indexOf(LF, Math.max(0, from - 2)); at >= 0; at = bytes.indexOf(LF, at + 1)) {
    const next = bytes[at + 1];
    if (next === LF) return at + 2;
    if (next === CR && bytes[at + 2] === LF) return at + 3;
  }
  return -1;
}

/** The answer owed to a head that begins like this and is too long: 414 if the request line alone is, else 431. */
export function headTooLong(bytes: Uint8Array): RequestError {
  const isLine = !bytes.subarray(0, MAX_REQUEST_HEAD).includes(LF);
  return isLine
    ? new RequestError(414, "Request line is too long")
    : new RequestError(431, "Request head is too long");
}

/**
 * Parses a whole head, its empty line included.
 *
 * @throws {RequestError} 400 for what is malformed, 414 for a request line and 431 for a head over
 * {@linkcode MAX_REQUEST_HEAD} or of more than {@linkcode MAX_FIELDS} fields, 501 for a transfer coding that is not known
 * here, 505 for another major version than 1.
 */
export function parseRequestHead(bytes: Uint8Array): RequestHead {
  if (bytes.length > MAX_REQUEST_HEAD) throw headTooLong(bytes);
  const [requestLine = "", ...lines] = splitLines(latin1(bytes));
  const match = REQUEST_LINE.exec(requestLine);
  if (!match) throw new RequestError(400, "Malformed request line");
  const [, method = "", target = "", major, minor] = match;
  if (major !== "1") throw new RequestError(505, "Only HTTP/1.1 is spoken here");
  if (!isTarget(method, target)) throw new RequestError(400, "Malformed request target");
  const fields = parseFields(lines);
  checkHost(fields, minor === "0");
  checkFraming(fields, minor === "0");
  return { method, target, version: minor === "0" ? "HTTP/1.0" : "HTTP/1.1", fields };
}

/**
 * The lines of a head, without the empty one behind it. All end with CRLF, or all with a bare LF as somebody types them:
 * where two programs disagree on what ends a line, they see two different requests.
 */
function splitLines(head: string): string[] {
  const lines = head.split("\n");
  lines.pop(); // behind the last LF
  const isCrlf = lines[0]!.endsWith("\r");
  if (lines.some((line) => line.endsWith("\r") !== isCrlf)) {
    throw new RequestError(400, "Lines end with CRLF and with LF");
  }
  lines.pop(); // the empty line
  return isCrlf ? lines.map((line) => line.slice(0, -1)) : lines;
}

/** RFC 9112 3.2: which form of a target is right depends on the method. */
function isTarget(method: string, target: string): boolean {
  if (target.includes("#")) return false; // a fragment is the client's own
  if (method === "CONNECT") return AUTHORITY_FORM.test(target);
  if (target === "*") return method === "OPTIONS";
  if (target.startsWith("/")) return true;
  const authority = ABSOLUTE_FORM.exec(target)?.[1];
  return authority !== undefined && HOST.test(authority);
}

function parseFields(lines: readonly string[]): Map<string, string[]> {
  if (lines.length > MAX_FIELDS) {
    throw new RequestError(431, `Request has more than ${MAX_FIELDS} header fields`);
  }
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
  return fields;
}

/**
 * Without the spaces and tabs around it, the optional white space of RFC 9110 5.6.3. Not by an expression: one that ends
 * with `[\t ]+$` takes quadratic time.
 */
export function trimBlanks(value: string, from = 0, to = value.length): string {
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
  if (!HOST.test(hosts[0]!)) throw new RequestError(400, "Malformed Host");
}

/**
 * RFC 9112 6: 400 to a request whose body two programs could see ending at two places. Nobody here reads a body to its
 * end, but a proxy in front does.
 */
function checkFraming(fields: ReadonlyMap<string, readonly string[]>, isOld: boolean): void {
  const lengths = fields.get("content-length");
  const codings = fields.get("transfer-encoding");
  if (lengths !== undefined && (lengths.length > 1 || !/^\d+$/.test(lengths[0]!))) {
    throw new RequestError(
      400,
      lengths.length > 1 ? "Content-Length is given twice" : "Malformed Content-Length",
    );
  }
  if (codings === undefined) return;
  if (lengths !== undefined) {
    throw new RequestError(400, "Content-Length and Transfer-Encoding exclude each other");
  }
  if (isOld) throw new RequestError(400, "Transfer-Encoding needs HTTP/1.1");
  const names = codings.join(",").split(",").map((name) => trimBlanks(name).toLowerCase());
  if (names.at(-1) !== "chunked" || names.indexOf("chunked") < names.length - 1) {
    throw new RequestError(400, "Malformed Transfer-Encoding");
  }
  if (names.length > 1) throw new RequestError(501, "No transfer coding but chunked is known here");
}
