/**
 * A client of the JSON subprotocol, over the runtime's own WebSocket, that keeps all events.
 * @module
 */
import { JSON_PROTOCOL } from "../../lib/wire/protocol.ts";
import { patiently, until } from "./patience.ts";

type Event = Readonly<Record<string, unknown>>;

let fences = 0;

export class JsonListener implements AsyncDisposable {
  readonly events: Event[] = [];
  /** The connection is over. */
  readonly closed: Promise<void>;
  readonly #socket: WebSocket;

  private constructor(port: number) {
    this.#socket = new WebSocket(`ws://127.0.0.1:${port}/`, JSON_PROTOCOL);
    this.#socket.onmessage = ({ data }) => this.events.push(JSON.parse(data));
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#socket.onclose = () => resolve();
    this.closed = promise;
  }

  /** Connects, and waits for the hello. */
  static async connect(port: number): Promise<JsonListener> {
    const client = new JsonListener(port);
    await until(() => client.events.length > 0, "the server says hello");
    return client;
  }

  /** Sends frames: commands as typed, requests as they are, anything else as messages. */
  send(...frames: readonly string[]): void {
    for (const frame of frames) {
      const isFrame = /^[/{]/.test(frame);
      this.#socket.send(isFrame ? frame : JSON.stringify({ type: "message", text: frame }));
    }
  }

  /** Waits until everything it sent is answered. */
  async settle(): Promise<void> {
    const id = `fence-${++fences}`;
    this.send(JSON.stringify({ type: "command", text: "/stats", id }));
    await until(() => this.events.some(({ ref }) => ref === id), "all is answered");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await patiently(this.closed, "the end of a WebSocket");
  }
}
