/**
 * Parses the head of an HTTP/1 request (RFC 9112 2 to 5).
 *
 * A proxy may stand in front of the server, so the parser is strict wherever leniency allows request smuggling.
 * @module
 */
import { decodeLatin1 } from "../../text/decode.ts";
import { listHas, trimBlanks } from "./list_field.ts";

/** The longest request head, in bytes. Browsers and proxies stay under 8 kB, which RFC 9112 3 requires at least. */
export const MAX_REQUEST_HEAD = 16_384;

/** The most header fields. Browsers send about 20, proxies add a dozen; Apache and nginx's modules stop at 100 too. */
export const MAX_FIELDS = 100;

export interface RequestHead {
  readonly method: string;
  /** As written in the request line, in any form (RFC 9112 3.2). */
  readonly target: string;
  /** `HTTP/1.0` or `HTTP/1.1`. */
  readonly version: string;
  /** Values by name in lower case. A repeated field has all its values, in order. */
  readonly fields: ReadonlyMap<string, readonly string[]>;
}

/** A request that is answered with an error; `status` is the status code. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  /** @param retryAfter When to try again, in seconds, if that is known. */
  constructor(readonly status: number, message: string, readonly retryAfter?: number) {
    super(message);
  }
}

const LF = 0x0a, CR = 0x0d;
/** RFC 9110 5.6.2. */
export const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** All registered methods consist of capital letters and hyphens (RFC 9110 16.1); `get` is not a method (9.1). */
const REQUEST_LINE = /^([A-Z][A-Z0-9-]*) ([\x21-\x7e\x80-\xff]+) HTTP\/(\d)\.(\d)$/;
/** No control characters except tab (RFC 9110 5.5); bytes from 0x80 on are opaque. */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
/** `uri-host [ ":" port ]` (RFC 9110 7.2, RFC 3986 3.2.2), an empty one too. */
const HOST = /^(?:\[[\da-f:.]+\]|[A-Za-z0-9\-._~%!$&'()*+;=]*)(?::\d{0,5})?$/i;
/** RFC 9112 3.2.2, without user information, which is an error (RFC 9110 4.2.4). */
const ABSOLUTE_FORM = /^https?:\/\/([^/?]+)(?:[/?]|$)/i;
/** RFC 9112 3.2.3: a host and a port, for CONNECT only. */
const AUTHORITY_FORM = /^(?:\[[\da-f:.]+\]|[A-Za-z0-9\-._~]+):\d{1,5}$/i;

/** The number of bytes of empty lines at the beginning. They are ignored before a request line (RFC 9112 2.2). */
export function countEmptyLines(bytes: Uint8Array): number {
  let at = 0;
  for (;;) {
    if (bytes[at] === LF) at++;
    else if (bytes[at] === CR && bytes[at + 1] === LF) at += 2;
    else return at;
  }
}

/**
 * The index at which the head in `bytes` ends, after its empty line, or -1 if that has not arrived yet. A bare LF ends a
 * line too (RFC 9112 2.2); {@linkcode parseRequestHead} checks that all lines end the same way.
 *
 * @param from The length that was searched before.
 */
export function findHeadEnd(bytes: Uint8Array, from = 0): number {
  for (let at = bytes.indexOf(LF, Math.max(0, from - 2)); at >= 0; at = bytes.indexOf(LF, at + 1)) {
    const next = bytes[at + 1];
    if (next === LF) return at + 2;
    if (next === CR && bytes[at + 2] === LF) return at + 3;
  }
  return -1;
}

/** The error for a head that is too long: 414 if the request line alone is, otherwise 431. */
export function headTooLong(bytes: Uint8Array): RequestError {
  const isLine = !bytes.subarray(0, MAX_REQUEST_HEAD).includes(LF);
  return isLine
    ? new RequestError(414, "Request line is too long")
    : new RequestError(431, "Request head is too long");
}

/**
 * Parses a complete head, including its empty line.
 *
 * @throws {RequestError} 400 for a malformed head, 414 for a request line and 431 for a head over
 * {@linkcode MAX_REQUEST_HEAD} or with more than {@linkcode MAX_FIELDS} fields, 501 for an unknown transfer coding, 505 for
 * a major version other than 1.
 */
export function parseRequestHead(bytes: Uint8Array): RequestHead {
  if (bytes.length > MAX_REQUEST_HEAD) throw headTooLong(bytes);
  const [requestLine = "", ...lines] = splitLines(decodeLatin1(bytes));
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
 * The lines of a head, without the empty one. All must end with CRLF, or all with a bare LF, as a person types them: two
 * programs that disagree on the end of a line see two different requests.
 */
function splitLines(head: string): string[] {
  const lines = head.split("\n");
  lines.pop(); // after the last LF
  const isCrlf = lines[0]!.endsWith("\r");
  if (lines.some((line) => line.endsWith("\r") !== isCrlf)) {
    throw new RequestError(400, "Lines end with CRLF and with LF");
  }
  lines.pop(); // the empty line
  return isCrlf ? lines.map((line) => line.slice(0, -1)) : lines;
}

/** RFC 9112 3.2: the method determines the form of the target. */
function isTarget(method: string, target: string): boolean {
  if (target.includes("#")) return false; // clients keep the fragment
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
    const { name, value } = parseFieldLine(line);
    const key = name.toLowerCase();
    const values = fields.get(key);
    if (values) values.push(value);
    else fields.set(key, [value]);
  }
  return fields;
}

/**
 * Parses a field line without its end (RFC 9112 5). A name with white space around it, and thus obsolete line folding, is
 * refused (RFC 9112 5.1, 5.2).
 *
 * @throws {RequestError} 400 if it is malformed.
 */
export function parseFieldLine(line: string): { readonly name: string; readonly value: string } {
  const colon = line.indexOf(":");
  const name = line.slice(0, colon);
  const value = trimBlanks(line.slice(colon + 1));
  if (colon < 1 || !TOKEN.test(name) || !FIELD_VALUE.test(value)) {
    throw new RequestError(400, "Malformed header field");
  }
  return { name, value };
}

/** RFC 9112 3.2: an HTTP/1.1 request without Host, and any with several or a malformed one, is an error. */
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
 * RFC 9112 6: a request is an error if two programs could disagree on the end of its body, such as the server and a proxy in
 * front of it.
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

/**
 * Whether the connection persists after the response (RFC 9112 9.3): in HTTP/1.1 unless the client sends `close`. It cannot
 * if there is a body that was not read.
 */
export function persists(head: RequestHead): boolean {
  return head.version === "HTTP/1.1" && !listHas(head, "connection", "close");
}

/** Whether a body follows the head (RFC 9112 6). */
export function hasBody({ fields }: RequestHead): boolean {
  const [length = "0"] = fields.get("content-length") ?? [];
  return fields.has("transfer-encoding") || /[^0]/.test(length);
}
