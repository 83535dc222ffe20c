/**
 * Clients that answer pings by themselves, for where the server's heartbeat goes on while they chat.
 * @module
 */
import { PING } from "../protocol/client_frames.ts";
import { type ServerFrame, TCP, WebSocketClient, type Wire } from "./client.ts";

class PoliteWebSocketClient extends WebSocketClient {
  override async frame(): Promise<ServerFrame> {
    for (;;) {
      // deno-lint-ignore no-await-in-loop -- until it is something else
      const frame = await super.frame();
      if (frame.opcode !== PING) return frame;
      // deno-lint-ignore no-await-in-loop -- see above
      await this.pong(frame.payload);
    }
  }
}

const POLITE_WEBSOCKET: Wire = {
  name: "websocket",
  connect: async (port) => new PoliteWebSocketClient((await WebSocketClient.connect(port)).socket),
};

export const POLITE_WIRES = [TCP, POLITE_WEBSOCKET] as const;
