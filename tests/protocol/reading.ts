/**
 * Feeds bytes to a `MessageReader` in chunks of different sizes.
 * @module
 */
import { assertEquals } from "@std/assert";
import type { Incoming, MessageReader } from "../../lib/protocol/incoming.ts";

const encoder = new TextEncoder();

export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Reads all available items. Bytes are copied, since they are valid only until the next call. */
export function drain(reader: MessageReader): Incoming[] {
  const items: Incoming[] = [];
  for (let item = reader.next(); item !== undefined; item = reader.next()) {
    if (typeof item === "string" || item.type !== "binary") items.push(item);
    else items.push({ type: "binary", bytes: item.bytes.slice() });
  }
  return items;
}

/** Pushes a copy, since a reader may change its chunk, and returns the items. */
export function feed(reader: MessageReader, chunk: Uint8Array): Incoming[] {
  reader.push(chunk.slice());
  return drain(reader);
}

export function readChunks(reader: MessageReader, chunks: Iterable<Uint8Array>): Incoming[] {
  const items = [...chunks].flatMap((chunk) => feed(reader, chunk));
  reader.end();
  return [...items, ...drain(reader)];
}

/** The positions to split at: all of them, or near both ends of a long input. */
function cuts(length: number): number[] {
  const all = Array.from({ length }, (_, at) => at);
  return length <= 600 ? all : [...all.slice(0, 32), ...all.slice(-32)];
}

/** Reads `bytes` in one chunk, byte by byte, and split in two at every position, and asserts that all agree. */
export function readEveryWay(make: () => MessageReader, bytes: Uint8Array): Incoming[] {
  const whole = readChunks(make(), [bytes]);
  const single = Array.from(bytes, (byte) => Uint8Array.of(byte));
  assertEquals(readChunks(make(), single), whole, "Byte by byte");
  for (const at of cuts(bytes.length)) {
    const halves = [bytes.subarray(0, at), bytes.subarray(at)];
    assertEquals(readChunks(make(), halves), whole, `Cut at ${at}`);
  }
  return whole;
}
