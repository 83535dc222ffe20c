/**
 * Clients for a server that is busy: they answer pings by themselves, and come again if they were too slow to shake hands.
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

/** Who is silent for the sniff timeout, where others talk, is a line client; a busy test process may be so slow. */
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
    // Hung up on: once more.
  }
  socket.close();
  return undefined;
}

export const POLITE_WIRES: readonly [Wire, Wire] = [TCP, { name: "websocket", connect }];
