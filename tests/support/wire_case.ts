/**
 * One conversation over WebSocket, frame by frame: the frames of the client, and the expected ones of the server.
 * @module
 */
import { assertEquals } from "@std/assert";
import { BINARY, CLOSE, closeFrame, PONG, TEXT } from "../protocol/client_frames.ts";
import { concat, utf8 } from "../protocol/reading.ts";
import { closeCode, type ServerFrame, WebSocketClient } from "./client.ts";
import { eachInTurn } from "./patience.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** An expected frame of the server. */
export interface Expected {
  readonly opcode: number;
  readonly payload: Bytes;
}

export interface WireCase {
  readonly send: readonly Bytes[];
  /** The expected frames, in order. */
  readonly expect?: readonly Expected[];
  /** The code with which the server closes at once. Without it the client closes, and gets its own code back. */
  readonly code?: number;
}

/** How the frames are sent: in one write, in one write each, or in chunks of a size in bytes. */
export type Way = "whole" | "frames" | number;

const bytes = (data: string | Uint8Array): Bytes =>
  typeof data === "string" ? utf8(data) : Uint8Array.from(data);
export const text = (data: string | Uint8Array): Expected => (
  { opcode: TEXT, payload: bytes(data) }
);
export const binary = (data: Uint8Array): Expected => ({ opcode: BINARY, payload: bytes(data) });
export const pong = (data: string | Uint8Array = ""): Expected => (
  { opcode: PONG, payload: bytes(data) }
);

export const hex = (digits: string): Bytes =>
  Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16));

/** Runs the conversation and checks it to its end. */
export async function converse(port: number, { send, expect = [], code }: WireCase, way: Way) {
  using client = await WebSocketClient.connect(port);
  await writeAtLeastUntilClosed(client, send, way);
  await eachInTurn(expect, async (expected) => assertSame(await client.frame(), expected));
  if (code === undefined) await client.send(closeFrame(1000));
  assertEquals(closeCode(await closing(client)), code ?? 1000);
  assertEquals(await client.socket.rest(), new Uint8Array(0), "Nothing follows a close frame");
}

/** A server that has closed need not read the rest. */
async function writeAtLeastUntilClosed(
  client: WebSocketClient,
  send: readonly Bytes[],
  way: Way,
): Promise<void> {
  try {
    if (way === "whole") await client.send(...send);
    else if (way === "frames") await eachInTurn(send, (frame) => client.send(frame));
    else await client.socket.writeChopped(concat(...send), way);
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.ConnectionReset) {
      return;
    }
    throw error;
  }
}

async function closing(client: WebSocketClient): Promise<ServerFrame> {
  const frame = await client.frame();
  assertEquals(frame.opcode, CLOSE, `Expected a close frame, got ${shown(frame)}`);
  return frame;
}

/** Like assertEquals, which is slow for a mebibyte. */
function assertSame(actual: ServerFrame, { opcode, payload }: Expected): void {
  const same = actual.fin && actual.opcode === opcode && isSame(actual.payload, payload);
  assertEquals(same ? "" : shown(actual), same ? "" : shown({ fin: true, opcode, payload }));
}

function isSame(actual: Bytes, expected: Bytes): boolean {
  if (actual.length !== expected.length) return false;
  for (let i = 0; i < actual.length; i++) if (actual[i] !== expected[i]) return false;
  return true;
}

function shown({ fin, opcode, payload }: ServerFrame): string {
  const text = new TextDecoder().decode(payload.subarray(0, 100));
  return `${fin ? "final" : "fragment"} ${opcode} of ${payload.length}: ${JSON.stringify(text)}`;
}
