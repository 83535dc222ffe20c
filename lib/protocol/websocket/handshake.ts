/**
 * Checks opening handshakes (RFC 6455 4.2.1).
 *
 * `Deno.upgradeWebSocket` makes the response, but checks neither the versions of WebSocket and HTTP nor the length of the
 * key.
 * @module
 */
import { elementsOf, listHas } from "../http/list_field.ts";
import { hasBody, RequestError, type RequestHead, TOKEN } from "../http/request_head.ts";

/** The only version (RFC 6455 4.1). */
export const WEBSOCKET_VERSION = "13";

/** 16 bytes in base64 (RFC 6455 4.1): 22 digits, of which the last holds only two bits, and padding. */
const KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/;

/**
 * The subprotocols that the client offers, in its order of preference (RFC 6455 11.3.4).
 *
 * @throws {RequestError} 400 if one is not a token, or is offered twice (4.1).
 */
export function offeredProtocols(head: RequestHead): string[] {
  const offered = elementsOf(head, "sec-websocket-protocol");
  if (!offered.every((protocol) => TOKEN.test(protocol))) {
    throw new RequestError(400, "Malformed Sec-WebSocket-Protocol");
  }
  if (new Set(offered).size < offered.length) {
    throw new RequestError(400, "Sec-WebSocket-Protocol offers one subprotocol twice");
  }
  return offered;
}

/** Whether the request asks for WebSocket, correctly or not. */
export function wantsWebSocket(head: RequestHead): boolean {
  return listHas(head, "upgrade", "websocket");
}

/**
 * Checks an opening handshake (RFC 6455 4.2.1).
 *
 * @throws {RequestError} 426 for another version, 400 for every other mistake.
 */
export function checkHandshake(head: RequestHead): void {
  if (head.version !== "HTTP/1.1") throw new RequestError(400, "WebSocket needs HTTP/1.1");
  if (!listHas(head, "connection", "upgrade")) {
    throw new RequestError(400, "Connection does not say upgrade");
  }
  const versions = head.fields.get("sec-websocket-version") ?? [];
  if (versions.length > 1) throw new RequestError(400, "Sec-WebSocket-Version is given twice");
  if (versions[0] !== WEBSOCKET_VERSION) {
    throw new RequestError(426, "Only WebSocket version 13 is spoken here");
  }
  const keys = head.fields.get("sec-websocket-key") ?? [];
  if (keys.length !== 1) {
    throw new RequestError(
      400,
      `Sec-WebSocket-Key is ${keys.length === 0 ? "missing" : "given twice"}`,
    );
  }
  if (!KEY.test(keys[0]!)) throw new RequestError(400, "Malformed Sec-WebSocket-Key");
  // A proxy would read the bytes after the head as a body, this server as frames.
  if (hasBody(head)) throw new RequestError(400, "A handshake has no body");
}
