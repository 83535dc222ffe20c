// The bytes that clients send and the bytes that must arrive, for both transports and dialects.

import type { Dialect } from "../job.ts";

/** How one client talks. */
export type ClientTransport = "ws" | "tcp";

/** Any mask but zero, so that no server gets away without unmasking. */
const MASK = [0x37, 0xfa, 0x21, 0x3d] as const;

const OPCODE_TEXT = 0x1;
const OPCODE_PING = 0x9;
const FIN = 0x80;
const MASKED = 0x80;

/** RFC 6455 5.2: a length below this stands in the second byte, others in two bytes after a 126. */
const SHORT_LENGTH_LIMIT = 126;

/** First two bytes of the pong that answers `ping`. */
export const PONG_HEAD = [FIN | 0xa, 0] as const;

const encoder = new TextEncoder();

/** The bytes by which a client sends `text`. */
export function outgoing(transport: ClientTransport, text: string): Uint8Array<ArrayBuffer> {
  return transport === "tcp" ? line(text) : frame(OPCODE_TEXT, encoder.encode(text), true);
}

/** The bytes by which the server delivers `text`. */
export function incoming(transport: ClientTransport, text: string): Uint8Array<ArrayBuffer> {
  return transport === "tcp" ? line(text) : frame(OPCODE_TEXT, encoder.encode(text), false);
}

/** A WebSocket ping; every server answers it behind everything that came before. */
export function ping(): Uint8Array<ArrayBuffer> {
  return frame(OPCODE_PING, new Uint8Array(), true);
}

/** The prefix of the messages of `name`. */
export function prefix(dialect: Dialect, name: string): string {
  return dialect === "backchannel" ? `[${name}]: ` : "";
}

/** The text that `name` sends so that `payloadBytes` arrive, beginning with `start`. */
export function message(dialect: Dialect, name: string, payloadBytes: number, start = ""): string {
  return start.padEnd(payloadBytes - prefix(dialect, name).length, "x");
}

/** A handshake that any WebSocket server accepts. The key is the one of RFC 6455 1.3. */
export function handshake(port: number): Uint8Array<ArrayBuffer> {
  return encoder.encode([
    "GET / HTTP/1.1",
    `Host: 127.0.0.1:${port}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
    "\r\n",
  ].join("\r\n"));
}

function line(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(`${text}\n`);
}

function frame(opcode: number, payload: Uint8Array, masked: boolean): Uint8Array<ArrayBuffer> {
  const mark = masked ? MASKED : 0;
  const length = payload.length;
  const head = length < SHORT_LENGTH_LIMIT
    ? [FIN | opcode, mark | length]
    : [FIN | opcode, mark | SHORT_LENGTH_LIMIT, length >> 8, length & 0xff];
  if (!masked) return Uint8Array.from([...head, ...payload]);
  return Uint8Array.from([...head, ...MASK, ...payload.map((byte, i) => byte ^ MASK[i % 4]!)]);
}
