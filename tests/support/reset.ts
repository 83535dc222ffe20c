/**
 * Connections that end with a reset, which `Deno.Conn` cannot do.
 * @module
 */
import { connect, type Socket } from "node:net";
import { once } from "node:events";

export class ResettableSocket {
  private constructor(readonly socket: Socket) {}

  static async connect(port: number): Promise<ResettableSocket> {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    return new ResettableSocket(socket);
  }

  write(text: string): Promise<void> {
    return new Promise((resolve) => this.socket.write(text, () => resolve()));
  }

  async reset(): Promise<void> {
    const closed = once(this.socket, "close");
    this.socket.resetAndDestroy();
    await closed;
  }
}
