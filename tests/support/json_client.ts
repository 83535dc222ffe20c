/**
 * A passive client of the JSON subprotocol.
 * @module
 */
import { type ClientRequest, JSON_PROTOCOL, type ServerEvent } from "../../lib/wire/protocol.ts";
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

  /** Sends a request, and returns the next event. */
  async request(request: ClientRequest): Promise<ServerEvent> {
    await this.say(JSON.stringify(request));
    return await this.event();
  }

  /** Sends a request, and returns its acknowledgement, reply or error. Other events before it are skipped. */
  async ask(request: ClientRequest): Promise<ServerEvent> {
    await this.say(JSON.stringify(request));
    return await this.#answer();
  }

  /** Joins a room, or rejoins it. */
  async enter(room: string, since?: { epoch: string; offset: number }) {
    const reply = await this.ask({ type: "join", room, ...(since && { since }) });
    if (reply.type !== "reply" || reply.command !== "join") throw new Error(JSON.stringify(reply));
    return reply.data;
  }

  /** Sends a message, and returns its number. */
  async says(text: string, id?: string): Promise<number> {
    const ack = await this.ask({ type: "message", text, ...(id === undefined ? {} : { id }) });
    if (ack.type !== "ack") throw new Error(JSON.stringify(ack));
    return ack.id;
  }

  /** Reads up to the next event of a type. */
  async next<T extends ServerEvent["type"]>(type: T): Promise<ServerEvent & { type: T }> {
    const event = await this.event();
    return event.type === type ? event as ServerEvent & { type: T } : await this.next(type);
  }

  async #answer(): Promise<ServerEvent> {
    const event = await this.event();
    const isAnswer = event.type === "ack" || event.type === "reply" || event.type === "error";
    return isAnswer ? event : await this.#answer();
  }
}
