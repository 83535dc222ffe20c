/**
 * Accepts WebSocket handshakes with the runtime's own `Deno.upgradeWebSocket` (RFC 6455 4.2.2).
 * @module
 */
import { RequestError, type RequestHead } from "../../protocol/http/request_head.ts";
import { encodeResponse } from "../../protocol/http/response.ts";
import { offeredProtocols, WEBSOCKET_VERSION } from "../../protocol/websocket/handshake.ts";

/** An accepted handshake. */
export class Handshake {
  /**
   * @param response The response that completes the handshake.
   * @param protocol The subprotocol that was agreed on, if any.
   * @param fields The fields of the request, by their names in lower case.
   */
  constructor(
    readonly response: Uint8Array<ArrayBuffer>,
    readonly protocol: string | undefined,
    readonly fields: RequestHead["fields"],
  ) {}
}

/**
 * Accepts a valid handshake, with `subprotocol` if the client offers it.
 *
 * @throws {RequestError} 400 if the runtime refuses it.
 */
export function acceptHandshake(head: RequestHead, subprotocol: string): Handshake {
  const protocol = offeredProtocols(head).includes(subprotocol) ? subprotocol : undefined;
  const response = upgrade(toRequest(head, protocol), protocol);
  const { status } = response;
  const encoded = encodeResponse({ status, fields: acceptFields(response) });
  return new Handshake(encoded, protocol, head.fields);
}

function upgrade(request: Request, protocol: string | undefined): Response {
  try {
    return Deno.upgradeWebSocket(request, protocol === undefined ? {} : { protocol }).response;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new RequestError(400, "Request cannot be understood");
  }
}

/** The fields of the response (RFC 6455 4.2.2). */
const ACCEPT_FIELDS = ["upgrade", "connection", "sec-websocket-accept", "sec-websocket-protocol"];

/**
 * The handshake as a `Request` in the one form that the runtime's parser accepts: it takes a list of subprotocols with a
 * comma and no space, which RFC 9110 5.6.1 allows, for one subprotocol. The fields are a record: with a `Headers` a request
 * leaves 13 kB of garbage instead of 3, which grows the heap of a server to which thousands connect.
 */
function toRequest({ fields }: RequestHead, protocol: string | undefined): Request {
  const headers: Record<string, string> = {
    "connection": "upgrade",
    "upgrade": "websocket",
    "sec-websocket-version": WEBSOCKET_VERSION,
    "sec-websocket-key": fields.get("sec-websocket-key")?.[0] ?? "",
  };
  if (protocol !== undefined) headers["sec-websocket-protocol"] = protocol;
  return new Request("http://localhost/", { headers });
}

/** The fields of the runtime's response, read by name: iterating over a `Headers` leaves 4 kB of garbage. */
function acceptFields({ headers }: Response): Array<[name: string, value: string]> {
  return ACCEPT_FIELDS.flatMap((name) => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value]];
  });
}
