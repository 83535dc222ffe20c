/**
 * May another request come on the same connection (RFC 9112 9.3)?
 * @module
 */
import { lists } from "./list_field.ts";
import type { RequestHead } from "./request_head.ts";

/**
 * Whether a connection can go on behind the answer to this request: in HTTP/1.1, unless the client says `close`. Not
 * behind a body either, since nobody here reads one to its end.
 */
export function persists(head: RequestHead): boolean {
  return head.version === "HTTP/1.1" && !lists(head, "connection", "close") && !hasBody(head);
}

/** Whether a body follows the head (RFC 9112 6). */
export function hasBody({ fields }: RequestHead): boolean {
  const [length = "0"] = fields.get("content-length") ?? [];
  return fields.has("transfer-encoding") || /[^0]/.test(length);
}
