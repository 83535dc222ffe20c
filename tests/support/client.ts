/**
 * A chat client over any wire, which the contract suite is written against.
 * @module
 */
import { assertEquals } from "@std/assert";
import { closeFrame, frame, PONG, TEXT } from "../protocol/client_frames.ts";
import { concat, utf8 } from "../protocol/reading.ts";
import { eachInTurn } from "./patience.ts";
import { RawSocket } from "./raw_socket.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** How the server ended a connection. */
export interface Ending {
  /** The lines before the end that had not been read. */
  readonly lines: string[];
  /** The code of the close frame, on wires that have one. */
  readonly code?: number;
}

let fences = 0;

export abstract class Client implements Disposable {
  constructor(readonly socket: RawSocket) {}

  get address(): string {
    return this.socket.address;
  }

  /** Sends lines in one write. */
  abstract say(...lines: string[]): Promise<void>;

  /** The next line that the server sends. */
  abstract line(): Promise<string>;

  /** Reads until the server has closed the connection in good order, and closes it too. */
  abstract ending(): Promise<Ending>;

  /** Sends a line, and asserts that `answer` is the next line. */
  async asks(line: string, answer: string): Promise<void> {
    await this.say(line);
    await this.hears(answer);
  }

  /** Asserts the next lines. */
  async hears(...lines: string[]): Promise<void> {
    await eachInTurn(lines, async (line) => assertEquals(await this.line(), line));
  }

  /** Asserts that everything it sent is handled and that there is nothing left to read. */
  async hearsNothing(): Promise<void> {
    const word = `/fence-${++fences}`;
    await this.asks(word, `Error: Unknown command '${word}', try /help`);
  }

  async takesName(name: string): Promise<this> {
    await this.asks(`/name ${name}`, `Username set to '${name}'`);
    return this;
  }

  /** Closes the sending side, and goes on reading. */
  halfClose(): Promise<void> {
    return this.socket.halfClose();
  }

  close(): void {
    this.socket.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** A line client, like `nc`. */
export class LineClient extends Client {
  static async connect(port: number): Promise<LineClient> {
    return new LineClient(await RawSocket.connect(port));
  }

  override say(...lines: string[]): Promise<void> {
    return this.socket.write(lines.map((line) => `${line}\n`).join(""));
  }

  override line(): Promise<string> {
    return this.socket.through("\n");
  }

  override async ending(): Promise<Ending> {
    const lines: string[] = [];
    for (;;) {
      const line = await this.socket.throughOrEnd("\n");
      if (line === undefined) {
        this.close();
        return { lines };
      }
      lines.push(line);
    }
  }
}

/** A frame from the server. */
export interface ServerFrame {
  readonly fin: boolean;
  readonly opcode: number;
  readonly payload: Bytes;
}

/** The example of RFC 6455 1.3. */
export const KEY = "dGhlIHNhbXBsZSBub25jZQ==";
export const ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/** An opening handshake. Fields that are `undefined` are left out. */
export function handshake(
  fields: Readonly<Record<string, string | readonly string[] | undefined>> = {},
  requestLine = "GET / HTTP/1.1",
): string {
  const all = {
    "Host": "localhost",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": KEY,
    "Sec-WebSocket-Version": "13",
    ...fields,
  };
  const lines = Object.entries(all).flatMap(([name, values]) =>
    [values ?? []].flat().map((value) => `${name}: ${value}`)
  );
  return [requestLine, ...lines, "", ""].join("\r\n");
}

/** A WebSocket client that answers nothing by itself, and checks every frame against RFC 6455 5. */
export class WebSocketClient extends Client {
  /** Connects. `first` is sent in one write with the handshake. */
  static async connect(port: number, first: Uint8Array = new Uint8Array(0)) {
    const socket = await RawSocket.connect(port);
    await socket.write(concat(utf8(handshake()), first));
    const answer = await socket.through("\r\n\r\n");
    assertEquals(answer.split("\r\n", 1), ["HTTP/1.1 101 Switching Protocols"]);
    return new WebSocketClient(socket);
  }

  override say(...lines: string[]): Promise<void> {
    return this.send(...lines.map((line) => frame(TEXT, line)));
  }

  send(...frames: readonly Uint8Array[]): Promise<void> {
    return this.socket.write(concat(...frames));
  }

  pong(payload: Uint8Array = new Uint8Array(0)): Promise<void> {
    return this.send(frame(PONG, payload));
  }

  async frame(): Promise<ServerFrame> {
    const [first = 0, second = 0] = await this.socket.bytes(2);
    assertEquals(first & 0x70, 0, "Reserved bits");
    assertEquals(second & 0x80, 0, "A server does not mask");
    let length = second;
    if (second === 126) {
      length = new DataView((await this.socket.bytes(2)).slice().buffer).getUint16(0);
      assertEquals(length > 125, true, "The length is in the least bytes");
    } else if (second === 127) {
      length = Number(new DataView((await this.socket.bytes(8)).slice().buffer).getBigUint64(0));
      assertEquals(length > 0xffff, true, "The length is in the least bytes");
    }
    const opcode = first & 0x0f;
    if (opcode >= 8) assertEquals([first & 0x80, length <= 125], [0x80, true], "Control frame");
    return { fin: (first & 0x80) !== 0, opcode, payload: await this.socket.bytes(length) };
  }

  override async line(): Promise<string> {
    return textOf(await this.frame());
  }

  override async ending(): Promise<Ending> {
    const lines: string[] = [];
    for (;;) {
      const next = await this.frame();
      if (next.opcode !== 8) {
        lines.push(textOf(next));
        continue;
      }
      const code = closeCode(next);
      await this.send(closeFrame(code));
      assertEquals(await this.socket.rest(), new Uint8Array(0), "Nothing follows a close frame");
      this.close();
      return { lines, code };
    }
  }
}

function textOf({ fin, opcode, payload }: ServerFrame): string {
  assertEquals([fin, opcode], [true, TEXT], "Expected a whole text message");
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(payload);
}

/** The code in a close frame, 1005 if there is none. */
export function closeCode({ payload }: ServerFrame): number {
  return payload.length < 2 ? 1005 : payload[0]! << 8 | payload[1]!;
}

/** A wire of the chat. */
export interface Wire {
  readonly name: "tcp" | "websocket";
  connect(port: number): Promise<Client>;
}

export const TCP: Wire = { name: "tcp", connect: LineClient.connect };
export const WEBSOCKET: Wire = {
  name: "websocket",
  connect: (port) => WebSocketClient.connect(port),
};
export const WIRES = [TCP, WEBSOCKET] as const;
