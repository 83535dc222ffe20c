/**
 * A client of the JSON subprotocol.
 * @module
 */
import { JSON_PROTOCOL, type ServerEvent } from "../../lib/chat/json_events.ts";
import { handshake, WebSocketClient } from "./client.ts";
import { RawSocket } from "./raw_socket.ts";

export class JsonClient extends WebSocketClient {
  static override async connect(port: number): Promise<JsonClient> {
    const socket = await RawSocket.connect(port);
    await socket.write(handshake({ "Sec-WebSocket-Protocol": JSON_PROTOCOL }));
    await socket.through("\r\n\r\n");
    return new JsonClient(socket);
  }

  async event(): Promise<ServerEvent> {
    return JSON.parse(await this.line());
  }

  /** Sends a request; gives the next event. */
  async request(request: object): Promise<ServerEvent> {
    await this.say(JSON.stringify(request));
    return await this.event();
  }

  /** Reads on to the next event of a type. */
  async next<T extends ServerEvent["type"]>(type: T): Promise<ServerEvent & { type: T }> {
    for (;;) {
      // deno-lint-ignore no-await-in-loop -- one after the other
      const event = await this.event();
      if (event.type === type) return event as ServerEvent & { type: T };
    }
  }
}
