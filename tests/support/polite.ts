/**
 * Clients for a busy server: they answer pings, and reconnect if their handshake was too slow.
 * @module
 */
import { PING } from "../protocol/client_frames.ts";
import {
  type Client,
  handshake,
  type ServerFrame,
  TCP,
  WebSocketClient,
  type Wire,
} from "./client.ts";
import { until } from "./patience.ts";
import { RawSocket } from "./raw_socket.ts";

class PoliteWebSocketClient extends WebSocketClient {
  override async frame(): Promise<ServerFrame> {
    for (;;) {
      const frame = await super.frame();
      if (frame.opcode !== PING) return frame;
      await this.pong(frame.payload);
    }
  }
}

/** A busy test process may be slower than the sniff timeout, and then count as a line client. */
async function connect(port: number): Promise<Client> {
  let client: Client | undefined;
  await until(async () => (client = await shakeHands(port)) !== undefined, "hands are shaken");
  return client!;
}

async function shakeHands(port: number): Promise<Client | undefined> {
  const socket = await RawSocket.connect(port);
  try {
    await socket.write(handshake());
    const answer = await socket.through("\r\n\r\n");
    if (answer.startsWith("HTTP/1.1 101 ")) return new PoliteWebSocketClient(socket);
  } catch {
    // The server closed the connection: try again.
  }
  socket.close();
  return undefined;
}

export const POLITE_WIRES: readonly [Wire, Wire] = [TCP, { name: "websocket", connect }];
