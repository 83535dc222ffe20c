/**
 * An HTTP/1.1 response as bytes (RFC 9112 4, 6): the status line, the fields, and the body there may be.
 * @module
 */

const encoder = new TextEncoder();

const REASONS: Readonly<Record<number, string>> = {
  101: "Switching Protocols",
  200: "OK",
  204: "No Content",
  304: "Not Modified",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  414: "URI Too Long",
  421: "Misdirected Request",
  426: "Upgrade Required",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  503: "Service Unavailable",
  505: "HTTP Version Not Supported",
};

export interface HttpResponse {
  readonly status: number;
  readonly fields: Iterable<readonly [name: string, value: string]>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
}

/**
 * The same response, and the last on its connection (RFC 9112 9.6). Who sends Upgrade, as one of 426 does, says so in
 * Connection too (RFC 9110 7.8).
 */
export function closing(response: HttpResponse): HttpResponse {
  const connection = response.status === 426 ? "upgrade, close" : "close";
  return { ...response, fields: [["connection", connection], ...response.fields] };
}

/**
 * The bytes of `response`. `Content-Length` is added from the body; `withBody: false` leaves the body out and keeps its
 * length, as HEAD wants it (RFC 9110 9.3.2).
 */
export function encodeResponse(response: HttpResponse, withBody = true): Uint8Array<ArrayBuffer> {
  const { body: content = "" } = response;
  const body = typeof content === "string" ? encoder.encode(content) : content;
  const lines = [`HTTP/1.1 ${response.status} ${REASONS[response.status] ?? ""}`];
  for (const [name, value] of response.fields) lines.push(`${name}: ${value}`);
  // RFC 9110 8.6: never with 1xx and 204; a 304 without content needs none.
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
