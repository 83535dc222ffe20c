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
export function closing<R extends Pick<HttpResponse, "status" | "fields">>(response: R): R {
  const connection = response.status === 426 ? "upgrade, close" : "close";
  return { ...response, fields: [["connection", connection], ...response.fields] };
}

/** How a client finds the end of the content (RFC 9112 6.3): its length in bytes, a last chunk, or the connection's end. */
export type Framing = number | "chunked" | "close";

/** Statuses whose responses have no content (RFC 9112 6.3). */
const WITHOUT_CONTENT = [101, 204, 304];

/** Whether a response with this status may have content. */
export function mayHaveContent(status: number): boolean {
  return !WITHOUT_CONTENT.includes(status);
}

/** Encodes the head of a response. */
export function encodeHead(
  { status, fields }: Pick<HttpResponse, "status" | "fields">,
  framing: Framing,
): Uint8Array<ArrayBuffer> {
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`];
  for (const [name, value] of fields) lines.push(`${name}: ${value}`);
  // RFC 9110 8.6: 1xx and 204 must not have a length; a 304 without content needs none.
  if (mayHaveContent(status)) {
    if (framing === "chunked") lines.push("transfer-encoding: chunked");
    else if (framing !== "close") lines.push(`content-length: ${framing}`);
  }
  return encoder.encode(lines.join("\r\n") + "\r\n\r\n");
}

/**
 * Encodes a response, and adds Content-Length.
 *
 * @param withBody Whether to include the body. Without it the length stays, as in responses to HEAD (RFC 9110 9.3.2).
 */
export function encodeResponse(response: HttpResponse, withBody = true): Uint8Array<ArrayBuffer> {
  const { body: content = "" } = response;
  const body = typeof content === "string" ? encoder.encode(content) : content;
  const head = encodeHead(response, body.length);
  if (!withBody || body.length === 0) return head;
  const bytes = new Uint8Array(head.length + body.length);
  bytes.set(head);
  bytes.set(body, head.length);
  return bytes;
}
