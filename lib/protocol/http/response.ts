/**
 * Encodes HTTP/1.1 responses (RFC 9112 4, 6).
 * @module
 */
import { STATUS_CODES } from "node:http";

const encoder = new TextEncoder();

export interface HttpResponse {
  readonly status: number;
  readonly fields: Iterable<readonly [name: string, value: string]>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
}

/**
 * The response as the last one on its connection (RFC 9112 9.6). A 426 response has an Upgrade field, which Connection must
 * list (RFC 9110 7.8).
 */
export function closing(response: HttpResponse): HttpResponse {
  const connection = response.status === 426 ? "upgrade, close" : "close";
  return { ...response, fields: [["connection", connection], ...response.fields] };
}

/**
 * Encodes a response, and adds Content-Length.
 *
 * @param withBody Whether to include the body. Without it the length stays, as in responses to HEAD (RFC 9110 9.3.2).
 */
export function encodeResponse(response: HttpResponse, withBody = true): Uint8Array<ArrayBuffer> {
  const { body: content = "" } = response;
  const body = typeof content === "string" ? encoder.encode(content) : content;
  const lines = [`HTTP/1.1 ${response.status} ${STATUS_CODES[response.status] ?? ""}`];
  for (const [name, value] of response.fields) lines.push(`${name}: ${value}`);
  // RFC 9110 8.6: 1xx and 204 must not have a length; a 304 without content needs none.
  if (![101, 204, 304].includes(response.status)) {
    lines.push(`content-length: ${body.length}`);
  }
  const head = encoder.encode(lines.join("\r\n") + "\r\n\r\n");
  if (!withBody || body.length === 0) return head;
  const bytes = new Uint8Array(head.length + body.length);
  bytes.set(head);
  bytes.set(body, head.length);
  return bytes;
}
